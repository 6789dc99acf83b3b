"""The service's own answer for each fault kind a test can order through the control API."""

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.responses import Response

from connectors.sandbox.quickbooks import answers, errors

Answer = Callable[[datetime], Response]


def _fault(make: Callable[[], errors.ServiceFault]) -> Answer:
    return lambda now: answers.refused(make(), now)


def _html(title: str, status: int) -> Answer:
    return lambda now: answers.html(title, status, now)


def _general_authentication(now: datetime) -> Response:
    detail = "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401"
    return answers.xml("100", "General Authentication Error", detail, "AuthenticationFault", 401, now)


def _wrong_cluster(now: datetime) -> Response:
    detail = (
        "WrongClusterError: -11017-You have accessed the wrong server.  You will now be redirected. , statusCode: 401"
    )
    return answers.xml("130", "Accessing Wrong Cluster", detail, "AuthenticationFault", 401, now)


def _no_longer_admin() -> errors.ServiceFault:
    detail = "AuthorizationFailure: The user does not have permission to perform this operation. , statusCode: 403"
    return errors.ServiceFault("120", "Authorization Failure", detail, type="AuthorizatonFault", status=403)  # sic: XSD


def _invalid_grant(now: datetime) -> Response:
    body = {"error_description": "Incorrect or invalid refresh token", "error": "invalid_grant"}
    return answers.plain_json(body, now, 400)


KINDS: Mapping[str, Answer] = {
    "400": _fault(lambda: errors.unknown_property("Sandbox", "Invoice")),
    "401": lambda now: answers.unauthorised("Token expired", now),
    "401_xml": _general_authentication,
    "130": _wrong_cluster,
    "403": answers.forbidden,
    "120": _fault(_no_longer_admin),
    "610": _fault(errors.object_not_found),
    "4002": _fault(errors.query_failed),
    "5010": _fault(errors.stale_object),
    "6000": _fault(lambda: errors.business_validation("The sandbox was told to refuse this.")),
    "6190": _fault(errors.subscription_ended),
    "6210": _fault(errors.period_closed),
    "404": _html("404 Not Found", 404),
    "429": _fault(errors.throttled),
    "429_xml": lambda now: answers.throttled_xml(429, now),
    "429_month": _fault(errors.throttled),  # the same body: only its persistence tells the quota from the throttle
    "403_throttle": lambda now: answers.throttled_xml(403, now),
    "500": answers.gateway_failed,
    "500_fault": _fault(lambda: errors.system_failure(500)),
    "502_html": _html("502 Bad Gateway", 502),
    "502": _html("502 Bad Gateway", 502),
    "503_html": _html("503 Service Temporarily Unavailable", 503),
    "503": _html("503 Service Temporarily Unavailable", 503),
    "504": _html("504 Gateway Time-out", 504),
    "fault_in_200": _fault(lambda: errors.system_failure(200)),
    "invalid_grant": _invalid_grant,
}
