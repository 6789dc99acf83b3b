"""The reports on receivables: their rows from the tenant's file, and what its policy says about customers."""

from collections.abc import Callable
from datetime import date, timedelta

from connector.config.settings import TenantSettings
from connector.grading import known_payers
from connector.reporting.asked import Asked
from connector.reports.aged_debt import Label, aged_debt
from connector.reports.collection import Collected
from connector.reports.dso import months_before
from connector.reports.table import Report
from connector.reports.window import Window
from state.model import Account, ContactId
from state.owed import OwedThen
from state.store import TenantStore


def aged_debt_report(store: TenantStore, settings: TenantSettings, as_of: date, today: date, by: str) -> Report:
    """Segments and owners are those of today: neither the policy nor the file tells what they were."""
    owed = store.owed(as_of, today)
    return aged_debt(owed, store.left_out(as_of), by, _label(store, settings, today, by, owed))


def window_of(store: TenantStore, asked: Asked) -> Window:
    """The `days` days that end with `as_of`, with the sales that the countback may need."""
    since = min(_first_of(asked), months_before(asked.as_of))
    return _window(store, asked, since)


def collected_in(store: TenantStore, asked: Asked) -> Collected:
    """The `days` days that end with `as_of`, what was owed before and after them, and what fell due."""
    first = _first_of(asked)
    return Collected(
        window=_window(store, asked, first),
        before=store.owed(first - timedelta(days=1), asked.today),
        fell_due=store.fell_due(first, asked.as_of),
    )


def _window(store: TenantStore, asked: Asked, sold_since: date) -> Window:
    return Window(
        flows=store.flows(_first_of(asked), asked.as_of, sold_since),
        end=store.owed(asked.as_of, asked.today),
        left_out=store.left_out(asked.as_of),
    )


def _first_of(asked: Asked) -> date:
    return asked.as_of - timedelta(days=asked.days - 1)


def _label(store: TenantStore, settings: TenantSettings, today: date, by: str, owed: OwedThen) -> Label:
    if by == "currency":
        return lambda row: row.currency
    if by == "customer":
        return lambda row: owed.names.get(row.contact_id, row.contact_id)
    read = _segment(settings, today) if by == "segment" else _owner
    everybody = store.receivables.accounts(today, histories=settings.book.asks_for_history)
    accounts = known_payers(store, settings, everybody, today)
    found: dict[ContactId, str | None] = {account.contact_id: read(account) for account in accounts}
    return lambda row: found.get(row.contact_id)


def _segment(settings: TenantSettings, today: date) -> Callable[[Account], str | None]:
    book = settings.book
    return lambda account: book.choose(account, today).segment


def _owner(account: Account) -> str | None:
    return account.preference.owner if account.preference is not None else None
