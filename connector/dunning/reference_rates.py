"""The rates that laws on late payment refer to, on the days on which they are known.

A rate that is not known for a day is missing: nobody is asked for interest at a rate that was guessed.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from msgspec import Struct

RateName = Literal["bank_of_england", "ecb", "germany"]
RATE_NAMES: tuple[RateName, ...] = get_args(RateName)

TITLES: dict[RateName, str] = {
    "bank_of_england": "the Bank Rate of the Bank of England",
    "ecb": "the rate of the main refinancing operations of the European Central Bank",
    "germany": "the Basiszinssatz of the Deutsche Bundesbank",
}


def how_to_add(name: RateName, day: date) -> str:
    """What an admin does where the rate of `day` is missing."""
    entry = f'[[rates]] name = "{name}", first = {day}, last = {day}, percent = "…"'
    return f"an admin looks it up and adds it to the configuration, as {entry}"


class Rate(Struct, frozen=True):
    """`percent` a year, in force from the first to the last day, both included."""

    first: date
    last: date
    percent: Decimal


class Rates(Struct, frozen=True):
    """What is known of each rate. Of two entries for a day the one named first counts."""

    known: dict[RateName, tuple[Rate, ...]] = {}

    def on(self, name: RateName, day: date) -> Decimal | None:
        """Percent a year in force on `day`; None if that is not known."""
        return next((rate.percent for rate in self.known.get(name, ()) if rate.first <= day <= rate.last), None)

    def known_until(self, name: RateName) -> date | None:
        """The last day of which anything is known."""
        return max((rate.last for rate in self.known.get(name, ())), default=None)

    def with_own(self, own: Iterable[tuple[RateName, Rate]]) -> "Rates":
        """These rates and the firm's own entries, which come first and so correct what is here."""
        known = dict(self.known)
        for name, rate in reversed(list(own)):
            known[name] = (rate, *known.get(name, ()))
        return Rates(known)
