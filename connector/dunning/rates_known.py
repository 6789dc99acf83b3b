"""Which reference rate charges are reckoned at today, whether a newer one may exist, and how an admin adds it.

The rates that come with Dun end on some day. From then on nothing is charged at a guessed rate, and whoever looks at
the policy must be told before the first claim waits.
"""

from collections.abc import Iterator
from datetime import date

from connector.dunning.calendar import shift
from connector.dunning.interest import Charges
from connector.dunning.late_terms import Law, Terms, half_year_of, next_half_year
from connector.dunning.policy import Stage
from connector.dunning.reference_rates import TITLES, Rates, how_to_add


def rates_today(terms: Terms | None, rates: Rates, stages: tuple[Stage, ...], today: date) -> str | None:
    """What is to be said about the rate where `stages` speak of charges; None where no rate is needed."""
    if not isinstance(terms, Law) or all(stage.charges == "none" for stage in stages):
        return None
    return _in_force(terms, rates, today)


def rates_used(terms: Terms | None, rates: Rates, found: Charges) -> Iterator[str]:
    """The reference rates that `found` was reckoned at, each with its day."""
    if not isinstance(terms, Law):
        return
    begins = shift(found.last_day, 1)
    days = [terms.reference_day(begins if terms.settled else period.first) for period in found.periods]
    for day in dict.fromkeys(days):
        yield f"{TITLES[terms.reference]} on {day} is {rates.on(terms.reference, day)} %, and points on top"


def _in_force(law: Law, rates: Rates, today: date) -> str:
    day = law.reference_day(today)
    title, until, percent = TITLES[law.reference], rates.known_until(law.reference), rates.on(law.reference, day)
    whose = f"for what becomes late from {half_year_of(today)} on" if law.settled else f"on {today}"
    if percent is None:
        known = f"it is known until {until}" if until else "it is not known at all"
        return (
            f"interest {whose} needs {title} of {day}, and {known}: a newer one may exist, and nothing is guessed."
            f" A stage that claims charges waits, and one that mentions them goes without;"
            f" {how_to_add(law.reference, day)}"
        )
    told = f"interest {whose} is reckoned from {title} of {day}: {percent} %, and points on top"
    following = law.reference_day(next_half_year(today))
    if rates.on(law.reference, following) is not None:
        return told
    ahead = f"that of {following}, needed from {next_half_year(today)} on, is not known yet"
    return f"{told}; {ahead}: when it is published, {how_to_add(law.reference, following)}"
