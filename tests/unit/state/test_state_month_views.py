"""The views that count by months agree with a reckoning day by day, and know Dun's deeds from people's."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.state.examples import AT, TODAY, a_contact, a_payment, an_invoice, sent

from state.audit import MonthlyActions
from state.model import Allocation, ContactId, Invoice, InvoiceId, InvoiceStatus
from state.owed import Owed
from state.store import TenantStore

ISSUED = date(2025, 9, 1)
DEBTS = st.lists(
    st.tuples(
        st.sampled_from(["GBP", "JPY"]),
        st.integers(0, 200),  # days from ISSUED to the due date
        st.lists(st.tuples(st.integers(0, 230), st.integers(1, 60_00)), max_size=3),  # money: days from ISSUED, minor
        st.booleans(),  # whether the rest was settled without a trace, on the day AT
    ),
    max_size=6,
)


def a_debt(key: int, currency: str, due: int, money: list[tuple[int, int]], gone: bool) -> Invoice:
    parts = tuple(
        Allocation("payment", f"{key}-{number}", InvoiceId(f"inv-{key}"), minor, ISSUED + timedelta(days=days))
        for number, (days, minor) in enumerate(money)
    )
    rest = max(90_00 - sum(part.amount_minor for part in parts), 0)
    return an_invoice(
        f"inv-{key}",
        currency=currency,
        issued_on=ISSUED,
        due_on=ISSUED + timedelta(days=due),
        total_minor=90_00,
        due_minor=0 if gone else rest,
        status=InvoiceStatus.PAID if gone or not rest else InvoiceStatus.OPEN,
        allocations=parts,
    )


def month_ends() -> list[date]:
    firsts = [date(2025, month, 1) for month in (10, 11, 12)] + [date(2026, month, 1) for month in (1, 2, 3)]
    return [first - timedelta(days=1) for first in firsts] + [TODAY]


def by_days(store: TenantStore, currency: str) -> dict[str, int]:
    """What was overdue at the end of each month, invoice by invoice."""
    invoices = [one for one in store.past(ZoneInfo("UTC")).invoices if one.currency == currency]
    return {
        f"{day:%Y-%m}": sum(max(one.owed_on(day), 0) for one in invoices if one.due_on and one.due_on < day)
        for day in month_ends()
        if day < TODAY
    } | {f"{TODAY:%Y-%m}": sum(row.buckets[place] for row in due_now(store, currency) for place in (1, 2, 3, 4))}


def due_now(store: TenantStore, currency: str) -> list[Owed]:
    return [row for row in store.owed(TODAY, TODAY).rows if row.currency == currency]


@given(DEBTS)
@settings(max_examples=40, deadline=None)
def test_what_was_overdue_is_what_a_day_by_day_reckoning_says(debts: list) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.cycles.start(AT, TODAY)
        store.mirror.save_contacts([a_contact()])
        store.mirror.save_invoices([a_debt(key, *debt) for key, debt in enumerate(debts)])
        rows = store._connection.execute(
            "SELECT month, currency, overdue_before, overdue_after FROM overdue_by_month"
        ).fetchall()

        for currency, digits in (("GBP", 2), ("JPY", 0)):
            reckoned, before = by_days(store, currency), 0
            told = {month: (first, last) for month, code, first, last in rows if code == currency}
            for month, minor in reckoned.items():
                shown = told.get(month, (amount(0, digits), amount(0, digits)))
                assert shown == (amount(before, digits), amount(minor, digits)), (month, currency)
                before = minor


def amount(minor: int, digits: int) -> str:
    return f"{minor / 100:.2f}" if digits else str(minor)


def test_an_invoice_for_less_than_nothing_takes_nothing_from_what_was_overdue(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    store.cycles.start(AT, TODAY)
    dates = {"issued_on": date(2026, 1, 2), "due_on": date(2026, 1, 20)}
    store.mirror.save_invoices(
        [an_invoice(due_minor=900_00, **dates), an_invoice("credit", total_minor=-50_00, due_minor=-50_00, **dates)]
    )

    assert {row[0] for row in sql("SELECT overdue_after FROM overdue_by_month")} == {"900.00"}


def test_today_is_what_the_ledger_says_is_due_whatever_day_its_money_bears(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    store.cycles.start(AT, TODAY)
    later = Allocation("payment", "pay-1", InvoiceId("inv-1"), 900_00, TODAY + timedelta(days=9))
    store.mirror.save_invoices(
        [
            an_invoice(
                issued_on=date(2026, 1, 2), due_on=date(2026, 1, 20), due_minor=0, status=InvoiceStatus.PAID,
                allocations=(later,),
            )
        ]
    )  # fmt: skip

    assert sql("SELECT month, overdue_before, overdue_after FROM overdue_by_month") == [
        ("2026-01", "0.00", "900.00"),
        ("2026-02", "900.00", "900.00"),
        ("2026-03", "900.00", "0.00"),
    ]


def test_an_invoice_without_a_due_date_is_never_overdue(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.cycles.start(AT, TODAY)
    store.mirror.save_invoices([an_invoice(due_on=None), an_invoice("void", status=InvoiceStatus.VOID)])

    assert sql("SELECT * FROM overdue_by_month") == []


def test_money_of_a_payment_that_names_no_day_counts_from_the_payments_own(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    store.cycles.start(AT, TODAY)
    part = Allocation("payment", "pay-1", InvoiceId("inv-1"), 300_00, None)
    store.mirror.save_invoices([an_invoice(due_on=date(2026, 1, 20), issued_on=date(2026, 1, 2))])
    store.mirror.save_payments([a_payment(paid_on=date(2026, 2, 3), allocations=(part,))])

    assert sql("SELECT month, overdue_before, overdue_after FROM overdue_by_month") == [
        ("2026-01", "0.00", "900.00"),
        ("2026-02", "900.00", "600.00"),
        ("2026-03", "600.00", "600.00"),
    ]


def test_messages_are_counted_in_the_currency_they_asked_for(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    store.cycles.start(AT, TODAY)
    store.mirror.save_invoices([an_invoice(), an_invoice("inv-2", currency="EUR")])
    sent(store)

    assert sql("SELECT currency, messages FROM overdue_by_month") == [("EUR", 0), ("GBP", 1)]


@pytest.mark.parametrize(("who", "counted"), [("dun", (1, 0)), ("ada", (0, 1))])
def test_deeds_are_duns_or_a_persons(store: TenantStore, who: str, counted: tuple[int, int]) -> None:
    store.audit.record(who, "hold", "contact", ContactId("customer"), {}, datetime(2026, 2, 28, 12, tzinfo=UTC))

    automatic, manual = counted
    assert store.audit.by_month() == [
        MonthlyActions(month="2026-02", action="hold", automatic=automatic, manual=manual)
    ]


def test_a_message_that_left_is_duns_own_work(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    sent(store)

    assert store.audit.by_month() == [MonthlyActions(month="2026-03", action="message", automatic=1, manual=0)]
