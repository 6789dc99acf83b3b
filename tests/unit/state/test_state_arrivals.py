"""Money that came in, whichever way the ledger tells of it, and each part of it once."""

from datetime import date, timedelta
from typing import Any

from unit.state.examples import AT, LATER, TODAY, a_contact, a_credit, a_payment, an_invoice

from state.model import Allocation, ContactId, CreditKind, InvoiceId, InvoiceStatus, PaymentId
from state.store import TenantStore

SINCE = AT - timedelta(hours=12)
YESTERDAY = date(2026, 3, 9)


def part(minor: int, on: date | None = YESTERDAY, **fields: Any) -> Allocation:
    said = {"source": "payment", "source_id": "x-1", "invoice_id": InvoiceId("inv-1"), "applied_on": on, **fields}
    return Allocation(**said, amount_minor=minor)


def paid(*parts: Allocation, **fields: Any) -> Any:
    return an_invoice(status=InvoiceStatus.PAID, due_minor=0, allocations=parts, **fields)


def came_in(store: TenantStore) -> list[tuple[int, date | None]]:
    return [(each.amount[0], each.paid_on) for each in store.morning(TODAY, SINCE).came_in]


def payments(store: TenantStore) -> list[tuple[int, date | None]]:
    return [(each.amount[0], each.on) for each in store.customer_file(ContactId("customer"), TODAY).payments]


def test_what_only_the_invoice_tells_came_in_too(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([paid(part(900_00))])

    assert came_in(store) == payments(store) == [(900_00, YESTERDAY)]


def test_what_a_payment_tells_itself_is_not_counted_again(store: TenantStore) -> None:
    store.mirror.save_invoices([paid(part(300_00, source_id="pay-1"))])
    store.mirror.save_payments([a_payment("pay-1")])

    assert [minor for minor, _ in came_in(store)] == [minor for minor, _ in payments(store)] == [300_00]


def test_an_invoice_that_changed_brings_its_latest_money_alone(store: TenantStore) -> None:
    store.mirror.save_invoices([paid(part(600_00, date(2026, 3, 2)), part(300_00, source_id="x-2"))])

    assert came_in(store) == [(300_00, YESTERDAY)]
    assert payments(store) == [(300_00, YESTERDAY), (600_00, date(2026, 3, 2))]


def test_an_old_payment_does_not_come_in_again_when_its_invoice_changes(store: TenantStore) -> None:
    store.mirror.save_invoices([paid(part(900_00, date(2025, 12, 1)))])

    assert came_in(store) == []


def test_invoices_that_have_not_changed_bring_nothing(store: TenantStore) -> None:
    store.mirror.save_invoices([paid(part(900_00), updated_at=AT - timedelta(days=1))])

    assert came_in(store) == []


def test_credit_is_no_money(store: TenantStore) -> None:
    store.mirror.save_invoices([paid(part(900_00, source="credit_note"))])

    assert came_in(store) == payments(store) == []


def test_old_money_that_is_merely_put_against_an_invoice_did_not_come_in(store: TenantStore) -> None:
    store.mirror.save_payments([a_payment(entered_at=AT - timedelta(days=18), updated_at=AT)])

    assert came_in(store) == []


def test_money_that_was_entered_lately_came_in_whatever_day_it_bears(store: TenantStore) -> None:
    long_ago = date(2025, 11, 3)
    store.mirror.save_payments([a_payment(entered_at=AT, updated_at=LATER, paid_on=long_ago)])

    assert came_in(store) == [(300_00, long_ago)]


def test_old_money_of_which_nobody_says_when_it_was_entered_did_not_come_in(store: TenantStore) -> None:
    store.mirror.save_payments([a_payment("new"), a_payment("old", paid_on=date(2025, 11, 3))])

    assert came_in(store) == [(300_00, date(2026, 3, 1))]


def test_a_live_reading_does_not_forget_when_money_was_entered(store: TenantStore) -> None:
    store.mirror.save_payments([a_payment(entered_at=AT - timedelta(days=18))])
    store.mirror.save_payments([a_payment(unapplied_minor=1_00, updated_at=LATER)])

    assert store.mirror.payment(PaymentId("pay-1")).entered_at == AT - timedelta(days=18)


def test_money_without_an_invoice_came_in_until_an_invoice_takes_it(store: TenantStore) -> None:
    store.mirror.save_credits([a_credit(kind=CreditKind.OVERPAYMENT, dated_on=YESTERDAY)])
    assert came_in(store) == [(50_00, YESTERDAY)]

    store.mirror.save_credits(
        [
            a_credit(
                kind=CreditKind.OVERPAYMENT,
                total_minor=50_00,
                remaining_minor=20_00,
                dated_on=YESTERDAY,
                updated_at=LATER,
            )
        ]
    )
    assert came_in(store) == []
    [kept] = store.customer_file(ContactId("customer"), TODAY).payments
    assert kept.unapplied == (20_00, "GBP")
