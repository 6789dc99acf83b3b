"""Small made-up files in which reminders left and money came: what was written, and the file it was written into."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from msgspec import Struct
from unit.state.examples import a_contact, a_credit, a_draft, a_fact, a_payment, a_reply, a_stage, an_invoice

from state.ids import ContactId, InvoiceId, MessageId
from state.model import Allocation, InvoiceStatus
from state.store import TenantStore

START = date(2026, 3, 2)
TODAY = START + timedelta(days=40)
TOTAL = 100_00


class Money(Struct, frozen=True):
    """A payment, or a credit note, that an invoice took: its own day and the ledger's stamp, in days from START."""

    minor: int
    on: int | None
    stamped: int
    credit: bool = False
    mirrored: bool = True  # whether the document itself is in the mirror


class Debt(Struct, frozen=True):
    status: str  # open, paid, void
    due_at_read: int  # what each proof says
    money: tuple[Money, ...] = ()
    later_total: int = TOTAL
    came_back: bool = False
    changed: int = 50  # the ledger's stamp of the invoice as it is now, at 9:00, in days from START


class Sent(Struct, frozen=True):
    """A message about some debts. `told` are facts of delivery by recipient; `replies` in days after it left."""

    on: int
    stage: str
    debts: tuple[int, ...]
    channel: str = "email"
    carrier: str = "sendgrid"
    template: str | None = "soft"
    deducted: int = 0
    told: tuple[tuple[str, str | None], ...] = ()
    replies: tuple[tuple[int, bool], ...] = ()  # day after, and whether the reply names the message
    noted: bool = False


class World(Struct, frozen=True):
    debts: tuple[Debt, ...]
    messages: tuple[Sent, ...]


KINDS = ("delivered", "bounced", "failed", "opened_complaint", "returned", "in_transit")
MONEY = st.builds(
    Money,
    minor=st.sampled_from([10_00, 40_00, 60_00, TOTAL]),
    on=st.none() | st.integers(-5, 40),
    stamped=st.integers(-5, 40),
    credit=st.sampled_from([False, False, False, True]),
    mirrored=st.sampled_from([True, True, True, False]),
)
DEBTS = st.builds(
    Debt,
    status=st.sampled_from(["open", "paid", "paid", "void"]),
    due_at_read=st.sampled_from([TOTAL, 60_00, 40_00]),
    money=st.lists(MONEY, max_size=3).map(tuple),
    later_total=st.sampled_from([TOTAL, TOTAL, TOTAL, 50_00, -20_00]),
    came_back=st.sampled_from([False, False, False, True]),
)
MESSAGES = st.builds(
    Sent,
    on=st.integers(0, 40),
    stage=st.sampled_from(["soft", "firm"]),
    debts=st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True).map(tuple),
    channel=st.sampled_from(["email", "letter"]),
    carrier=st.sampled_from(["sendgrid", "sendgrid", "sendgrid", "dry"]),
    template=st.sampled_from([None, "soft"]),
    deducted=st.sampled_from([0, 0, 30_00]),
    told=st.lists(
        st.tuples(st.sampled_from(KINDS), st.sampled_from([None, "a@x.example", "b@x.example"])), max_size=3
    ).map(tuple),
    replies=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=2).map(tuple),
    noted=st.booleans(),
)


def _one_reminder_each(messages: list[Sent]) -> tuple[Sent, ...]:
    """A stage of an invoice has one reminder; and messages are told apart by their days."""
    taken: set[tuple[int, str]] = set()
    days: set[int] = set()
    kept = []
    for message in messages:
        debts = tuple(debt for debt in message.debts if (debt, message.stage) not in taken)
        if debts and message.on not in days:
            taken |= {(debt, message.stage) for debt in debts}
            days.add(message.on)
            kept.append(Sent(**{f: getattr(message, f) for f in message.__struct_fields__} | {"debts": debts}))
    return tuple(kept)


WORLDS = st.builds(
    World,
    debts=st.lists(DEBTS, min_size=4, max_size=4).map(tuple),
    messages=st.lists(MESSAGES, max_size=5).map(_one_reminder_each),
)


