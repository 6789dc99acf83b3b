"""Credit is put against the invoice it is meant for, as far as anybody can tell, and never used twice."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from connector.dunning.pairing import pairings
from state.model import ContactId, Credit, CreditId, CreditKind, DocumentStatus, InvoiceId, Receivable

AT = datetime(2026, 3, 2, tzinfo=UTC)


def credit(key: str, minor: int, day: int = 1, currency: str = "GBP") -> Credit:
    return Credit(
        id=CreditId(key),
        kind=CreditKind.CREDIT_NOTE,
        contact_id=ContactId("c"),
        number=key,
        status=DocumentStatus.VALID,
        currency=currency,
        total_minor=minor,
        remaining_minor=minor,
        dated_on=date(2026, 1, day),
        updated_at=AT,
        version="1",
    )


def owed(key: str, minor: int, day: int = 1, currency: str = "GBP") -> Receivable:
    return Receivable(
        invoice_id=InvoiceId(key),
        contact_id=ContactId("c"),
        number=key,
        currency=currency,
        due_minor=minor,
        due_on=date(2026, 2, day),
    )


def pairs(credits: list[Credit], receivables: list[Receivable]) -> list[tuple[str, str, int, bool]]:
    return [(each.credit_id, each.invoice_id, each.minor, each.settles) for each in pairings(credits, receivables)]


def test_credit_of_exactly_an_invoices_amount_is_meant_for_it() -> None:
    assert pairs([credit("n", 50)], [owed("old", 80, 1), owed("new", 50, 9)]) == [("n", "new", 50, True)]


def test_other_credit_goes_to_the_oldest_debts() -> None:
    assert pairs([credit("n", 100)], [owed("new", 70, 9), owed("old", 80, 1)]) == [
        ("n", "old", 80, True),
        ("n", "new", 20, False),
    ]


def test_the_oldest_credit_is_used_first() -> None:
    assert pairs([credit("late", 30, 9), credit("early", 30, 1)], [owed("a", 50)]) == [
        ("early", "a", 30, False),
        ("late", "a", 20, True),
    ]


def test_two_credits_of_one_amount_settle_two_invoices_of_it() -> None:
    found = pairs([credit("m", 50, 1), credit("n", 50, 2)], [owed("a", 50, 1), owed("b", 50, 2)])

    assert found == [("m", "a", 50, True), ("n", "b", 50, True)]


def test_no_credit_crosses_into_another_currency() -> None:
    assert pairs([credit("n", 50, currency="EUR")], [owed("a", 50)]) == []


_MINOR, _CURRENCY, _DAY = st.integers(1, 500), st.sampled_from(["GBP", "EUR"]), st.integers(1, 28)


@given(
    st.lists(st.tuples(_MINOR, _DAY, _CURRENCY), max_size=6), st.lists(st.tuples(_MINOR, _DAY, _CURRENCY), max_size=6)
)
def test_nothing_is_used_twice_and_nothing_useful_is_left(
    credits: list[tuple[int, int, str]], debts: list[tuple[int, int, str]]
) -> None:
    notes = [credit(f"n{at}", *each) for at, each in enumerate(credits)]
    invoices = [owed(f"i{at}", *each) for at, each in enumerate(debts)]

    found = pairings(notes, invoices)

    used = {note.id: sum(each.minor for each in found if each.credit_id == note.id) for note in notes}
    paid = {each.invoice_id: sum(p.minor for p in found if p.invoice_id == each.invoice_id) for each in invoices}
    assert all(0 <= used[note.id] <= note.remaining_minor for note in notes)
    assert all(0 <= paid[each.invoice_id] <= each.due_minor for each in invoices)
    assert all(each.settles == (paid[each.invoice_id] == _due(invoices, each.invoice_id)) for each in found[-1:])
    for currency in ("GBP", "EUR"):
        in_hand = sum(note.remaining_minor for note in notes if note.currency == currency)
        due = sum(each.due_minor for each in invoices if each.currency == currency)
        assert min(in_hand, due) == sum(used[note.id] for note in notes if note.currency == currency)


def _due(invoices: list[Receivable], key: InvoiceId) -> int:
    return next(each.due_minor for each in invoices if each.invoice_id == key)
