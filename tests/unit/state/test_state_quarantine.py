"""Records nobody could read block their customer until they are read well."""

from datetime import timedelta

import pytest
from unit.state.examples import AT, LATER, TODAY, a_contact, a_credit, a_payment, an_invoice

from state.model import Account, ContactId, CreditId, EntityKind, Gone, InvoiceId, PaymentId, Rejected
from state.store import TenantStore


def rejected(entity: EntityKind = "invoice", key: str | None = "inv-1", **fields: object) -> Rejected:
    return Rejected(**{"entity": entity, "id": key, "contact_id": None, "reason": "odd", "payload": "{}", **fields})


def by_contact(store: TenantStore) -> dict[str, Account]:
    return {account.contact_id: account for account in store.receivables.accounts(TODAY)}


def test_a_record_is_listed_once_however_often_it_comes(store: TenantStore) -> None:
    store.mirror.quarantine([rejected(reason="first")], AT)
    store.mirror.quarantine([rejected(reason="second")], LATER)

    assert store.mirror.quarantined() == [rejected(reason="second")]


def test_a_record_without_an_id_is_known_by_its_contents(store: TenantStore) -> None:
    one, other = rejected(key=None, payload="{1}"), rejected(key=None, payload="{2}")

    store.mirror.quarantine([one, other, one], AT)

    assert sorted(store.mirror.quarantined(), key=lambda record: record.payload) == [one, other]


def test_reading_the_document_well_clears_it(store: TenantStore) -> None:
    store.mirror.quarantine(
        [rejected("invoice", "inv-1"), rejected("invoice", "inv-2"), rejected("credit", "cn-1")], AT
    )

    store.mirror.save_invoices([an_invoice("inv-1")])
    store.mirror.save_credits([a_credit("cn-1")])

    assert store.mirror.quarantined() == [rejected("invoice", "inv-2")]


def test_the_same_id_of_another_kind_clears_nothing(store: TenantStore) -> None:
    store.mirror.quarantine([rejected("payment", "7")], AT)

    store.mirror.save_invoices([an_invoice("7")])

    assert store.mirror.quarantined() == [rejected("payment", "7")]


def test_an_outdated_version_clears_nothing(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(updated_at=LATER)])
    store.mirror.quarantine([rejected()], LATER)

    store.mirror.save_invoices([an_invoice(updated_at=AT)])
    assert store.mirror.quarantined() == [rejected()]

    store.mirror.save_invoices([an_invoice(updated_at=LATER + timedelta(minutes=1))])
    assert store.mirror.quarantined() == []


def test_an_unreadable_invoice_blocks_its_customer_and_no_other(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("one"), a_contact("two")])
    store.mirror.save_invoices(
        [an_invoice("a", contact_id=ContactId("one")), an_invoice("b", contact_id=ContactId("two"))]
    )

    store.mirror.quarantine([rejected("invoice", "a")], AT)

    accounts = by_contact(store)
    assert accounts["one"].unreadable
    assert accounts["one"].receivables[0].unreadable
    assert not accounts["two"].unreadable
    assert not accounts["two"].receivables[0].unreadable


def test_an_unreadable_new_invoice_blocks_the_customer_it_names(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([an_invoice()])

    store.mirror.quarantine([rejected("invoice", "unseen", contact_id=ContactId("customer"))], AT)

    account = by_contact(store)["customer"]
    assert account.unreadable
    assert not account.receivables[0].unreadable


def test_an_unreadable_contact_is_not_written_to(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([an_invoice()])

    store.mirror.quarantine([rejected("contact", "customer")], AT)

    assert by_contact(store)["customer"].unreadable


def test_an_unreadable_merged_contact_blocks_the_winner(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("winner"), a_contact("loser", merged_into=ContactId("winner"))])
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("winner"))])

    store.mirror.quarantine([rejected("contact", "loser")], AT)

    assert by_contact(store)["winner"].unreadable


def test_an_unreadable_payment_blocks_the_whole_family(store: TenantStore) -> None:
    """It may be what covers a job's invoice."""
    store.mirror.save_contacts(
        [a_contact("parent"), a_contact("job", parent_id=ContactId("parent")), a_contact("stranger")]
    )
    store.mirror.save_payments([a_payment(contact_id=ContactId("parent"))])
    store.mirror.save_invoices(
        [an_invoice("a", contact_id=ContactId("job")), an_invoice("b", contact_id=ContactId("stranger"))]
    )

    store.mirror.quarantine([rejected("payment", "pay-1")], AT)

    accounts = by_contact(store)
    assert accounts["job"].unreadable
    assert not accounts["stranger"].unreadable


