"""Can the books be believed, and does anybody else write to the same customers?"""

from collections.abc import Iterator

from connector.checks.finding import found
from connector.checks.sight import Sight
from connector.printing import count
from state.alerts import Finding
from state.model import Organisation, TenantSlug

SUSPICIONS = frozenset(("another_company", "shrunk", "replaced", "clock_skew"))  # of sync.guard
# Problems of a cycle that have a check of their own, or that end by themselves.
ELSEWHERE = SUSPICIONS | {
    "paused",
    "parked",
    "reauthorise",
    "unsettled_sends",
    "refused",
    "unknown",
    "not_sent",
    "template",
}


def suspicious(sight: Sight) -> Iterator[Finding]:
    for hold in sight.holds():
        if hold.reason in SUSPICIONS:
            words = f"reminders are stopped: {hold.note or hold.reason}"
            mend = f"find out why, then run `dun release --everything --tenant {sight.known.slug}`"
            yield found("suspicious", words, mend, sight.known.slug)
            return


def held(sight: Sight) -> Iterator[Finding]:
    for hold in sight.holds():
        if hold.reason not in SUSPICIONS:
            words = f"all reminders are on hold: {hold.note or hold.reason}"
            mend = f"run `dun release --everything --tenant {sight.known.slug}` when they may go on"
            yield found("held", words, mend, sight.known.slug)
            return


def own_reminders_on(sight: Sight) -> Iterator[Finding]:
    company = sight.store.mirror.organisation()
    if company is not None:
        yield from reminders_of(company, sight.known.slug)


def reminders_of(company: Organisation, slug: TenantSlug) -> Iterator[Finding]:
    """Those that the ledger itself sends."""
    if company.own_reminders_on:
        words = "Xero's own invoice reminders are switched on, so customers may be written to twice"
        yield found("own_reminders_on", words, "switch them off in Xero's invoice settings", slug)


def quarantined(sight: Sight) -> Iterator[Finding]:
    if number := len(sight.store.mirror.quarantined()):
        words = f"{count(number, 'record')} of the ledger cannot be read, and their customers are not written to"
        where = f"the page's morning list and `dun preview --tenant {sight.known.slug}` name them"
        mend = f"correct them in the ledger; {where}"
        yield found("quarantined", words, mend, sight.known.slug)


def needs_person(sight: Sight) -> Iterator[Finding]:
    """What the last cycle said a person must look at, where no other check says it better."""
    if sight.known.parked_because:
        return
    for problem in sight.last_problems():
        if problem.needs_person and problem.code not in ELSEWHERE:
            mend = f"mend that, then run `dun run --once --tenant {sight.known.slug}`"
            yield found("needs_person", problem.words, mend, sight.known.slug)
            return
