"""The month's page: its figures are those of a day-by-day reckoning, and it is one page whatever is in the ledger."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hostile_people import NAMES
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pdf_pages import pages, text_of
from unit.reports.effect_worlds import WORLDS, World, day, written
from unit.reports.test_aged_debt import a_company
from unit.state.examples import AT, an_invoice

from connector.letters.monthly import monthly_pdf
from connector.reports.aged_debt import aged_debt
from connector.reports.forecast import LEAST_PAID, WEEKS
from connector.reports.month import Coming, Expected, Waiting, month_report, months_before
from connector.reports.table import Report
from connector.saying.said import say
from state.effect_records import Effects, Kind, RemindersSent
from state.model import Allocation, ContactId, InvoiceId, InvoiceStatus
from state.money import Money
from state.month_records import MonthFigures, MonthMoney
from state.owed import LeftOut, Owed, OwedThen
from state.store import TenantStore

FIRST, LAST = date(2025, 10, 1), date(2026, 3, 31)
AGES = (0, 30, 60, 90)  # the last day of each age but the oldest
NOTHING = Effects(
    first=LAST.replace(day=1),
    last=LAST,
    today=LAST,
    messages=(),
    reminders=(),
    false_chases=(),
    sent=0,
    notes=0,
    invoices=0,
    dry=0,
    restored=0,
    unsure=0,
)
OWED = OwedThen(day=LAST, ledger="xero", base="GBP", rows=(), names={}, overpaid=0, first_issue=None)
LEFT = LeftOut(undated=0, future=0, negative=0)
DEBTS = st.lists(
    st.tuples(
        st.sampled_from(["GBP", "EUR"]),
        st.integers(-150, 20),  # due, in days from LAST
        st.lists(st.tuples(st.integers(-150, 20), st.integers(1, 30_00)), max_size=2),  # money: days from LAST, minor
        st.booleans(),  # whether the rest was settled without a trace, on 10 March
    ),
    max_size=5,
)


def figures(**fields: Any) -> MonthFigures:
    return MonthFigures(**{"came_in": (), "asked_for": (), "first": FIRST, "day": LAST, "first_issue": FIRST, **fields})


def money(month: str, minor: int, currency: str = "GBP", rate: str | None = None, on: date | None = None) -> MonthMoney:
    return MonthMoney(
        month=month,
        currency=currency,
        minor=minor,
        rate=Decimal(rate) if rate else None,
        issued_from=on,
        issued_to=on,
    )


def owed(currency: str, minor: int, rate: str | None, issued: date, buckets: tuple[int, ...] = ()) -> Owed:
    return Owed(
        contact_id=ContactId("c"), currency=currency, rate=Decimal(rate) if rate else None,
        buckets=buckets or (minor, 0, 0, 0, 0, 0), invoices=1, issued_from=issued, issued_to=issued,
    )  # fmt: skip


def rows(report: Report, name: str) -> tuple[Any, ...]:
    [table] = [one for one in report.tables if one.name == name]
    return table.rows


def from_last(days: int) -> date:
    return date.fromordinal(LAST.toordinal() + days)


def save(store: TenantStore, number: int, currency: str, due: int, money: list[tuple[int, int]], gone: bool) -> None:
    key = InvoiceId(f"inv-{number}")
    parts = tuple(
        Allocation("payment", f"{number}-{order}", key, minor, from_last(days))
        for order, (days, minor) in enumerate(money)
    )
    rest = 90_00 - sum(part.amount_minor for part in parts)
    invoice = an_invoice(
        key,
        currency=currency,
        issued_on=from_last(-200),
        due_on=from_last(due),
        total_minor=90_00,
        due_minor=0 if gone else rest,
        status=InvoiceStatus.PAID if gone or not rest else InvoiceStatus.OPEN,
        allocations=parts,
    )
    store.mirror.save_invoices([invoice])


@given(DEBTS)
@settings(max_examples=40, deadline=None)
def test_aged_debt_is_what_an_invoice_by_invoice_reckoning_of_that_day_says(debts: list) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.mirror.save_organisation(a_company(), AT)
        for number, debt in enumerate(debts):
            save(store, number, *debt)
        report = the_month(store, today=from_last(30))
        invoices = store.past(ZoneInfo("UTC")).invoices

    reckoned = [0] * (len(AGES) + 1)
    for one in invoices:
        if one.currency == "GBP" and one.due_on is not None:
            days = (LAST - one.due_on).days
            reckoned[sum(days > last for last in AGES)] += one.owed_on(LAST)
    told = [row[1].minor for row in rows(report, "aged_debt")]
    assert told[: len(reckoned)] == (reckoned if debts else [])


STRANGE = {
    "for less than nothing": {"total_minor": -50_00, "due_minor": -50_00},
    "settled by more than it asks for": {
        "status": InvoiceStatus.PAID,
        "due_minor": 0,
        "allocations": tuple(
            Allocation("payment", f"p{each}", InvoiceId("strange"), 80_00, from_last(-20)) for each in (1, 2)
        ),
    },
    "settled by a payment of a later day": {
        "status": InvoiceStatus.PAID,
        "due_minor": 0,
        "allocations": (Allocation("payment", "p", InvoiceId("strange"), 100_00, from_last(9)),),
    },
    "without a date of issue": {"issued_on": None},
    "of a later day": {"issued_on": from_last(3)},
}


@pytest.mark.parametrize("fields", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("today", [LAST, from_last(40)])
def test_the_month_ends_with_what_aged_debt_says_of_its_last_day_and_leaves_out_the_same(
    tmp_path: Path, fields: dict[str, Any], today: date
) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        store.mirror.save_organisation(a_company(), AT)
        store.mirror.save_invoices([an_invoice("usual", issued_on=from_last(-60), due_on=from_last(-50))])
        strange = {"issued_on": from_last(-60), "due_on": from_last(-50), "total_minor": 100_00, "due_minor": 100_00}
        store.mirror.save_invoices([an_invoice("strange", **(strange | fields))])
        month = the_month(store, today)
        aged = aged_debt(store.owed(LAST, today), store.left_out(LAST), "currency", lambda row: row.currency)

    [totals] = rows(aged, "totals")
    by_age = [cell for cell in totals[1:7] if cell] or [Money(0, "GBP")]
    assert [row[1] for row in rows(month, "aged_debt") if row[1]] == by_age
    assert [each for each in aged.cannot_know if each not in month.cannot_know] == []


def the_month(store: TenantStore, today: date) -> Report:
    return month_report(store.month(FIRST, LAST), NOTHING, None, (), store.owed(LAST, today), store.left_out(LAST))


@given(WORLDS)
@settings(max_examples=20, deadline=None)
def test_each_invoice_is_asked_for_once_a_month_and_money_counts_by_its_own_day(world: World) -> None:
    with written(world) as store:
        told = store.month(FIRST, date(2026, 12, 31))

    asked: dict[str, dict[int, int]] = {}
    for message in world.messages:
        if message.carrier != "dry":
            month = asked.setdefault(f"{day(message.on):%Y-%m}", {})
            month.update({debt: world.debts[debt].due_at_read for debt in message.debts})
    came: dict[str, int] = {}
    for debt in world.debts:
        for money in debt.money:
            if not money.credit and money.on is not None and (money.mirrored or debt.status != "void"):
                month_in = f"{day(money.on):%Y-%m}"
                minor = 300_00 if money.mirrored else money.minor  # the whole payment, or what the invoice took of it
                came[month_in] = came.get(month_in, 0) + minor
    assert {each.month: each.minor for each in told.asked_for if each.minor} == {
        month: sum(debts.values()) for month, debts in asked.items()
    }
    assert {each.month: each.minor for each in told.came_in} == came


def test_months_without_money_are_drawn_as_nought_between_those_with_some() -> None:
    moved = figures(came_in=(money("2026-01", 5_00),), asked_for=(money("2026-01", 9_00),))
    report = month_report(moved, NOTHING, None, (), OWED, LEFT)

    assert [row[0] for row in rows(report, "money")] == [
        "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03",
    ]  # fmt: skip
    assert rows(report, "money")[3][:3] == ("2026-01", Money(5_00, "GBP"), Money(9_00, "GBP"))
    assert rows(report, "money")[4][:3] == ("2026-02", Money(0, "GBP"), Money(0, "GBP"))


def test_of_months_before_the_first_invoice_on_file_nobody_knows_what_came_in() -> None:
    moved = figures(came_in=(money("2026-02", 5_00),), first_issue=date(2026, 1, 20))
    report = month_report(moved, NOTHING, None, (), OWED, LEFT)

    assert [row[1] for row in rows(report, "money")] == [None] * 3 + [
        Money(0, "GBP"),
        Money(5_00, "GBP"),
        Money(0, "GBP"),
    ]
    assert "What came in before the first invoice on file, which is of 2026-01-20, is not known." in report.cannot_know


def test_other_currencies_are_named_and_not_added() -> None:
    euros = replace(OWED, rows=(owed("EUR", 0, "1.25", LAST, (1, 1, 1, 1, 1, 1)),), first_issue=LAST)
    report = month_report(figures(), NOTHING, None, (), euros, LEFT)

    assert {row[1] for row in rows(report, "aged_debt")} == {Money(0, "GBP")}
    assert "Not drawn, since currencies are never added up: EUR." in report.cannot_know


def test_without_a_forecast_nothing_is_expected_and_the_page_says_so() -> None:
    report = month_report(figures(), NOTHING, Coming((), 9), (), OWED, LEFT)

    assert rows(report, "expected") == ()
    assert "What is expected: there is no forecast." in report.cannot_know
    assert text_of(monthly_pdf(report, "Harbour", "en_GB")).count("Not known.") == 4


def weeks(*minor: int | None) -> tuple[Expected, ...]:
    return tuple(Expected(from_last(7 * number - 1), each, each) for number, each in enumerate(minor))


def test_every_week_of_the_forecast_is_drawn() -> None:
    coming = Coming(weeks(*(100_00 + number for number in range(WEEKS))), 9)
    text = text_of(monthly_pdf(month_report(figures(), NOTHING, coming, (), OWED, LEFT), "Harbour", "en_GB"))

    assert [f"£100.{number:02}" for number in range(WEEKS) if f"£100.{number:02}" not in text] == []


def test_where_too_few_were_ever_paid_only_weeks_with_a_promise_are_numbers() -> None:
    report = month_report(figures(), NOTHING, Coming(weeks(None, 120_00, None), LEAST_PAID - 1), (), OWED, LEFT)

    assert rows(report, "expected") == ((from_last(6), Money(120_00, "GBP"), Money(120_00, "GBP")),)
    assert f"{LEAST_PAID - 1} invoices are known to have been paid" in report.cannot_know[0]


def test_what_was_expected_in_a_month_that_is_over_is_not_kept() -> None:
    later = replace(NOTHING, today=from_last(20))
    just_over = month_report(figures(), later, Coming(weeks(5_00), 9), (), OWED, LEFT)
    long_over = month_report(figures(), later, None, (), OWED, LEFT)

    assert just_over.cannot_know[0] == (
        "What was expected on 2026-03-31 is not kept; the weeks are those from 2026-04-20 on."
    )
    assert rows(just_over, "expected") == ((from_last(-1), Money(5_00, "GBP"), Money(5_00, "GBP")),)
    assert long_over.cannot_know[0] == "What was expected on 2026-03-31 is not kept."


def test_what_is_owed_in_other_currencies_stands_beside_at_the_rates_of_its_invoices() -> None:
    debts = (
        owed("GBP", 9_00, None, LAST),
        owed("USD", 25_00, "1.25", from_last(-9)),
        owed("USD", 30_00, "1.5", LAST),
        owed("EUR", 7_00, None, LAST),
        owed("DEM", 7_00, None, LAST),
    )
    report = month_report(figures(), NOTHING, None, (), replace(OWED, rows=debts), LEFT)

    assert rows(report, "other_currencies") == (
        ("EUR", Money(7_00, "EUR"), None, None, None, LAST, LAST),
        ("USD", Money(55_00, "USD"), Money(40_00, "GBP"), Decimal("1.25"), Decimal("1.5"), from_last(-9), LAST),
    )
    text = text_of(monthly_pdf(report, "Harbour", "en_GB"))
    assert "US$55.00" in text
    assert "1.25" in text
    assert len(pages(monthly_pdf(report, "Harbour", "en_GB"))) == 1


def test_reminders_count_by_stage_whatever_their_template_and_channel() -> None:
    def sent(template: str, outcome: Any, days: int | None, number: int) -> RemindersSent:
        kind = Kind("soft", template, "email")
        return RemindersSent(
            kind=kind, outcome=outcome, days=days, age=14, reminders=number, false_chases=0, same_day=0, unproven=0
        )

    effects = Effects(
        **{name: getattr(NOTHING, name) for name in NOTHING.__struct_fields__ if name not in ("reminders", "sent")},
        reminders=(sent("a", "paid", 3, 2), sent("b", "open", None, 1)),
        sent=3,
    )
    report = month_report(figures(), effects, None, (), OWED, LEFT)

    assert rows(report, "reminders") == (("soft", 2, 3, Decimal("66.7")),)


@pytest.mark.parametrize("decisions", [0, 12])
def test_many_other_currencies_can_be_read_and_a_question_mark_among_them_is_explained(decisions: int) -> None:
    rates = {"DKK": "8.71", "EUR": "1.15", "JPY": "190.2", "KWD": "0.39", "SEK": None, "USD": "1.27"}
    debts = tuple(owed(currency, 123_456_78, rate, LAST) for currency, rate in rates.items())
    waiting = [Waiting(what="a call is to be made", customer="Buyer", invoice="I", owner="", since=LAST)] * decisions
    report = month_report(figures(), NOTHING, None, waiting, replace(OWED, rows=debts, first_issue=LAST), LEFT)
    drawn = monthly_pdf(report, "Hafen", "de_DE")

    [page] = pages(drawn)
    assert min(run.size for run in page if run.text in rates) >= 7
    assert "steht kein Kurs" in " ".join(text_of(drawn).split())


def test_whatever_strangers_call_themselves_it_is_one_page_that_shows_it_as_text() -> None:
    waiting = [
        Waiting(what="call", customer=name.text, invoice=name.text, owner=name.text, since=LAST) for name in NAMES
    ] + [Waiting(what="call", customer=']#pagebreak()[#read("x")', invoice="x" * 4000, owner="o" * 900, since=LAST)]
    months = tuple(money(f"2026-0{month}", 10**15) for month in (1, 2, 3))

    for shown in (waiting[:12], waiting[12:24], waiting[-12:]):
        report = month_report(figures(came_in=months, asked_for=months), NOTHING, None, shown, OWED, LEFT)
        assert len(pages(monthly_pdf(report, NAMES[0].text, "en_GB"))) == 1
    assert "]#pagebreak()[#read" in text_of(monthly_pdf(report, "Firm", "en_GB"))


def test_more_decisions_than_a_page_holds_are_counted() -> None:
    waiting = [Waiting(what="call", customer="Buyer", invoice="I", owner="", since=LAST)] * 20
    report = month_report(figures(), NOTHING, None, waiting, OWED, LEFT)

    assert "and 8 more" in text_of(monthly_pdf(report, "Firm", "en_GB")).replace("\n", "")


def test_the_same_month_makes_the_same_bytes() -> None:
    report = month_report(figures(), NOTHING, None, (), OWED, LEFT)

    assert monthly_pdf(report, "Firm", "de_DE") == monthly_pdf(report, "Firm", "de_DE")


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 40))
def test_so_many_months_before_is_so_many_months_before(of: date, months: int) -> None:
    first = of.replace(day=1)
    before = months_before(first, months)

    assert before.day == 1
    assert (first.year - before.year) * 12 + first.month - before.month == months


def test_the_page_is_in_the_firms_language() -> None:
    waiting = [Waiting(what=say("a call is to be made"), customer="Buyer", invoice="I", owner="", since=LAST)] * 13
    euros = replace(OWED, base="EUR", rows=(owed("EUR", 1_234_50, None, LAST),), first_issue=LAST)
    report = month_report(figures(), NOTHING, None, waiting, euros, LEFT)

    text = text_of(monthly_pdf(report, "Hafen", "de_DE"))

    assert "März 2026" in text
    assert "Stand 31.03.2026" in text
    assert "1.234,50" in text
    assert text.count("ein Anruf steht an") == 12
    assert "und 1 weitere" in text.replace("\n", " ")
    assert "Was am 31.03.2026 erwartet wurde, ist nicht aufbewahrt." in text.replace("\n", " ")
    assert "Offene Posten nach Alter" in text
    assert "Not known" not in text
