"""A reminder as a letter, to fold into a window envelope, with a payment slip where the currency has one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector.letters import shown
from connector.letters.data import CurrencySum, LetterData, Sender
from connector.letters.slips import shown_slip
from connector.letters.typeset import pdf
from connector.letters.words import words_of
from connector.messages.formats import format_day, format_money, known_locale
from state.money import Money


def letter_pdf(letter: LetterData, fonts: Path | None = None) -> bytes:
    """The letter as PDF; the same bytes for the same letter and fonts. Raises LetterError."""
    locale, words = letter.locale, words_of(letter.locale)
    data: dict[str, Any] = {
        "window": letter.window,
        "language": known_locale(locale).language,
        "words": words,
        "sender": shown_sender(letter.sender),
        "recipient": shown.names(letter.recipient),
        "reference": shown.name(letter.reference),
        "day": format_day(letter.day, locale),
        "title": shown.name(letter.subject),
        "paragraphs": shown.paragraphs(letter.paragraphs),
        "invoices": [
            [
                shown.number(line, words["no_number"]),
                shown.day(line.issued_on, locale),
                shown.day(line.due_on, locale),
                format_money(line.total, locale),
                format_money(line.due, locale),
            ]
            for line in letter.invoices
        ],
        "sums": [{"rows": list(_sum_rows(letter, group))} for group in letter.sums],
        "closing": shown.paragraphs(letter.closing),
        "slip": shown_slip(letter.slip, locale),
    }
    return pdf("letter.typ", data, letter.day, fonts)


def shown_sender(sender: Sender) -> dict[str, Any]:
    return {
        "name": shown.name(sender.name),
        "address": shown.names(sender.address),
        "contact": shown.names(sender.contact),
    }


def sum_row(label: str, amount: Money, locale: str, *, strong: bool = False) -> dict[str, Any]:
    return {"label": label, "amount": format_money(amount, locale), "strong": strong}


def _sum_rows(letter: LetterData, group: CurrencySum) -> Iterator[dict[str, Any]]:
    """From the invoices to what is to be paid; the steps only where there are any."""
    locale, words = letter.locale, words_of(letter.locale)
    charges = [charge for charge in letter.charges if charge.amount.currency == group.currency]
    disputed = [line for line in letter.invoices if line.disputed and line.due.currency == group.currency]
    owed = bool(group.subtotal or charges)
    if group.subtotal and (charges or group.credit or disputed):
        yield sum_row(words["subtotal"].format(currency=group.currency), group.due, locale)
    for line in disputed:
        label = words["disputed"].format(number=shown.number(line, words["no_number"]))
        yield sum_row(label, line.asked - line.due, locale)
    for charge in charges:
        yield sum_row(shown.name(charge.label), charge.amount, locale)
    if group.credit:
        yield sum_row(
            words["credit"], Money(-group.credit.minor if owed else group.credit.minor, group.currency), locale
        )
    if owed:
        yield sum_row(words["to_pay"], group.asked, locale, strong=True)
