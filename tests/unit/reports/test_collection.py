"""DSO, CEI and their like equal a reckoning invoice by invoice, and say what they cannot know."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.reports.test_aged_debt import AT, TODAY, a_company, an_invoice
from unit.reports.test_aged_debt import store as store  # the fixture

from connector.reporting.asked import Asked
from connector.reporting.receivables import collected_in, window_of
from connector.reports.collection import LEAST_INVOICES, collection_report, countback, dso_report
from connector.reports.table import Report
from state.model import Allocation, Invoice, InvoiceId, InvoiceStatus
from state.money import Money
from state.store import TenantStore

DAYS = 90
FIRST = TODAY - timedelta(days=DAYS - 1)


def reports(store: TenantStore, day: date = TODAY, days: int = DAYS) -> tuple[Report, Report]:
    asked = Asked(today=TODAY, as_of=day, days=days)
    return dso_report(window_of(store, asked)), collection_report(collected_in(store, asked))


def cells(report: Report, table: str = "currencies", currency: str = "GBP") -> dict[str, Any]:
    [found] = [each for each in report.tables if each.name == table]
    [row] = [row for row in found.rows if row[0] == currency]
    return {column.key: cell for column, cell in zip(found.columns, row, strict=True)}


def paid(key: str, on: date, *, issued: date, due: date | None, minor: int = 100_00, **fields: Any) -> Invoice:
    money = Allocation("payment", f"p{key}", InvoiceId(key), minor, on)
    return an_invoice(
        key, status=InvoiceStatus.PAID, due_minor=0, total_minor=minor, issued_on=issued, due_on=due,
        allocations=(money,), **fields,
    )  # fmt: skip


def a_busy_quarter() -> list[Invoice]:
    """Thirty invoices of 100.00, a third still owed and half of those not yet due."""
    made = []
    for number in range(30):
        issued = FIRST + timedelta(days=number)
        if number % 3:
            made.append(paid(str(number), issued + timedelta(days=20), issued=issued, due=issued + timedelta(days=10)))
        else:
            due = TODAY + timedelta(days=5) if number % 2 else TODAY - timedelta(days=5)
            made.append(an_invoice(str(number), issued_on=issued, due_on=due))
    return made


def test_the_numbers_of_a_busy_quarter_are_those_on_paper(store) -> None:
    """Owed 1,000 of 3,000 invoiced in 90 days; 500 of it not yet due; each payment 20 days old and 10 late."""
    store.mirror.save_invoices(a_busy_quarter())

    dso, collection = reports(store)

    assert cells(dso) == {
        "currency": "GBP",
        "owed": Money(1000_00, "GBP"),
        "invoiced": Money(3000_00, "GBP"),
        "invoices": 30,
        "dso": Decimal("30.0"),
        "countback": cells(dso)["countback"],
        "best_possible": Decimal("15.0"),
        "days_delinquent": Decimal("15.0"),
        "days_to_pay": Decimal("20.0"),
    }
    assert cells(collection)["cei"] == Decimal("80.0"), "(0 + 3000 - 1000) / (0 + 3000 - 500)"
    assert cells(collection)["collection_rate"] == Decimal("80.0"), "2000 of the 2500 that fell due"
    assert cells(collection)["days_beyond_terms"] == Decimal("10.0")


def test_all_in_the_companys_currency_is_reckoned_from_converted_sums(store) -> None:
    store.mirror.save_invoices(a_busy_quarter())
    foreign = [
        an_invoice(f"e{number}", currency="EUR", rate=Decimal("1.25"), issued_on=FIRST, due_on=TODAY)
        for number in range(30)
    ]
    store.mirror.save_invoices(foreign)

    dso, _ = reports(store)

    assert cells(dso, "base")["owed"] == Money(1000_00 + 2400_00, "GBP")
    assert cells(dso, "base")["dso"] == Decimal("56.7"), "3400 / 5400 x 90"
    assert cells(dso, currency="EUR")["owed"] == Money(3000_00, "EUR")


@pytest.mark.parametrize(("number", "shown"), [(LEAST_INVOICES - 1, False), (LEAST_INVOICES, True)])
def test_of_few_invoices_there_is_no_simple_dso(store, number: int, shown: bool) -> None:
    store.mirror.save_invoices([an_invoice(str(each), issued_on=FIRST) for each in range(number)])

    dso, _ = reports(store)

    assert (cells(dso)["dso"] is not None) is shown
    assert ("too few for the simple DSO" in " ".join(dso.cannot_know)) is not shown


def test_the_countback_goes_over_months_without_sales(store) -> None:
    sold = {"2026-03": 10, "2026-01": 20}

    assert countback(10, sold, TODAY, 24) == Decimal("10.0"), "all of March so far"
    assert countback(20, sold, TODAY, 24) == Decimal("53.5"), "March, February, and half of January"
    assert countback(31, sold, TODAY, 24) is None
    assert countback(0, sold, TODAY, 24) == Decimal("0.0")


def test_an_empty_ledger_has_no_numbers_and_says_so(store) -> None:
    dso, collection = reports(store)

    assert dso.tables[0].rows == collection.tables[0].rows == ()
    assert "no invoice" in " ".join(dso.cannot_know)
    assert "how long payments take is not known" in " ".join(collection.cannot_know)


def test_over_days_before_the_file_begins_no_sum_and_no_ratio_is_a_number(store) -> None:
    store.mirror.save_invoices(a_busy_quarter())

    dso, collection = reports(store, days=DAYS + 1)

    unknown = {"invoiced", "invoices", "dso", "best_possible", "days_delinquent"}
    assert {key for key, cell in cells(dso).items() if cell is None} == unknown
    unknown = {"owed_before", "invoiced", "cei", "fell_due", "collection_rate"}
    assert {key for key, cell in cells(collection).items() if cell is None} == unknown
    assert f"in the last {DAYS} of them it is" in " ".join(dso.cannot_know)
    assert "no rate" not in " ".join(collection.cannot_know)


def test_of_a_day_before_the_first_invoice_nothing_is_known(store) -> None:
    store.mirror.save_invoices(a_busy_quarter())

    dso, collection = reports(store, day=FIRST - timedelta(days=1))

    assert dso.tables[0].rows == collection.tables[0].rows == ()
    assert f"Nothing is known of {FIRST - timedelta(days=1)}" in " ".join(dso.cannot_know)


def test_a_ledger_without_a_paid_invoice_knows_no_days_to_pay(store) -> None:
    store.mirror.save_invoices([an_invoice()])

    dso, collection = reports(store)

    assert cells(dso)["days_to_pay"] is None
    assert cells(collection)["days_beyond_terms"] is None


def test_an_unknown_rate_leaves_all_sums_over_currencies_unknown(store) -> None:
    store.mirror.save_invoices([an_invoice(), an_invoice("2", currency="EUR")])

    dso, collection = reports(store)

    assert (cells(dso, "base")["owed"], cells(dso, "base")["dso"]) == (None, None)
    assert cells(collection, "base")["cei"] is None
    assert "no rate" in " ".join(dso.cannot_know)


def test_a_currency_that_is_no_more_is_left_out_and_named(store) -> None:
    store.mirror.save_invoices([an_invoice(), an_invoice("2", currency="DEM")])

    dso, _ = reports(store)

    assert [row[0] for table in dso.tables for row in table.rows] == ["GBP"]
    assert "DEM" in " ".join(dso.cannot_know)


@st.composite
def histories(draw: st.DrawFn) -> list[Invoice]:
    """Up to forty invoices in pounds, with or without a due date, paid in up to two parts."""
    made = []
    for number in range(draw(st.integers(1, 40))):
        issued = TODAY - timedelta(days=draw(st.integers(0, 200)))
        due = draw(st.none() | st.integers(0, 60).map(lambda days, day=issued: day + timedelta(days=days)))
        total = draw(st.integers(1, 5000))
        first = draw(st.integers(0, total))
        parts = [part for part in (first, draw(st.sampled_from([0, total - first]))) if part]
        money = tuple(
            Allocation("payment", f"p{number}-{place}", InvoiceId(str(number)), part, _day(draw, issued))
            for place, part in enumerate(parts)
        )
        left = total - sum(parts)
        status = InvoiceStatus.OPEN if left else InvoiceStatus.PAID
        made.append(
            an_invoice(
                str(number),
                total_minor=total,
                due_minor=left,
                status=status,
                issued_on=issued,
                due_on=due,
                allocations=money,
                updated_at=datetime.combine(TODAY, datetime.min.time(), UTC),
            )
        )
    return made


def _day(draw: st.DrawFn, issued: date) -> date:
    return min(TODAY, issued + timedelta(days=draw(st.integers(0, 150))))


def by_hand(invoices: list[Invoice], day: date, days: int) -> dict[str, Decimal | None]:
    """Another way: over Python lists, invoice by invoice, in fractions."""
    first = day - timedelta(days=days - 1)
    told = [invoice for invoice in invoices if invoice.issued_on and invoice.issued_on <= day]

    def owed(invoice: Invoice, at: date) -> int:
        assert invoice.allocations is not None
        if invoice.issued_on > at:
            return 0
        return invoice.total_minor - sum(a.amount_minor for a in invoice.allocations if a.applied_on <= at)

    at_end = sum(owed(each, day) for each in told)
    not_due = sum(owed(each, day) for each in told if each.due_on is None or each.due_on >= day)
    before = sum(owed(each, first - timedelta(days=1)) for each in told)
    sold = [each for each in told if each.issued_on >= first]
    invoiced = sum(each.total_minor for each in sold)
    money = [(a, each) for each in invoices for a in each.allocations or () if first <= a.applied_on <= day]
    due = [each for each in told if each.due_on and first <= each.due_on <= day]

    def over(part: int, whole: int, times: int = 1) -> Decimal | None:
        if whole <= 0:
            return None
        exact = Fraction(part * times, whole)
        return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.1"), ROUND_HALF_EVEN)

    is_whole = min(each.issued_on for each in invoices if each.issued_on) <= first
    enough = is_whole and len(sold) >= LEAST_INVOICES
    return {
        "dso": over(at_end, invoiced, days) if enough else None,
        "best_possible": over(not_due, invoiced, days) if enough else None,
        "days_to_pay": over(
            sum(a.amount_minor * (a.applied_on - each.issued_on).days for a, each in money),
            sum(a.amount_minor for a, _ in money),
        ),
        "days_beyond_terms": over(
            sum(a.amount_minor * (a.applied_on - each.due_on).days for a, each in money if each.due_on),
            sum(a.amount_minor for a, each in money if each.due_on),
        ),
        "cei": over(before + invoiced - at_end, before + invoiced - not_due, 100) if is_whole else None,
        "collection_rate": over(
            sum(each.total_minor - owed(each, day) for each in due), sum(each.total_minor for each in due), 100
        )
        if is_whole
        else None,
    }


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 100), st.integers(1, 120))
def test_every_ratio_equals_a_reckoning_by_hand(invoices: list[Invoice], back: int, days: int) -> None:
    day = TODAY - timedelta(days=back)
    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.mirror.save_organisation(a_company(), AT)
        store.mirror.save_invoices(invoices)
        dso, collection = reports(store, day, days)

    expected = by_hand(invoices, day, days)
    if not any(row[0] == "GBP" for row in dso.tables[0].rows):
        assert all(value is None for value in expected.values())
        return
    found = cells(dso) | cells(collection)
    assert {key: found[key] for key in expected} == expected
