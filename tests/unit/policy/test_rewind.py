"""A policy replayed on the mirror's own past."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.state.examples import a_contact, a_payment, an_invoice

from connector.dunning.best_time import BestTime
from connector.dunning.calendar import Calendar
from connector.dunning.policy import Policy, Stage
from connector.dunning.segments import PolicyBook, Rules, Segment, as_book
from connector.policy_tools.rewind import PaidMeanwhile, Rewound, not_replayed, rewind
from state.agreed import Preference
from state.model import Allocation, ContactId, InvoiceId, InvoiceStatus
from state.past import MoneyIn, Past, PastCustomer, PastInvoice

EVERY_DAY = Calendar(weekends=True)
DUE = date(2026, 3, 2)
CUSTOMER = ContactId("customer")


def an_old_invoice(*money: MoneyIn, **fields) -> PastInvoice:
    """600.00 GBP of 1 February, due on 2 March 2026."""
    given_fields = {
        "id": InvoiceId("inv-1"),
        "number": "INV-1",
        "contact_id": CUSTOMER,
        "currency": "GBP",
        "total_minor": 600_00,
        "issued_on": date(2026, 2, 1),
        "due_on": DUE,
        "money": money,
        **fields,
    }
    return PastInvoice(**given_fields)


def rewound(*invoices: PastInvoice, policy: Policy | PolicyBook | None = None, **known) -> Rewound:
    past = Past(invoices, {CUSTOMER: PastCustomer("Example Ltd", **known)})
    return rewind(past, as_book(policy or Policy()), EVERY_DAY, date(2026, 1, 1), date(2026, 6, 30))


def days(past: Rewound) -> list[tuple[str, date]]:
    return [(message.stage, message.on) for message in past.messages]


def test_an_invoice_that_was_never_paid_would_have_had_the_whole_sequence() -> None:
    stages = {"friendly": -3, "soft": 1, "firm": 8, "final": 21}

    assert days(rewound(an_old_invoice())) == [(name, DUE + timedelta(days=n)) for name, n in stages.items()]


def test_money_that_was_entered_in_time_ends_the_sequence() -> None:
    paid = MoneyIn(date(2026, 3, 8), date(2026, 3, 9), 600_00)

    past = rewound(an_old_invoice(paid))

    assert [stage for stage, _ in days(past)] == ["friendly", "soft"]
    assert past.met_a_paid_invoice == 0


def test_money_that_was_entered_late_would_have_met_a_reminder() -> None:
    paid = MoneyIn(date(2026, 3, 8), date(2026, 3, 12), 600_00)

    past = rewound(an_old_invoice(paid))

    met = PaidMeanwhile(invoice="INV-1", paid_on=date(2026, 3, 8), entered_on=date(2026, 3, 12))
    assert [message.paid for message in past.messages] == [(), (), (met,)]
    assert (past.met_a_paid_invoice, past.in_vain) == (1, [past.messages[-1]])


def test_customers_of_one_name_are_told_apart_and_those_written_to_most_come_first() -> None:
    other = an_old_invoice(id=InvoiceId("inv-2"), contact_id=ContactId("other"), due_on=date(2026, 6, 25))
    names = {CUSTOMER: PastCustomer("Example Ltd"), ContactId("other"): PastCustomer("Example Ltd")}
    past = rewind(Past((other, an_old_invoice()), names), as_book(Policy()), EVERY_DAY, DUE, date(2026, 6, 30))

    assert [(each.contact_id, each.messages, each.by_stage) for each in past.customers] == [
        (CUSTOMER, 3, {"soft": 1, "firm": 1, "final": 1}),
        ("other", 2, {"friendly": 1, "soft": 1}),
    ]


FOREIGN = PolicyBook(
    standard=Policy(),
    segments=(
        Segment(
            name="german",
            rules=Rules(countries=frozenset({"DE"})),
            policy=Policy(name="after 30", stages=(Stage("soft", 30, "soft"),)),
        ),
        Segment(
            name="members",
            rules=Rules(groups=frozenset({"VIP"})),
            policy=Policy(name="after 40", stages=(Stage("soft", 40, "soft"),)),
        ),
        Segment(
            name="patient",
            rules=Rules(countries=frozenset({"FR"})),
            policy=Policy(name="after 50", stages=(Stage("soft", 50, "soft"),)),
        ),
    ),
)


@pytest.mark.parametrize(
    ("known", "day"),
    [({}, -3), ({"country": "Germany"}, 30), ({"groups": ("vip",)}, 40), ({"country": "DE", "segment": "patient"}, 50)],
)
def test_a_customer_goes_through_the_sequence_of_its_country_its_groups_or_a_persons_choice(known, day) -> None:
    past = rewound(an_old_invoice(), policy=FOREIGN, **known)

    assert past.messages[0].on == DUE + timedelta(days=day)


NOTHING = Past((), {})


def test_payments_of_which_nobody_knows_when_they_were_entered_are_counted() -> None:
    unknown = an_old_invoice(MoneyIn(DUE, DUE, 1, entered=False), MoneyIn(DUE, DUE, 1), MoneyIn(DUE, DUE, 1, False))

    [told] = not_replayed(FOREIGN, Past((unknown,), {}))
    assert told.startswith("Of 2 payments")


def test_what_is_not_replayed_is_said() -> None:
    grades = Segment(name="risky", rules=Rules(rating=frozenset({"F"})), policy=Policy())
    payers = Segment(name="late", rules=Rules(days_late_at_least=Decimal(9)), policy=Policy())
    book = PolicyBook(standard=Policy(), segments=(grades, payers), best_time=BestTime(1))
    hours = PolicyBook(standard=Policy(), best_time=BestTime(0))

    own, rated, late = not_replayed(book, NOTHING)
    assert "own times are not replayed" in own
    assert "1 business day too early" in own
    assert "rating" in rated
    assert "days_late" in late
    assert ["on the right day" in said for said in not_replayed(hours, NOTHING)] == [True]
    assert list(not_replayed(FOREIGN, NOTHING)) == []


def test_part_of_the_money_does_not_make_an_invoice_paid() -> None:
    assert rewound(an_old_invoice(MoneyIn(DUE, DUE, 300_00))).met_a_paid_invoice == 0


def test_the_minimum_gap_counts_over_all_invoices_of_a_customer() -> None:
    second = an_old_invoice(id=InvoiceId("inv-2"), number="INV-2", due_on=DUE + timedelta(days=2))

    on = sorted(message.on for message in rewound(an_old_invoice(), second).messages)

    assert all((later - earlier).days >= 4 for earlier, later in pairwise(on))


@given(
    st.lists(
        st.builds(
            lambda start, lag, minor: MoneyIn(start, start + timedelta(days=lag), minor),
            st.dates(date(2026, 2, 1), date(2026, 5, 1)),
            st.integers(0, 20),
            st.integers(1, 600_00),
        ),
        max_size=4,
    )
)
def test_no_message_would_have_left_once_the_ledger_showed_nothing_owed(money) -> None:
    invoice = an_old_invoice(*money)

    assert all(invoice.believed_on(message.on) > 0 for message in rewound(invoice).messages)


# -- what the mirror remembers --------------------------------------------------------------------------------------


def read(store) -> PastInvoice:
    [invoice] = store.past(ZoneInfo("Europe/London")).invoices
    return invoice


def test_a_payments_own_day_and_the_day_of_its_entry_are_told_apart(store) -> None:
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([an_invoice(due_minor=0, total_minor=300_00, status=InvoiceStatus.PAID)])
    part = Allocation("payment", "pay-1", InvoiceId("inv-1"), 300_00)
    entered = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    store.mirror.save_payments([a_payment(paid_on=date(2026, 3, 1), updated_at=entered, allocations=(part,))])

    assert read(store).money == (MoneyIn(date(2026, 3, 1), date(2026, 3, 9), 300_00),)


def test_a_payment_of_xeros_invoices_tells_no_day_of_its_entry(store) -> None:
    part = Allocation("payment", "pay-1", InvoiceId("inv-1"), 900_00, date(2026, 3, 1))
    store.mirror.save_invoices([an_invoice(due_minor=0, status=InvoiceStatus.PAID, allocations=(part,))])

    assert read(store).money == (MoneyIn(date(2026, 3, 1), date(2026, 3, 1), 900_00, entered=False),)


def test_money_without_a_trace_counts_from_the_invoices_last_change(store) -> None:
    changed = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    store.mirror.save_invoices([an_invoice(due_minor=0, status=InvoiceStatus.PAID, updated_at=changed)])

    assert read(store).money == (MoneyIn(date(2026, 3, 20), date(2026, 3, 20), 900_00),)


def test_a_customer_is_as_the_ledger_has_it_today_and_where_a_person_has_put_it(store) -> None:
    store.mirror.save_contacts([a_contact(country="DE", groups=("VIP",))])
    store.preferences.save(
        Preference(contact_id=a_contact().id, segment="patient"), "ada", datetime(2026, 3, 2, tzinfo=UTC)
    )

    assert store.past(ZoneInfo("UTC")).customers == {
        a_contact().id: PastCustomer(a_contact().name, "DE", ("VIP",), "patient")
    }


def test_a_void_invoice_is_no_part_of_the_past(store) -> None:
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.VOID)])

    assert store.past(ZoneInfo("UTC")).invoices == ()


def test_who_was_known_to_pay_early_would_have_been_left_alone_before_the_due_date() -> None:
    """Three invoices paid early, the third in February; entered late, the last of them was not known in time."""
    paid = [DUE - timedelta(days=back) for back in (80, 60, 20)]
    earlier = [
        an_old_invoice(
            MoneyIn(on, on, 600_00),
            id=InvoiceId(f"old-{on}"),
            number=f"OLD-{on}",
            issued_on=on - timedelta(days=5),
            due_on=on + timedelta(days=10),
        )
        for on in paid
    ]
    late = an_old_invoice(
        MoneyIn(paid[2], DUE, 600_00),
        id=InvoiceId("late"),
        number="LATE",
        issued_on=paid[2] - timedelta(days=5),
        due_on=paid[2] + timedelta(days=10),
    )

    def about_it(*before: PastInvoice, policy: Policy | None = None) -> list[str]:
        past = rewound(*before, an_old_invoice(), policy=policy)
        return [message.stage for message in past.messages if "INV-1" in message.invoices][:1]

    assert about_it(*earlier) == ["soft"]
    assert about_it(*earlier, policy=Policy(nudge_early_payers=True)) == ["friendly"]
    assert about_it(*earlier[:2], late) == ["friendly"]
