"""A draft of the apology that a false chase calls for. A person reads it, changes it and sends it; Dun does not."""

from connector.messages.formats import format_day, format_money
from state.effect_records import FalseChase
from state.money import Money, MoneyError
from state.plain_text import contained, plain


def apology(chase: FalseChase, firm: str, locale: str) -> str:
    """The text, in English, amounts and days as `locale` writes them; `firm` signs it."""
    surfaced = f" It was entered on {format_day(chase.surfaced_at.date(), locale)}." if chase.surfaced_at else ""
    mistake = (
        f"on {format_day(chase.sent_on, locale)} we reminded you of invoice {_name(chase.number or chase.invoice_id)},"
        f" although {_amount(chase, locale)} of it had been paid on {format_day(chase.paid_on, locale)}."
    )
    paragraphs = (
        f"Dear {_name(chase.customer)},",
        f"{mistake} {_REASONS[chase.cause]}{surfaced}",
        "Please disregard the reminder as far as this amount is concerned. We are sorry.",
        _name(firm),
    )
    return "\n\n".join(paragraphs)


_REASONS = {
    "entered_later": "The payment was not in our books when the reminder left.",
    "shown_as_owed": "Our books showed the invoice as unpaid all the same.",
    "unknown": "The payment did not show in our books when the reminder left.",
}


def _amount(chase: FalseChase, locale: str) -> str:
    try:
        return format_money(Money(chase.minor, chase.currency), locale)
    except MoneyError:
        return "an amount"


def _name(text: str) -> str:
    return contained(" ".join(plain(text).split()))
