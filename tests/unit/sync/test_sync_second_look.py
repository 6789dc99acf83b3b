"""Once a day whatever holds customers back is asked for again, and what is no more is forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from tenant_bench import TenantBench

from connectors.ledger import CreditReading, KnownCredits, Outage, Page
from connectors.sandbox.documents import Credit as BooksCredit
from connectors.sandbox.documents import Customer
from state.model import (
    ContactId,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    EntityKind,
    PaymentId,
    Rejected,
)
from sync.pull import compare, comparison_is_due, pull


def compared(bench: TenantBench) -> None:
    compare(bench.ledger, bench.store, bench.tenant.clock)


def garbled(entity: EntityKind, key: str | None, contact: str | None = None) -> Rejected:
    return Rejected(entity, key, ContactId(contact) if contact else None, "odd", "{}")


def unapplied(key: str, contact: Customer, bench: TenantBench) -> Credit:
    return Credit(
        id=CreditId(key),
        kind=CreditKind.UNAPPLIED_PAYMENT,
        contact_id=ContactId(contact.guid),
        number=None,
        status=DocumentStatus.VALID,
        currency="GBP",
        total_minor=50_00,
        remaining_minor=20_00,
        dated_on=bench.today,
        updated_at=bench.now,
        version="1",
    )


class AnsweredCredits:
    """Stands in for `open_credits`, and remembers what it was asked."""

    def __init__(self, bench: TenantBench, *credits: Credit, rejected: tuple[Rejected, ...] = ()) -> None:
        self.asked: list[KnownCredits] = []
        self._reading = CreditReading(credits, rejected, bench.now)

    def __call__(self, known: KnownCredits) -> CreditReading:
        self.asked.append(known)
        return self._reading


@pytest.fixture
def credit(bench: TenantBench) -> BooksCredit:
    """An open credit that has been pulled."""
    made = bench.credit(bench.customer(), "60.00")
    bench.let_pass(timedelta(hours=1))
    pull(bench.ledger, bench.store, bench.tenant.clock)
    return made


def test_credit_that_vanished_without_a_word_holds_nobody_back_for_ever(
    bench: TenantBench, credit: BooksCredit
) -> None:
    del bench.books.credits[credit.id]

    compared(bench)

    assert bench.store.mirror.known_credit_ids() == ([], [])


def test_credit_that_is_still_there_stays(bench: TenantBench, credit: BooksCredit) -> None:
    compared(bench)

    assert bench.store.mirror.known_credit_ids() == ([credit.guid], [])


def test_credit_that_cannot_be_read_stays(bench: TenantBench, credit: BooksCredit) -> None:
    bench.ledger.unreadable = {credit.guid}

    compared(bench)

    assert bench.store.mirror.known_credit_ids() == ([credit.guid], [])
    assert [record.id for record in bench.store.mirror.quarantined()] == [credit.guid]


def test_no_credit_vanishes_while_a_record_without_an_id_could_be_it(bench: TenantBench, credit: BooksCredit) -> None:
    bench.ledger.unreadable = bench.ledger.nameless = {credit.guid}

    compared(bench)

    assert bench.store.mirror.known_credit_ids() == ([credit.guid], [])


def test_without_credit_nothing_is_asked(bench: TenantBench) -> None:
    bench.invoice()

    compared(bench)

    assert bench.ledger.calls["open_credits"] == 0


def test_garbled_credit_that_was_deleted_since_is_forgotten(bench: TenantBench, credit: BooksCredit) -> None:
    bench.ledger.unreadable = {credit.guid}
    compared(bench)
    bench.ledger.unreadable = set()
    del bench.books.credits[credit.id]

    compared(bench)

    assert bench.store.mirror.quarantined() == []


def test_a_garbled_payment_that_can_be_read_again_is_kept_with_its_rest(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.store.mirror.quarantine([garbled("payment", "9")], bench.now)
    bench.ledger.open_credits = answer = AnsweredCredits(bench, unapplied("9", customer, bench))

    compared(bench)

    [asked] = answer.asked
    payment = bench.store.mirror.payment(PaymentId("9"))
    assert (list(asked.credit_ids), list(asked.payment_ids)) == ([], ["9"])
    assert payment is not None
    assert (payment.amount_minor, payment.unapplied_minor) == (50_00, 20_00)
    assert bench.store.mirror.quarantined() == []


def test_a_payment_and_a_credit_of_one_id_are_not_taken_for_each_other(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.store.mirror.quarantine([garbled("payment", "9"), garbled("credit", "9")], bench.now)
    bench.ledger.open_credits = AnsweredCredits(
        bench, unapplied("9", customer, bench), rejected=(garbled("credit", "9"),)
    )

    compared(bench)

    assert bench.store.mirror.known_credit_ids() == (["9"], ["9"])
    assert bench.store.mirror.quarantined() == [garbled("credit", "9")]


def test_a_garbled_payment_that_stays_garbled_holds_everybody_back(bench: TenantBench) -> None:
    invoice, bad = bench.invoice(), garbled("payment", "9")
    bench.store.mirror.quarantine([bad], bench.now)
    bench.ledger.open_credits = AnsweredCredits(bench, rejected=(bad,))

    bench.live(3)

    assert bench.why(invoice) == ["customer_unreadable"]
    assert bench.channel.accepted == []


def test_an_invoice_that_is_mended_is_read_again_though_no_change_brings_it(bench: TenantBench) -> None:
    """A settled invoice is in no list of open ones."""
    document = bench.invoice()
    bench.ledger.unreadable = {document.guid}
    pull(bench.ledger, bench.store, bench.tenant.clock)
    bench.ledger.unreadable = set()
    bench.pay(document)
    bench.let_pass(timedelta(hours=1))

    compared(bench)

    assert bench.store.mirror.quarantined() == []


@pytest.mark.parametrize("entity", ["invoice", "contact", "payment", "credit"])
def test_a_garbled_record_that_no_longer_exists_is_forgotten(bench: TenantBench, entity: EntityKind) -> None:
    bench.store.mirror.quarantine([garbled(entity, "deleted since")], bench.now)

    compared(bench)

    assert bench.store.mirror.quarantined() == []


def test_a_garbled_contact_that_stays_garbled_stays_listed(bench: TenantBench) -> None:
    contact = bench.customer()
    bench.ledger.unreadable = {contact.guid}
    pull(bench.ledger, bench.store, bench.tenant.clock)

    compared(bench)

    assert [record.id for record in bench.store.mirror.quarantined()] == [contact.guid]


@pytest.mark.parametrize("entity", ["invoice", "contact", "payment", "credit"])
def test_a_nameless_record_that_nothing_brings_again_is_forgotten(bench: TenantBench, entity: EntityKind) -> None:
    bench.store.mirror.quarantine([garbled(entity, None)], bench.now)
    bench.let_pass(timedelta(hours=1))

    compared(bench)

    assert bench.store.mirror.quarantined() == []


def test_a_nameless_invoice_that_is_brought_again_stays(bench: TenantBench, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = garbled("invoice", None)
    bench.store.mirror.quarantine([bad], bench.now)
    bench.let_pass(timedelta(hours=1))
    monkeypatch.setattr(bench.ledger, "open_invoices", lambda: iter([Page(rejected=[bad])]))

    compared(bench)

    assert bench.store.mirror.quarantined() == [bad]


def test_a_nameless_payment_is_forgotten_only_after_all_payments_were_read(bench: TenantBench) -> None:
    bad: Any = garbled("payment", None)
    pull(bench.ledger, bench.store, bench.tenant.clock)
    bench.store.mirror.quarantine([bad], bench.now)
    bench.let_pass(timedelta(hours=1))
    bench.ledger.open_credits = still_there = AnsweredCredits(bench, rejected=(bad,))
    compared(bench)
    listed = bench.store.mirror.quarantined()
    bench.let_pass(timedelta(hours=1))
    bench.ledger.open_credits = AnsweredCredits(bench)
    compared(bench)

    assert [asked.since for asked in still_there.asked] == [None]
    assert (listed, bench.store.mirror.quarantined()) == ([bad], [])


@pytest.mark.parametrize("operation", ["read_contacts", "open_credits"])
def test_a_second_look_that_breaks_off_forgets_nothing_and_stays_due(
    bench: TenantBench, credit: BooksCredit, operation: str
) -> None:
    bad = garbled("contact", "1")
    bench.store.mirror.quarantine([bad, garbled("invoice", None)], bench.now - timedelta(days=1))
    bench.ledger.fail_next(operation, Outage("gone"))

    with pytest.raises(Outage):
        compared(bench)

    assert garbled("invoice", None) in bench.store.mirror.quarantined()
    assert bench.store.mirror.known_credit_ids() == ([credit.guid], [])
    assert comparison_is_due(bench.store, bench.now, bench.settings.nightly, bench.tenant.zone)
