"""Invented messages that try every corner of a template before a customer does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from connector.messages.context import InvoiceLine, MessageContext, Stage
from state.money import Money

_PLAIN = InvoiceLine(
    number="INV-1041",
    issued_on=date(2026, 2, 10),
    due_on=date(2026, 3, 12),
    days_overdue=8,
    total=Money.of("1234.50", "GBP"),
    due=Money.of("1234.50", "GBP"),
    pay_url="https://pay.seller.example/1041",
)
_PART_PAID = replace(_PLAIN, number="INV-1042", days_overdue=1, due=Money.of("600.00", "GBP"))
_EURO = replace(_PLAIN, number="INV-1043", total=Money.of("99.90", "EUR"), due=Money.of("99.90", "EUR"))
_BARE = replace(_PLAIN, number=None, issued_on=None, pay_url=None)


def sample_contexts(stage: Stage) -> Iterator[MessageContext]:
    """One invoice, many, not yet due, two currencies, credit, and everything absent that may be absent."""
    one = MessageContext(
        company="Seller Ltd",
        sender_name="Ann Seller",
        customer="Buyer plc",
        first_name="Bo",
        locale="en_GB",
        stage=stage,
        lines=(_PLAIN,),
        deadline=date(2026, 4, 1),
        reply_to="accounts@seller.example",
        reference="DUN-7F3A",
    )
    yield one
    yield replace(one, lines=(_PLAIN, _PART_PAID))
    yield replace(one, lines=(replace(_PLAIN, days_overdue=0), replace(_PLAIN, number="INV-1044", days_overdue=-3)))
    yield replace(one, lines=(_PLAIN, _EURO), credits=(Money.of("100.00", "GBP"),), locale="de_DE")
    yield replace(one, lines=(_BARE,), first_name=None, deadline=None)
    yield replace(one, lines=(_BARE, _EURO), first_name=None, deadline=None, locale="ja_JP")
