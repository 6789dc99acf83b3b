"""What holds for all messages of a firm, whichever sequence they belong to: hours, days, numbers, notes."""

from collections.abc import Iterator

from connector.config.settings import TenantSettings
from connector.dunning.calendar import Spell
from connector.saying.said import Said, say

_AT_MOST = "At most {n} message leaves on a day. | At most {n} messages leave on a day."


def firm_sentences(settings: TenantSettings) -> Iterator[Said]:
    """As a bookkeeper would tell it to a colleague."""
    opens, closes = (f"{hour:%H:%M}" for hour in (settings.sending_window.opens, settings.sending_window.closes))
    if settings.window_of_customer:
        yield say("Messages leave between {opens} and {closes} by the customer's clock.", opens=opens, closes=closes)
    else:
        yield say("Messages leave between {opens} and {closes} by the firm's clock.", opens=opens, closes=closes)
    yield say(_AT_MOST, n=settings.daily_cap)
    yield from map(_quiet, settings.calendar.quiet)
    if settings.note_agreements:
        yield say("Promises, disputes and plans are noted in the ledger.")
    else:
        yield say("Promises, disputes and plans are not noted in the ledger.")


def _quiet(spell: Spell) -> Said:
    if spell.yearly:
        first, last = (f"{day:%m-%d}" for day in (spell.first, spell.last))
        return say("Nothing leaves from {first} to {last} of every year.", first=first, last=last)
    return say("Nothing leaves from {first} to {last}.", first=spell.first, last=spell.last)
