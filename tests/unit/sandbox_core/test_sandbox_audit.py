"""The audit tells a second try from a double refresh, and counts what was refused and why."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from sandbox_apps import QuickBooksApp, XeroApp

from connectors.sandbox.audit_report import audit_report
from connectors.sandbox.documents import Line
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World

_WORK = [Line("Services", Decimal(1), Decimal("10.00"))]


@pytest.fixture
def xero(peopled: RunningSandbox, firms: World) -> XeroApp:
    return XeroApp.connected(peopled.url, firms.companies["xero"].company)


@pytest.fixture
def quickbooks(peopled: RunningSandbox, firms: World) -> QuickBooksApp:
    return QuickBooksApp.connected(peopled.url, firms.companies["quickbooks"].company)


@pytest.fixture
def totals(firms: World) -> Callable[[], dict[str, int]]:
    return lambda: audit_report(firms)["totals"]


def changed(totals: dict[str, int]) -> dict[str, int]:
    """What is not 0."""
    return {name: count for name, count in totals.items() if count}


def lose_the_answer(app: XeroApp | QuickBooksApp, world: World, kind: str = "drop_after") -> None:
    raise_fault(world, Fault("xero" if isinstance(app, XeroApp) else "quickbooks", kind))
    with pytest.raises(requests.RequestException):
        app.refresh().json()


def test_refreshing_in_turn_is_clean(xero: XeroApp, quickbooks: QuickBooksApp, firms: World, totals: Any) -> None:
    for _ in range(3):
        firms.clock.advance(timedelta(hours=25))
        xero.keep(xero.refresh())
        quickbooks.keep(quickbooks.refresh())
    assert changed(totals()) == {"refreshes": 6}


def test_showing_a_token_again_after_its_replacement_arrived_is_a_double_refresh(xero: XeroApp, totals: Any) -> None:
    assert [xero.refresh().status_code, xero.refresh().status_code] == [200, 200]
    assert changed(totals()) == {"refreshes": 2, "replays_in_grace": 1, "double_refreshes": 1}


@pytest.mark.parametrize("kind", ["drop_after", "truncated", "empty"])
def test_a_second_try_after_a_lost_answer_is_none(xero: XeroApp, firms: World, totals: Any, kind: str) -> None:
    lose_the_answer(xero, firms, kind)
    xero.keep(xero.refresh())
    assert changed(totals()) == {"refreshes": 2, "replays_in_grace": 1, "lost_answers": 1}


def test_a_second_try_after_nothing_happened_is_none(xero: XeroApp, firms: World, totals: Any) -> None:
    lose_the_answer(xero, firms, "drop_before")
    xero.keep(xero.refresh())
    assert changed(totals()) == {"refreshes": 1}


def test_an_answer_to_a_caller_who_has_hung_up_is_lost(xero: XeroApp, firms: World, totals: Any) -> None:
    raise_fault(firms, Fault("xero", "slow", seconds=0.3))
    form = {"grant_type": "refresh_token", "refresh_token": xero.token, "client_id": "app"}
    with pytest.raises(requests.Timeout):
        requests.post(f"{xero.url}/connect/token", data=form, timeout=0.1)
    while not totals()["lost_answers"]:  # as soon as the sandbox has tried to answer
        pass
    xero.keep(xero.refresh())
    assert totals()["double_refreshes"] == 0


def test_a_replaced_token_past_its_grace_is_refused_and_counted(xero: XeroApp, firms: World, totals: Any) -> None:
    old = xero.token
    xero.keep(xero.refresh())
    firms.clock.advance(timedelta(minutes=31))
    assert xero.refresh(old).status_code == 400
    assert changed(totals()) == {
        "refreshes": 1, "replays_too_late": 1, "double_refreshes": 1, "invalid_grants": 1,
    }  # fmt: skip


def test_the_value_that_quickbooks_repeats_all_day_may_be_shown_all_day(
    quickbooks: QuickBooksApp, firms: World, totals: Any
) -> None:
    for _ in range(5):
        firms.clock.advance(timedelta(hours=1))
        quickbooks.keep(quickbooks.refresh())
    assert changed(totals()) == {"refreshes": 5}


def test_the_value_that_quickbooks_has_replaced_may_not(quickbooks: QuickBooksApp, firms: World, totals: Any) -> None:
    old = quickbooks.token
    firms.clock.advance(timedelta(hours=25))
    quickbooks.keep(quickbooks.refresh())
    assert quickbooks.refresh(old).status_code == 400
    assert changed(totals()) == {
        "refreshes": 1, "replays_too_late": 1, "double_refreshes": 1, "invalid_grants": 1,
    }  # fmt: skip


def test_with_a_grace_the_replaced_value_brings_the_new_one_after_a_lost_answer(
    quickbooks: QuickBooksApp, firms: World, totals: Any
) -> None:
    firms.switches["quickbooks.refresh_grace"] = "86400"
    firms.clock.advance(timedelta(hours=25))
    lose_the_answer(quickbooks, firms)
    old = quickbooks.token
    quickbooks.keep(quickbooks.refresh())
    assert quickbooks.token != old
    assert changed(totals()) == {"refreshes": 2, "replays_in_grace": 1, "lost_answers": 1}
    firms.clock.advance(timedelta(hours=24))
    assert quickbooks.refresh(old).json()["error"] == "invalid_grant"


def test_two_refreshes_of_one_token_at_once_are_seen(xero: XeroApp, firms: World, totals: Any) -> None:
    raise_fault(firms, Fault("xero", "slow", times=2, seconds=0.3))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: xero.refresh(), range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (totals()["concurrent_refreshes"], totals()["double_refreshes"]) == (1, 0)


def test_each_connection_has_a_row_that_names_its_companies(peopled: RunningSandbox, firms: World) -> None:
    companies = [firms.companies[key].company for key in ("xero-2", "xero-3")]
    XeroApp.connected(peopled.url, *companies).refresh()
    (row,) = audit_report(firms)["connections"]
    assert (row["service"], row["app"], row["companies"], row["refreshes"]) == ("xero", "app", ["xero-2", "xero-3"], 1)


def test_a_token_that_was_never_ours_is_refused_under_no_connection(xero: XeroApp, firms: World) -> None:
    xero.refresh("made-up")
    (row,) = audit_report(firms)["connections"]
    assert (row["grant"], row["invalid_grants"]) == ("", 1)


def test_calls_beyond_a_limit_are_overruns_of_their_company_and_app(
    xero: XeroApp, quickbooks: QuickBooksApp, firms: World
) -> None:
    firms.switches |= {"xero.minute_limit": "2", "quickbooks.per_minute": "1"}
    assert [xero.call().status_code for _ in range(3)] == [200, 200, 429]
    assert [quickbooks.call().status_code for _ in range(2)] == [200, 429]
    report = audit_report(firms)
    assert report["companies"]["xero"]["refused"] == {"minute": 1}
    assert report["companies"]["quickbooks"]["refused"] == {"minute": 1}
    assert report["companies"]["xero-2"]["refused"] == {}
    assert report["apps"]["xero"]["app"]["refused"] == {"minute": 1}
    assert report["totals"]["overruns"] == 2


def test_a_limit_of_the_app_is_no_companys(xero: XeroApp, firms: World) -> None:
    firms.switches["xero.app_minute_limit"] = "0"
    assert xero.call().status_code == 429
    report = audit_report(firms)
    assert (report["companies"]["xero"]["refused"], report["apps"]["xero"]["app"]["refused"]) == ({}, {"appminute": 1})


def test_calls_are_counted_by_company_and_operation_even_when_they_fail(xero: XeroApp, firms: World) -> None:
    xero.call()
    raise_fault(firms, Fault("xero", "500"))
    xero.call()
    assert audit_report(firms)["companies"]["xero"]["calls"] == {"GET /api.xro/2.0/Organisation": 2}


def test_an_ordered_429_is_no_overrun(xero: XeroApp, firms: World, totals: Any) -> None:
    raise_fault(firms, Fault("xero", "429"))
    assert xero.call().status_code == 429
    assert totals()["overruns"] == 0


def test_a_note_that_stands_twice_is_a_duplicate(firms: World) -> None:
    books = firms.companies["xero-2"]
    customer = books.add_customer("Fernbridge Joinery Ltd")
    invoice = books.add_invoice(customer, _WORK, issued=firms.clock.now().date())
    for text in ("[dun:a1] friendly", "[dun:a1] friendly", "[dun:b2] soft", "thank you", "thank you"):
        books.add_note(invoice, text)
    assert audit_report(firms)["companies"]["xero-2"]["duplicate_notes"] == 1


def test_the_audit_is_read_and_forgotten_over_http(xero: XeroApp) -> None:
    xero.refresh()
    url = f"{xero.url}/_books/audit"
    assert requests.get(url, timeout=10).json()["totals"]["refreshes"] == 1
    assert changed(requests.delete(url, timeout=10).json()["totals"]) == {}


def test_no_token_is_in_the_audit(xero: XeroApp, quickbooks: QuickBooksApp) -> None:
    for app in (xero, quickbooks):
        app.refresh()
        shown = requests.get(f"{app.url}/_books/audit", timeout=10).text
        assert app.token not in shown
        assert app.access not in shown
