"""The month over all currencies: money counts at the rate of the invoice that took it; without one it is unknown."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.reports.test_aged_debt import DIGITS, a_company
from unit.reports.test_month import FIRST, LAST, LEFT, NOTHING, OWED, figures, money, owed, rows
from unit.state.examples import AT, a_payment, an_invoice, sent

from connector.reports.month import Coming, Expected, month_report
from connector.reports.table import Report
from state.model import Allocation, InvoiceId, InvoiceStatus
from state.money import Money
from state.store import TenantStore

ON = date(2026, 2, 10)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(tmp_path / "dun.db") as opened:
        opened.mirror.save_organisation(a_company(), AT)
        yield opened


def euros(key: str = "1", minor: int = 100_00, rate: str | None = "1.25", *parts: Allocation, **fields: Any) -> Any:
    return an_invoice(
        key, currency="EUR", rate=Decimal(rate) if rate else None, total_minor=minor, due_minor=0, issued_on=FIRST,
        status=InvoiceStatus.PAID, allocations=parts, **fields,
    )  # fmt: skip


def part(minor: int, key: str = "1", payment: str = "p", on: date | None = ON) -> Allocation:
    return Allocation("payment", payment, InvoiceId(key), minor, on)


def report(store: TenantStore) -> Report:
    return month_report(store.month(FIRST, LAST), NOTHING, None, (), store.owed(LAST, LAST), store.left_out(LAST))


def came_in(made: Report, month: str = "2026-02") -> tuple[Any, Any]:
    [row] = [row for row in rows(made, "money") if row[0] == month]
    return row[1], row[3]


def test_what_an_invoice_itself_says_it_took_counts_at_its_rate(books: TenantStore) -> None:
    books.mirror.save_invoices([euros("1", 100_00, "1.25", part(100_00))])

    made = report(books)

    assert came_in(made) == (Money(0, "GBP"), Money(80_00, "GBP"))
    assert rows(made, "other_money") == (("2026-02", "EUR", Money(100_00, "EUR"), Money(0, "EUR")),)
    assert rows(made, "rates") == (
        ("Money in", "EUR", Decimal("1.25"), FIRST, FIRST, Money(100_00, "EUR"), Money(80_00, "GBP")),
    )


@pytest.mark.parametrize("told_by", ["invoice", "payment"])
def test_a_payment_that_is_told_itself_counts_at_the_rates_of_its_invoices(books: TenantStore, told_by: str) -> None:
    parts = (part(100_00), part(60_00, "2"))
    own = told_by == "invoice"
    books.mirror.save_invoices(
        [euros("1", 100_00, "1.25", *parts[:own]), euros("2", 60_00, "1.5", *(parts[1:] if own else ()))]
    )
    books.mirror.save_payments(
        [a_payment("p", currency="EUR", amount_minor=160_00, paid_on=ON, allocations=None if own else parts)]
    )

    assert came_in(report(books)) == (Money(0, "GBP"), Money(120_00, "GBP"))


def test_money_that_no_invoice_has_taken_bears_no_rate_and_the_sum_is_unknown(books: TenantStore) -> None:
    books.mirror.save_invoices([euros("1", 100_00, "1.25")])
    books.mirror.save_payments(
        [a_payment("p", currency="EUR", amount_minor=130_00, paid_on=ON, allocations=(part(100_00),))]
    )

    made = report(books)

    assert came_in(made) == (Money(0, "GBP"), None)
    assert "no rate" in " ".join(made.cannot_know)
    assert rows(made, "other_money")[0][2] == Money(130_00, "EUR")


def test_what_was_asked_for_counts_at_the_rate_of_its_invoice(books: TenantStore) -> None:
    sent(books)
    books.mirror.save_invoices([an_invoice(currency="EUR", rate=Decimal("1.25"), issued_on=FIRST)])

    [row] = [row for row in rows(report(books), "money") if row[4]]

    assert row[2] == Money(0, "GBP")
    assert [each[3].minor * 4 // 5 for each in rows(report(books), "other_money")] == [row[4].minor]


def test_aged_debt_and_expected_money_of_all_currencies_stand_beside_those_of_the_books() -> None:
    debts = (owed("GBP", 10_00, None, LAST), owed("EUR", 100_00, "1.25", LAST))
    coming = Coming((Expected(LAST, 5_00, 9_00), Expected(LAST + timedelta(days=7), None, 3_00)), 9)
    known = OWED.__class__(
        **{name: getattr(OWED, name) for name in OWED.__struct_fields__} | {"rows": debts, "first_issue": FIRST}
    )

    made = month_report(figures(), NOTHING, coming, (), known, LEFT)

    assert rows(made, "aged_debt")[0][1:] == (Money(10_00, "GBP"), Money(90_00, "GBP"))
    assert [row[1:] for row in rows(made, "expected")] == [
        (Money(5_00, "GBP"), Money(9_00, "GBP")), (None, Money(3_00, "GBP")),
    ]  # fmt: skip


MOVED = st.lists(
    st.tuples(
        st.sampled_from(["2025-12", "2026-01", "2026-02"]),
        st.integers(1, 10**9),
        st.sampled_from(sorted(DIGITS)),
        st.decimals("0.0001", "9999", places=6),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(MOVED, st.sampled_from(["xero", "quickbooks"]))
def test_every_month_is_what_a_reckoning_in_fractions_says(moved: list[Any], ledger: Any) -> None:
    """And the same again from the rates that are told, all months together."""
    known = replace(OWED, ledger=ledger)
    made = month_report(
        figures(came_in=tuple(money(month, minor, code, str(rate), ON) for month, minor, code, rate in moved)),
        NOTHING, None, (), known, LEFT,
    )  # fmt: skip

    def pence(minor: int, code: str, rate: Decimal) -> Fraction:
        exact = Fraction(minor * 100, 10 ** DIGITS[code])
        if code == "GBP":
            return exact
        return exact / Fraction(rate) if ledger == "xero" else exact * Fraction(rate)

    for row in rows(made, "money"):
        of_month = [each for each in moved if each[0] == row[0]]
        assert row[1] == Money(sum(minor for _, minor, code, _ in of_month if code == "GBP"), "GBP")
        assert row[3] == Money(round(sum(pence(*each[1:]) for each in of_month)), "GBP")
    told = [row for table in made.tables if table.name == "rates" for row in table.rows]
    foreign = [each for each in moved if each[2] != "GBP"]
    assert sum(pence(row[5].minor, row[1], row[2]) for row in told) == sum(pence(*each[1:]) for each in foreign)
