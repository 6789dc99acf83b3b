"""The forecast as it is shown: weeks, invoices, what is due in all, and how wrong it was lately."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from connector.reports.expected_money import Debt
from connector.reports.forecast import LEAST_PAID, Expected, Forecast, Forecaster
from connector.reports.forecast_sums import Total, Week
from connector.reports.in_base import Base
from connector.reports.past_error import DAYS, LEAST, PastDay, PastError, past_error
from connector.reports.payers import Payers
from connector.reports.rate_table import rates_behind
from connector.reports.sums import is_known
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import Said, say
from state.money import Money
from state.paydays import Paydays, ordinal

FORMULA = say(
    "An invoice is expected on the day by which half of such invoices are paid, by its customer's own survival curve"
    " (Kaplan-Meier, shrunk to the ledger's, given that it is unpaid today); a week is the sum of amounts times"
    " chances; promises and plans override both."
)
_BASES = {
    "habit": say("habit"),
    "promise": say("promise"),
    "plan": say("plan"),
    "disputed": say("disputed"),
    "credit": say("credit"),
    "handed_over": say("handed over"),
    "unknown": say("unknown"),
}

_WEEKS = (
    Column("week", "Week of", "day"),
    Column("currency", "Currency"),
    Column("expected", "Expected", "money"),
    Column("agreed", "Promised or planned", "money"),
    Column("three_largest", "Three largest", "percent"),
    Column("remark", "Remark"),
)
_WEEKS_DRAWN = (Drawn(("expected",), ("week",), by="currency"),)
_TOTALS = (
    Column("currency", "Currency"),
    Column("due", "Due", "money"),
    Column("within", "In these weeks", "money"),
    Column("later", "Later, or never", "money"),
    Column("disputed", "Disputed", "money"),
    Column("credit", "Covered by credit", "money"),
    Column("unknown", "Nobody can say", "money"),
)


def forecast_report(paydays: Paydays, debts: Iterable[Debt], today: date, base: Base | None = None) -> Report:
    """When the money of `debts` comes, which are grouped by customer."""
    error = past_error(paydays, today)
    forecaster = Forecaster(Payers(paydays, ordinal(today)), today, error.tails, base)
    strange: set[str] = set()
    invoices = _invoices(forecaster.expect(_countable(debts, strange)))
    forecast = forecaster.forecast()
    return Report(
        name="forecast",
        title="When the money comes",
        as_of=today,
        tables=(_weeks(forecast), _totals(forecast), *_everything(forecast, strange), invoices, _past(error)),
        formula=FORMULA,
        cannot_know=(*_left_out(strange), *_unknown(forecast, invoices, error)),
    )


def _countable(debts: Iterable[Debt], strange: set[str]) -> Iterator[Debt]:
    """Those in currencies whose smallest unit is known; `strange` gets the others' currencies."""
    for debt in debts:
        if is_known(debt.currency):
            yield debt
        else:
            strange.add(debt.currency)


def _left_out(strange: set[str]) -> Iterator[Said]:
    if strange:
        yield say(
            "Left out: invoices in {currencies}, whose smallest unit is unknown.",
            currencies=", ".join(sorted(strange)),
        )


def _weeks(forecast: Forecast) -> Table:
    return Table("weeks", "Cash by week, as expected value", _WEEKS, tuple(map(_week, forecast.weeks)), _WEEKS_DRAWN)


def _week(week: Week) -> tuple[Cell, ...]:
    share = None if week.expected_minor is None else _percent(week.largest_minor, week.expected_minor)
    return (
        week.begins,
        week.currency,
        _money(week.expected_minor, week.currency),
        Money(week.agreed_minor, week.currency),
        share,
        say("three invoices are {share} % of it", share=share) if week.concentrated and share is not None else "",
    )


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _percent(part: int, whole: int) -> Decimal | None:
    return min(Decimal(100 * part) / whole, Decimal(100)).quantize(Decimal(1)) if whole > 0 else None


def _totals(forecast: Forecast) -> Table:
    return Table("totals", "All that is due", _TOTALS, tuple(map(_total, forecast.totals)))


def _total(total: Total) -> tuple[Cell, ...]:
    amounts = (
        total.due_minor,
        total.within_minor,
        total.later_minor,
        total.disputed_minor,
        total.credit_minor,
        total.unknown_minor,
    )
    return (total.currency, *(_money(minor, total.currency) for minor in amounts))


def _everything(forecast: Forecast, strange: set[str]) -> Iterator[Table]:
    """All currencies in the company's own, where there are others; with some that nobody knows no sum is known."""
    found = forecast.everything
    if found is None:
        return
    told = found.weeks is not None and found.total is not None and not strange
    weeks = map(_week, found.weeks or ()) if told else _unknown_weeks(forecast, found.currency)
    total = _total(found.total) if told and found.total else (found.currency, *(None,) * (len(_TOTALS) - 1))
    title = say("Cash by week, all of it in {base}", base=found.currency)
    yield Table("base-weeks", title, _WEEKS, tuple(weeks), _WEEKS_DRAWN)
    yield Table("base", say("All of it in {base}", base=found.currency), _TOTALS, (total,))
    yield from rates_behind(found.rates, found.currency, found.ledger)


