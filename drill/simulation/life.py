"""Days of one firm under fire: the acts of its script, the cycles of its daemon, and the peace between two storms.

Peace comes every few weeks and at the end: nothing fails, people put right what waits for them, and after two business
days everything that was promised must be true (`drill.simulation.peace`).
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from connector.report import CycleReport
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.quickbooks.face import quickbooks_face
from connectors.sandbox.setup import company_for
from connectors.sandbox.world import World
from connectors.sandbox.xero.face import xero_face
from drill.simulation.adversary import Adversary
from drill.simulation.agreed import Agreed
from drill.simulation.at_the_page import AtThePage
from drill.simulation.bookkeeper import Bookkeeper
from drill.simulation.customers import Customers
from drill.simulation.firm_policy import with_policy
from drill.simulation.letters import Letters
from drill.simulation.moments import Crash
from drill.simulation.office import Office
from drill.simulation.peace import Peace
from drill.simulation.people import People
from drill.simulation.polling import Polling
from drill.simulation.process import Process, Surroundings, settings_of
from drill.simulation.quarantine import Quarantine
from drill.simulation.rounds import Rounds
from drill.simulation.script import Act, Traits, traits
from drill.simulation.violation import Violations
from drill.simulation.witness import Witness
from state.errors import Busy, DiskFull, StateError

BEGINNING = date(2026, 1, 5)
_HOURS = (time(8, 58), time(10), time(10), time(10), time(12, 15), time(13, 40), time(16, 54))
_LATER = (time(11), time(14, 30), time(16, 58), time(23, 55))


class Life:
    """One firm from the day it was connected."""

    def __init__(self, seed: str, folder: Path, acts: Iterable[Act]) -> None:
        self.seed = seed
        self.traits: Traits = traits(seed)
        self.day = 0
        self._acts = _by_day(acts)
        self.tally: Counter[str] = Counter()
        self.violations = Violations(lambda: self.day)
        self.zone = ZoneInfo(self.traits.zone)
        self.around = _surroundings(seed, folder, self.traits)
        self.people = People(self.around.world, self.traits)
        self.people.move_in(Random(f"{seed}/beginning"))
        self.witness = Witness(self.around.world, self.traits.ledger, self.traits.zone)
        self.agreed, self.voices = Agreed(self.around), self.around.voices
        self.letters = Letters(self.around, self.witness, self.agreed, self.violations)
        self.around.postbox.on_delivery = self.letters.arrived
        self.around.postbox.on_attempt = self.letters.attempted
        self.around.postbox.opted_out = self.voices.stopped_at_the_carrier.__contains__
        self.bookkeeper = Bookkeeper(self)
        self.at_the_page = AtThePage(self)
        self.customers = Customers(self)
        self.adversary = Adversary(self)
        self.process = Process(self.around)
        self.office = Office(self)
        self.polling = Polling(self)
        self.peace = Peace(self)
        self.rounds = Rounds(self.around)
        self.quarantine = Quarantine(self.around, self.violations)
        self._in_a_cycle = False
        self._lag_begins = False  # today: what changed this morning may still be hidden by it
        self.perhaps_left: set[str] = set()  # messages that were under way when a process died or found no room
        self.longest_cycle = 100  # moments

    def live(self, days: int, peace_every: int) -> Violations:
        """Live through `days`, with peace every so many days and after the last; no longer than all is well."""
        while self.day < days and not self.violations:
            self._live_one_day(self._acts.get(self.day, []))
            if self.day % peace_every == peace_every - 1 or self.day >= days - 1:
                self.peace.keep()
            self.day += 1
        self.process.end()
        return self.violations

    def _live_one_day(self, acts: list[Act]) -> None:
        self.advance_to(self.day, self._first_hour())
        self.agreed.look()
        self.office.open(Random(f"{self.seed}/office/{self.day}"))
        self._lag_begins = any(act.kind == "lag" for act in acts)
        for act in acts:
            self._act(act)
        later = Random(f"{self.seed}/later/{self.day}")
        if self.adversary.machine_is_on():
            self.cycle()
            if later.random() < 0.3:
                self.advance_to(self.day, later.choice(_LATER))
                self.cycle()
        for act in acts:
            if act.when == "after":
                self.change(act)

    def _first_hour(self) -> time:
        """When the day's cycle begins: mostly in the sending window, now and then at its edges."""
        return Random(f"{self.seed}/hour/{self.day}").choice(_HOURS)

    def _act(self, act: Act) -> None:
        doers = (self.people, self.office, self.bookkeeper, self.at_the_page, self.customers)
        if not any(doer.knows(act.kind) for doer in doers):
            self.adversary.strike(act)
        elif act.when == "before":
            self.change(act)
        elif act.when == "during":
            boundary = Random(act.draw).randint(1, 30)
            self.adversary.during_the_cycle(boundary, partial(self.change, act))

    def change(self, act: Act) -> None:
        """Somebody does something, and the ledger's truth of the instant before is kept."""
        draw = Random(act.draw)
        self.voices.heard()
        for doer in (self.office, self.bookkeeper, self.at_the_page):
            if doer.knows(act.kind):
                self.tally["changes"] += doer.act(act.kind, draw)
                return
        if self._in_a_cycle or self.around.lagging or self._lag_begins:  # else nobody will ask how the books stood
            self.witness.before_change()
        outside = self.customers if self.customers.knows(act.kind) else self.people
        with self.rounds.watched(act.kind):
            self.tally["changes"] += outside.act(act.kind, draw)
        self.agreed.look()

    def last_word(self, act: Act) -> None:
        """As `change`, but it concerns an invoice that a reminder is about to leave for."""
        with closing(self.around.read_file()) as file:
            rows = file.execute("SELECT invoice_id FROM reminder WHERE state IN ('planned', 'verified')").fetchall()
        keys = {key for (key,) in rows}
        concerned = {invoice.id for key in keys if (invoice := self.around.invoice(key)) is not None}
        with self.people.looking_at(concerned), self.bookkeeper.looking_at(keys):
            self.change(act)

    # -- cycles -------------------------------------------------------------------------------------------------

    def cycle(self) -> CycleReport | None:
        """One cycle of the daemon, and another whenever it was killed in the middle."""
        self.adversary.prepare(self.process.moments)
        report = self._run(self.process)
        while self.process.moments.dead:
            self.tally["crashes"] += 1
            self.restart()
            report = self._run(self.process)
        return report

    def restart(self) -> None:
        self.process.end()
        self.process = Process(self.around)

    def _run(self, process: Process) -> CycleReport | None:
        outer, self._in_a_cycle = self._in_a_cycle, True
        try:
            report = process.cycle()
        except Crash:
            self._remember_what_was_under_way()
            return None
        except Busy:
            self.tally["kept out"] += 1
            return None
        except DiskFull:
            self.tally["full disks"] += 1
            self._remember_what_was_under_way()
            return None
        except StateError as error:
            self.violations.add(0, f"the file failed: {error}")
            return None
        except Exception as error:  # noqa: BLE001 - a cycle that raises is what this looks for
            self.violations.add(0, f"a cycle ended with {type(error).__name__}: {error}", error)
            return None
        finally:
            self._in_a_cycle = outer
            self._between_cycles(process)
        self._read(report)
        return report

    def _remember_what_was_under_way(self) -> None:
        with closing(self.around.read_file()) as file:
            rows = file.execute("SELECT id FROM message WHERE outcome = 'sending'")
            self.perhaps_left.update(message for (message,) in rows)

    def _between_cycles(self, process: Process) -> None:
        """People work on the file in processes of their own, which nobody kills."""
        self.longest_cycle = max(process.moments.passed, self.longest_cycle * 9 // 10)
        process.moments.begin()

    def _read(self, report: CycleReport) -> None:
        self.tally["cycles"] += 1
        self.tally["messages"] += report.messages
        self.tally["reminders"] += report.sent.total()
        self.office.read(report)
        self.quarantine.look()

    def second_daemon(self) -> None:
        """Another process wants to work on the same firm, now."""
        other = Process(self.around)
        verifying_since = self.around.weather.verifying_since
        try:
            self._run(other)
        finally:
            other.end()
            self.around.weather.verifying_since = verifying_since

    # -- time ---------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.around.world.clock.now().astimezone(self.zone).date()

    def advance_to(self, day: int, at: time) -> None:
        """Let the world reach that hour on the firm's wall; a clock that is beyond it stays where it is."""
        target = datetime.combine(BEGINNING + timedelta(days=day), at, self.zone).astimezone(UTC)
        clock = self.around.world.clock
        if target > clock.now():
            clock.advance(target - clock.now())


def _surroundings(seed: str, folder: Path, firm: Traits) -> Surroundings:
    begins = datetime.combine(BEGINNING, time(8), ZoneInfo(firm.zone)).astimezone(UTC)
    world = World(WorldClock(begins))
    company = company_for(firm.ledger, seed)
    company.zone = firm.zone
    world.companies[firm.ledger] = Books(company, world.clock)
    face = xero_face(world) if firm.ledger == "xero" else quickbooks_face(world)
    settings = settings_of(firm)
    return Surroundings(folder, firm, with_policy(settings, firm, seed) if firm.own_policy else settings, world, face)


def _by_day(acts: Iterable[Act]) -> dict[int, list[Act]]:
    days: dict[int, list[Act]] = {}
    for act in acts:
        days.setdefault(act.day, []).append(act)
    return days