def day(number: int) -> date:
    return START + timedelta(days=number)


def instant(number: int, hour: int = 9) -> datetime:
    return datetime.combine(day(number), time(hour), UTC)


def invoice_id(debt: int) -> InvoiceId:
    return InvoiceId(f"inv-{debt}")


@contextmanager
def written(world: World) -> Iterator[TenantStore]:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.mirror.save_contacts([a_contact(f"customer-{number}") for number in range(len(world.messages) or 1)])
        for number in range(len(world.debts)):
            store.mirror.save_invoices([an_invoice(f"inv-{number}", total_minor=TOTAL, updated_at=instant(-9))])
        for number, message in enumerate(world.messages):
            _send(store, world, number, message)
        for number, debt in enumerate(world.debts):
            _settle(store, number, debt)
        yield store


def _send(store: TenantStore, world: World, number: int, message: Sent) -> None:
    store.cycles.start(instant(message.on), day(message.on))
    ids = []
    for debt in message.debts:
        planned = a_stage(
            invoice_id(debt), stage=message.stage, channel=message.channel, contact_id=ContactId(f"customer-{number}")
        )
        store.reminders.plan([planned], instant(-9))
        reminder = store.reminders.for_invoice(invoice_id(debt))[-1].id
        proof = json.dumps({"due_minor": world.debts[debt].due_at_read})
        assert store.reminders.verified(reminder, proof, instant(message.on))
        ids.append(reminder)
    asked = sum(world.debts[debt].due_at_read for debt in message.debts) - message.deducted
    key = MessageId(f"message-{number}")
    draft = a_draft(
        key,
        contact_id=ContactId(f"customer-{number}"),
        channel=message.carrier,
        stage=message.stage,
        template=message.template,
        totals=json.dumps({"GBP": asked}),
    )
    assert store.reminders.claim(ids, draft, "worker", instant(message.on), instant(message.on))
    store.reminders.sent(key, None, instant(message.on))
    if message.noted:
        for each in ids:
            store.reminders.noted(each, instant(message.on))
    for kind, recipient in message.told:
        store.deliveries.record(a_fact(message_id=key, kind=kind, recipient=recipient), instant(message.on))
    for order, (after, names) in enumerate(message.replies):
        draft = a_reply(
            f"{key}-{order}", received_at=instant(message.on + after, 12), message_id=key if names else None
        )
        reply = store.correspondence.save(draft, [], instant(message.on + after, 12))
        hold = store.holds.place("contact", f"customer-{number}", "reply", None, None, instant(0), "ann")
        store.correspondence.concern(reply, ContactId(f"customer-{number}"), hold.id)


def _settle(store: TenantStore, number: int, debt: Debt) -> None:
    parts = []
    for order, money in enumerate(debt.money):
        key = f"doc-{number}-{order}"
        on = None if money.on is None else day(money.on)
        source = "credit_note" if money.credit else "payment"
        parts.append(Allocation(source, key, invoice_id(number), money.minor, on))
        if not money.mirrored:
            continue
        if money.credit:
            store.mirror.save_credits([a_credit(key, dated_on=on, updated_at=instant(money.stamped, 11))])
        else:
            store.mirror.save_payments([a_payment(key, paid_on=on, updated_at=instant(money.stamped, 11))])
    final = an_invoice(
        f"inv-{number}",
        total_minor=debt.later_total,
        due_minor=0,
        status=InvoiceStatus(debt.status),
        updated_at=instant(debt.changed),
        version="3",
        allocations=tuple(parts),
    )
    if debt.came_back:
        gone = an_invoice(f"inv-{number}", status=InvoiceStatus.PAID, updated_at=instant(48), version="2")
        back = an_invoice(f"inv-{number}", total_minor=TOTAL, updated_at=instant(49), version="2b")
        store.mirror.save_invoices([gone])
        store.mirror.save_invoices([back])
    store.mirror.save_invoices([final])
