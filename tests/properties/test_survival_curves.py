"""Survival curves against the definition of Kaplan and Meier, worked out the long way."""

from fractions import Fraction
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from connector.reports.survival import EARLIEST, LATEST, LENGTH, Counts, curve, shrunk

spells = st.lists(st.tuples(st.integers(-60, 0), st.integers(0, 60), st.booleans()), min_size=1, max_size=30)


def counts(watched: list[tuple[int, int, bool]]) -> Counts:
    made = Counts()
    for entered, left, paid in watched:
        made.add(entered, left, paid=paid)
    return made


def unpaid_after(watched: list[tuple[int, int, bool]], day: int) -> Fraction:
    """The product over all days of payment of those that stayed unpaid."""
    left = Fraction(1)
    for on in sorted({end for _, end, paid in watched if paid and end <= day}):
        at_risk = sum(begin <= on <= end for begin, end, _ in watched)
        left *= 1 - Fraction(sum(paid and end == on for _, end, paid in watched), at_risk)
    return left


@given(spells, st.integers(-70, 70))
def test_a_curve_is_that_of_kaplan_and_meier(watched: list[tuple[int, int, bool]], day: int) -> None:
    made = curve(counts(watched).hazards())

    assert abs(made.by(day) - float(1 - unpaid_after(watched, day))) < 1e-9


@given(spells, spells)
def test_without_invoices_of_its_own_a_customer_has_the_ledgers_curve(
    ledger: list[tuple[int, int, bool]], own: list[tuple[int, int, bool]]
) -> None:
    usual = counts(ledger).hazards()
    new, known = shrunk(Counts(), usual).paid, shrunk(counts(own), usual, 1e-9).paid

    assert all(abs(a - b) < 1e-9 for a, b in zip(new, curve(usual).paid, strict=True))
    last = max(left for _, left, _ in own) - EARLIEST
    assert all(abs(a - b) < 1e-3 for a, b in zip(known[:last], curve(counts(own).hazards()).paid, strict=False))


@given(spells, st.integers(-70, 70), st.floats(0.01, 0.49))
def test_chances_never_fall_and_quantiles_keep_their_order(
    watched: list[tuple[int, int, bool]], unpaid_on: int, tail: float
) -> None:
    made = curve(counts(watched).hazards())

    assert all(a <= b for a, b in zip(made.paid, made.paid[1:], strict=False))
    days = [made.quantile(share, unpaid_on) for share in (tail, 0.5, 1 - tail)]
    known = [LATEST + 1 if day is None else day for day in days]
    assert known == sorted(known)
    assert min(known) > unpaid_on


@given(st.lists(st.tuples(st.integers(-60, 0), st.integers(0, 60), st.booleans(), st.booleans()), max_size=30))
def test_a_payment_that_was_put_off_counts_once_over_its_three_days(watched: list[tuple[int, int, bool, bool]]) -> None:
    made = Counts()
    for entered, left, paid, put_off in watched:
        made.add(entered, left, paid=paid, put_off=paid and put_off)
    made.share_out([0.01] * LENGTH, 4)

    assert abs(sum(made.paid) - sum(paid for _, _, paid, _ in watched)) < 1e-9
    assert all(paid <= at_risk + 1e-9 for paid, at_risk in zip(made.paid, made.at_risk(), strict=True))
    paid_by = [sum(paid and left <= day for _, left, paid, _ in watched) for day in range(62)]
    shared_by = list(accumulate(made.paid))[-EARLIEST:]
    assert all(paid_by[day] - 1e-9 <= shared_by[day] <= paid_by[min(day + 2, 61)] + 1e-9 for day in range(62))


def test_who_pays_on_the_due_date_is_seen_to_though_weekends_wait_for_mondays() -> None:
    made = Counts()
    for _ in range(50):
        for put_off in (0, 0, 0, 0, 1, 2):  # due on a Tuesday to a Friday, on a Sunday, on a Saturday
            made.add(-30, put_off, paid=True, put_off=put_off > 0)
    made.share_out([0.001] * LENGTH, 4)

    assert curve(made.hazards()).by(-1) < 0.001
    assert curve(made.hazards()).by(0) > 0.999
