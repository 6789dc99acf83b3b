"""What the soak came to: the sandbox's audit and the books' judge, and the daemon's own log of its cycles."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench.soak.firms import START
from connector.config.settings import TenantSettings, load
from connector.demo.days import BooksClock
from connector.report import Problem
from connector.wiring import Installation
from connectors.ledger import LedgerError
from connectors.sandbox.audit_report import audit_report
from connectors.sandbox.judge import verdict
from connectors.sandbox.world import World
from connectors.transport import CallMeter

_PROMISES = ("chased_paid", "duplicates", "wrong_amounts", "reminders_without_note", "notes_without_reminder")
_ALL_CYCLES = 1_000_000


class Verdict(Struct, frozen=True, kw_only=True):
    """The counts that must be 0, and some that must not."""

    must_be_zero: dict[str, int]
    figures: dict[str, int]

    @property
    def good(self) -> bool:
        """Nothing broken; and a soak that refreshed nothing or sent nothing has shown nothing."""
        return not any(self.must_be_zero.values()) and all(self.figures[name] for name in ("refreshes", "reminders"))

    def lines(self) -> Iterator[str]:
        yield "  ".join(f"{name} {count:,}" for name, count in self.figures.items())
        yield "  ".join(f"{name} {count}" for name, count in self.must_be_zero.items())
        yield "the connections held" if self.good else "BROKEN"


def repeated_refreshes(world: World) -> int:
    """Refresh tokens that were shown again although their replacement had arrived, or at the same time."""
    totals = audit_report(world)["totals"]
    count: int = totals["double_refreshes"] + totals["concurrent_refreshes"]
    return count


def judge_soak(config: Path, world: World, days: int, excused: int) -> Verdict:
    """Judge what the daemon of `config` did to `world`; `excused`: refreshes that only a kill made it repeat."""
    audit: dict[str, Any] = audit_report(world)["totals"]
    books = verdict(world)
    tally: Counter[str] = Counter()
    with Installation(load(config), BooksClock(world.clock)) as installation:
        for settings in installation.config.tenants.values():
            tally.update(_tenant(installation, settings, days))
    broken = {
        "lost tokens": tally["lost tokens"],
        "double refreshes": repeated_refreshes(world) - excused,
        "missed days": tally["missed days"],
        "budget overruns": audit["overruns"],
        **{name.replace("_", " "): books[name] for name in _PROMISES},
    }
    figures = {
        "cycles": tally["cycles"],
        "refreshes": audit["refreshes"],
        "lost answers survived": audit["lost_answers"],
        "repeated after the kill": excused,
        "calls": sum(sum(calls.values()) for calls in world.calls.values()),
        "faults": sum(world.audit.faults.values()),
        "reminders": tally["reminders"],
        "unknown": tally["unknown"],
    }
    return Verdict(must_be_zero=broken, figures=figures)


class _Told(Struct):
    """The part of a stored report that is judged."""

    business_day: date
    sent: dict[str, int]
    unknown: int
    problems: list[Problem]


def _tenant(installation: Installation, settings: TenantSettings, days: int) -> Counter[str]:
    slug = settings.slug
    with installation.store(slug) as store:
        cycles = [cycle for cycle in store.cycles.last(_ALL_CYCLES) if cycle.report]
        reports = [msgspec.json.decode(cycle.report or "", type=_Told) for cycle in cycles]
    tally = Counter({"cycles": len(reports), "lost tokens": 0 if _alive(installation, settings) else 1})
    for report in reports:
        tally["reminders"] += sum(report.sent.values())
        tally["unknown"] += report.unknown
    tally["missed days"] = len(_days(settings, days) - {report.business_day for report in reports if _whole(report)})
    return tally


def _alive(installation: Installation, settings: TenantSettings) -> bool:
    """Whether the connection still works, as the next cycle would find."""
    try:
        installation.ledger(settings, CallMeter()).organisation()
    except LedgerError:
        return False
    return True


def _days(settings: TenantSettings, days: int) -> set[date]:
    """The business days the soak lasted for, from the first whole one."""
    first = settings.today_at(START) + timedelta(days=1)
    return {first + timedelta(days=day) for day in range(days - 1)}


def _whole(report: _Told) -> bool:
    """A cycle that read the ledger, decided and could send: what it was kept from stands in its problems."""
    return not any(problem.code in _CUT_SHORT for problem in report.problems)


_CUT_SHORT = frozenset(family.code for family in (LedgerError, *LedgerError.__subclasses__())) | {
    "parked",
    "unexpected",
}
