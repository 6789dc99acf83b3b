"""What the named customers do, and what the demo's bookkeeper does about it, day by day.

Customers act through the books and the carriers, the bookkeeper through what the commands are made of. Neither knows
what Dun will decide.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from connector.agreements.customers import change_preference
from connector.agreements.discounts import offer_discount
from connector.agreements.disputes import open_dispute, settle_dispute
from connector.agreements.plans import by_hand, chosen_invoices, make_plan
from connector.agreements.promises import make_promises
from connector.agreements.subject import AtHand, at_hand
from connector.answering import handle_reply
from connector.demo.cases import CASES, Case, case, invoices
from connector.holding import find_target, hold_target
from connector.ways_out import giving_up
from connector.ways_out.handing import Wanted, hand_over
from connector.wiring import Installation
from connectors.sandbox.control import people
from connectors.sandbox.control.call import Call
from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from state.model import ContactId, TenantSlug

BOOKKEEPER = "bookkeeper"
OWNER = "owner"  # of the firm, who agrees to what a bookkeeper proposes
_TENANTS = {"xero": "north", "quickbooks": "west"}


class Stage:
    """The demo's two sides, and the first day of it."""

    def __init__(self, installation: Installation, world: World, first_day: date) -> None:
        self.installation = installation
        self.world = world
        self._first_day = first_day

    def on(self, day: int) -> date:
        return self._first_day + timedelta(days=day)

    @contextmanager
    def hand(self, name: str, *, invoice: bool = False) -> Iterator[AtHand]:
        """The customer of a case, or its first invoice, and the file of its tenant."""
        each = case(name)
        number = invoices(self.world, each)[0].number if invoice else None
        with at_hand(self.installation, tenant_of(each), number, None if invoice else each.customer) as found:
            yield found

    def pay(self, name: str, amount: str | None = None) -> None:
        """The customer pays all it owes, or so much of it, the oldest first."""
        books = self.world.companies[case(name).company]
        rest = Decimal(amount) if amount else None
        with self.world.lock:
            for invoice in invoices(self.world, case(name)):
                part = invoice.due_amount if rest is None else min(rest, invoice.due_amount)
                if part > 0:
                    customer = books.customers[invoice.customer_id]
                    books.pay(customer, part, on=self.today(case(name)), against={invoice.id: part})
                rest = None if rest is None else rest - part

    def today(self, each: Case) -> date:
        return self.installation.config.tenant(tenant_of(each)).today_at(self.world.clock.now())

    def answer(self, name: str, how: Callable[[Call], Any], **wish: object) -> None:
        """The customer, or its mail server, answers the last message it got; nothing if it got none."""
        with self.world.lock:
            got = messages_about(self.world, case(name))
            if got:
                how(Call(self.world, {}, {"id": got[-1].id}, msgspec.json.encode(wish)))


def tenant_of(each: Case) -> TenantSlug:
    return TenantSlug(_TENANTS[each.company])


def messages_about(world: World, each: Case) -> list[ReceivedMessage]:
    """All that reached the customer about its invoices, in order."""
    about = {(each.company, invoice.id) for invoice in invoices(world, each)}
    return [m for m in world.messages if not about.isdisjoint((n.company, n.invoice_id) for n in m.mentions)]


def act(stage: Stage, day: int) -> None:
    """Everything that is told of this day, after its messages have left."""
    for step in _STEPS.get(day, ()):
        step(stage)
    _make_calls(stage)


def _first_day(stage: Stage) -> None:
    with stage.hand("in German") as hand:
        change_preference(hand, {"language": "de"}, BOOKKEEPER)
    with stage.hand("do not chase") as hand:
        change_preference(hand, {"do_not_chase": "a charity, the director calls"}, BOOKKEEPER)
    with stage.hand("discount", invoice=True) as hand:
        offer_discount(hand, "2.5", None, stage.on(10), BOOKKEEPER)
    each = case("deferral")
    target = find_target(stage.installation, tenant_of(each), None, each.customer, everything=False)
    words: dict[str, str] = {"reason": "deferral", "note": "the budget is voted next week"}
    hold_target(stage.installation, target, **words, until=stage.on(7), owner=BOOKKEEPER, person=BOOKKEEPER)
    stage.answer("bounce, next address", people.bounce)


def _second_day(stage: Stage) -> None:
    for name, until in (("promise kept", 4), ("promise broken", 3)):
        with stage.hand(name, invoice=True) as hand:
            make_promises(hand, stage.on(until), None, None, "said on the telephone", BOOKKEEPER)
    with stage.hand("disputed in part", invoice=True) as hand:
        open_dispute(hand, "one part was broken", "60.00", BOOKKEEPER, BOOKKEEPER)
    with stage.hand("payment plan") as hand:
        chosen = chosen_invoices(hand, ())
        calendar = stage.installation.config.tenant(hand.target.tenant).calendar
        parts = [(stage.on(4), "300.00"), (stage.on(18), "300.00"), (stage.on(32), "300.00")]
        make_plan(hand, chosen, by_hand(hand, chosen, parts, calendar), BOOKKEEPER)
    stage.answer("reply pauses", people.reply, text="We have a question about the second line.")
    stage.answer("out of office does not", people.out_of_office)
    stage.answer("STOP, then e-mail", people.reply, text="STOP")


