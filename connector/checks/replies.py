"""Does Dun hear what customers answer? Chasing somebody who has written is as bad as chasing somebody who has paid."""

from collections.abc import Iterator
from datetime import timedelta

from connector.checks.finding import found, when
from connector.checks.sight import Sight
from connector.post import mailbox_name
from connector.printing import count
from state.alerts import Finding


def mailbox_unread(sight: Sight) -> Iterator[Finding]:
    """The mailbox was not read for as long as a ledger may not be."""
    mailbox, slug = sight.settings.mailbox, sight.known.slug
    if not mailbox.host or sight.known.parked_because:
        return
    position = sight.store.correspondence.position(mailbox_name(mailbox))
    read_at = max(position.read_at if position else sight.connected_at, sight.connected_at)
    if sight.now - read_at > max(sight.stale_after, 2 * timedelta(minutes=mailbox.poll_minutes)):
        words = f"the mailbox has not been read since {when(read_at)}: replies may lie in it"
        yield found("mailbox_unread", words, f"run `dun run --once --tenant {slug}` and see what it says", slug)


def replies_waiting(sight: Sight) -> Iterator[Finding]:
    """Customers wrote, and nobody has looked."""
    waiting = sight.store.correspondence.unhandled()
    late = timedelta(hours=sight.limits.silent_hours)
    if waiting and sight.now - waiting[0].received_at > late:
        words = f"{count(len(waiting), 'reply', 'replies')} not handled, the oldest of {when(waiting[0].received_at)}"
        yield found("replies_waiting", words, f"run `dun replies --tenant {sight.known.slug}`", sight.known.slug)