def _unknown_weeks(forecast: Forecast, base: str) -> Iterator[tuple[Cell, ...]]:
    for begins in sorted({week.begins for week in forecast.weeks}):
        yield begins, base, *(None,) * (len(_WEEKS) - 3), ""


def _invoices(expected: Iterable[Expected]) -> Table:
    columns = (
        Column("customer", "Customer"),
        Column("invoice", "Invoice"),
        Column("due", "Due", "money"),
        Column("due_on", "Due on", "day"),
        Column("expected_on", "Expected", "day"),
        Column("earliest", "80 % from", "day"),
        Column("latest", "80 % to", "day"),
        Column("basis", "By"),
    )
    return Table("invoices", "Day of payment of each open invoice", columns, tuple(map(_invoice, expected)))


def _invoice(expected: Expected) -> tuple[Cell, ...]:
    debt = expected.debt
    return (
        debt.customer,
        debt.number or debt.invoice_id,
        Money(debt.due_minor, debt.currency),
        debt.due_on,
        _once(expected.on),
        _once(expected.earliest),
        _once(expected.latest),
        _BASES[expected.basis],
    )


@lru_cache(maxsize=4096)
def _once(day: date | None) -> date | None:
    """`day`; many invoices are expected on one day, and each would keep a date of its own."""
    return day


def _past(error: PastError) -> Table:
    columns = (
        Column("as_of", "Made on", "day"),
        Column("forecasts", "Forecasts", "count"),
        Column("error_days", "Mean error", "days"),
        Column("due_date_error_days", "Error of the due date", "days"),
        Column("covered", "Within the 80 %", "percent"),
        Column("currency", "Currency"),
        Column("weeks_error", "Error of four weeks' cash", "percent"),
        Column("bias", "Over or under", "percent"),
    )
    rows = tuple(row for day in error.days for row in _past_rows(day))
    days = Drawn(("error_days", "due_date_error_days"), ("as_of",))
    cash = Drawn(("weeks_error", "bias"), ("as_of",), by="currency")
    return Table("past-error", "How wrong it was", columns, rows, (days, cash))


def _past_rows(day: PastDay) -> Iterator[tuple[Cell, ...]]:
    for currency in dict.fromkeys(week.currency for week in day.weeks):
        weeks = [week for week in day.weeks if week.currency == currency]
        came = sum(week.came for week in weeks)
        off = sum(abs(week.expected - week.came) for week in weeks)
        yield (
            day.as_of,
            day.forecasts,
            _tenth(day.error),
            _tenth(day.due_date_error),
            _tenth(100 * day.covered / day.forecasts) if day.forecasts else None,
            currency,
            _tenth(100 * off / came) if came else None,
            _tenth(100 * (sum(week.expected for week in weeks) / came - 1)) if came else None,
        )


def _tenth(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 1)))


def too_few_paid(paid: int) -> Said:
    """Why nothing can be foretold of a ledger with so few paid invoices."""
    return say(
        "{n} invoice is known to have been paid, and when; with fewer than {least} nothing can be said of the"
        " others but what was promised. | {n} invoices are known to have been paid, and when; with fewer than"
        " {least} nothing can be said of the others but what was promised.",
        n=paid,
        least=LEAST_PAID,
    )


def _unknown(forecast: Forecast, invoices: Table, error: PastError) -> Iterator[str]:
    if forecast.paid < LEAST_PAID:
        yield too_few_paid(forecast.paid)
    elif error.forecasts < LEAST:
        yield say(
            "Only {n} earlier forecasts can be checked by now; until there are {least}, nobody knows whether the"
            " intervals are right four times in five.",
            n=error.forecasts,
            least=LEAST,
        )
    everything = forecast.everything
    if everything is not None and everything.weeks is None:
        yield say("The ledger states no rate on some documents in other currencies; their sum is not known.")
    yield from _about_days(invoices, may_foretell=forecast.paid >= LEAST_PAID)
    yield from _about_error(error)


def _about_days(invoices: Table, *, may_foretell: bool) -> Iterator[str]:
    bases = Counter(str(basis) for *_, basis in invoices.rows)
    if bases["unknown"] and may_foretell:
        yield say(
            "{n} invoice has no due date, or is unpaid for longer than any that was ever paid: no day known. | {n}"
            " invoices have no due date, or are unpaid for longer than any that was ever paid: no day known.",
            n=bases["unknown"],
        )
    if bases["handed over"]:
        yield say(
            "{n} invoice is with an agency or a court, and no habit says when: no day known. | {n} invoices are with an"
            " agency or a court, and no habit says when: no day known.",
            n=bases["handed over"],
        )
    endless = sum(basis == "habit" and latest is None for *_, latest, basis in invoices.rows)
    if endless:
        yield say(
            "Of {n} invoice so few like it were ever paid that its interval has no end, and its day may be unknown. |"
            " Of {n} invoices so few like them were ever paid that their intervals have no end, and their days may be"
            " unknown.",
            n=endless,
        )


def _about_error(error: PastError) -> Iterator[str]:
    if error.customers < error.of_customers:
        yield say(
            "The past error is that of {some} of {all} customers, always the same ones.",
            some=error.customers,
            all=error.of_customers,
        )
    if error.days and len(error.days) < DAYS:
        yield say(
            "The ledger is too young for more than {some} of {all} earlier forecasts.", some=len(error.days), all=DAYS
        )
