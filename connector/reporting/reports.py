"""Which reports there are, by the names that `dun report`, the page and the monthly PDF ask for them.

A report's arithmetic is pure and lies in `connector.reports`; its rows come from `state`; here they meet. Whoever adds
a report adds a line to REPORTS.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.reports.table import Report
from state.store import TenantStore


class Asked(Struct, frozen=True, kw_only=True):
    """What the reader chose. Each report heeds what concerns it, and says in its formula what it heeded."""

    today: date  # the business day where the tenant lives
    as_of: date  # the end of this day is what is reported
    by: str = "customer"
    days: int = 90  # length of the window that ends with `as_of`


class Listed(Struct, frozen=True):
    """A report as it is listed: what it answers, in a line, and what builds it."""

    words: str
    build: Callable[[TenantStore, TenantSettings, Asked], Report]


REPORTS: Mapping[str, Listed] = MappingProxyType({})
