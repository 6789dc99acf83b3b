"""What the decision pass gets to see."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from unit.state.examples import (
    AT,
    LATER,
    TODAY,
    a_contact,
    a_credit,
    a_draft,
    a_payment,
    a_stage,
    an_invoice,
    claimed,
    planned,
    sent,
    verified,
)

from state.model import (
    Account,
    Allocation,
    ContactId,
    ContactStatus,
    InvoiceId,
    InvoiceStatus,
    MessageId,
    PayerHistory,
    PostalAddress,
    RefusedMail,
    ReminderState,
    StageProgress,
)
from state.store import TenantStore

SENT_ON = date(2026, 3, 9)


def the_account(store: TenantStore, today: date = TODAY) -> Account:
    (account,) = store.receivables.accounts(today)
    return account


def test_an_address_that_takes_no_mail_is_told_with_the_day_in_the_firms_zone(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(email="AP@buyer.example")])
    store.mirror.save_invoices([an_invoice()])
    store.deliveries.suppress("ap@buyer.example", "bounced", datetime(2026, 3, 8, 23, 30, tzinfo=UTC))

    (account,) = store.receivables.accounts(TODAY, zone=ZoneInfo("Europe/Berlin"))

    assert account.addresses == ()
    assert account.refused_mail == RefusedMail("bounced", date(2026, 3, 9))


def test_a_customer_with_another_address_has_nothing_that_refuses_mail(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(email="ap@buyer.example", cc=("boss@buyer.example",))])
    store.mirror.save_invoices([an_invoice()])
    store.deliveries.suppress("ap@buyer.example", "bounced", AT)

    account = the_account(store)

    assert account.addresses == ("boss@buyer.example",)
    assert account.refused_mail is None


def test_a_customer_comes_with_everything_due_the_oldest_first(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices(
        [
            an_invoice("later", due_on=date(2026, 3, 20)),
            an_invoice("undated", due_on=None),
            an_invoice("sooner", due_on=date(2026, 3, 1), expected_on=date(2026, 4, 1), disputed=True),
            an_invoice("paid", status=InvoiceStatus.PAID, due_minor=0),
            an_invoice("nothing", due_minor=0),
        ]
    )

    account = the_account(store)

    assert [owed.invoice_id for owed in account.receivables] == ["sooner", "later", "undated"]
    first = account.receivables[0]
    assert (first.due_minor, first.currency, first.due_on) == (600_00, "GBP", date(2026, 3, 1))
    assert (first.expected_on, first.disputed, first.payment_scheduled) == (date(2026, 4, 1), True, False)


def test_a_customer_comes_with_how_it_is_reached_and_grouped(store: TenantStore) -> None:
    postal = PostalAddress(lines=("12 Mill Lane",), city="Eastmere", postcode="ZX4 7QP")
    store.mirror.save_contacts([a_contact(country="GB", phones=("07700 900123",), postal=postal, groups=("Trade",))])
    store.mirror.save_invoices([an_invoice()])

    account = the_account(store)

    assert (account.country, account.phones, account.postal) == ("GB", ("07700 900123",), postal)
    assert account.groups == ("Trade",)


def test_of_a_customer_the_mirror_does_not_know_nothing_of_that_is_known(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(issued_on=None)])

    account = the_account(store)

    assert (account.country, account.phones, account.postal, account.groups) == (None, (), None, ())
    assert account.history is None


def test_a_customer_comes_with_how_it_has_paid(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    paid = [
        an_invoice(
            f"paid-{days}",
            status=InvoiceStatus.PAID,
            due_minor=0,
            allocations=(
                Allocation("payment", "p", InvoiceId(f"paid-{days}"), 900_00, date(2026, 3, 2) + timedelta(days=days)),
            ),
        )
        for days in (-1, 0, 6)
    ]
    store.mirror.save_invoices([an_invoice(issued_on=date(2025, 12, 1)), *paid])

    assert the_account(store).history == PayerHistory(
        paid=3,
        late=1,
        mean_days_late=Decimal("1.7"),
        last_paid_on=date(2026, 3, 8),
        first_invoiced_on=date(2025, 12, 1),
    )


def test_nobody_owes_anything_in_an_empty_file(store: TenantStore) -> None:
    assert list(store.receivables.accounts(TODAY)) == []


def test_customers_come_by_name(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("1", name="Zoe"), a_contact("2", name="Ada"), a_contact("3", name="Idle")])
    store.mirror.save_invoices([an_invoice("a", contact_id=ContactId("1")), an_invoice("b", contact_id=ContactId("2"))])

    assert [account.name for account in store.receivables.accounts(TODAY)] == ["Ada", "Zoe"]


def test_an_invoice_of_a_merged_contact_belongs_to_the_winner(store: TenantStore) -> None:
    store.mirror.save_contacts(
        [a_contact("winner"), a_contact("loser", merged_into=ContactId("winner"), status=ContactStatus.ARCHIVED)]
    )
    store.mirror.save_invoices(
        [an_invoice("a", contact_id=ContactId("loser")), an_invoice("b", contact_id=ContactId("winner"))]
    )

    account = the_account(store)

    assert (account.contact_id, account.status) == ("winner", ContactStatus.ACTIVE)
    assert [owed.contact_id for owed in account.receivables] == ["winner", "winner"]


def test_a_winner_without_invoices_of_its_own_is_read_too(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("winner"), a_contact("loser", merged_into=ContactId("winner"))])
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("loser"))])

    assert the_account(store).name == "Winner"
    assert not the_account(store).unreadable


def test_a_customer_the_mirror_does_not_know_is_unreadable(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(billed_to=("someone@example.test",))])

    assert the_account(store).unreadable


def test_an_address_may_stand_on_the_contact_or_on_an_invoice(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    for email, cc, addresses in [
        ("a@example.test", (), ("a@example.test",)),
        ("a@example.test", ("b@example.test",), ("a@example.test",)),
        (None, ("b@example.test",), ("b@example.test",)),
        (None, (), ()),
        ("", (), ()),
        ("none", (), ()),
        ("nobody@", (), ()),
    ]:
        store.mirror.save_contacts([a_contact(email=email, cc=cc)])
        assert the_account(store).addresses == addresses

    store.mirror.save_invoices([an_invoice(billed_to=("c@example.test",))])
    assert the_account(store).addresses == ("c@example.test",)


def test_credit_of_the_family_is_summed_per_currency(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("parent"), a_contact("job", parent_id=ContactId("parent"))])
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("job"))])
    store.mirror.save_credits(
        [
            a_credit("a", contact_id=ContactId("parent"), remaining_minor=10),
            a_credit("b", contact_id=ContactId("job"), remaining_minor=5),
            a_credit("c", contact_id=ContactId("job"), remaining_minor=700, currency="JPY"),
            a_credit("d", contact_id=ContactId("stranger"), remaining_minor=9),
        ]
    )
    store.mirror.save_payments([a_payment(contact_id=ContactId("parent"), unapplied_minor=1)])

    assert the_account(store).credits == {"GBP": 16, "JPY": 700}


def test_holds_are_seen_while_they_last(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("winner"), a_contact("loser", merged_into=ContactId("winner"))])
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("winner"))])
    store.holds.place("invoice", "inv-1", "promise", TODAY, None, AT)
    store.holds.place("contact", "loser", "dispute", None, None, AT)
    store.holds.place("tenant", "*", "shrunk", TODAY, None, AT)

    account = the_account(store, TODAY)
    assert [hold.reason for hold in account.holds] == ["dispute", "shrunk"]
    assert [hold.reason for hold in account.receivables[0].holds] == ["promise"]

    account = the_account(store, date(2026, 3, 11))
    assert [hold.reason for hold in account.holds] == ["dispute"]
    assert account.receivables[0].holds == ()


def test_progress_is_that_of_the_current_round(store: TenantStore) -> None:
    store.cycles.start(AT, SENT_ON)
    store.mirror.save_contacts([a_contact()])
    sent(store)
    store.reminders.plan([a_stage(stage="soft")], AT)

    assert the_account(store).receivables[0].progress == (
        StageProgress("friendly", ReminderState.SENT, SENT_ON, carrier="smtp"),
        StageProgress("soft", ReminderState.PLANNED, None),
    )

    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, version="2")])
    store.mirror.save_invoices([an_invoice(version="3")])

    receivable = the_account(store).receivables[0]
    assert (receivable.round, receivable.progress) == (2, ())


def test_the_day_of_sending_is_the_business_day_of_its_cycle(store: TenantStore) -> None:
    """Half past nine in the morning of the 10th in London is still the 9th in Honolulu."""
    store.cycles.start(AT, SENT_ON)
    store.mirror.save_contacts([a_contact()])
    sent(store)

    assert the_account(store).last_contacted_on == SENT_ON


def test_without_any_cycle_the_day_is_that_of_utc(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    sent(store)

    assert the_account(store).last_contacted_on == AT.date()


def test_whoever_may_have_got_a_message_counts_as_contacted(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    claimed(store)
    assert the_account(store).last_contacted_on == AT.date()

    store.reminders.unsure(MessageId("msg-1"), "timeout", AT)
    assert the_account(store).last_contacted_on == AT.date()


def test_whoever_certainly_got_nothing_does_not(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    claimed(store)
    store.reminders.not_sent(MessageId("msg-1"), "no route", AT)

    assert the_account(store).last_contacted_on is None


def test_a_merged_contact_counts_for_the_winner(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("winner"), a_contact("loser", merged_into=ContactId("winner"))])
    reminder = verified(store, contact_id=ContactId("loser"))
    store.reminders.claim([reminder], a_draft(contact_id=ContactId("loser")), "worker", AT, AT)
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("winner"), updated_at=LATER)])

    assert the_account(store).last_contacted_on == AT.date()


def test_accounts_are_of_the_moment_of_the_call(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    planned(store)
    accounts = store.receivables.accounts(TODAY)
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, version="2")])

    assert [account.receivables[0].invoice_id for account in accounts] == [InvoiceId("inv-1")]
    assert list(store.receivables.accounts(TODAY)) == []
