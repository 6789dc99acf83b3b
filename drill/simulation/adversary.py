"""Everything that goes wrong around a firm's daemon, as its script has it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from connectors.sandbox.documents import Credit
from drill.simulation.moments import Moments
from drill.simulation.script import Act
from drill.simulation.wire import Fault

if TYPE_CHECKING:
    from drill.simulation.life import Life

_ANYWHERE = ("drop_before", "drop_after", "timeout", "slow", "duplicate", "truncated", "empty", "html")
KINDS = {
    "xero": (
        *_ANYWHERE,
        *("401", "401_scope", "403", "404", "412", "429", "429_day", "429_concurrent", "429_app", "500", "503"),
        "503_organisation",
    ),
    "quickbooks": (
        *_ANYWHERE,
        *("400", "401", "401_xml", "130", "403", "120", "610", "4002", "5010", "6000", "6190", "429", "429_xml"),
        *("429_month", "403_throttle", "500", "500_fault", "502", "503", "504", "fault_in_200"),
    ),
}
LAG_SWITCH = {"xero": "xero.replica_lag_seconds", "quickbooks": "quickbooks.query_lag_seconds"}
_ENDLESS = 10**9
_WRITES = (
    *("state = 'verified', proof", "INSERT INTO message", "SET state = 'sending'", "SET state = 'sent'"),
    *("note_attempts + 1", "SET state = 'noted'", "INTO stream", "INTO decision", "planned_for, approved, changed_at"),
)
_PLANNING = "planned_for, approved, changed_at"
_LAST_WORDS = (
    *("pay", "pay", "pay_part", "overpay", "credit_note", "credit_note", "void_invoice", "delete_invoice"),
    *("dispute", "promise", "schedule", "move_due_date", "new_address", "archive"),
)
_LAST_AGREEMENTS = (
    *("promise_to_pay", "promise_everything", "agree_plan", "agree_plan", "contest", "contest", "let_be"),
    *("defer", "spare"),
)


class Adversary:
    """Bad luck, in the order of the script."""

    def __init__(self, life: "Life") -> None:
        self._life = life
        self._on_again = 0  # the day on which the machine is switched on
        self._calm_on: dict[str, int] = {}  # by trouble: the day it is over
        self._dies_at: int | None = None
        self._disk_fills_at: int | None = None
        self._near: list[tuple[str, Callable[[Moments], None]]] = []  # what happens near a statement of the cycle
        self._during: list[tuple[int, Callable[[], None]]] = []

    def strike(self, act: Act) -> None:
        """Let `act` happen to the next cycle, or from now on."""
        getattr(self, f"_{act.kind}")(Random(act.draw))

    def during_the_cycle(self, boundary: int, happening: Callable[[], None]) -> None:
        self._during.append((boundary, happening))

    def machine_is_on(self) -> bool:
        self._let_pass()
        return self._life.day >= self._on_again

    def prepare(self, moments: Moments) -> None:
        """Give the cycle that is about to begin what is in store for it."""
        moments.begin(dies_at=self._dies_at, disk_fills_at=self._disk_fills_at)
        for boundary, happening in self._during:
            moments.at_boundary(boundary, happening)
        for words, befall in self._near:
            moments.at_statement(words, partial(befall, moments))
        self._forget_the_cycle()

    def rest(self) -> None:
        """Peace: nothing more goes wrong, and what did is over."""
        self._calm_on = dict.fromkeys(self._calm_on, self._life.day)
        self._on_again = self._life.day
        self._let_pass()
        self._life.around.weather.clear()
        self._end_lag()
        self._life.around.postbox.fates.clear()
        self._life.around.postbox.next_call_kills = False
        self._life.voices.silent = 0
        self._life.around.clock.wrong_by = timedelta(0)
        self._life.around.consent.answer_gets_lost = False
        self._forget_the_cycle()

    def _forget_the_cycle(self) -> None:
        self._dies_at = self._disk_fills_at = None
        self._during.clear()
        self._near.clear()

    def _let_pass(self) -> None:
        over = [trouble for trouble, day in self._calm_on.items() if day <= self._life.day]
        for trouble in over:
            del self._calm_on[trouble]
            getattr(self, f"_end_{trouble}")()

    # -- the network --------------------------------------------------------------------------------------------

    def _fault(self, draw: Random) -> None:
        kind = draw.choice(KINDS[self._life.traits.ledger])
        self._life.around.weather.faults.append(Fault(kind, skip=draw.randint(0, 25)))

    def _burst(self, draw: Random) -> None:
        """More of the same than anybody's retries bear."""
        kind = draw.choice(KINDS[self._life.traits.ledger])
        self._life.around.weather.faults.append(Fault(kind, skip=draw.randint(0, 20), times=draw.randint(3, 9)))

    def _outage(self, draw: Random) -> None:
        kind = draw.choice(("drop_before", "503", "500", "html", "401", "429"))
        self._life.around.weather.faults.append(Fault(kind, skip=draw.randint(0, 20), times=_ENDLESS))
        self._calm_on["outage"] = self._life.day + draw.randint(1, 8)

    def _end_outage(self) -> None:
        faults = self._life.around.weather.faults
        faults[:] = [fault for fault in faults if fault.times < _ENDLESS // 2]

    def _lag(self, draw: Random) -> None:
        """Reads are answered by a replica that is up to four minutes behind."""
        self._life.around.world.switches[LAG_SWITCH[self._life.traits.ledger]] = str(draw.randint(1, 240))
        self._calm_on["lag"] = self._life.day + draw.randint(1, 4)

    def _end_lag(self) -> None:
        self._life.around.world.switches.pop(LAG_SWITCH[self._life.traits.ledger], None)

    def _garble(self, draw: Random) -> None:
        books = self._life.around.books
        loose = [one for one in books.loose() if isinstance(one, Credit)]
        kinds = (list(books.customers.values()), list(books.invoices.values()), list(books.credits.values()), loose)
        one = draw.choice(draw.choice([kind for kind in kinds if kind])[-15:])
        self._life.around.weather.unreadable.add(self._life.around.key(one))
        self._calm_on["garble"] = self._life.day + draw.randint(1, 9)

    def _end_garble(self) -> None:
        self._life.around.weather.unreadable.clear()

    # -- the connection -----------------------------------------------------------------------------------------

    def _token_death(self, _: Random) -> None:
        self._life.around.consent.end()

    def _token_answer_lost(self, _: Random) -> None:
        self._life.around.consent.answer_gets_lost = True

    # -- the machine --------------------------------------------------------------------------------------------

    def _crash(self, draw: Random) -> None:
        self._dies_at = draw.randint(1, max(1, self._life.longest_cycle * 11 // 10))

    def _crash_near_a_send(self, draw: Random) -> None:
        """At the statements that claim, settle and note a message, or move a cursor."""
        moments = draw.randint(0, 4)
        self._near.append((draw.choice(_WRITES), lambda life: life.die_in(moments)))

    def _crash_when_a_call_is_listed(self, _: Random) -> None:
        """When the next call has just been put on the list of work."""
        self._life.around.postbox.next_call_kills = True

    def _last_minute(self, draw: Random) -> None:
        """Somebody pays, or objects, when the reminder is planned already, before or while it is read live."""
        words = _LAST_WORDS + (_LAST_AGREEMENTS if self._life.traits.own_policy else ())
        act = Act(0, self._life.day, "during", draw.choice(words), draw.getrandbits(48))
        edges = draw.randint(1, 10)

        def planned(life: Moments) -> None:
            life.at_boundary(life.boundaries + edges, lambda: self._life.last_word(act))

        self._near.append((_PLANNING, planned))

    def _disk_full(self, draw: Random) -> None:
        self._disk_fills_at = draw.randint(1, self._life.longest_cycle)

    def _second_daemon(self, draw: Random) -> None:
        self.during_the_cycle(draw.randint(1, 40), self._life.second_daemon)

    def _skew_a_little(self, draw: Random) -> None:
        self._life.around.clock.wrong_by = timedelta(seconds=draw.randint(-800, 800))
        self._calm_on["skew"] = self._life.day + draw.randint(1, 5)

    def _skew_a_lot(self, draw: Random) -> None:
        self._life.around.clock.wrong_by = timedelta(minutes=draw.choice((-1, 1)) * draw.randint(16, 60 * 24 * 40))
        self._calm_on["skew"] = self._life.day + draw.randint(1, 4)

    def _clock_jumps(self, draw: Random) -> None:
        """In the middle of a cycle; somebody sets it right the next day."""
        clock, jump = self._life.around.clock, timedelta(minutes=draw.choice((-1, 1)) * draw.randint(2, 240))

        def jumps() -> None:
            clock.wrong_by = jump

        self.during_the_cycle(draw.randint(1, 40), jumps)
        self._calm_on["skew"] = self._life.day + 1

    def _end_skew(self) -> None:
        self._life.around.clock.wrong_by = timedelta(0)

    def _machine_off(self, draw: Random) -> None:
        self._on_again = self._life.day + draw.randint(1, 5)
        self._life.restart()

    def _machine_off_for_weeks(self, draw: Random) -> None:
        self._on_again = self._life.day + draw.randint(10, 45)
        self._life.restart()

    # -- the carrier --------------------------------------------------------------------------------------------

    def _services_silent(self, draw: Random) -> None:
        """Neither the mailbox nor the telephone service answers for a while."""
        self._life.voices.silent += draw.randint(1, 9)

    def _carrier_not_reached(self, draw: Random) -> None:
        self._life.around.postbox.fates.extend(["not_reached"] * draw.randint(1, 5))

    def _carrier_refuses(self, _: Random) -> None:
        self._life.around.postbox.fates.append("refuses")

    def _carrier_answer_lost(self, _: Random) -> None:
        self._life.around.postbox.fates.append("answer_lost")

    def _carrier_message_lost(self, _: Random) -> None:
        self._life.around.postbox.fates.append("message_lost")

    def _carrier_slow(self, draw: Random) -> None:
        self._life.around.postbox.fates.extend(["slow"] * draw.randint(1, 9))

    def _crash_after_the_carrier_took_it(self, _: Random) -> None:
        self._life.around.postbox.fates.append("crash_after")
