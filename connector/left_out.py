"""What a person's words leave out of what a customer needs in order to pay: how much, and for which invoice.

A word of one's own without them is sometimes meant, and more often a slip that costs a week. So it is asked about, and
only where the words until then did say it: a template may leave out what it likes.
"""

import re
from collections.abc import Iterable, Mapping

from connectors.channels.channel import Message
from state.money import Money, MoneyError, exponent

_BETWEEN = "[.,'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ]?"


def left_out(
    old: Message, asks: Mapping[str, int], numbers: Iterable[str | None], subject: str, text: str
) -> tuple[str, ...]:
    """What `old` says and the new subject and text do not: amounts as `120.00 GBP`, then numbers of invoices.

    `asks` is in minor units by currency. An amount counts in any country's notation, with its currency or without.
    """
    wanted = [
        (str(Money(minor, currency)), _amount(minor, currency)) for currency, minor in asks.items() if _known(currency)
    ]
    wanted += [(number, _number(number)) for number in dict.fromkeys(numbers) if number]
    before, after = f"{old.subject}\n{old.text}", f"{subject}\n{text}"
    return tuple(name for name, pattern in wanted if pattern.search(before) and not pattern.search(after))


def _known(currency: str) -> bool:
    try:
        exponent(currency)
    except MoneyError:
        return False
    return True


def _amount(minor: int, currency: str) -> re.Pattern[str]:
    """Digits with whatever stands between thousands; no cents at all may be left unsaid."""
    digits = exponent(currency)
    whole, cents = divmod(minor, 10**digits)
    thousands = _BETWEEN.join(str(whole))
    rest = f"[.,]{cents:0{digits}}" if digits else ""
    return re.compile(rf"(?<![\d-])(?<!\d[.,']){thousands}{rest if cents else f'({rest})?'}(?![.,]?\d)")


def _number(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(number)}(?!\w)", re.IGNORECASE)
