"""What a person's words leave out of what a customer needs: how much, for which invoice, and how to answer.

A word of one's own without them is sometimes meant, and more often a slip that costs a week. So it is asked about, and
only where the words until then did say it: a template may leave out what it likes. Whether words let the customer
object, or say that it has paid, is told by the words for it in each language that Dun writes.
"""

import re
from collections.abc import Iterable, Mapping

from connector.saying.said import say
from connectors.channels.channel import Message
from state.money import Money, MoneyError, exponent

_BETWEEN = "[.,'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ]?"
_ALREADY = "already|bereits|schon|déjà|ya|al|reeds|inzwischen|inmiddels"
_PAID = "paid|be?zahlt|gezahlt|überwiesen|beglichen|payé|réglé|versé|pagado|abonado|betaald|voldaan|overgemaakt"
_PAID_ALREADY = re.compile(
    rf"\b({_ALREADY})\b[^.!?\n]{{0,40}}\b({_PAID})|\b({_PAID})[^.!?\n]{{0,20}}\b({_ALREADY})\b|\bhave paid\b",
    re.IGNORECASE,
)
_OBJECTION = re.compile(
    r"\b(disput|wrong|incorrect|not right|mistake|object(?!ive)|question"
    r"|strittig|bestreit|falsch|fehler|stimmt|nicht richtig|einwand|einwänd|rückfrage|frage"
    r"|contest|litige|erreur|désaccord"
    r"|error|disconform|no está conforme|no es correct|reclam|pregunta|duda"
    r"|betwist|klopt|onjuist|fout|niet mee eens|bezwaar|vraag|vragen)",
    re.IGNORECASE,
)


def left_out(
    old: Message, asks: Mapping[str, int], numbers: Iterable[str | None], subject: str, text: str
) -> tuple[str, ...]:
    """What `old` says and the new subject and text do not: amounts as `120.00 GBP`, numbers, and ways to answer.

    `asks` is in minor units by currency. An amount counts in any country's notation, with its currency or without.
    """
    wanted: list[tuple[str, re.Pattern[str]]] = [
        (str(Money(minor, currency)), _amount(minor, currency)) for currency, minor in asks.items() if _known(currency)
    ]
    wanted += [(number, _number(number)) for number in dict.fromkeys(numbers) if number]
    wanted += _answers(old) if old.kind != "call" else []  # the customer does not see the script of a call
    before, after = f"{old.subject}\n{old.text}", f"{subject}\n{text}"
    return tuple(name for name, pattern in wanted if pattern.search(before) and not pattern.search(after))


def _answers(old: Message) -> list[tuple[str, re.Pattern[str]]]:
    reference = f"dun:{old.id}"
    return [
        (say("how to object"), _OBJECTION),
        (say("what to do if it is paid already"), _PAID_ALREADY),
        (say("our reference ({reference})", reference=reference), re.compile(re.escape(reference))),
    ]


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
