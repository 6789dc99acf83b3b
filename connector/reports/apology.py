"""A draft of the apology that a false chase calls for. A person reads it, changes it and sends it; Dun does not.

It is written like every message: in the customer's own language, else in that of its country, else in the firm's.
"""

from collections.abc import Mapping
from datetime import tzinfo

from msgspec import Struct

from connector.messages.formats import format_day, format_money
from connector.messages.locales import language_of, notation
from connector.reports.apology_words import APOLOGIES
from state.effect_records import FalseChase
from state.money import Money, MoneyError
from state.plain_text import contained, plain

_OTHERWISE = "en"  # where the firm's own language is none that templates are built in


class Firm(Struct, frozen=True):
    """Who signs, in which locale it writes where the customer's is not known, and on whose wall clock days are told."""

    name: str
    locale: str
    zone: tzinfo


def apology(chase: FalseChase, firm: Firm) -> str:
    """The text, with amounts and days as the customer writes them."""
    language = language_of(chase.language, chase.country, firm.locale)
    words = APOLOGIES.get(language, APOLOGIES[_OTHERWISE])
    locale = notation(language if language in APOLOGIES else _OTHERWISE, chase.country, firm.locale)
    explained = [words["mistake"], words[chase.cause], *([words["surfaced"]] if chase.surfaced_at else [])]
    paragraphs = (words["greeting"], " ".join(explained), words["disregard"], "{firm}")
    return "\n\n".join(paragraphs).format_map(_facts(chase, firm, locale, words))


def _facts(chase: FalseChase, firm: Firm, locale: str, words: Mapping[str, str]) -> Mapping[str, str]:
    surfaced = chase.surfaced_at.astimezone(firm.zone).date() if chase.surfaced_at else None
    return {
        "customer": _name(chase.customer),
        "invoice": _name(chase.number or chase.invoice_id),
        "amount": _amount(chase, locale) or words["an_amount"],
        "sent": format_day(chase.sent_on, locale),
        "paid": format_day(chase.paid_on, locale),
        "entered": format_day(surfaced, locale) if surfaced else "",
        "firm": _name(firm.name),
    }


def _amount(chase: FalseChase, locale: str) -> str | None:
    try:
        return format_money(Money(chase.minor, chase.currency), locale)
    except MoneyError:
        return None


def _name(text: str) -> str:
    return contained(" ".join(plain(text).split()))
