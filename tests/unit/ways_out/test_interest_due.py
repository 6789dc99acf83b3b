"""Interest in a case file adds up to what is reckoned everywhere else, and says in words why there is none."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.charging import Reckoned
from connector.dunning.interest import Charges, LateDebt, Payment, Refused, charges
from connector.dunning.late_terms import LAWS, Debtor, is_weekday
from connector.law.published_rates import published_rates
from connector.ways_out.interest_due import interest_due
from state.charges import ChargeRecord, ProposedCharge
from state.model import InvoiceId

DUE = date(2025, 1, 31)
AS_OF = date(2025, 12, 1)
PAYMENTS = st.lists(st.builds(Payment, st.dates(DUE - timedelta(days=40), AS_OF), st.integers(1, 50_000)), max_size=6)


def charged(total_minor: int, payments: tuple[Payment, ...] = (), debtor: Debtor = "business") -> Charges | Refused:
    debt = LateDebt(currency="GBP", total_minor=total_minor, due_on=DUE, payments=payments, debtor=debtor)
    return charges(debt, LAWS["uk"], published_rates(), AS_OF, is_weekday)


def raised(interest_minor: int, fixed_minor: int) -> ChargeRecord:
    asked = ProposedCharge(
        invoice_id=InvoiceId("i"),
        number="INV-1",
        up_to=AS_OF,
        currency="GBP",
        interest_minor=interest_minor,
        fixed_minor=fixed_minor,
        source="the Act",
    )
    at = datetime(2025, 9, 1, tzinfo=UTC)
    return ChargeRecord(id="A", charge=asked, proposed_at=at, proposed_by="ada", state="raised")


@given(st.integers(1, 10_000_00), PAYMENTS)
def test_the_periods_add_up_to_the_interest(open_minor: int, payments: list[Payment]) -> None:
    found = charged(open_minor + sum(payment.minor for payment in payments), tuple(payments))
    assert isinstance(found, Charges)

    claimed = interest_due(Reckoned(found), "GB")

    assert claimed.interest_minor == sum(period["interest_minor"] for period in claimed.periods)
    assert claimed.raised_minor == 0


@given(st.integers(1, 10_000_00), st.integers(0, 50_000), st.integers(0, 10_000))
def test_the_parts_add_up_to_what_is_claimed_and_no_more_is_taken_off_than_there_is(
    open_minor: int, interest_minor: int, fixed_minor: int
) -> None:
    found = charged(open_minor)
    assert isinstance(found, Charges)
    reckoned = Reckoned(found, (raised(interest_minor, fixed_minor),))

    claimed = interest_due(reckoned, "GB")

    parts = claimed.interest_minor + claimed.fixed_minor - claimed.beyond_cap_minor - claimed.raised_minor
    assert claimed.total_minor == reckoned.total_minor == parts
    assert 0 <= claimed.raised_minor <= interest_minor + fixed_minor


def test_without_a_right_there_are_words_and_no_sums() -> None:
    found = interest_due(None, "GB")

    assert (found.total_minor, found.periods) == (0, ())
    assert "no right to interest" in found.words


def test_a_customer_of_unknown_kind_owes_none_by_a_law_for_businesses() -> None:
    refused = charged(100_00, debtor="unknown")
    assert isinstance(refused, Refused)

    found = interest_due(refused, "GB")

    assert (found.total_minor, "not known to be a business" in found.words) == (0, True)
