"""The ratings of a firm's payers, reckoned once a day: one customer's rating takes a pass over the whole ledger."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date

from connector.reports.rating import Rating, ratings
from state.model import ContactId, TenantSlug
from state.store import TenantStore

FIRMS = 20  # whose ratings are kept, the last that were looked at

_Of = tuple[TenantSlug, date]


class Gradings:
    """May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Of, Mapping[ContactId, Rating]] = OrderedDict()

    def of(self, store: TenantStore, slug: TenantSlug, today: date) -> Mapping[ContactId, Rating]:
        """As they were when `today` was first asked for."""
        with self._lock:
            if (found := self._kept.get((slug, today))) is None:
                found = ratings(store.paydays(), store.broken_promises(today), today)
                self._kept[slug, today] = found
            self._kept.move_to_end((slug, today))
            if len(self._kept) > FIRMS:
                self._kept.popitem(last=False)
            return found
