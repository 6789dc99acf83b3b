"""What is agreed with customers, and the list of work: done through the functions behind the commands, as people do.

Whatever the product refuses does not happen. What was done is told to `drill.simulation.agreed`, which remembers it
apart from the file. People work in processes of their own, which nobody kills.
"""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Literal, TypeVar

from connector.agreements.customers import change_preference, known_preference, opted_out
from connector.agreements.discounts import offer_discount, withdraw_discount
from connector.agreements.disputes import open_dispute, settle_dispute
from connector.agreements.plans import by_equal_parts, cancel_plans, chosen_invoices, make_plan
from connector.agreements.promises import make_promises, withdraw_promises
from connector.agreements.subject import AgreementError, AtHand
from connector.dunning.instalments import Rhythm
from connector.holding import Target
from connector.ways_out.deciding import Way, decide_way
from connector.ways_out.work import Outcome, finish, target_of
from drill.simulation import disk
from drill.simulation.moments import Moments
from drill.simulation.process import SLUG
from drill.simulation.trail import is_noted, take_down
from state.agreed import Plan
from state.errors import StateError
from state.model import Account, Receivable
from state.money import Money
from state.store import TenantStore
from state.tasks import Task

if TYPE_CHECKING:
    from drill.simulation.life import Life

_NAME = "ada"
_CHANNELS = ("email", "sms", "voice", "letter", "call")
_One = TypeVar("_One")


