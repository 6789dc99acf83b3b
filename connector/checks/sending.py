"""Do reminders leave? The dead-man's switch, and what else keeps a message, or its note, from where it belongs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.budget.reserve import SPENT
from connector.checks.finding import found, when
from connector.checks.sending_time import one_window, sending_time
from connector.checks.sight import Sight
from connector.keeping_back import UNWRITTEN, cap_spent, listed
from connector.printing import count
from state.alerts import Finding
from state.model import ReminderState
from state.waiting import Backlog

REFUSALS_IN_A_ROW = 3  # one alone may be about a single recipient
_LONGEST_SEND = timedelta(minutes=15)  # no carrier is waited for as long: whoever claimed before that is gone
_NEED_A_WORD = (ReminderState.UNKNOWN, ReminderState.FAILED)


def silent(sight: Sight) -> Iterator[Finding]:
    """Something was due and might have left, and nothing did."""
    if _has_a_reason(sight) or sight.under_way:
        return
    due = [backlog for backlog in sight.waiting.backlogs if _may_go(sight, backlog)]
    if not due:
        return
    due_since = min(backlog.since for backlog in due)
    silent_since = max(due_since, sight.waiting.last_left_at or due_since)
    if _too_long(sight, silent_since):
        number = sum(backlog.reminders for backlog in due)
        words = f"{count(number, 'reminder')} due, but nothing has left since {when(silent_since)}"
        mend = f"run `dun run --once --tenant {sight.known.slug}` and see what it says"
        yield found("silent", words, mend, sight.known.slug)


def approvals_waiting(sight: Sight) -> Iterator[Finding]:
    """Nothing is broken, but nobody is looking either."""
    unapproved = [backlog for backlog in sight.waiting.backlogs if not _may_go(sight, backlog)]
    if not unapproved or _has_a_reason(sight):
        return
    if _too_long(sight, min(backlog.since for backlog in unapproved)):
        yield found("approvals_waiting", _for_approval(unapproved), _approve(sight), sight.known.slug)


def carrier_refusing(sight: Sight) -> Iterator[Finding]:
    """The last messages all came back: the mailbox's password, the API key, the network."""
    last = sight.store.reminders.messages(None, REFUSALS_IN_A_ROW)
    came_back = [message for message in last if message.outcome in ("not_sent", "unsure")]
    if len(came_back) == REFUSALS_IN_A_ROW and sight.store.reminders.planned():
        words = f"the last messages could not be handed over: {last[0].reason or 'no reason was given'}"
        mend = "correct [email] in the configuration or the account at the carrier; `dun doctor` tries it"
        yield found("carrier_refusing", words, mend, sight.known.slug)


def unsettled_sends(sight: Sight) -> Iterator[Finding]:
    states = sight.store.reminders.count_by_state()
    if number := sum(states.get(state, 0) for state in _NEED_A_WORD):
        words = f"{count(number, 'reminder')} of which nobody knows whether it arrived, or that were refused"
        mend = f"run `dun resolve --tenant {sight.known.slug}`, which lists them and takes your answer"
        yield found("unsettled_sends", words, mend, sight.known.slug)


def forewarning_unsure(sight: Sight) -> Iterator[Finding]:
    """The firm's owner perhaps knows nothing of the next messages: a crash, or a carrier that went silent."""
    for day in sight.store.forewarnings.perhaps_untold(sight.today, claimed_before=sight.now - _LONGEST_SEND):
        words = f"perhaps nobody was told beforehand what leaves on {day}"
        mend = f"run `dun preview --tenant {sight.known.slug}`, which shows it; no second mail is sent about that day"
        yield found("forewarning_unsure", words, mend, sight.known.slug)


def notes_owed(sight: Sight) -> Iterator[Finding]:
    owed = sight.store.reminders.owed_notes()
    late = timedelta(hours=sight.limits.silent_hours)
    if owed and owed[0].sent_at is not None and sight.now - owed[0].sent_at > late:
        words = f"{count(len(owed), 'note')} not yet written to the ledger, the oldest since {when(owed[0].sent_at)}"
        why = f" ({owed[0].reason})" if owed[0].reason else ""
        mend = f"run `dun run --once --tenant {sight.known.slug}` and see what the ledger says"
        yield found("notes_owed", words + why, mend, sight.known.slug)


def calls_spent(sight: Sight) -> Iterator[Finding]:
    """Something is due, and the calls that would prove it are used up."""
    for problem in sight.last_problems():
        if problem.code == SPENT:
            mend = (
                f"run `dun status --tenant {sight.known.slug}`, and look at the ledger less often or get a higher limit"
            )
            yield found("calls_spent", problem.words, mend, sight.known.slug)
            return


def cost_cap(sight: Sight) -> Iterator[Finding]:
    """A text or call waits, and the month's money for them is spent."""
    if all(reminder.channel not in ("sms", "voice") for reminder in sight.store.reminders.planned()):
        return
    obstacle = cap_spent(sight.store, sight.settings.phone, sight.today)
    if obstacle is not None:
        yield found("cost_cap", obstacle.words, obstacle.mend, sight.known.slug)


def messages_unwritten(sight: Sight) -> Iterator[Finding]:
    """What was due at the last attempt and could not be written, each cause with its invoices."""
    for kept in sight.last_kept_back():
        if kept.code == UNWRITTEN:
            words = f"the message about {listed(kept.invoices)} cannot be written: {kept.words}"
            mend = f"mend that; `dun preview --tenant {sight.known.slug}` names customers and invoices"
            yield found("messages_unwritten", words, mend, sight.known.slug)


def _may_go(sight: Sight, backlog: Backlog) -> bool:
    """As connector.gates lets reminders go."""
    by_itself = sight.settings.book.mode_of(backlog.stage, sight.settings.mode) == "auto" and not backlog.asked
    return backlog.approved or by_itself


def _has_a_reason(sight: Sight) -> bool:
    """Whether nothing is meant to leave at all; that is a finding of its own, or somebody's wish."""
    settings = sight.settings
    return bool(settings.read_only or settings.mode == "off" or sight.known.parked_because or sight.holds())


def _too_long(sight: Sight, since: datetime) -> bool:
    """So many hours on days on which messages may leave, and at least as much of a window, or a whole one."""
    settings, limit = sight.settings, timedelta(hours=sight.limits.silent_hours)
    window = settings.sending_window
    passed = sending_time(since, sight.now, ZoneInfo(settings.zone), settings.calendar, window)
    return passed.on_open_days >= limit and passed.in_window >= min(limit, one_window(window))


def _for_approval(unapproved: list[Backlog]) -> str:
    number, since = sum(each.reminders for each in unapproved), min(each.since for each in unapproved)
    return f"{count(number, 'reminder')} waiting for approval, the oldest since {when(since)}"


def _approve(sight: Sight) -> str:
    return f"run `dun approve --tenant {sight.known.slug}`"
