"""Row 36: the time of day. Where nobody has switched own times on, and wherever data are thin, it is the firm's window
and its spread, for everybody alike; with them, a customer's own weekday and hour, to half of the messages.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from rows_stage import MONDAY, RowsStage

QUARTER = timedelta(minutes=15)
EARLY = MONDAY.replace(hour=8, minute=30)


def times_of_day(stage: RowsStage, until_hour: int) -> list[datetime]:
    """When messages arrived, looking every quarter of an hour."""
    while stage.now < MONDAY.replace(hour=until_hour):
        stage.run()
        stage.world.clock.advance(QUARTER)
    return [message.arrived_at for message in stage.world.messages]


@pytest.mark.parametrize("ledger", ["xero"])
def test_with_and_without_a_history_messages_leave_when_the_window_opens(firm: Callable[..., RowsStage]) -> None:
    stage = firm(start=EARLY)
    regular = stage.customer()
    stage.has_paid_before(regular, days_late=3)
    stage.invoice(regular, overdue=1)
    stage.invoice(overdue=1)

    times = times_of_day(stage, 10)

    assert len(times) == 2
    assert all(MONDAY.replace(hour=9) <= at < MONDAY.replace(hour=9, minute=15) for at in times)


@pytest.mark.parametrize("ledger", ["xero"])
def test_a_spread_gives_each_customer_a_minute_of_its_own(firm: Callable[..., RowsStage]) -> None:
    stage = firm(start=EARLY, tenant="spread_minutes = 120")
    for _ in range(10):
        stage.invoice(overdue=1)

    times = times_of_day(stage, 12)

    assert len(times) == 10
    assert len({at.replace(second=0, microsecond=0) for at in times}) >= 3
    assert all(at < MONDAY.replace(hour=11, minute=15) for at in times)


@pytest.mark.parametrize("ledger", ["xero"])
def test_nothing_leaves_after_the_window_has_closed(firm: Callable[..., RowsStage]) -> None:
    stage = firm(start=MONDAY.replace(hour=17))
    stage.invoice(overdue=1)

    report = stage.run()

    assert (stage.messages(), report.waiting["outside_sending_window"]) == ([], 1)


@pytest.mark.parametrize("ledger", ["xero"])
def test_who_pays_on_wednesdays_is_written_to_then_or_to_compare_at_once(firm: Callable[..., RowsStage]) -> None:
    stage = firm("[policy.best_time]\non = true\n")
    customers = [stage.customer() for _ in range(6)]
    for customer in customers:
        for week in range(1, 10):
            earlier = stage.invoice(customer, overdue=7 * week + 30)
            stage.pay(earlier, on=stage.today - timedelta(days=7 * week - 2))
    invoices = [stage.invoice(customer) for customer in customers]
    stage.run()

    told = stage.told("dun preview --days 4")
    sends = stage.json("dun preview --days 4")["tenants"][0]["sends"]
    stage.days(2)

    drawn = {row["invoice_id"]: row for row in stage.view("timing_outcomes")}
    assert len(drawn) == 6
    assert {row["own"] for row in drawn.values()} == {0, 1}
    for invoice in invoices:
        [message] = stage.messages(invoice)
        row = drawn[stage.key(invoice)]
        assert message.on.weekday() == (2 if row["own"] else 1)
        assert row["sent_on"] == message.on.isoformat()
    assert {send["time"].split(",")[0] for send in sends} == {
        "the customer's own time is chosen for it",
        "it leaves at the usual time",
    }
    assert "customers with a time of their own" in told
    [report] = stage.json("dun report best-time")["reports"]
    assert report["cannot_know"][0].startswith("Nothing can be said yet")
    assert "own times" in stage.told("dun report")