class Bookkeeper:
    """Agrees with customers, writes down what became of calls, decides what waits for a decision, reads replies."""

    def __init__(self, life: "Life") -> None:
        self._life = life
        self._looking_at: Collection[str] = ()

    def knows(self, kind: str) -> bool:
        return hasattr(self, f"_do_{kind}")

    def act(self, kind: str, draw: Random) -> bool:
        """Let `kind` happen; False if there is nothing to do it to, or the product refuses it."""
        with self._at_work() as store:
            try:
                return bool(getattr(self, f"_do_{kind}")(store, draw))
            except (AgreementError, StateError):
                return False

    @contextmanager
    def looking_at(self, invoices: Collection[str]) -> Iterator[None]:
        """Whatever happens inside happens to one of these invoices, or to its customer."""
        self._looking_at = invoices
        yield
        self._looking_at = ()

    @contextmanager
    def _at_work(self) -> Iterator[TenantStore]:
        with disk.owned_by(Moments()), closing(TenantStore.open(self._life.around.file)) as store:
            yield store

    # -- promises ----------------------------------------------------------------------------------------------------

    def _do_promise_to_pay(self, store: TenantStore, draw: Random) -> bool:
        _, receivable = self._one(store, draw)
        part = draw.random() < 0.3 and receivable.due_minor > 3
        amount = _text(receivable.due_minor // 3, receivable.currency) if part else None
        return self._promise(store, draw, self._invoice(receivable), amount)

    def _do_promise_everything(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        return self._promise(store, draw, self._customer(account), None)

    def _promise(self, store: TenantStore, draw: Random, target: Target, amount: str | None) -> bool:
        hand = self._hand(store, target)
        on = hand.today + timedelta(days=draw.choice((0, 0, 1, 3, 8)))
        with store.transaction():
            made = make_promises(hand, on, amount, None, None, _NAME)
        self._life.agreed.promised(made, target.id, noted=is_noted(store))
        return True

    def _do_take_promise_back(self, store: TenantStore, draw: Random) -> bool:
        living = [each for each in self._life.agreed.promises if each.seen == {"open"}]
        one = _one_of(draw, living)
        scope: Literal["invoice", "contact"] = "invoice" if one.about in one.baselines else "contact"
        with store.transaction():
            taken = withdraw_promises(self._hand(store, Target(SLUG, scope, one.about, "it")), _NAME)
        for each in self._life.agreed.promises:
            each.withdrawn |= each.id in {promise.id for promise in taken}
        return True

    # -- plans -------------------------------------------------------------------------------------------------------

    def _do_agree_plan(self, store: TenantStore, draw: Random) -> bool:
        account, receivable = self._one(store, draw)
        hand = self._hand(store, self._customer(account))
        same = [r.invoice_id for r in account.receivables if r.currency == receivable.currency]
        names = [receivable.invoice_id] if draw.random() < 0.5 else same
        with store.transaction():
            invoices = chosen_invoices(hand, names)
            first = hand.today + timedelta(days=draw.choice((0, 1, 4, 9)))
            rhythm: Rhythm = draw.choice(("week", "2weeks", "month"))
            calendar = self._life.around.settings.calendar
            parts = by_equal_parts(hand, invoices, draw.randint(2, 4), first, rhythm, calendar)
            plan: Plan = make_plan(hand, invoices, parts, _NAME)
        self._life.agreed.planned(plan)
        return True

    def _do_cancel_plan(self, store: TenantStore, draw: Random) -> bool:
        plan = _one_of(draw, [each for each in self._life.agreed.plans if each.standing])
        with store.transaction():
            ended = cancel_plans(self._hand(store, Target(SLUG, "contact", plan.contact, "it")), _NAME)
        for each in self._life.agreed.plans:
            each.over |= each.id in {found.id for found in ended}
        return True

    # -- disputes, discounts, deferrals --------------------------------------------------------------------------------

    def _do_contest(self, store: TenantStore, draw: Random) -> bool:
        _, receivable = self._one(store, draw)
        minor = draw.randint(1, receivable.due_minor) if draw.random() < 0.7 else None
        amount = None if minor is None else _text(minor, receivable.currency)
        with store.transaction():
            open_dispute(self._hand(store, self._invoice(receivable)), "broken", amount, _NAME, _NAME)
        self._life.agreed.disputed(receivable.invoice_id, minor)
        return True

    def _do_settle_contest(self, store: TenantStore, draw: Random) -> bool:
        key = _one_of(draw, list(self._life.agreed.disputes))
        self._life.agreed.disputes[key].perhaps_over = True
        with store.transaction():
            settle_dispute(self._hand(store, Target(SLUG, "invoice", key, "it")), "agreed", _NAME)
        self._life.agreed.undisputed(key)
        return True

    def _do_offer(self, store: TenantStore, draw: Random) -> bool:
        _, receivable = self._one(store, draw)
        hand = self._hand(store, self._invoice(receivable))
        with store.transaction():
            offer_discount(hand, draw.choice(("2", "3.5")), None, hand.today + timedelta(days=9), _NAME)
        return True

    def _do_take_offer_back(self, store: TenantStore, draw: Random) -> bool:
        _, receivable = self._one(store, draw)
        with store.transaction():
            withdraw_discount(self._hand(store, self._invoice(receivable)), _NAME)
        return True

    def _do_defer(self, store: TenantStore, draw: Random) -> bool:
        account, receivable = self._one(store, draw)
        target = draw.choice((self._invoice(receivable), self._customer(account)))
        hand = self._hand(store, target)
        until = hand.today + timedelta(days=draw.randint(0, 10))
        with store.transaction():
            placed = store.holds.place(target.scope, target.id, "deferral", until, "flood", hand.now, _NAME)
            store.audit.record(_NAME, "hold", target.scope, target.id, placed, hand.now)
        return True

    # -- customers ---------------------------------------------------------------------------------------------------

    def _do_let_be(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        self._wish(store, account.contact_id, do_not_chase="the director calls", owner=_NAME)
        self._life.agreed.let_be[account.contact_id] = self._life.agreed.take_number()
        return True

    def _do_chase_again(self, store: TenantStore, draw: Random) -> bool:
        key = _one_of(draw, list(self._life.agreed.let_be))
        self._life.agreed.let_be.pop(key)
        self._wish(store, key, do_not_chase=None)
        return True

    def _do_spare(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        channel = draw.choice(_CHANNELS)
        hand = self._hand(store, self._customer(account))
        self._wish(store, account.contact_id, opted_out=opted_out(known_preference(hand), {channel: False}))
        spared = self._life.agreed.spared.setdefault(account.contact_id, {})
        spared.setdefault(channel, self._life.agreed.take_number())
        return True

    def _do_allow(self, store: TenantStore, draw: Random) -> bool:
        key = _one_of(draw, list(self._life.agreed.spared))
        self._life.agreed.spared.pop(key)
        self._wish(store, key, opted_out=())
        return True

    def _do_prefer(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        self._wish(store, account.contact_id, channel=draw.choice(_CHANNELS))
        return True

    def _do_pin(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        names = ["standard", None, *(each.name for each in self._life.around.settings.segments)]
        segment = draw.choice(names)
        self._wish(store, account.contact_id, segment=segment)
        self._life.agreed.pinned[account.contact_id] = segment
        return True

    def _do_escalate(self, store: TenantStore, draw: Random) -> bool:
        account, _ = self._one(store, draw)
        address = f"director{draw.randint(1, 10**6)}@customer.example"
        self._wish(store, account.contact_id, escalation_name="Jo", escalation_email=address)
        self._life.agreed.escalations.setdefault(account.contact_id, set()).add(address)
        return True

    def _wish(self, store: TenantStore, contact: str, **changes: object) -> None:
        with store.transaction():
            change_preference(self._hand(store, Target(SLUG, "contact", contact, "it")), changes, _NAME)

    # -- the list of work ----------------------------------------------------------------------------------------------

    def _do_call_made(self, store: TenantStore, draw: Random) -> bool:
        """Somebody has phoned, also about what did not arrive; now and then nobody has, and it stays on the list."""
        return self._write_down(store, _one_of(draw, _calls(store)), draw)

    def all_calls_made(self, draw: Random) -> None:
        """A diligent morning."""
        with self._at_work() as store:
            for task in _calls(store):
                self._write_down(store, task, draw)

    def _write_down(self, store: TenantStore, task: Task, draw: Random) -> bool:
        outcome: Outcome = draw.choice(("spoke", "no_answer", "no_answer", "promise", "dispute", "paid_says"))
        hand = self._hand(store, target_of(store, SLUG, task))
        on = hand.today + timedelta(days=3) if outcome == "promise" else None
        before = store.audit.last()
        try:
            with store.transaction():
                finish(hand, task, outcome, "rang them", on, None, _NAME)
        except AgreementError:
            with store.transaction():
                finish(hand, task, "spoke", "rang them", None, None, _NAME)
        take_down(self._life, store, before)
        return True

    def _do_decide(self, store: TenantStore, draw: Random) -> bool:
        task = _one_of(draw, [task for task in store.tasks.decisions() if task.state == "open"])
        hand = self._hand(store, Target(SLUG, "invoice", task.new.invoice_id or "", "it"))
        until = hand.today + timedelta(days=draw.randint(0, 12))
        way: Way = draw.choice(("call", "letter", "wait"))
        with store.transaction():
            decide_way(hand, way, until if way == "wait" else None, _NAME)
        return True

    # -- replies -----------------------------------------------------------------------------------------------------

    def _do_handle_reply(self, store: TenantStore, draw: Random) -> bool:
        reply = _one_of(draw, store.correspondence.unhandled())
        store.correspondence.handle(reply.id, "answered", _NAME, self._life.around.clock.now(), release=True)
        self._life.voices.handled(reply.text)
        return True

    def _do_allow_address(self, store: TenantStore, draw: Random) -> bool:
        listed = _one_of(draw, store.deliveries.suppressed())
        store.deliveries.release(listed.address, self._life.around.clock.now())
        self._life.voices.suppressed.discard(listed.address)
        return True

    # -- choosing ----------------------------------------------------------------------------------------------------

    def _one(self, store: TenantStore, draw: Random) -> tuple[Account, Receivable]:
        today = self._life.around.settings.today_at(self._life.around.clock.now())
        owing = [(account, each) for account in store.receivables.accounts(today) for each in account.receivables]
        wanted = [pair for pair in owing if pair[1].invoice_id in self._looking_at]
        return _one_of(draw, wanted or owing)

    def _hand(self, store: TenantStore, target: Target) -> AtHand:
        now = self._life.around.clock.now()
        return AtHand(target=target, store=store, now=now, today=self._life.around.settings.today_at(now))

    @staticmethod
    def _invoice(receivable: Receivable) -> Target:
        return Target(SLUG, "invoice", receivable.invoice_id, f"invoice {receivable.number}")

    @staticmethod
    def _customer(account: Account) -> Target:
        return Target(SLUG, "contact", account.contact_id, account.name)


def _calls(store: TenantStore) -> list[Task]:
    return [task for task in store.tasks.open_ones() if task.new.kind in ("call", "delivery")]


def _one_of(draw: Random, candidates: list[_One]) -> _One:
    if not candidates:
        raise AgreementError("there is nothing to do it to")
    return draw.choice(candidates)


def _text(minor: int, currency: str) -> str:
    return str(Money(minor, currency).amount)
