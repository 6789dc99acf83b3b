"""What a template may say: one customer's unpaid invoices, what is asked for them, and who is asking.

The sums are made here and nowhere else, so no template can ask for another amount. Names come from ledgers, where
anybody may have typed anything; they become single harmless lines before a template sees them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from connectors.channels.headers import NAME_LIMIT, one_line
from state.money import Money, totals
from state.plain_text import contained

Stage = Literal["friendly", "soft", "firm", "final", "collection"]
STAGES: tuple[Stage, ...] = get_args(Stage)

_ADDRESS_LIMIT = 320


class MessageError(Exception):
    """A message that must not be written, or a template that cannot write it. `str()` names no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One invoice in a message. `due` is what the ledger says is still open on it, before unapplied credit."""

    number: str | None
    issued_on: date | None
    due_on: date
    days_overdue: int  # negative: days still to go; 0: due today
    total: Money
    due: Money
    pay_url: str | None = None

    @property
    def part_paid(self) -> bool:
        return self.due != self.total

    @property
    def overdue(self) -> bool:
        return self.days_overdue > 0


@dataclass(frozen=True, slots=True)
class CurrencyGroup:
    """The invoices of one currency and what is asked for them: `subtotal` less unapplied `credit` is `asked`."""

    currency: str
    invoices: tuple[InvoiceLine, ...]
    subtotal: Money
    credit: Money
    asked: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContext:
    """Everything a message is made of. Raises MessageError if it would ask for nothing, or for what is not owed."""

    company: str  # the tenant, who is owed
    sender_name: str  # the person who signs
    customer: str
    first_name: str | None
    locale: str  # of the customer, such as en_GB: how amounts and dates are written
    stage: Stage
    lines: tuple[InvoiceLine, ...]
    credits: tuple[Money, ...] = ()  # unapplied credit of the customer
    deadline: date | None = None
    reply_to: str
    reference: str  # marker by which a reply is recognised

    def __post_init__(self) -> None:
        if not self.lines:
            raise MessageError("a reminder needs at least one invoice")
        if any(line.due.minor <= 0 for line in self.lines):
            raise MessageError("an invoice with nothing due cannot be in a reminder")
        if any(line.due.currency != line.total.currency for line in self.lines):
            raise MessageError("an invoice's total and what is due on it must be in one currency")
        if any(credit.minor < 0 for credit in self.credits):
            raise MessageError("unapplied credit cannot be negative")
        if any(group.asked.minor <= 0 for group in self.groups):
            raise MessageError("the customer's credit covers these invoices; there is nothing to ask for")

    @property
    def groups(self) -> tuple[CurrencyGroup, ...]:
        """The invoices by currency, in order of first appearance."""
        credits = totals(self.credits)
        subtotals = totals(line.due for line in self.lines)
        return tuple(
            _group(currency, self.lines, subtotal, credits.get(currency, Money(0, currency)))
            for currency, subtotal in subtotals.items()
        )

    @property
    def asked(self) -> tuple[Money, ...]:
        """What the message asks for: one net amount per currency."""
        return tuple(group.asked for group in self.groups)


def template_variables(context: MessageContext) -> Mapping[str, Any]:
    """The names a template may use, and their values. docs/reference/templates.md explains each."""
    harmless = _harmless(context)
    return {
        "asked": harmless.asked,
        "company": harmless.company,
        "customer": harmless.customer,
        "deadline": harmless.deadline,
        "first_name": harmless.first_name,
        "groups": harmless.groups,
        "invoices": harmless.lines,
        "locale": harmless.locale,
        "overdue_count": sum(line.overdue for line in harmless.lines),
        "reference": harmless.reference,
        "reply_to": harmless.reply_to,
        "sender_name": harmless.sender_name,
        "stage": harmless.stage,
    }


def _group(currency: str, lines: Iterable[InvoiceLine], subtotal: Money, credit: Money) -> CurrencyGroup:
    invoices = tuple(line for line in lines if line.due.currency == currency)
    return CurrencyGroup(currency, invoices, subtotal, credit, subtotal - credit)


def _harmless(context: MessageContext) -> MessageContext:
    return replace(
        context,
        company=_name(context.company),
        sender_name=_name(context.sender_name),
        customer=_name(context.customer),
        first_name=_name(context.first_name or "") or None,
        lines=tuple(_harmless_line(line) for line in context.lines),
        reply_to=one_line(context.reply_to, _ADDRESS_LIMIT),
        reference=one_line(context.reference, NAME_LIMIT),
    )


def _harmless_line(line: InvoiceLine) -> InvoiceLine:
    return replace(line, number=_name(line.number or "") or None, pay_url=_web_address(line.pay_url))


def _name(text: str) -> str:
    return contained(one_line(text, NAME_LIMIT))


def _web_address(url: str | None) -> str | None:
    """`url` if it is a link to a web page; a ledger's field could also hold a script."""
    if url is None or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
