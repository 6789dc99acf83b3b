"""A policy replayed on the mirror's own past."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from unit.state.examples import a_contact, a_payment, an_invoice

from connector.dunning.calendar import Calendar
from connector.dunning.policy import Policy
from connector.dunning.segments import as_book
from connector.policy_tools.rewind import Rewound, rewind
from state.model import Allocation, ContactId, InvoiceId, InvoiceStatus
from state.past import MoneyIn, Past, PastInvoice

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


def rewound(*invoices: PastInvoice, policy: Policy | None = None) -> Rewound:
    past = Past(invoices, {CUSTOMER: "Example Ltd"})
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

    assert [message.paid for message in past.messages] == [(), (), ("INV-1",)]
    assert past.met_a_paid_invoice == 1


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


def test_money_without_a_trace_counts_from_the_invoices_last_change(store) -> None:
    changed = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    store.mirror.save_invoices([an_invoice(due_minor=0, status=InvoiceStatus.PAID, updated_at=changed)])

    assert read(store).money == (MoneyIn(date(2026, 3, 20), date(2026, 3, 20), 900_00),)


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