@pytest.mark.parametrize("entity", ["payment", "credit"])
@pytest.mark.parametrize("key", ["77", None])
def test_credit_of_which_nobody_knows_whose_it_is_blocks_everybody(
    store: TenantStore, entity: EntityKind, key: str | None
) -> None:
    """It may be what covers any invoice."""
    store.mirror.save_contacts([a_contact("one"), a_contact("two")])
    store.mirror.save_invoices(
        [an_invoice("a", contact_id=ContactId("one")), an_invoice("b", contact_id=ContactId("two"))]
    )

    store.mirror.quarantine([rejected(entity, key)], AT)

    assert [account.unreadable for account in store.receivables.accounts(TODAY)] == [True, True]


@pytest.mark.parametrize("entity", ["invoice", "contact"])
def test_an_invoice_or_contact_that_names_nobody_blocks_nobody(store: TenantStore, entity: EntityKind) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([an_invoice()])

    store.mirror.quarantine([rejected(entity, None)], AT)

    assert not by_contact(store)["customer"].unreadable


def test_credit_that_cannot_be_read_is_asked_for_again_as_what_it_is(store: TenantStore) -> None:
    store.mirror.save_credits([a_credit("both")])
    store.mirror.quarantine(
        [rejected("payment", "7"), rejected("credit", "8"), rejected("credit", "both"), rejected("invoice", "9")], AT
    )
    store.mirror.quarantine([rejected("payment", None), rejected("credit", None)], AT)

    assert store.mirror.known_credit_ids() == (["8", "both"], ["7"])


@pytest.mark.parametrize("entity", ["invoice", "contact", "payment", "credit"])
def test_a_tombstone_clears_what_could_not_be_read(store: TenantStore, entity: EntityKind) -> None:
    store.mirror.quarantine([rejected(entity, "1"), rejected(entity, "2")], AT)

    store.mirror.bury([Gone(entity, "1")], LATER)

    assert store.mirror.quarantined() == [rejected(entity, "2")]


def test_an_invoice_that_is_gone_is_no_longer_unreadable(store: TenantStore) -> None:
    store.mirror.quarantine([rejected("invoice", "1"), rejected("credit", "1")], AT)

    store.mirror.mark_gone([InvoiceId("1")], LATER)

    assert store.mirror.quarantined() == [rejected("credit", "1")]


def test_credit_that_is_used_up_is_no_longer_unreadable_nor_believed(store: TenantStore) -> None:
    """Ids are unique per kind of document only."""
    store.mirror.save_credits([a_credit("1"), a_credit("2")])
    store.mirror.save_payments([a_payment("1", unapplied_minor=5), a_payment("2", unapplied_minor=5)])
    store.mirror.quarantine([rejected("credit", "1"), rejected("payment", "1"), rejected("payment", "2")], AT)

    store.mirror.mark_used_up([CreditId("1")], [PaymentId("2")])

    assert store.mirror.known_credit_ids() == (["2"], ["1"])
    assert store.mirror.quarantined() == [rejected("payment", "1")]


def test_credit_that_was_believed_used_up_is_believed_again_when_it_is_returned(store: TenantStore) -> None:
    store.mirror.save_credits([a_credit("1")])
    store.mirror.mark_used_up([CreditId("1")], [])

    store.mirror.save_credits([a_credit("1")])

    assert store.mirror.known_credit_ids() == (["1"], [])


def test_only_nameless_records_that_nothing_brought_again_are_forgotten(store: TenantStore) -> None:
    old, fresh = rejected(key=None, payload="{1}"), rejected(key=None, payload="{2}")
    store.mirror.quarantine([old, fresh, rejected(key="named")], AT)
    store.mirror.quarantine([fresh], LATER)

    store.mirror.forget_nameless(LATER)

    assert sorted(store.mirror.quarantined(), key=lambda record: record.payload) == [fresh, rejected(key="named")]


def test_contacts_the_ledger_no_longer_returns_are_forgotten(store: TenantStore) -> None:
    store.mirror.quarantine([rejected("contact", "1"), rejected("contact", "2"), rejected("invoice", "1")], AT)

    store.mirror.forget_rejected_contacts([ContactId("1")])

    assert store.mirror.quarantined() == [rejected("contact", "2"), rejected("invoice", "1")]


def test_of_what_cannot_be_read_only_the_beginning_is_kept(store: TenantStore) -> None:
    huge = "9" * 1_000_000

    store.mirror.quarantine([rejected(reason=f"{huge} is not an amount of money", payload=huge)], AT)

    [kept] = store.mirror.quarantined()
    assert (kept.reason, kept.payload) == (huge[:300], huge[:2000])


def test_what_is_known_by_its_contents_is_known_by_all_of_them(store: TenantStore) -> None:
    one, other = (rejected(key=None, payload="9" * 5_000 + end) for end in "ab")

    store.mirror.quarantine([one, other], AT)

    assert len(store.mirror.quarantined()) == 2
