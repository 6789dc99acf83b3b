"""The statement of account: everything open, what was paid on it, and the credit that no invoice has taken yet.

Paper and page are made of the same figures, so a customer who compares them finds no difference.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from connector.letters import shown
from connector.letters.data import CurrencySum, OpenCredit, StatementData, ageing
from connector.letters.letter import shown_sender, sum_row
from connector.letters.typeset import pdf
from connector.letters.words import words_of
from connector.messages.context import InvoiceLine
from connector.messages.formats import format_day, format_money, known_locale
from state.money import Money


def statement_pdf(statement: StatementData, fonts: Path | None = None) -> bytes:
    """The statement as PDF; the same bytes for the same statement and fonts. Raises LetterError."""
    return pdf("statement.typ", _page(statement), statement.day, fonts)


def statement_html(statement: StatementData) -> str:
    """The statement as a whole HTML page without scripts, pictures or anything that is fetched from elsewhere."""
    return _template().render(_page(statement))


@lru_cache(maxsize=1)
def _template() -> Template:
    source = (resources.files("connector.letters") / "layouts" / "statement.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        source
    )


def _page(statement: StatementData) -> dict[str, Any]:
    locale, words = statement.locale, words_of(statement.locale)
    today = format_day(statement.day, locale)
    return {
        "window": statement.window,
        "language": known_locale(locale).language,
        "words": words,
        "sender": shown_sender(statement.sender),
        "recipient": shown.names(statement.recipient),
        "reference": shown.name(statement.reference),
        "day": today,
        "title": words["statement"].format(day=today),
        "invoices": [_invoice(line, locale) for line in statement.invoices],
        "credits": [_credit(credit, locale) for credit in statement.credits],
        "promises": [[format_day(each.day, locale), format_money(each.amount, locale)] for each in statement.promises],
        "sums": [{"rows": list(_sum_rows(group, locale))} for group in statement.sums],
        "ageing": [_ageing(statement, group.currency) for group in statement.sums if group.subtotal],
    }


def _invoice(line: InvoiceLine, locale: str) -> list[str]:
    return [
        shown.number(line, words_of(locale)["no_number"]),
        shown.day(line.issued_on, locale),
        shown.day(line.due_on, locale),
        format_money(line.total, locale),
        format_money(line.total - line.due, locale) if line.part_paid else "",
        format_money(line.due, locale),
    ]


def _credit(credit: OpenCredit, locale: str) -> list[str]:
    return [
        words_of(locale)[credit.kind.value],
        shown.name(credit.number or ""),
        shown.day(credit.dated_on, locale),
        format_money(credit.remaining, locale),
    ]


def _sum_rows(group: CurrencySum, locale: str) -> Iterator[dict[str, Any]]:
    words = words_of(locale)
    balance = words["balance"].format(currency=group.currency)
    if group.credit:
        yield sum_row(words["subtotal"].format(currency=group.currency), group.subtotal, locale)
        yield sum_row(words["credit"], Money(-group.credit.minor, group.currency), locale)
    if group.asked.minor < 0:
        favour = Money(-group.asked.minor, group.currency)
        yield sum_row(f"{balance}, {words['in_your_favour']}", favour, locale, strong=True)
    else:
        yield sum_row(balance, group.asked, locale, strong=True)


def _ageing(statement: StatementData, currency: str) -> dict[str, Any]:
    words, parts = words_of(statement.locale), ageing(statement.invoices, currency)
    brackets = {
        words["not_due"]: parts.not_due,
        "1-30": parts.days_1_to_30,
        "31-60": parts.days_31_to_60,
        "61-90": parts.days_61_to_90,
        words["over"]: parts.over_90,
    }
    return {
        "currency": currency,
        "brackets": [
            {"label": label, "amount": format_money(amount, statement.locale)} for label, amount in brackets.items()
        ],
    }
