"""One round over the tenants: each in turn, with a bar, and none of them in the way of the others."""

from collections.abc import Callable

import structlog

from connector.commands.refusals import EXPECTED
from connector.printing import progress
from connector.report import CycleReport, Problem
from connector.wiring import Installation
from state.model import TenantSlug

log = structlog.get_logger()
Work = Callable[[TenantSlug], CycleReport]


def each_in_turn(
    opened: Installation, slugs: list[TenantSlug], doing: str, work: Work, show: Callable[[CycleReport], None]
) -> list[CycleReport]:
    """Do `work` for every tenant and `show` each report at once; the reports.

    What keeps one of several tenants from working stands in its report; of a single one it reaches the caller.
    """
    reports = []
    with progress() as bar:
        task = bar.add_task("", total=len(slugs))
        for slug in slugs:
            bar.update(task, description=f"{slug}: {doing}")
            reports.append(work(slug) if len(slugs) == 1 else _reported(opened, slug, work))
            show(reports[-1])
            bar.advance(task)
    return reports


def _reported(opened: Installation, slug: TenantSlug, work: Work) -> CycleReport:
    today = opened.config.tenant(slug).today_at(opened.clock.now())
    try:
        return work(slug)
    except EXPECTED as error:
        problem = Problem("not_possible", str(error), needs_person=True)
    except Exception as error:
        log.exception("cycle ended unexpectedly", tenant=slug)
        problem = Problem("unexpected", f"a bug in Dun: {type(error).__name__}; please report it", needs_person=True)
    return CycleReport(tenant=slug, business_day=today, problems=[problem])
