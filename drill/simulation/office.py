"""The bookkeeper of the firm: approves, holds, settles what Dun asks about, and mends what only a person can.

It sees what the product shows and does what the commands do. It never helps where Dun has not asked.
"""

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Literal

from connector.report import CycleReport
from connector.terms import given_terms
from state.model import ReminderState

if TYPE_CHECKING:
    from drill.simulation.life import Life

_NAME = "bookkeeper"


class Office:
    """Opens in the morning, before the first cycle."""

    def __init__(self, life: "Life") -> None:
        self._life = life
        self._dead_connection = False
        self._held_since: int | None = None

    def knows(self, kind: str) -> bool:
        return kind in {"hold_invoice", "hold_customer", "release", "reset"}

    def read(self, report: CycleReport) -> None:
        """What the last cycle told."""
        self._dead_connection = report.dead_because is not None

    def open(self, draw: Random, *, diligent: bool = False) -> None:
        """A morning's work; some of it stays undone unless somebody is `diligent`."""
        share = 1.0 if diligent else 0.35
        if self._dead_connection and draw.random() < share:
            self._life.around.consent.agree()
            self._dead_connection = False
        if draw.random() < share:
            self._settle_what_is_unknown()
        if draw.random() < share:
            self._retry_what_was_refused()
        if self._somebody_approves and draw.random() < max(share, 0.8):
            self._approve(diligent=diligent)
        if diligent:
            self._life.bookkeeper.all_calls_made(draw)
        self._look_at_the_tenants_hold(draw, share)

    def act(self, kind: str, draw: Random) -> bool:
        if kind == "reset":
            return self._reset(draw)
        if kind == "release":
            return self._release(draw)
        return self._hold("invoice" if kind == "hold_invoice" else "contact", draw)

    @property
    def _somebody_approves(self) -> bool:
        stages = self._life.around.settings.book.stages.values()
        return self._life.traits.approves or any(stage.mode == "approve" for stage in stages)

    # -- reminders ----------------------------------------------------------------------------------------------

    def _approve(self, *, diligent: bool) -> None:
        """Every other morning at the page, where somebody may find that nothing waits."""
        way = Random(f"{self._life.seed}/way/{self._life.day}")
        if not diligent and way.random() < 0.5:
            self._life.at_the_page.act("page_approve_all", way)
            return
        store, settings = self._life.process.store, self._life.around.settings
        planned = [one for one in store.reminders.planned() if not one.approved]
        ids = [one.id for one in planned]
        terms = given_terms(store, settings, ids, settings.today_at(self._now))
        with store.transaction():
            store.reminders.approve(ids, _NAME, self._now, terms)
            for one in planned:  # whoever judges tells by the trail whose words were approved
                store.audit.record(_NAME, "approve", "invoice", one.invoice_id, {"reminder": one.id}, self._now)

    def _settle_what_is_unknown(self) -> None:
        """The customers are asked."""
        reminders = self._life.process.store.reminders
        arrived = {delivery.message.id for delivery in self._life.around.postbox.delivered}
        for one in reminders.in_state(ReminderState.UNKNOWN):
            fate: Literal["sent", "skipped"] = "sent" if one.message_id in arrived else "skipped"
            reminders.resolve(one.id, fate, "asked the customer", self._now)

    def _retry_what_was_refused(self) -> None:
        reminders = self._life.process.store.reminders
        reminders.retry([one.id for one in reminders.in_state(ReminderState.FAILED)], _NAME, self._now)

    # -- holds --------------------------------------------------------------------------------------------------

    def _hold(self, scope: Literal["invoice", "contact"], draw: Random) -> bool:
        books = self._life.around.books
        documents = list((books.invoices if scope == "invoice" else books.customers).values())[-15:]
        one = draw.choice(documents)
        target = self._life.around.key(one)
        until = draw.choice((None, self._life.today + timedelta(days=draw.randint(0, 12))))
        holds = self._life.process.store.holds
        holds.place(scope, target, reason="manual", until=until, note=None, at=self._now)
        return True

    def _release(self, draw: Random) -> bool:
        store = self._life.process.store
        active = [hold for hold in store.holds.active(self._life.today) if hold.scope != "tenant"]
        if not active:
            return False
        hold = draw.choice(active)
        store.holds.release(hold.scope, hold.target, self._now)
        self._life.voices.writing.pop(hold.target, None)
        return True

    def _look_at_the_tenants_hold(self, draw: Random, share: float) -> None:
        """Dun was suspicious: a person sets the clock right, or sees that the books are what they are."""
        store = self._life.process.store
        held = any(hold.scope == "tenant" for hold in store.holds.active(self._life.today))
        if held and draw.random() < share:
            if abs(self._life.around.clock.wrong_by) > timedelta(minutes=15):
                self._life.around.clock.wrong_by = timedelta(0)
            store.holds.release("tenant", "*", self._now)

    # -- the demo company ---------------------------------------------------------------------------------------

    def _reset(self, draw: Random) -> bool:
        """A demo company starts anew: every document is another, under the same name and id."""
        if self._life.traits.ledger != "xero":
            return False
        self._life.around.reset_company(draw)
        self._life.people.move_in(draw)
        self._life.letters.forget()
        self._life.agreed.forget()
        self._life.voices.forget()
        return True

    @property
    def _now(self) -> datetime:
        return self._life.around.clock.now()
