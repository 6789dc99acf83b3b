"""Between which hours a text or a call may reach a customer whose country keeps several clocks, in words.

Such a message may wait for the evening, or for ever, and whoever looks for it should read why before it does.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from connector.customer_zones import zone_of_country
from connector.dunning.calendar import SendingWindow
from connector.tenant import NUMBERS, Tenant
from state.model import ContactId

_STEP = timedelta(minutes=15)  # no zone is off by less
_NAMED = 3  # zones that are told by name


def telephone_hours(tenant: Tenant, contact_id: ContactId, channel: str | None, day: date) -> str:
    """Those of `day` on which what goes by `channel` may leave; empty: they are those of the window as it stands."""
    if channel not in NUMBERS:
        return ""
    where = tenant.whereabouts(contact_id, channel)
    clocks = tenant.clocks(where)
    if not clocks or zone_of_country(where.country) is not None:
        return ""
    window = tenant.settings.sending_window
    hours = ", ".join(f"{begins:%H:%M}-{ends:%H:%M}" for begins, ends in common_hours(window, tenant.zone, clocks, day))
    there = f"{window.opens:%H:%M}-{window.closes:%H:%M} in {_in_words(clocks)}"
    if hours:
        return f"{hours} by the firm's clock, when it is {there}"
    return f"never: at no hour is it {there}; enter the state in the ledger, or let the window be longer"


def common_hours(
    window: SendingWindow, zone: ZoneInfo, clocks: Sequence[ZoneInfo], day: date
) -> Iterator[tuple[time, time]]:
    """From when until when it is within the window by all of `clocks`, by the clock of `zone`; begun on `day`."""
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    instants = [begins + number * _STEP for number in range(-1, 2 * 24 * 4)]
    fit = [(at, all(window.contains(at.astimezone(each).time()) for each in clocks)) for at in instants]
    for fits, run in groupby(fit, key=lambda each: each[1]):
        first, *others = (at for at, _ in run)
        last = others[-1] if others else first
        if fits and begins <= first < begins + timedelta(days=1):
            yield first.astimezone(zone).time(), (last + _STEP).astimezone(zone).time()


def _in_words(clocks: Sequence[ZoneInfo]) -> str:
    names = [clock.key for clock in clocks]
    return " and ".join(names) if len(names) <= _NAMED else f"all {len(names)} zones where the customer may be"
