"""How customers have paid, reckoned in two queries, against the same reckoned one invoice at a time."""

import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from unit.state.examples import AT, a_contact, a_payment, an_invoice

from state.model import (
    Allocation,
    ContactId,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    PayerHistory,
    Payment,
    PaymentId,
)
from state.store import TenantStore

START = date(2025, 1, 1)
CUSTOMERS = ("ada", "bo", "cy")
MERGED = {"cy": "bo"}


class Story(Struct):
    """An invoice over 100.00 and what was put against it."""

    customer: str
    status: InvoiceStatus
    issued_on: date | None
    due_on: date | None
    parts: tuple[Allocation, ...]


def days() -> st.SearchStrategy[date | None]:
    return st.none() | st.integers(0, 400).map(lambda offset: START + timedelta(days=offset))


def parts() -> st.SearchStrategy[tuple[Allocation, ...]]:
    source = st.sampled_from(("payment", "payment", "payment", "credit_note", "overpayment"))
    amount = st.sampled_from((1, 40_00, 60_00, 100_00, 2**53 - 1))
    part = st.builds(Allocation, source, st.just("s"), st.just(InvoiceId("")), amount, days())
    return st.lists(part, max_size=3).map(tuple)


def stories() -> st.SearchStrategy[list[Story]]:
    story = st.builds(Story, st.sampled_from(CUSTOMERS), st.sampled_from(InvoiceStatus), days(), days(), parts())
    return st.lists(story, max_size=12)


def invoices(told: list[Story], *, with_parts: bool) -> list[Invoice]:
    return [
        an_invoice(
            f"inv-{number}",
            contact_id=ContactId(story.customer),
            status=story.status,
            total_minor=100_00,
            issued_on=story.issued_on,
            due_on=story.due_on,
            allocations=parts_of(number, story) if with_parts else None,
        )
        for number, story in enumerate(told)
    ]


def parts_of(number: int, story: Story) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(part.source, part.source_id, InvoiceId(f"inv-{number}"), part.amount_minor, part.applied_on)
        for part in story.parts
    )


def payments(told: list[Story]) -> list[Payment]:
    """A payment for each invoice that has any part, and one that was taken back and tells of all of them."""
    own = [a_payment(f"pay-{number}", allocations=parts_of(number, story)) for number, story in enumerate(told)]
    everything = tuple(part for payment in own for part in payment.allocations or ())
    bounced = a_payment("bounced", id=PaymentId("bounced"), status=DocumentStatus.DELETED, allocations=everything)
    return [*own, bounced]


def reckoned(told: list[Story]) -> dict[ContactId, PayerHistory]:
    """The slow way."""
    histories = {}
    for customer in CUSTOMERS:
        own = [story for story in told if MERGED.get(story.customer, story.customer) == customer]
        late_by, paid_on = [], []
        for story in own:
            paid = [part for part in story.parts if part.source == "payment"]
            certain = bool(paid) and all(part.applied_on for part in paid)
            if story.status is not InvoiceStatus.PAID or story.due_on is None or not certain:
                continue
            if sum(part.amount_minor for part in paid) < 100_00:
                continue
            paid_on.append(max(part.applied_on for part in paid if part.applied_on))
            late_by.append((paid_on[-1] - story.due_on).days)
        live = {InvoiceStatus.OPEN, InvoiceStatus.PAID}
        issued = [story.issued_on for story in own if story.issued_on and story.status in live]
        if not late_by and not issued:
            continue
        histories[ContactId(customer)] = PayerHistory(
            paid=len(late_by),
            late=sum(days > 0 for days in late_by),
            mean_days_late=mean(map(Decimal, late_by)).quantize(Decimal("0.1")) if late_by else None,
            last_paid_on=max(paid_on, default=None),
            first_invoiced_on=min(issued, default=None),
        )
    return histories


def read(told_invoices: list[Invoice], told_payments: list[Payment]) -> dict[ContactId, PayerHistory]:
    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        merged = [a_contact(loser, merged_into=ContactId(winner), updated_at=AT) for loser, winner in MERGED.items()]
        store.mirror.save_contacts([*merged, a_contact("ada"), a_contact("bo")])
        store.mirror.save_invoices(told_invoices)
        store.mirror.save_payments(told_payments)
        return store.payer_histories()


@given(stories())
def test_histories_are_right_where_invoices_tell_what_was_put_against_them(told: list[Story]) -> None:
    assert read(invoices(told, with_parts=True), []) == reckoned(told)


@given(stories())
def test_histories_are_right_where_payments_tell_what_they_settled(told: list[Story]) -> None:
    assert read(invoices(told, with_parts=False), payments(told)) == reckoned(told)
