"""Invented messages that try every corner of a template before a customer does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from connector.messages.context import InvoiceLine, MessageContext
from connector.messages.facts import BrokenPromise, Charge, Departure, Discount, Instalment, Received
from connector.messages.notices import ForewarningContext, NoticeContext
from connector.messages.occasions import NOTICES, STAGES, Notice, Occasion, Stage
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
_DISPUTED = replace(_PLAIN, number="INV-1045", disputed=Money.of("34.50", "GBP"))
_BARE = replace(_PLAIN, number=None, issued_on=None, pay_url=None)
_LAW = "Late Payment of Commercial Debts (Interest) Act 1998"
_DAILY = Money.of("0.40", "GBP")
_CHARGES = (
    Charge(kind="interest", amount=Money.of("3.21", "GBP"), claimed=True, law=_LAW, daily=_DAILY),
    Charge(kind="compensation", amount=Money.of("70.00", "GBP"), claimed=True, law=_LAW),
    Charge(kind="fee", amount=Money.of("5.00", "GBP"), claimed=True),
)
_DISCOUNT = Discount(pay=Money.of("1210.00", "GBP"), saved=Money.of("24.50", "GBP"), until=date(2026, 4, 1))
_PART_DISCOUNT = replace(_DISCOUNT, invoices=("INV-1041",))
_INSTALMENT = Instalment(
    number=2,
    of=3,
    due_on=date(2026, 3, 12),
    amount=Money.of("400.00", "GBP"),
    outstanding=Money.of("150.00", "GBP"),
    missing=Money.of("150.00", "GBP"),
)
_UNPAID = replace(_INSTALMENT, missing=_INSTALMENT.amount)
_RECEIVED = Received("INV-1041", Money.of("1234.50", "GBP"), date(2026, 3, 19))
Sample = MessageContext | NoticeContext | ForewarningContext


def samples(occasion: Occasion) -> Iterator[Sample]:
    """Messages of `occasion` with much and with little to say."""
    if occasion == "instalment":
        yield from _instalments()
    elif occasion == "forewarning":
        yield from _forewarnings()
    else:
        for stage in STAGES:
            if stage == occasion:
                yield from sample_contexts(stage)
        for notice in NOTICES:
            if notice == occasion:
                yield from _notices(notice)


def sample_contexts(stage: Stage) -> Iterator[MessageContext]:
    """One invoice, many, not yet due, two currencies, credit, and everything absent that may be absent.

    After these, each of the facts that a message may have besides: a dispute, charges, a promise, an offer, a way on.
    """
    one = _one(stage)
    yield one
    yield replace(one, lines=(_PLAIN, _PART_PAID), ordinal=1)
    yield replace(one, lines=(replace(_PLAIN, days_overdue=0), replace(_PLAIN, number="INV-1044", days_overdue=-3)))
    yield replace(one, lines=(_PLAIN, _EURO), credits=(Money.of("100.00", "GBP"),), locale="de_DE")
    yield replace(one, lines=(_BARE,), first_name=None, deadline=None)
    yield replace(one, lines=(_BARE, _EURO), first_name=None, deadline=None, locale="ja_JP")
    yield replace(
        one, lines=(_DISPUTED,), owner_name="Cy Seller", callback_phone="+44 20 7946 0000", next_step="agency"
    )
    yield replace(one, charges=_CHARGES, payment_account="GB33 BUKB 2020 1555 5555 55", next_step="court")
    yield replace(one, charges=tuple(replace(charge, claimed=False) for charge in _CHARGES), customer="")
    yield replace(
        one,
        broken_promise=BrokenPromise(date(2026, 3, 18), Money.of("500.00", "GBP"), Money.of("500.00", "GBP")),
        discount=_DISCOUNT,
        ordinal=3,
    )
    yield replace(one, lines=(_PLAIN, _PART_PAID), credits=(), discount=_PART_DISCOUNT)


def _one(stage: Stage) -> MessageContext:
    return MessageContext(
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


def _instalments() -> Iterator[MessageContext]:
    one = replace(_one("soft"), instalment=_INSTALMENT)
    yield one
    yield replace(one, lines=(_PLAIN, _PART_PAID), instalment=replace(_UNPAID, outstanding=_INSTALMENT.amount))
    yield replace(one, instalment=_UNPAID)
    yield replace(one, lines=(_BARE,), first_name=None, deadline=None)


def _notices(occasion: Notice) -> Iterator[NoticeContext]:
    one = NoticeContext(
        occasion=occasion,
        company="Seller Ltd",
        sender_name="Ann Seller",
        customer="Buyer plc",
        first_name="Bo",
        locale="en_GB",
        day=date(2026, 3, 20),
        payments=(_RECEIVED,),
        lines=(_PLAIN, _EURO),
        credits=(Money.of("100.00", "EUR"),),
        reply_to="accounts@seller.example",
        reference="DUN-7F3A",
    )
    yield one
    yield replace(one, payments=(_RECEIVED, replace(_RECEIVED, number="INV-1042")), callback_phone="+44 20 7946 0000")
    yield replace(one, payments=(replace(_RECEIVED, number=None, paid_on=None),), first_name=None, lines=(), credits=())


def _forewarnings() -> Iterator[ForewarningContext]:
    asked = (Money.of("1234.50", "GBP"), Money.of("99.90", "EUR"))
    one = ForewarningContext(
        company="Seller Ltd",
        owner_name="Cy Seller",
        locale="en_GB",
        day=date(2026, 3, 20),
        departures=(Departure("Buyer plc", "email", "soft", ("INV-1041", "INV-1043"), asked),),
    )
    yield one
    yield replace(
        one, owner_name=None, departures=(*one.departures, Departure("", "letter", "final", (None,), asked[:1]))
    )
