"""Row 2: after a sync each open invoice is in the mirror as it is in the ledger: amount, due date, terms and fees."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rows_stage import RowsStage

from connectors.sandbox.documents import Invoice, Line
from state.money import to_minor


def in_the_books(stage: RowsStage, invoice: Invoice) -> dict[str, Any]:
    return {
        "customer": stage.owner(invoice).name,
        "number": invoice.number,
        "currency": invoice.currency,
        "due": f"{invoice.due_amount:.2f}",
        "total": f"{invoice.total:.2f}",
        "issued_on": invoice.issued.isoformat(),
        "due_on": invoice.due.isoformat() if invoice.due else None,
        "days_overdue": (stage.today - invoice.due).days if invoice.due else None,
        "invoice_id": stage.key(invoice),
        "customer_id": stage.key(stage.owner(invoice)),
    }


def in_the_mirror(stage: RowsStage) -> dict[str, dict[str, Any]]:
    """What people read, by invoice number."""
    return {row["number"]: row for row in stage.view("open_invoices")}


def all_kinds_of_invoices(stage: RowsStage) -> None:
    """Whole and part-paid, with a fee, credited, in another currency, on other terms, and what is none to be chased."""
    customer = stage.customer()
    stage.invoice(customer, "120.00", overdue=40)
    stage.pay(stage.invoice(customer, "600.00", overdue=3), "150.25")
    stage.pay(stage.invoice(customer, "75.00", overdue=9))
    fee = [Line("Work", Decimal(3), Decimal("33.33"), tax=Decimal("20.00")), Line("Late fee", Decimal(1), Decimal(40))]
    stage.books.add_invoice(customer, fee, issued=stage.today - timedelta(days=20), due=stage.today)
    credited = stage.invoice(stage.customer(), "80.00", overdue=1)
    note = stage.credit(stage.owner(credited), "30.00")
    stage.books.apply_credit(note, credited, Decimal("30.00"), on=stage.today)
    abroad = stage.customer(currency="EUR", country="DE", terms_days=60)
    lines = [Line("Work", Decimal(1), Decimal("999.99"))]
    stage.books.add_invoice(abroad, lines, issued=stage.today)
    stage.books.void_invoice(stage.invoice(customer, "10.00", overdue=5))


def expected(stage: RowsStage) -> dict[str, dict[str, Any]]:
    open_ones = (one for one in stage.books.invoices.values() if one.state == "open" and one.due_amount > 0)
    return {invoice.number: in_the_books(stage, invoice) for invoice in open_ones}


def differences(stage: RowsStage) -> dict[str, Any]:
    """By invoice number: what the books say and what the mirror says instead, field by field."""
    books, mirror = expected(stage), in_the_mirror(stage)
    shown = {number: {name: mirror.get(number, {}).get(name) for name in row} for number, row in books.items()}
    differing = {n: (row, shown[n]) for n, row in books.items() if row != shown[n]}
    return differing | {number: (None, row) for number, row in mirror.items() if number not in books}


def test_every_open_invoice_is_in_the_mirror_field_by_field(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    all_kinds_of_invoices(stage)

    stage.told("dun sync")

    assert len(in_the_mirror(stage)) == 5
    assert differences(stage) == {}


def test_what_changes_in_the_ledger_changes_in_the_mirror(firm: Callable[..., RowsStage]) -> None:
    """Moved, given to somebody else, paid in part, reopened by a bounced payment."""
    stage = firm()
    moved, paid, reopened = (stage.invoice(overdue=10) for _ in range(3))
    payment = stage.pay(reopened)
    stage.told("dun sync")
    stage.sleep(1)

    stage.books.edit_invoice(moved, due=stage.today + timedelta(days=14))
    stage.pay(paid, "19.99")
    stage.books.delete_payment(payment)
    stage.told("dun sync")

    assert differences(stage) == {}
    known = stage.mirrored(paid)
    assert known is not None
    assert known.due_minor == to_minor(Decimal("100.01"), "GBP")
