"""Aged debt equals a reckoning invoice by invoice and day by day, and says what it cannot know."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.cli import main
from connector.reports import printed
from connector.reports.aged_debt import aged_debt
from connector.reports.table import Report
from state.model import Allocation, Contact, ContactId, ContactStatus, Invoice, InvoiceId, InvoiceStatus, Organisation
from state.money import Money
from state.store import TenantStore

TODAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
DIGITS = {"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(tmp_path / "dun.db") as opened:
        opened.mirror.save_organisation(a_company(), AT)
        yield opened


def a_company(ledger: Any = "xero") -> Organisation:
    return Organisation(ledger=ledger, id="o", name="Firm", currency="GBP", zone="Europe/London", country="GB")


def an_invoice(key: str = "1", **fields: Any) -> Invoice:
    """100.00 GBP of 1 February, due on 2 March 2026."""
    return Invoice(
        **{
            "id": InvoiceId(key),
            "number": key,
            "contact_id": ContactId("c"),
            "status": InvoiceStatus.OPEN,
            "currency": "GBP",
            "total_minor": 100_00,
            "due_minor": 100_00,
            "issued_on": date(2026, 2, 1),
            "due_on": date(2026, 3, 2),
            "updated_at": AT,
            "version": "1",
            "allocations": (),
            **fields,
        }
    )


def reported(store: TenantStore, day: date = TODAY) -> Report:
    owed = store.owed(day, TODAY)
    return aged_debt(owed, store.left_out(day), "customer", lambda row: owed.names.get(row.contact_id, row.contact_id))


def amounts(report: Report, table: str) -> dict[str, list[Money | None]]:
    """By currency, the cells from `current` to `total`."""
    [found] = [each for each in report.tables if each.name == table]
    return {str(row[0]): list(row[1:8]) for row in found.rows}


def said(report: Report) -> str:
    return " ".join(report.cannot_know)


@pytest.mark.parametrize(
    ("days", "place"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (900, 4)],
)
def test_an_invoice_is_as_old_as_the_days_since_its_due_date(store, days: int, place: int) -> None:
    due_on = TODAY - timedelta(days=days)
    store.mirror.save_invoices([an_invoice(due_on=due_on, issued_on=min(due_on, TODAY))])

    cells = amounts(reported(store), "totals")["GBP"]

    assert [position for position, cell in enumerate(cells[:6]) if cell] == [place]


def test_a_past_day_knows_nothing_of_later_money(store) -> None:
    paid = Allocation("payment", "p", InvoiceId("1"), 100_00, date(2026, 3, 5))
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, allocations=(paid,))])

    assert amounts(reported(store), "totals") == {}
    assert amounts(reported(store, date(2026, 3, 4)), "totals")["GBP"][-1] == Money(100_00, "GBP")
    assert amounts(reported(store, date(2026, 3, 5)), "totals") == {}
    assert amounts(reported(store, date(2026, 1, 31)), "totals") == {}


def test_money_without_a_trace_counts_from_the_last_change_of_its_invoice(store) -> None:
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, updated_at=AT - timedelta(days=3))])

    assert amounts(reported(store, date(2026, 3, 6)), "totals")["GBP"][-1] == Money(100_00, "GBP")
    assert amounts(reported(store, date(2026, 3, 7)), "totals") == {}


@pytest.mark.parametrize(("ledger", "pounds"), [("xero", 80_00), ("quickbooks", 125_00)])
def test_each_ledger_states_its_rates_its_own_way(store, ledger: str, pounds: int) -> None:
    store.mirror.save_organisation(a_company(ledger), AT)
    store.mirror.save_invoices([an_invoice(currency="EUR", rate=Decimal("1.25"))])

    assert amounts(reported(store), "base")["GBP"][-1] == Money(pounds, "GBP")


def test_without_a_rate_there_is_no_sum_over_currencies(store) -> None:
    store.mirror.save_invoices([an_invoice(), an_invoice("2", currency="EUR")])

    found = amounts(reported(store), "base")["GBP"]

    assert (found[1], found[-1]) == (None, None)
    assert "states no rate on 1 of the invoices" in said(reported(store))


def test_without_a_company_there_is_no_sum_over_currencies(tmp_path) -> None:
    with TenantStore.open(tmp_path / "new.db") as store:
        store.mirror.save_invoices([an_invoice()])

        assert [table.name for table in reported(store).tables] == ["groups", "totals"]
        assert "own currency is not known" in said(reported(store))


def test_a_currency_that_exists_no_more_is_left_out_and_said(store) -> None:
    store.mirror.save_invoices([an_invoice(), an_invoice("2", currency="DEM")])

    assert list(amounts(reported(store), "totals")) == ["GBP"]
    assert amounts(reported(store), "base")["GBP"][-1] is None
    assert "invoices in DEM" in said(reported(store))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"issued_on": date(2026, 3, 11)}, "1 invoice dated after this day"),
        ({"issued_on": None}, "1 invoice without a date of issue"),
        ({"total_minor": -5_00, "due_minor": -5_00}, "1 invoice for less than nothing"),
    ],
)
def test_what_is_left_out_is_counted(store, fields: dict[str, Any], words: str) -> None:
    store.mirror.save_invoices([an_invoice(**fields)])

    assert amounts(reported(store), "totals") == {}
    assert words in said(reported(store))


def test_more_money_than_the_invoice_asks_for_is_no_debt_below_nothing(store) -> None:
    parts = tuple(Allocation("payment", key, InvoiceId("1"), 80_00, date(2026, 2, 5)) for key in "pq")
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, allocations=parts)])

    found = reported(store, date(2026, 3, 1))

    assert amounts(found, "totals") == {}
    assert "1 invoice that by the dates had got more" in said(found)


def test_an_empty_ledger_has_no_rows_and_says_so(store) -> None:
    assert amounts(reported(store), "totals") == {}
    assert amounts(reported(store), "base") == {"GBP": [None] * 7}
    assert said(reported(store)) == f"Nothing is known of {TODAY}: there is no invoice on file."


def test_what_was_owed_before_the_file_begins_is_not_nought_but_unknown(store) -> None:
    store.mirror.save_invoices([an_invoice()])

    found = reported(store, date(2026, 1, 31))

    assert amounts(found, "base") == {"GBP": [None] * 7}
    assert "Nothing is known of 2026-01-31: the first invoice on file is of 2026-02-01." in said(found)


def test_a_merged_customer_owes_as_the_one_it_was_merged_into(store) -> None:
    people = [("c", "Old", ContactId("d")), ("d", "New", None)]
    store.mirror.save_contacts(
        [
            Contact(
                id=ContactId(key),
                name=name,
                status=ContactStatus.ACTIVE,
                email=None,
                merged_into=into,
                updated_at=AT,
                version="1",
            )
            for key, name, into in people
        ]
    )
    store.mirror.save_invoices([an_invoice(), an_invoice("2", contact_id=ContactId("d"))])

    [row] = reported(store).tables[0].rows

    assert (row[0], row[-2], row[-1]) == ("New", Money(200_00, "GBP"), 2)


days = st.integers(-150, 0).map(lambda offset: TODAY + timedelta(days=offset))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Invoice]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        total = draw(st.integers(1, 10**7))
        first = draw(st.integers(0, total))
        parts = tuple(
            Allocation("payment", f"{number}-{place}", InvoiceId(str(number)), minor, draw(days))
            for place, minor in enumerate((first, draw(st.integers(0, total - first))))
        )
        due = total - sum(part.amount_minor for part in parts)
        made.append(
            an_invoice(
                str(number),
                total_minor=total,
                due_minor=due,
                status=InvoiceStatus.OPEN if due else InvoiceStatus.PAID,
                currency=draw(st.sampled_from(sorted(DIGITS))),
                rate=draw(st.decimals("0.0001", "9999", places=6)),
                issued_on=draw(days),
                due_on=draw(st.none() | days),
                allocations=parts,
            )
        )
    return made


def oracle(invoices: list[Invoice], day: date, ledger: str) -> tuple[dict[str, list[int]], list[int]]:
    """One invoice after the other: by currency, and all of it in pounds as exact fractions that are rounded last."""
    own: dict[str, list[int]] = {}
    base = [Fraction(0)] * 7
    for one in invoices:
        if one.issued_on > day:
            continue
        left = one.total_minor
        for part in one.allocations:
            left -= part.amount_minor if part.applied_on <= day else 0
        if not left:
            continue
        late = None if one.due_on is None else (day - one.due_on).days
        place = 5 if late is None else 0 if late <= 0 else min((late + 29) // 30, 4)
        rate = Fraction(1) if one.currency == "GBP" else Fraction(one.rate)
        pence = Fraction(left * 100, 10 ** DIGITS[one.currency])
        for at in (place, 6):
            own.setdefault(one.currency, [0] * 7)[at] += left
            base[at] += pence / rate if ledger == "xero" else pence * rate
    return own, [round(part) for part in base]  # of two whole numbers as near as each other, the even one


@settings(max_examples=60, deadline=None)
@given(ledgers(), st.integers(-140, -1), st.sampled_from(["xero", "quickbooks"]))
def test_every_past_day_equals_a_reckoning_by_hand(tmp_path_factory, invoices, offset, ledger) -> None:
    day = TODAY + timedelta(days=offset)
    with TenantStore.open(tmp_path_factory.mktemp("owed") / "dun.db") as store:
        store.mirror.save_organisation(a_company(ledger), AT)
        store.mirror.save_invoices(invoices)
        found = reported(store, day)
    own, base = oracle(invoices, day, ledger)

    assert amounts(found, "totals") == {code: [Money(part, code) for part in parts] for code, parts in own.items()}
    has_begun = any(one.issued_on <= day for one in invoices)
    assert amounts(found, "base")["GBP"] == [Money(part, "GBP") if has_begun else None for part in base]
    told = [row for table in found.tables if table.name == "rates" for row in table.rows]
    assert [row[:2] for row in told] == sorted({(o.currency, o.rate) for o in invoices if foreign_then(o, day)})
    assert sum(row[4] for row in told) == sum(foreign_then(one, day) for one in invoices)
    for code in own.keys() - {"GBP"}:
        assert sum(row[5].minor for row in told if row[0] == code) == own[code][6]


def foreign_then(one: Invoice, day: date) -> bool:
    """Whether it was owed in another currency at the end of `day`."""
    left = one.total_minor - sum(part.amount_minor for part in one.allocations if part.applied_on <= day)
    return one.currency != "GBP" and one.issued_on <= day and left > 0


def test_the_rates_are_told_with_the_days_of_the_invoices_that_bear_them(store) -> None:
    first, last = date(2026, 2, 1), date(2026, 2, 9)
    store.mirror.save_invoices(
        [
            an_invoice("1", currency="EUR", rate=Decimal("1.25"), issued_on=last),
            an_invoice("2", currency="EUR", rate=Decimal("1.25"), issued_on=first),
            an_invoice("3", currency="EUR", rate=Decimal("1.2"), issued_on=last),
            an_invoice("4"),
        ]
    )

    [rates] = [table for table in reported(store).tables if table.name == "rates"]

    assert rates.rows == (
        ("EUR", Decimal("1.2"), last, last, 1, Money(100_00, "EUR"), Money(83_33, "GBP")),
        ("EUR", Decimal("1.25"), first, last, 2, Money(200_00, "EUR"), Money(160_00, "GBP")),
    )


def test_a_spreadsheet_runs_no_customers_name(store) -> None:
    store.mirror.save_invoices([an_invoice(contact_id=ContactId("=1+1"))])

    text = printed.csv_files(reported(store))["aged-debt-groups.csv"].decode()

    assert text.splitlines()[1] == "'=1+1,GBP,0.00,100.00,0.00,0.00,0.00,0.00,100.00,1"


def test_what_is_not_known_is_null_and_a_question_mark_and_no_nought(store) -> None:
    store.mirror.save_invoices([an_invoice(currency="EUR")])
    found = reported(store)
    [base] = [each for each in found.tables if each.name == "base"]

    assert printed.as_json(found)["tables"][2]["rows"][0]["total"] is None
    assert printed.shown(base.rows[0][7], base.columns[7]) == "?"
    assert printed.csv_files(found)["aged-debt-base.csv"].decode().splitlines()[1] == "GBP,0.00,,0.00,0.00,0.00,0.00,,1"


def test_the_reports_are_listed_without_a_name() -> None:
    listed = json.loads(CliRunner().invoke(main, ["report", "--json"]).stdout)

    assert "aged-debt" in [each["name"] for each in listed["reports"]]


def test_a_report_that_does_not_exist_is_refused() -> None:
    done = CliRunner().invoke(main, ["report", "horoscope"])

    assert (done.exit_code, "`dun report` lists" in done.stderr) == (2, True)
