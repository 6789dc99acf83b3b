"""Which reports there are, by the names that `dun report`, the page and the monthly PDF ask for them.

A report's arithmetic is pure and lies in `connector.reports`; its rows come from `state`; here they meet. Whoever adds
a report adds a line to REPORTS.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.reporting import payers
from connector.reporting.asked import Asked
from connector.reports.table import Report
from state.store import TenantStore

__all__ = ["REPORTS", "Asked", "Listed"]


class Listed(Struct, frozen=True):
    """A report as it is listed: what it answers, in a line, and what builds it."""

    words: str
    build: Callable[[TenantStore, TenantSettings, Asked], Report]


REPORTS: Mapping[str, Listed] = MappingProxyType(
    {
        "rating": Listed("how each customer pays, from A to F, and why", payers.rating),
        "forecast": Listed("when the money of the open invoices comes, and how wrong that was lately", payers.forecast),
    }
)
