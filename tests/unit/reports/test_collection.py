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
from unit.reports.test_aged_debt import AT, DIGITS, TODAY, a_company, an_invoice, ledgers
from unit.reports.test_aged_debt import store as store  # the fixture

from connector.reporting.asked import Asked
from connector.reporting.receivables import collected_in, window_of
from connector.reports.collection import collection_report
from connector.reports.dso import LEAST_INVOICES, countback, dso_report
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


@pytest.mark.parametrize("day", [TODAY, date(1990, 1, 1)])
def test_where_no_invoice_is_on_file_what_was_owed_and_how_long_it_takes_is_unknown(store, day: date) -> None:
    dso, collection = reports(store, day=day)

    for report in (dso, collection):
        assert set(cells(report, "base").values()) == {"GBP", None}
        assert f"Nothing is known of {day}: there is no invoice on file." in report.cannot_know
        assert "no rate" not in " ".join(report.cannot_know)


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


def test_where_only_a_rate_is_missing_the_countback_is_not_said_to_have_no_end(store) -> None:
    store.mirror.save_invoices([*a_busy_quarter(), an_invoice("e", currency="EUR")])

    dso, _ = reports(store)

    assert cells(dso, "base")["countback"] is None
    assert cells(dso)["countback"] is not None
    assert "does not end" not in " ".join(dso.cannot_know)
    assert "no rate" in " ".join(dso.cannot_know)


def test_a_rate_missing_among_older_sales_alone_leaves_the_countback_unknown_and_says_so(store) -> None:
    """The euros were paid long before the window; the sum that the countback takes is not known all the same."""
    issued = FIRST - timedelta(days=40)
    euros = paid("e", issued + timedelta(days=1), issued=issued, due=None, currency="EUR")
    store.mirror.save_invoices([*a_busy_quarter(), euros])

    dso, _ = reports(store)

    assert cells(dso, "base")["countback"] is None
    assert "does not end" not in " ".join(dso.cannot_know)
    assert "no rate" in " ".join(dso.cannot_know)


def test_where_more_is_owed_than_was_ever_invoiced_the_countback_has_no_end(store) -> None:
    old = an_invoice("old", issued_on=date(2020, 1, 1), due_on=date(2020, 2, 1))
    store.mirror.save_invoices([old])

    dso, _ = reports(store)

    assert "does not end" in " ".join(dso.cannot_know)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"issued_on": TODAY + timedelta(days=1)}, "1 invoice dated after this day"),
        ({"issued_on": None}, "1 invoice without a date of issue"),
        ({"total_minor": -5_00, "due_minor": -5_00}, "1 invoice for less than nothing"),
    ],
)
def test_what_is_not_in_the_sum_of_what_is_owed_is_said(store, fields: dict[str, Any], words: str) -> None:
    store.mirror.save_invoices([*a_busy_quarter(), an_invoice("strange", **fields)])

    for report in reports(store):
        assert words in " ".join(report.cannot_know)


def test_an_invoice_that_got_more_than_it_asked_for_is_said_at_either_end_of_the_days(store) -> None:
    issued = FIRST - timedelta(days=30)
    parts = tuple(Allocation("payment", key, InvoiceId("1"), 80_00, FIRST - timedelta(days=9)) for key in "pq")
    store.mirror.save_invoices(
        [an_invoice(status=InvoiceStatus.PAID, due_minor=0, issued_on=issued, allocations=parts)]
    )

    _, collection = reports(store, day=TODAY - timedelta(days=1))

    assert "Left out: 1 invoice that by the dates had got more than it asked for." in collection.cannot_know
    assert "Left out of what was owed before: 1 invoice that by the dates" in " ".join(collection.cannot_know)


def test_the_rates_behind_each_sum_are_told_with_their_days(store) -> None:
    first, last = FIRST - timedelta(days=3), FIRST + timedelta(days=9)
    euros = {"currency": "EUR", "rate": Decimal("1.25")}
    store.mirror.save_invoices(
        [
            an_invoice("1", issued_on=first, due_on=None, **euros),
            paid("2", TODAY, issued=last, due=TODAY, **euros),
            an_invoice("3", issued_on=last, due_on=None, currency="EUR", rate=Decimal("1.6")),
            an_invoice("4", issued_on=first),
        ]
    )

    dso, collection = reports(store)

    one, two = Decimal("1.25"), Decimal("1.6")
    euro, pence = Money(100_00, "EUR"), Money(80_00, "GBP")
    assert rates(dso) == [
        ("invoiced", "EUR", one, last, last, euro, pence),
        ("invoiced", "EUR", two, last, last, euro, Money(62_50, "GBP")),
        ("invoiced before", "EUR", one, first, first, euro, pence),
        ("owed", "EUR", one, first, first, euro, pence),
        ("owed", "EUR", two, last, last, euro, Money(62_50, "GBP")),
        ("paid", "EUR", one, last, last, euro, pence),
    ]
    assert ("fell due", "EUR", one, last, last, euro, pence) in rates(collection)
    assert ("owed before", "EUR", one, first, first, euro, pence) in rates(collection)


@settings(max_examples=40, deadline=None)
@given(ledgers(), st.integers(0, 100), st.sampled_from(["xero", "quickbooks"]))
def test_every_sum_in_the_companys_currency_can_be_reckoned_again_from_the_rates_told(
    invoices: list[Invoice], back: int, ledger: str
) -> None:
    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.mirror.save_organisation(a_company(ledger), AT)
        store.mirror.save_invoices(invoices)
        both = reports(store, TODAY - timedelta(days=back))

    for report in both:
        told = [table for table in report.tables if table.name == "rates"]
        pounds = {row[0]: row for row in report.tables[0].rows}.get("GBP")
        of_all = cells(report, "base")
        names = {column.key: column.title for column in report.tables[0].columns if column.kind == "money"}
        for key in {"owed_before", "owed", "invoiced", "fell_due"} & of_all.keys():
            if of_all[key] is None:
                continue
            rows = [row for table in told for row in table.rows if row[0] == names[key]]
            own = cells(report)[key].minor if pounds else 0
            assert of_all[key].minor == round(own + sum(in_pence(row[5], row[2], ledger) for row in rows)), key
            assert all(row[3] <= row[4] for row in rows)


def in_pence(money: Money, rate: Decimal, ledger: str) -> Fraction:
    pence = Fraction(money.minor * 100, 10 ** DIGITS[money.currency])
    return pence / Fraction(rate) if ledger == "xero" else pence * Fraction(rate)


def rates(report: Report) -> list[tuple[Any, ...]]:
    [table] = [each for each in report.tables if each.name == "rates"]
    return list(table.rows)


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
