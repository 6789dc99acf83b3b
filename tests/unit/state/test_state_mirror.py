"""What the ledger told us goes in once, in order, and comes out as it went in."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.state.examples import AT, LATER, a_contact, a_credit, a_payment, an_invoice, planned, sent

from state.model import (
    Allocation,
    ContactId,
    ContactStatus,
    CreditKind,
    DocumentStatus,
    Gone,
    InvoiceId,
    InvoiceStatus,
    Organisation,
    PaymentId,
    PostalAddress,
)
from state.store import TenantStore

EARLIER = AT - timedelta(hours=1)
INV = InvoiceId("inv-1")


def round_of(store: TenantStore) -> int:
    (account,) = store.receivables.accounts(date(2026, 3, 10))
    return account.receivables[0].round


def test_an_invoice_comes_back_as_it_was_saved(store: TenantStore) -> None:
    invoice = an_invoice(
        expected_on=date(2026, 4, 1),
        payment_scheduled=True,
        disputed=True,
        reference="PO 7 'x'",
        billed_to=("a@example.test", "b@example.test"),
        updated_at=datetime(2026, 3, 1, 1, 2, 3, 456000, tzinfo=UTC),
        allocations=(Allocation("payment", "pay-1", INV, 300_00, date(2026, 3, 1)),),
    )

    store.mirror.save_invoices([invoice])

    assert store.mirror.invoice(INV) == invoice


def test_an_untold_allocation_is_not_an_empty_one(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("told", allocations=()), an_invoice("untold", allocations=None)])

    assert store.mirror.invoice(InvoiceId("told")).allocations == ()
    assert store.mirror.invoice(InvoiceId("untold")).allocations is None


def test_a_contact_comes_back_as_it_was_saved(store: TenantStore) -> None:
    contact = a_contact(
        cc=("x@example.test",),
        first_name="Ada",
        country="NZ",
        phones=("07700 900123", "01632 960123"),
        postal=PostalAddress(lines=("Unit 4", "12 Mill Lane"), city="Eastmere", postcode="ZX4 7QP", country="GB"),
        groups=("Trade",),
        parent_id=ContactId("parent"),
    )

    store.mirror.save_contacts([contact])

    assert store.mirror.contact(contact.id) == contact
    assert store.mirror.contacts([contact.id, ContactId("nobody")]) == {contact.id: contact}


def test_a_payment_comes_back_as_it_was_saved(store: TenantStore) -> None:
    payment = a_payment(contact_id=None, unapplied_minor=5, allocations=(Allocation("payment", "pay-1", INV, 1),))

    store.mirror.save_payments([payment])

    assert store.mirror.payment(PaymentId("pay-1")) == payment


def test_saving_says_how_many_rows_changed(store: TenantStore) -> None:
    one, other = an_invoice("one"), an_invoice("other")

    assert store.mirror.save_invoices([one, other]) == 2
    assert store.mirror.save_invoices([one, other]) == 0
    assert store.mirror.save_invoices([one, an_invoice("other", due_minor=1, updated_at=LATER)]) == 1
    assert store.mirror.save_invoices([]) == 0


def test_an_unchanged_row_is_not_written_again(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.mirror.save_invoices([an_invoice(allocations=(Allocation("payment", "p", INV, 1),))])
    sql("CREATE TRIGGER blow_up BEFORE UPDATE ON invoice BEGIN SELECT RAISE(ABORT, 'written'); END")

    store.mirror.save_invoices([an_invoice(allocations=(Allocation("payment", "p", INV, 1),))])


@pytest.mark.parametrize("kind", ["invoice", "contact", "payment", "credit"])
def test_an_older_version_is_ignored(store: TenantStore, sql: Callable[..., list[tuple]], kind: str) -> None:
    make = {"invoice": an_invoice, "contact": a_contact, "payment": a_payment, "credit": a_credit}[kind]
    save = getattr(store.mirror, f"save_{kind}s")
    save([make(version="new", updated_at=LATER)])

    assert save([make(version="old", updated_at=AT)]) == 0
    assert sql(f"SELECT version FROM {kind}") == [("new",)]  # noqa: S608 - one of four from above


def test_an_older_version_does_not_bring_its_allocations(store: TenantStore) -> None:
    newer = an_invoice(updated_at=LATER, allocations=(Allocation("payment", "new", INV, 2),))
    store.mirror.save_invoices([newer, an_invoice(allocations=(Allocation("payment", "old", INV, 1),))])

    assert store.mirror.invoice(INV) == newer


def test_a_summary_keeps_the_allocations_that_are_known(store: TenantStore) -> None:
    told = (Allocation("payment", "p", INV, 2),)
    store.mirror.save_invoices([an_invoice(allocations=told)])

    assert store.mirror.save_invoices([an_invoice(due_minor=1, updated_at=LATER, allocations=None)]) == 1
    assert store.mirror.invoice(INV) == an_invoice(due_minor=1, updated_at=LATER, allocations=told)


def test_a_summary_that_says_nothing_new_changes_nothing(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(allocations=(Allocation("payment", "p", INV, 2),))])

    assert store.mirror.save_invoices([an_invoice(allocations=None)]) == 0


def test_allocations_that_were_taken_back_are_gone(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(allocations=(Allocation("payment", "p", INV, 2),))])

    store.mirror.save_invoices([an_invoice(allocations=())])

    assert store.mirror.invoice(INV).allocations == ()


def test_a_version_with_the_same_stamp_overwrites(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(due_minor=600_00)])

    assert store.mirror.save_invoices([an_invoice(due_minor=100_00)]) == 1
    assert store.mirror.invoice(INV).due_minor == 100_00


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(order=st.permutations(range(5)), key=st.uuids())
def test_the_newest_version_wins_in_any_order(store: TenantStore, order: list[int], key: object) -> None:
    """Pages overlap and repeat; what is stored must not depend on how they came."""
    for age in order:
        store.mirror.save_invoices([an_invoice(str(key), due_minor=age + 1, updated_at=AT + timedelta(seconds=age))])

    assert store.mirror.invoice(InvoiceId(str(key))).due_minor == 5


@pytest.mark.parametrize("settled", [InvoiceStatus.PAID, InvoiceStatus.VOID, InvoiceStatus.DELETED])
def test_an_invoice_that_was_settled_and_came_back_begins_a_new_round(
    store: TenantStore, settled: InvoiceStatus
) -> None:
    for status, minutes in ((InvoiceStatus.OPEN, 0), (settled, 1), (InvoiceStatus.OPEN, 2)):
        store.mirror.save_invoices([an_invoice(status=status, updated_at=AT + timedelta(minutes=minutes))])

    assert round_of(store) == 2


def vanish_and_return(store: TenantStore) -> None:
    store.mirror.mark_gone([INV], LATER)
    store.reminders.skip_settled(LATER)
    store.mirror.save_invoices([an_invoice()])


@pytest.mark.parametrize("status", [InvoiceStatus.DRAFT, InvoiceStatus.OPEN, InvoiceStatus.GONE])
def test_other_ways_of_being_open_again_stay_in_the_round(store: TenantStore, status: InvoiceStatus) -> None:
    store.mirror.save_invoices([an_invoice(status=status)])
    store.mirror.save_invoices([an_invoice(updated_at=LATER)])

    assert round_of(store) == 1


def test_an_invoice_that_was_gone_begins_a_new_round_if_its_reminders_were_skipped_for_that(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    planned(store)
    vanish_and_return(store)

    assert round_of(store) == 2


def test_an_invoice_that_was_gone_stays_in_its_round_if_something_was_sent(store: TenantStore) -> None:
    """A ledger that left it out once must not make the customer hear the same again."""
    store.mirror.save_invoices([an_invoice()])
    sent(store)
    planned(store, stage="second")
    vanish_and_return(store)

    assert round_of(store) == 1


def test_an_invoice_that_was_gone_stays_in_its_round_if_a_person_skipped_a_stage(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.reminders.skip([planned(store)], "by hand", AT)
    vanish_and_return(store)

    assert round_of(store) == 1


def test_a_stale_reopening_does_not_count(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, updated_at=LATER)])
    store.mirror.save_invoices([an_invoice(updated_at=AT)])

    assert store.mirror.invoice(INV).status is InvoiceStatus.PAID


def test_a_tombstone_buries_each_kind_of_document(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_payments([a_payment()])
    store.mirror.save_credits([a_credit()])

    store.mirror.bury(
        [Gone("invoice", "inv-1"), Gone("contact", "customer"), Gone("payment", "pay-1"), Gone("credit", "cn-1")], LATER
    )

    assert store.mirror.invoice(INV).status is InvoiceStatus.DELETED
    assert store.mirror.contact(ContactId("customer")).status is ContactStatus.ARCHIVED
    assert store.mirror.payment(PaymentId("pay-1")).status is DocumentStatus.DELETED
    assert sql("SELECT status FROM credit") == [("deleted",)]


def test_a_tombstone_of_something_unknown_is_ignored(store: TenantStore) -> None:
    store.mirror.bury([Gone("invoice", "never-seen"), Gone("contact", "nobody")], AT)

    assert store.mirror.find_invoice("never-seen") == []


def test_an_old_version_does_not_rise_from_the_grave(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.mirror.bury([Gone("invoice", "inv-1", at=LATER)], LATER)

    store.mirror.save_invoices([an_invoice()])

    assert store.mirror.invoice(INV).status is InvoiceStatus.DELETED


def test_a_tombstone_older_than_the_document_is_ignored(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])

    store.mirror.bury([Gone("invoice", "inv-1", at=EARLIER)], LATER)

    assert store.mirror.invoice(INV).status is InvoiceStatus.OPEN


def test_only_open_invoices_can_be_gone(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("open"), an_invoice("paid", status=InvoiceStatus.PAID, due_minor=0)])

    store.mirror.mark_gone([InvoiceId("open"), InvoiceId("paid"), InvoiceId("unknown")], LATER)

    assert store.mirror.invoice(InvoiceId("open")).status is InvoiceStatus.GONE
    assert store.mirror.invoice(InvoiceId("paid")).status is InvoiceStatus.PAID


def test_what_was_gone_may_return_unchanged(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.mirror.mark_gone([INV], LATER)

    store.mirror.save_invoices([an_invoice()])

    assert store.mirror.invoice(INV).status is InvoiceStatus.OPEN


def test_an_invoice_is_found_by_number_or_id_in_any_case(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("a", number="INV-7"), an_invoice("b", number="inv-7"), an_invoice("c")])

    assert [found.id for found in store.mirror.find_invoice(" Inv-7 ")] == ["a", "b"]
    assert [found.id for found in store.mirror.find_invoice("A")] == ["a"]
    assert store.mirror.find_invoice("INV-%") == []


def test_a_customer_is_found_by_name_or_id(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("1", name="Acme Ltd"), a_contact("2", name="Acme Ltd too")])

    assert [found.id for found in store.mirror.find_contact("acme LTD")] == ["1"]
    assert [found.id for found in store.mirror.find_contact("2")] == ["2"]


def test_the_mirror_is_as_old_as_its_latest_complete_pull(store: TenantStore) -> None:
    assert store.mirror.last_pulled_at() is None

    store.mirror.move_cursor("invoices", "one", AT)
    store.mirror.mark_compared(LATER)

    assert store.mirror.last_pulled_at() == AT


def test_open_means_open_with_something_due(store: TenantStore) -> None:
    store.mirror.save_invoices(
        [
            an_invoice("owed"),
            an_invoice("nothing-due", due_minor=0),
            an_invoice("void", status=InvoiceStatus.VOID),
            an_invoice("draft", status=InvoiceStatus.DRAFT),
        ]
    )

    assert store.mirror.open_invoice_ids() == {"owed"}
    assert store.mirror.count_open() == 1


def test_a_cursor_is_unknown_until_it_is_moved(store: TenantStore) -> None:
    assert store.mirror.cursor("invoices") is None
    assert store.mirror.pulled_at("invoices") is None

    store.mirror.move_cursor("invoices", "one", AT)
    store.mirror.move_cursor("invoices", "two", LATER)
    store.mirror.move_cursor("contacts", "other", AT)

    assert store.mirror.cursor("invoices") == "two"
    assert store.mirror.pulled_at("invoices") == LATER
    assert store.mirror.cursor("contacts") == "other"


def test_the_full_comparison_has_its_own_date(store: TenantStore) -> None:
    store.mirror.move_cursor("invoices", "one", AT)
    assert store.mirror.compared_at() is None

    store.mirror.mark_compared(LATER)

    assert store.mirror.compared_at() == LATER
    assert store.mirror.pulled_at("invoices") == AT


def test_a_cursor_is_lost_with_its_page(store: TenantStore) -> None:
    def pull_half_a_page() -> None:
        with store.transaction():
            store.mirror.save_invoices([an_invoice()])
            store.mirror.move_cursor("invoices", "one", AT)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        pull_half_a_page()
    assert store.mirror.cursor("invoices") is None
    assert store.mirror.invoice(INV) is None


@pytest.mark.parametrize("own_reminders_on", [True, False, None])
def test_the_organisation_comes_back_as_it_was_saved(store: TenantStore, own_reminders_on: bool | None) -> None:
    assert store.mirror.organisation() is None
    organisation = Organisation(
        ledger="xero",
        id="t-1",
        name="Acme",
        currency="NZD",
        zone="Pacific/Auckland",
        country="NZ",
        own_reminders_on=own_reminders_on,
    )

    store.mirror.save_organisation(organisation, AT)
    store.mirror.save_organisation(organisation, LATER)

    assert store.mirror.organisation() == organisation


def test_the_link_to_pay_is_kept_apart_from_what_the_ledger_tells(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    assert store.mirror.pay_url(INV) is None

    store.mirror.save_pay_url(INV, "https://pay.example.test/1")
    store.mirror.save_invoices([an_invoice(due_minor=1, updated_at=LATER)])

    assert store.mirror.pay_url(INV) == "https://pay.example.test/1"


def test_open_credit_counts_for_the_whole_family(store: TenantStore) -> None:
    """A payment sits on the parent, a credit memo on another job, and the job's loser of a merge has one too."""
    store.mirror.save_contacts(
        [
            a_contact("parent"),
            a_contact("job", parent_id=ContactId("parent")),
            a_contact("sister", parent_id=ContactId("parent")),
            a_contact("merged", merged_into=ContactId("sister"), status=ContactStatus.ARCHIVED),
            a_contact("stranger"),
        ]
    )
    store.mirror.save_payments([a_payment("pay-1", contact_id=ContactId("parent"), unapplied_minor=20_00)])
    store.mirror.save_credits(
        [
            a_credit("cn-1", contact_id=ContactId("sister"), dated_on=date(2026, 1, 1)),
            a_credit("cn-2", contact_id=ContactId("merged"), dated_on=date(2026, 1, 2)),
            a_credit("cn-3", contact_id=ContactId("stranger")),
            a_credit("used", contact_id=ContactId("job"), remaining_minor=0),
            a_credit("void", contact_id=ContactId("job"), status=DocumentStatus.VOID),
        ]
    )

    found = store.mirror.open_credits(ContactId("job"))

    assert [(credit.id, credit.kind, credit.remaining_minor) for credit in found] == [
        ("cn-1", CreditKind.CREDIT_NOTE, 50_00),
        ("cn-2", CreditKind.CREDIT_NOTE, 50_00),
        ("pay-1", CreditKind.UNAPPLIED_PAYMENT, 20_00),
    ]
    assert store.mirror.family(ContactId("merged")) == {"parent", "job", "sister", "merged"}
    assert store.mirror.family(ContactId("stranger")) == {"stranger"}


def test_only_credit_with_a_rest_is_asked_after(store: TenantStore) -> None:
    store.mirror.save_credits([a_credit("rest"), a_credit("used", remaining_minor=0)])
    store.mirror.save_payments(
        [a_payment("rest-too", unapplied_minor=1), a_payment("applied"), a_payment("gone", unapplied_minor=1)]
    )
    store.mirror.bury([Gone("payment", "gone")], AT)

    assert store.mirror.known_credit_ids() == (["rest"], ["rest-too"])


@pytest.mark.parametrize("save", ["invoices", "contacts"])
def test_a_naive_stamp_is_refused(store: TenantStore, save: str) -> None:
    make = {"invoices": an_invoice, "contacts": a_contact}[save]

    with pytest.raises(ValueError, match="no time zone"):
        getattr(store.mirror, f"save_{save}")([make(updated_at=datetime(2026, 3, 1))])  # noqa: DTZ001
