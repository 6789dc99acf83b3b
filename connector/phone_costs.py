"""Whether a further text or call may leave this month, by what the others have cost.

Twilio tells prices hours later, so what has no price yet counts with the estimate, and a text whose fate is unknown
counts as one that was charged. What cannot be reckoned is not spent.
"""

import calendar
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from connector.config.phone import NumbersSection
from connectors.channels.segments import segments
from connectors.channels.sms import text_body
from state.message_costs import MessageCosts, Unpriced

CHANNELS = ("twilio-sms", "twilio-voice")


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of `day`."""
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def over_cap(costs: MessageCosts, numbers: NumbersSection, today: date, further: Decimal) -> str | None:
    """Why something that costs `further` may not leave today, in words; None if it may."""
    month = month_of(today)
    return beyond(numbers, costs.spent_in_month(*month), costs.unpriced(CHANNELS, *month), further)


def beyond(
    numbers: NumbersSection, spent: Mapping[str, Decimal], unpriced: Collection[Unpriced], further: Decimal
) -> str | None:
    """The same from the figures: `spent` by currency."""
    foreign = sorted(currency for currency, amount in spent.items() if amount and currency != numbers.currency)
    if foreign:
        return f"Twilio charges in {', '.join(foreign)}, the cap is in {numbers.currency}; set [phone] currency"
    expected = spent.get(numbers.currency, Decimal(0)) + sum(_reckoned(numbers, one) for one in unpriced) + further
    if expected <= numbers.cap:
        return None
    return f"texts and calls of this month would cost {expected} {numbers.currency}, {numbers.cap} is the cap"


def cheapest(numbers: NumbersSection) -> Decimal:
    """What the shortest text, or a call where that is cheaper, is reckoned with."""
    return min(Decimal(numbers.price_per_segment), Decimal(numbers.price_per_call))


def spent(costs: MessageCosts, numbers: NumbersSection, today: date) -> Decimal:
    """What this month's texts and calls have cost, or are reckoned with, in the cap's currency."""
    month = month_of(today)
    priced = costs.spent_in_month(*month).get(numbers.currency, Decimal(0))
    return priced + sum(_reckoned(numbers, one) for one in costs.unpriced(CHANNELS, *month))


def estimate(numbers: NumbersSection, kind: Literal["sms", "voice"], text: str) -> Decimal:
    """What a text message or call that says `text` is reckoned with."""
    if kind == "voice":
        return Decimal(numbers.price_per_call)
    return Decimal(numbers.price_per_segment) * segments(text_body(text)).count


def _reckoned(numbers: NumbersSection, unpriced: Unpriced) -> Decimal:
    """A text of unknown length counts as the longest one that is sent."""
    if unpriced.channel == "twilio-voice":
        return Decimal(numbers.price_per_call)
    return Decimal(numbers.price_per_segment) * numbers.most_segments
