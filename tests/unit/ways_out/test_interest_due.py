"""Interest in a case file adds up, and what is not known makes the claim smaller."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.config.charges import NO_CHARGES, Charging
from connector.dunning.calendar import Calendar
from connector.dunning.late_terms import LAWS
from connector.law.published_rates import published_rates
from connector.ways_out.interest_due import Claimed, interest_due
from state.courtesies import Settlement
from state.model import ContactId, Invoice, InvoiceId, InvoiceStatus

DUE = date(2025, 1, 31)
AS_OF = date(2025, 12, 1)
UK = Charging(terms=LAWS["uk"], customers="business", rates=published_rates())
SETTLEMENTS = st.lists(
    st.builds(
        Settlement,
        source=st.sampled_from(["payment", "credit_note", "overpayment", "prepayment"]),
        source_id=st.just("x"),
        amount_minor=st.integers(1, 50_000),
        applied_on=st.one_of(st.none(), st.dates(DUE - timedelta(days=40), AS_OF)),
    ),
    max_size=6,
)


def claimed(due_minor: int, settlements: list[Settlement], charging: Charging = UK) -> Claimed:
    invoice = Invoice(
        id=InvoiceId("i"),
        number="INV-1",
        contact_id=ContactId("c"),
        status=InvoiceStatus.OPEN,
        currency="GBP",
        total_minor=due_minor + sum(each.amount_minor for each in settlements),
        due_minor=due_minor,
        issued_on=DUE - timedelta(days=30),
        due_on=DUE,
        updated_at=datetime(2025, 12, 1, tzinfo=UTC),
        version="1",
    )
    return interest_due(invoice, settlements, 3, charging, charging.customers, Calendar(), AS_OF)


@given(st.integers(1, 10_000_00), SETTLEMENTS)
def test_the_periods_add_up_to_the_interest_and_the_total(due_minor: int, settlements: list[Settlement]) -> None:
    found = claimed(due_minor, settlements)

    assert found.interest_minor == sum(period["interest_minor"] for period in found.periods)
    assert found.total_minor == found.interest_minor + found.fixed_minor - found.beyond_cap_minor


@given(st.integers(1, 10_000_00), SETTLEMENTS)
def test_the_last_period_bears_what_is_due_now_unless_a_payment_came_today(
    due_minor: int, settlements: list[Settlement]
) -> None:
    today = sum(each.amount_minor for each in settlements if each.source != "credit_note" and each.applied_on == AS_OF)

    assert claimed(due_minor, settlements).periods[-1]["balance_minor"] == due_minor + today


@given(st.integers(1, 10_000_00), SETTLEMENTS)
def test_a_payment_without_a_day_never_raises_the_claim(due_minor: int, settlements: list[Settlement]) -> None:
    dated = [each for each in settlements if each.applied_on is not None and each.applied_on >= DUE]
    undated = [
        Settlement(source=each.source, source_id="x", amount_minor=each.amount_minor, applied_on=None) for each in dated
    ]

    assert claimed(due_minor, undated).total_minor <= claimed(due_minor, dated).total_minor


def test_a_credit_note_was_never_owed() -> None:
    credit = Settlement(source="credit_note", source_id="x", amount_minor=50_00, applied_on=AS_OF)

    assert claimed(100_00, [credit]) == claimed(100_00, [])


def test_without_a_right_there_are_words_and_no_sums() -> None:
    found = claimed(100_00, [], NO_CHARGES)

    assert (found.total_minor, found.periods) == (0, ())
    assert "no right to interest" in found.words


def test_a_customer_of_unknown_kind_owes_none_by_a_law_for_businesses() -> None:
    found = claimed(100_00, [], Charging(terms=LAWS["uk"], customers="unknown", rates=published_rates()))

    assert (found.total_minor, "not known to be a business" in found.words) == (0, True)
