"""The views say what the documentation says they say."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from unit.state.examples import AT, LATER, TODAY, a_contact, a_payment, an_invoice, sent

from state.model import Allocation, ContactId, DecisionRow, InvoiceId, InvoiceStatus
from state.money import exponent
from state.store import TenantStore

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "database.md"
VIEWS = (
    "open_invoices",
    "ageing",
    "reminder_history",
    "decisions",
    "allocation",
    "overdue_by_month",
    "actions_by_month",
)


@pytest.fixture
def rows(sql: Callable[..., list[tuple]]) -> Callable[[str], list[dict[str, object]]]:
    def read(view: str) -> list[dict[str, object]]:
        names = [name for (name,) in sql("SELECT name FROM pragma_table_info(?)", view)]
        return [dict(zip(names, row, strict=True)) for row in sql(f"SELECT * FROM {view}")]  # noqa: S608 - a view of ours

    return read


def test_open_invoices_are_those_with_something_due(store: TenantStore, rows: Callable) -> None:
    store.cycles.start(AT, TODAY)
    store.mirror.save_contacts([a_contact(name="Acme")])
    store.mirror.save_invoices(
        [an_invoice(disputed=True), an_invoice("paid", status=InvoiceStatus.PAID), an_invoice("nothing", due_minor=0)]
    )

    (row,) = rows("open_invoices")

    assert row == {
        "customer": "Acme",
        "number": "INV-1",
        "currency": "GBP",
        "due": "600.00",
        "total": "900.00",
        "issued_on": "2026-02-01",
        "due_on": "2026-03-02",
        "days_overdue": 8,
        "expected_on": None,
        "disputed": 1,
        "payment_scheduled": 0,
        "reference": None,
        "as_of": "2026-03-10",
        "invoice_id": "inv-1",
        "customer_id": "customer",
    }


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (5, "EUR", "0.05"),
        (123456, "JPY", "123456"),
        (1005, "KWD", "1.005"),
        (12345, "CLF", "1.2345"),
        (100, "USD", "1.00"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(
    store: TenantStore, rows: Callable, minor: int, currency: str, text: str
) -> None:
    store.mirror.save_invoices([an_invoice(due_minor=minor, total_minor=-minor, currency=currency)])

    (row,) = rows("open_invoices")
    assert (row["due"], row["total"]) == (text, f"-{text}")


def test_the_file_knows_every_currency_that_has_not_two_digits(sql: Callable) -> None:
    known = sql("SELECT currency, digits FROM currency_digits")

    assert len(known) == 26
    assert all(exponent(currency) == digits for currency, digits in known)


def test_large_amounts_are_exact(store: TenantStore, rows: Callable) -> None:
    store.mirror.save_invoices([an_invoice(due_minor=9_007_199_254_740_993)])

    assert rows("open_invoices")[0]["due"] == "90071992547409.93"


def test_ageing_sorts_debt_by_its_days(store: TenantStore, rows: Callable) -> None:
    store.cycles.start(AT, date(2026, 6, 30))
    store.mirror.save_contacts([a_contact(name="Acme")])
    due = {
        "not-yet": date(2026, 7, 1),
        "today": date(2026, 6, 30),
        "day-1": date(2026, 6, 29),
        "day-30": date(2026, 5, 31),
        "day-31": date(2026, 5, 30),
        "day-60": date(2026, 5, 1),
        "day-61": date(2026, 4, 30),
        "day-90": date(2026, 4, 1),
        "day-91": date(2026, 3, 31),
        "undated": None,
    }
    store.mirror.save_invoices(
        [an_invoice(key, due_on=day, due_minor=10**number) for number, (key, day) in enumerate(due.items())]
    )

    (row,) = rows("ageing")

    assert row == {
        "customer": "Acme",
        "currency": "GBP",
        "current": "0.11",
        "days_1_30": "11.00",
        "days_31_60": "1100.00",
        "days_61_90": "110000.00",
        "days_over_90": "1000000.00",
        "no_due_date": "10000000.00",
        "total": "11111111.11",
        "invoices": 10,
        "as_of": "2026-06-30",
        "customer_id": "customer",
    }


def test_ageing_keeps_currencies_apart_and_merged_customers_together(store: TenantStore, rows: Callable) -> None:
    store.cycles.start(AT, TODAY)
    store.mirror.save_contacts(
        [
            a_contact("winner", name="Acme"),
            a_contact("loser", name="Acme old", merged_into=ContactId("middle")),
            a_contact("middle", name="Acme older", merged_into=ContactId("winner")),
        ]
    )
    store.mirror.save_invoices(
        [
            an_invoice("a", contact_id=ContactId("winner")),
            an_invoice("b", contact_id=ContactId("loser")),
            an_invoice("c", contact_id=ContactId("loser"), currency="JPY", due_minor=700),
        ]
    )

    assert [(row["customer"], row["currency"], row["total"]) for row in rows("ageing")] == [
        ("Acme", "GBP", "1200.00"),
        ("Acme", "JPY", "700"),
    ]


def test_a_loop_of_merges_still_counts_every_invoice_once(store: TenantStore, rows: Callable) -> None:
    store.mirror.save_contacts([a_contact("a", merged_into=ContactId("b")), a_contact("b", merged_into=ContactId("a"))])
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("a"))])

    assert len(rows("open_invoices")) == 1


def test_today_is_the_latest_business_day_the_file_has_seen(store: TenantStore, rows: Callable) -> None:
    store.mirror.save_invoices([an_invoice()])
    assert rows("open_invoices")[0]["days_overdue"] is None

    store.mirror.move_cursor("invoices", "1", AT)
    assert rows("open_invoices")[0]["days_overdue"] == 8

    store.cycles.start(AT, date(2026, 3, 11))
    assert rows("open_invoices")[0]["days_overdue"] == 9


def test_the_history_tells_every_step_of_a_reminder(store: TenantStore, rows: Callable) -> None:
    store.mirror.save_contacts([a_contact(name="Acme")])
    reminder = sent(store)
    store.reminders.noted(reminder, LATER)

    history = rows("reminder_history")

    assert [(row["from_state"], row["to_state"]) for row in history] == [
        (None, "planned"),
        ("planned", "verified"),
        ("verified", "sending"),
        ("sending", "sent"),
        ("sent", "noted"),
    ]
    last = history[-1]
    assert (last["customer"], last["number"], last["stage"], last["round"]) == ("Acme", "INV-1", "friendly", 1)
    assert (last["channel"], last["subject"], last["at"]) == ("smtp", "Invoice INV-1", "2026-03-10T10:30:00.000Z")


def test_decisions_come_with_their_reasons(store: TenantStore, rows: Callable) -> None:
    store.cycles.start(AT, TODAY)
    store.mirror.save_invoices([an_invoice()])
    store.decisions.record(
        [DecisionRow(InvoiceId("inv-1"), "wait", "soft", '[["minimum_gap",{"days":7}]]', date(2026, 3, 17))], TODAY, AT
    )

    (row,) = rows("decisions")

    assert (row["number"], row["due"], row["action"], row["stage"]) == ("INV-1", "600.00", "wait", "soft")
    assert (json.loads(row["reasons"]), row["next_on"]) == ([["minimum_gap", {"days": 7}]], "2026-03-17")


def test_a_settled_invoice_has_no_decision_in_force(store: TenantStore, rows: Callable) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.decisions.record([DecisionRow(InvoiceId("inv-1"), "wait", None, "[]", None)], TODAY, AT)
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0)])

    assert rows("decisions") == []


def test_allocations_are_shown_whoever_told_them(store: TenantStore, rows: Callable) -> None:
    from_invoice = Allocation("credit_note", "cn-1", InvoiceId("inv-1"), 100, date(2026, 3, 1))
    from_payment = Allocation("payment", "pay-1", InvoiceId("inv-1"), 200)
    store.mirror.save_invoices([an_invoice(allocations=(from_invoice,))])
    store.mirror.save_payments([a_payment(allocations=(from_payment,))])

    assert [tuple(row.values()) for row in rows("allocation")] == [
        ("invoice", "credit_note", "cn-1", "inv-1", 100, "2026-03-01"),
        ("payment", "payment", "pay-1", "inv-1", 200, None),
    ]

    store.mirror.save_payments([a_payment(allocations=(), version="2")])
    assert len(rows("allocation")) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_cannot_be_written_to(sql: Callable, view: str) -> None:
    with pytest.raises(Exception, match="view"):
        sql(f"DELETE FROM {view}")  # noqa: S608 - a view of ours


@pytest.mark.parametrize("view", VIEWS)
def test_the_reference_names_every_column_of_a_view(sql: Callable, view: str) -> None:
    section = re.search(rf"^### `{view}`\n(.*?)(?=^##|\Z)", REFERENCE.read_text(), re.DOTALL | re.MULTILINE)
    columns = {name for (name,) in sql("SELECT name FROM pragma_table_info(?)", view)}

    assert section, f"no section on {view}"
    assert columns <= set(re.findall(r"`(\w+)`", section.group(1)))


def test_the_reference_names_every_table(sql: Callable) -> None:
    tables = sql("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE '%sqlite_%'")

    assert {name for (name,) in tables} <= set(re.findall(r"`(\w+)`", REFERENCE.read_text()))


def test_every_sample_query_of_the_reference_runs(sql: Callable) -> None:
    queries = re.findall(r"```sql\n(.*?)```", REFERENCE.read_text(), re.DOTALL)

    assert len(queries) >= len(VIEWS)
    for query in queries:
        sql(query)
