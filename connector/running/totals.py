"""What the cycles of one tenant add up to since this process began: numbers that only grow, for /metrics."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from connector.report import CycleReport

_NOTHING: Mapping[str, int] = MappingProxyType({})


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over reports. A cycle that ended without a report adds nothing."""

    sent: Mapping[str, int] = _NOTHING  # reminders by stage
    stopped: Mapping[str, int] = _NOTHING  # by the live read, by reason
    failed: int = 0
    unknown: int = 0
    notes_written: int = 0
    api_calls: int = 0

    def plus(self, report: CycleReport) -> "Totals":
        """These and what `report` tells."""
        return Totals(
            sent=_sum(self.sent, report.sent),
            stopped=_sum(self.stopped, report.stopped),
            failed=self.failed + report.failed,
            unknown=self.unknown + report.unknown,
            notes_written=self.notes_written + report.notes_written,
            api_calls=self.api_calls + report.api_calls,
        )


def _sum(before: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    return Counter(before) + Counter(more)
