"""Is the ledger still read, and for how long will it be? Connections die quietly: the books just stop moving."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from connector.checks.finding import found, when
from connector.checks.sight import Sight, has_left
from connector.report import how_to_revive
from connectors.xero.oauth import READING, READING_AND_NOTES, lacking
from state.alerts import Finding, Severity

SOON = timedelta(days=3)
LONGEST_NOTICE = timedelta(days=30)  # for ends that every refresh moves: Xero's 60 days, QuickBooks' 100
COMPARED_WITHIN = timedelta(days=3)


def disconnected(sight: Sight) -> Iterator[Finding]:
    if has_left(sight.known):
        slug = sight.known.slug
        words = f"it was disconnected on {when(sight.known.parked_at or sight.now)}; its history is kept"
        mend = f"remove [tenants.{slug}] from the configuration, or {how_to_revive(slug)} to have it back"
        yield found("disconnected", words, mend, slug)


def parked(sight: Sight) -> Iterator[Finding]:
    if sight.known.parked_because:
        words = (
            f"nothing is read or sent since {when(sight.known.parked_at or sight.now)}: {sight.known.parked_because}"
        )
        yield found("parked", words, how_to_revive(sight.known.slug), sight.known.slug)


def connection_ends(sight: Sight) -> Iterator[Finding]:
    """The consent itself ends, or nobody has used it for so long that it soon lapses."""
    if sight.tokens is None or sight.known.parked_because:
        return
    warned = timedelta(days=sight.limits.token_days)
    ends = [
        (sight.tokens.consent_expires_at, warned),
        (sight.tokens.refresh_expires_at, min(warned, LONGEST_NOTICE)),
    ]
    near = [end for end, notice in ends if end is not None and end - sight.now <= notice]
    if near:
        yield _ending(sight, min(near))


def _ending(sight: Sight, end: datetime) -> Finding:
    severity: Severity = "critical" if end - sight.now <= SOON else "warning"
    words = f"the connection ends on {when(end)}, and only a person can renew it"
    mend = f"{how_to_revive(sight.known.slug)} before that day"
    return found("connection_ends", words, mend, sight.known.slug, severity)


def scope_missing(sight: Sight) -> Iterator[Finding]:
    """A tenant that was connected to be looked at, and is now to be written to."""
    if sight.known.ledger != "xero" or sight.tokens is None or not sight.tokens.scope or sight.known.parked_because:
        return
    wanted = READING if sight.settings.read_only else READING_AND_NOTES
    missing = set(lacking(wanted, sight.tokens.scope)) - {"offline_access"}
    if missing:
        words = f"the consent lacks {', '.join(sorted(missing))}"
        mend = f"{how_to_revive(sight.known.slug)} and allow all that is asked"
        yield found("scope_missing", words, mend, sight.known.slug)


def never_synced(sight: Sight) -> Iterator[Finding]:
    if _nothing_to_expect(sight) or sight.store.mirror.last_pulled_at() is not None:
        return
    if sight.now - sight.connected_at > sight.stale_after:
        words = f"connected since {when(sight.connected_at)}, but the ledger has never been read to its end"
        mend = f"run `dun sync --tenant {sight.known.slug}` and see what it says"
        yield found("never_synced", words + _last_words(sight), mend, sight.known.slug)


def sync_stale(sight: Sight) -> Iterator[Finding]:
    pulled_at = sight.store.mirror.last_pulled_at()
    if _nothing_to_expect(sight) or pulled_at is None:
        return
    if sight.now - max(pulled_at, sight.connected_at) > sight.stale_after:
        words = f"the ledger was last read on {when(pulled_at)}"
        mend = f"run `dun sync --tenant {sight.known.slug}` and see what it says"
        yield found("sync_stale", words + _last_words(sight), mend, sight.known.slug)


def comparison_stale(sight: Sight) -> Iterator[Finding]:
    """Some edits move no stamp; without the daily comparison they are met only by the live read."""
    compared_at = sight.store.mirror.compared_at()
    if _nothing_to_expect(sight) or compared_at is None:
        return
    if sight.now - max(compared_at, sight.connected_at) > COMPARED_WITHIN:
        words = f"the mirror was last compared with the whole ledger on {when(compared_at)}"
        mend = f"run `dun sync --tenant {sight.known.slug}`, which compares"
        yield found("comparison_stale", words + _last_words(sight), mend, sight.known.slug)


def _nothing_to_expect(sight: Sight) -> bool:
    return sight.known.parked_because is not None or sight.under_way


def _last_words(sight: Sight) -> str:
    problems = sight.last_problems()
    return f"; the last cycle said: {problems[0].words}" if problems else ""
