"""The table from answers to what the caller has to do: every row of the facts about failures, and some worse ones."""

from datetime import timedelta

import pytest

from connectors.ledger import Forbidden, NotConnected, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.xero.answers import Answer, classify, token_refused

PROBLEM = b'{"Type":null,"Title":"x","Status":%d,"Detail":"%s","Instance":"0","Extensions":{}}'
VALIDATION = b'{"ErrorNumber":10,"Type":"ValidationException","Message":"A validation exception","Elements":[]}'
HTML = b"<html><body>The resource you're looking for cannot be found</body></html>"

TABLE = [
    ("an expired token", 401, PROBLEM % (401, b"TokenExpired: token expired at 01/23/2020"), Reauthorise),
    ("a bad token", 401, PROBLEM % (401, b"AuthenticationUnsuccessful"), Reauthorise),
    ("an old style refusal", 401, b"oauth_problem=token_expired", Reauthorise),
    ("a missing scope", 401, PROBLEM % (401, b"AuthorizationUnsuccessful"), Forbidden),
    ("a missing scope in small letters", 401, b'{"detail":"AuthorizationUnsuccessful"}', Forbidden),
    ("another organisation", 403, PROBLEM % (403, b"AuthenticationUnsuccessful"), NotConnected),
    ("a refused certificate", 403, b"The client SSL certificate was not valid.", Forbidden),
    ("a failed validation", 400, VALIDATION, Refused),
    ("a query it cannot parse", 400, b'{"ErrorNumber":16,"Type":"QueryParseException"}', Refused),
    ("too many documents", 400, b'{"Type":"HighVolumeException"}', Refused),
    ("an error in XML", 400, b"<ApiException><ErrorNumber>10</ErrorNumber></ApiException>", Refused),
    ("an unknown id", 404, HTML, NotFound),
    ("an unknown id without words", 404, b"", NotFound),
    ("a request timeout", 408, b"", Outage),
    ("a failed precondition", 412, b"Precondition failed", Refused),
    ("a redirection", 302, b"", Refused),
    ("a limit", 429, b"", RetryLater),
    ("a fault", 500, b'{"Type":"Error"}', Outage),
    ("a fault in HTML", 500, HTML, Outage),
    ("a method it does not have", 501, b'{"ErrorNumber":20,"Type":"ApiMethodNotImplementedException"}', Refused),
    ("a gateway without a backend", 502, HTML, Outage),
    ("maintenance", 503, b"The Xero API is currently offline for maintenance", Outage),
    ("an absent organisation", 503, b"The Organisation is temporarily unavailable", Outage),
    ("a limit of the old kind", 503, b"oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=x", RetryLater),
    ("a gateway that gave up", 504, b"", Outage),
]


@pytest.mark.parametrize(("status", "body", "family"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_failure_has_its_family(status, body, family) -> None:
    assert type(classify(Answer.of(status, {}, body), "invoices")) is family


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_error(status) -> None:
    assert classify(Answer.of(status, {}, b""), "invoices") is None


@pytest.mark.parametrize(
    ("problem", "limit"),
    [
        ("minute", "minute"),
        ("Day", "day"),
        ("concurrent", "concurrent"),
        ("appminute", "app"),
        ("something new", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_limit_that_ran_out_is_named(problem, limit) -> None:
    error = classify(Answer.of(429, {"X-Rate-Limit-Problem": problem}, b""), "invoices")
    assert isinstance(error, RetryLater)
    assert error.limit == limit


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("22", timedelta(seconds=22)),
        ("66975", timedelta(seconds=66975)),
        ("0", timedelta(0)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Wed, 23 Jun 2021 13:00:34 GMT", None),
    ],
)
def test_the_time_to_wait_is_what_xero_says_or_unknown(header, after) -> None:
    error = classify(Answer.of(429, {"Retry-After": header}, b""), "invoices")
    assert isinstance(error, RetryLater)
    assert error.after == after


def test_only_a_complaint_about_the_token_asks_for_a_newer_one() -> None:
    asking = [row[0] for row in TABLE if token_refused(Answer.of(row[1], {}, row[2]))]
    assert asking == ["an expired token", "a bad token", "an old style refusal"]


def test_a_refusal_shows_its_kind_but_never_its_words() -> None:
    body = b'{"ErrorNumber":10,"Type":"ValidationException","Message":"bo@customer.example has no address"}'
    assert str(classify(Answer.of(400, {}, body), "note")) == "Xero refused note (400) ValidationException 10"


def test_a_kind_that_is_no_word_is_left_out() -> None:
    body = b'{"ErrorNumber":"10; see bo@customer.example","Type":{"a":1}}'
    assert str(classify(Answer.of(400, {}, body), "note")) == "Xero refused note (400)"


@pytest.mark.parametrize("header", ["99999999999999", "999999999999999999", "86401"])
def test_no_pause_is_longer_than_a_day(header) -> None:
    error = classify(Answer.of(429, {"Retry-After": header}, b""), "invoices")
    assert isinstance(error, RetryLater)
    assert error.after == timedelta(days=1)