def _answer_reply(stage: Stage) -> None:
    """The bookkeeper has answered the question; the asking may go on."""
    slug = tenant_of(case("reply pauses"))
    with stage.installation.store(slug) as store:
        waiting = [reply.id for reply in store.correspondence.unhandled()]
    for reply_id in waiting:
        handle_reply(stage.installation, [slug], reply_id, "answered", by=BOOKKEEPER, release=True)


def _settle_dispute(stage: Stage) -> None:
    each = case("disputed in part")
    books = stage.world.companies[each.company]
    with stage.hand(each.name, invoice=True) as hand:
        settle_dispute(hand, "credited", BOOKKEEPER)
    with stage.world.lock:
        [invoice] = invoices(stage.world, each)
        today = stage.today(each)
        credit = books.credit(books.customers[invoice.customer_id], Decimal("60.00"), on=today)
        books.apply_credit(credit, invoice, Decimal("60.00"), on=today)


def _take_discount(stage: Stage) -> None:
    """The customer pays less, as it was offered; the bookkeeper credits the rest."""
    each = case("discount")
    books = stage.world.companies[each.company]
    stage.pay(each.name, "487.50")
    with stage.world.lock:
        [invoice] = invoices(stage.world, each)
        books.write_off(invoice, on=stage.today(each))


def _bounce_payment(stage: Stage) -> None:
    """The bank takes the money back: the customer owes again what it had paid."""
    each = case("payment bounced, new round")
    books = stage.world.companies[each.company]
    with stage.world.lock:
        [invoice] = invoices(stage.world, each)
        books.delete_payment(books.payments[invoice.allocations[-1].source_id])


def _write_from_shared_address(stage: Stage) -> None:
    """Two customers have one bookkeeper, whose mail says nothing of which of them it is about."""
    each = case("address of two customers")
    wish = {"sender": each.facts["email"], "to": "north@rehearsal.example", "subject": "Your reminder"}
    content = msgspec.json.encode(wish | {"text": "We are looking into this."})
    with stage.world.lock:
        people.write_mail(Call(stage.world, {}, {}, content))


def _ways_out(stage: Stage) -> None:
    """The decisions at the end of two sequences: an agency takes one over, the other debt is given up."""
    each = case("handed over")
    target = find_target(stage.installation, tenant_of(each), None, each.customer, everything=False)
    with stage.installation.tenant(target.tenant) as tenant:
        folder = stage.installation.config.base / "cases"
        hand_over(tenant, Wanted(customer=ContactId(target.id)), "Northern Collections", folder, BOOKKEEPER)
    with stage.hand("written off", invoice=True) as hand:
        giving_up.propose(hand, "the firm is insolvent", BOOKKEEPER)
        giving_up.approve(hand, OWNER)


def _paying(name: str, amount: str | None = None) -> Callable[[Stage], None]:
    return lambda stage: stage.pay(name, amount)


_STEPS: Mapping[int, tuple[Callable[[Stage], None], ...]] = {
    0: (_first_day,),
    1: (_second_day,),
    3: (_paying("promise kept"), _paying("payment bounced, new round")),
    5: (_paying("thanks"),),
    6: (_bounce_payment,),
    8: (_take_discount, _paying("e-mail"), _paying("payment plan", "300.00")),
    9: (_answer_reply,),
    10: (_paying("text message"), _paying("voice call"), _paying("out of office does not")),
    11: (_settle_dispute, _paying("promise broken"), _paying("in German"), _paying("deferral")),
    12: (_paying("disputed in part"), _paying("bounce, next address"), _paying("STOP, then e-mail")),
    13: (_paying("call by a person"), _paying("reply pauses"), _write_from_shared_address),
    14: (_paying("payment bounced, new round"), _paying("in French"), _paying("in Spanish"), _paying("in Dutch")),
    15: (_ways_out,),
    17: (_paying("payment plan", "300.00"),),
    20: (_paying("letter, having no e-mail"), _paying("charges by law"), _paying("segment of its own")),
    31: (_paying("payment plan", "300.00"),),
}


def _make_calls(stage: Stage) -> None:
    """The bookkeeper calls whoever is on the list and writes down how it ended."""
    for slug in dict.fromkeys(tenant_of(each) for each in CASES):
        with stage.installation.store(slug) as store:
            for task in (task for task in store.tasks.open_ones() if task.new.kind == "call"):
                with stage.world.lock:
                    receive(stage.world, _spoken(task.id, task.new.phone or "", task.new.script, stage))
                now = stage.installation.clock.now()
                store.tasks.close(task.id, "promised to look into it", None, BOOKKEEPER, now)


def _spoken(key: str, phone: str, script: str, stage: Stage) -> ReceivedMessage:
    """What the customer hears, for the books to judge like everything else."""
    now = stage.world.clock.now()
    return ReceivedMessage(key, "voice", now, BOOKKEEPER, (phone,), "", script, "", stage="call")
