"""The stage of Xero's scenarios: a served company, a tenant connected to it over OAuth, and everybody's hands.

Everything between the books and the carrier is what runs in production. What the tests add is time, people who act at
awkward moments, and the questions a bookkeeper would ask afterwards.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tenant_bench import COMPANY, MONDAY, RecordingChannel, TenantBench

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.story import stories
from connector.tenant import Tenant
from connector.wiring import Installation
from connectors.ledger import Ledger, Page
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Invoice, Line
from connectors.sandbox.faults import clear_faults, raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World
from connectors.transport import CallMeter
from state.model import InvoiceId
from state.money import to_minor
from state.store import TenantStore

STRANGER = Company("Somebody Else Ltd", "0a1b2c3d-0000-4000-8000-000000000009", "9341453000000009")
CUSTOM_APP = """
[tenants.north]
ledger = "xero"
zone = "Europe/London"
locale = "en_GB"
client_id = "custom"
client_secret = "file:custom-secret"
custom_connection = true
"""


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class OfficeClock:
    """This machine's clock: the world's, unless it is `ahead`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return self._world.clock.now() + self.ahead

    def sleep(self, seconds: float) -> None:
        self._world.clock.advance(timedelta(seconds=seconds))


class BusyLedger:
    """The real ledger; somebody may do something just before it is asked, or between two pages."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._acts: dict[str, Callable[[], object]] = {}

    def before(self, moment: str, act: Callable[[], object]) -> None:
        """`moment` is an operation of the ledger, or 'the next page'."""
        self._acts[moment] = act

    @property
    def to_come(self) -> list[str]:
        return list(self._acts)

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        for page in self._ledger.changes(stream, since):
            yield page
            self._happen("the next page")

    def __getattr__(self, operation: str) -> Any:
        self._happen(operation)
        return getattr(self._ledger, operation)

    def _happen(self, moment: str) -> None:
        self._acts.pop(moment, lambda: None)()


@dataclass
class XeroStage(TenantBench):
    """The bench with a wire: see `TenantBench` for what people can do with the books."""

    ledger: BusyLedger
    clock: OfficeClock = field(kw_only=True)
    meter: CallMeter = field(kw_only=True)
    file: Path = field(kw_only=True)

    @property
    def tenant(self) -> Tenant:
        return replace(super().tenant, clock=self.clock, meter=self.meter)

    # -- time ----------------------------------------------------------------------------------------------------

    def at(self, hour: int, minute: int = 0, *, run: bool = True) -> Any:
        """Let it be so late (today, or else tomorrow), and run a cycle then. After 17:00 nothing is sent."""
        moment = datetime.combine(self.now.date(), time(hour, minute), self.now.tzinfo)
        self.let_pass(moment - self.now if moment > self.now else moment + timedelta(days=1) - self.now)
        return self.run() if run else None

    def restart(self) -> None:
        """A new process opens what the old one left on the disk."""
        self.store.close()
        self.store = TenantStore.open(self.file)

    # -- what people and services do -----------------------------------------------------------------------------

    def meanwhile(self, moment: str, act: Callable[[], object]) -> None:
        """Somebody does `act` at that moment of the next cycle: see `BusyLedger.before`."""
        self.ledger.before(moment, act)

    def goes_wrong(self, kind: str, path: str = "", *, times: int = 1, method: str | None = None) -> None:
        with self.world.lock:
            raise_fault(self.world, Fault("xero", kind, times, path, method))

    def all_is_well(self) -> None:
        """Xero answers again, and whoever had to has consented again."""
        with self.world.lock:
            clear_faults(self.world)
            self.world.cut_off.clear()

    def pay_together(self, *invoices: Invoice) -> Any:
        """One receipt for all of them, which Xero calls a batch payment."""
        parts = {invoice.id: invoice.due_amount for invoice in invoices}
        return self.books.pay(self.owner_of(invoices[0]), sum(parts.values(), Decimal(0)), on=self.today, against=parts)

    def give_connection_to_a_stranger(self) -> None:
        """A custom connection is granted anew by another organisation, which has a debtor of its own."""
        books = Books(STRANGER, self.world.clock)
        due = self.today - timedelta(days=1)
        debtor = books.add_customer("Their debtor", email="debtor@stranger.example")
        books.add_invoice(debtor, [Line("Work", Decimal(1), Decimal("99.00"))], issued=due, due=due)
        self.world.companies["xero-2"] = books
        self.world.switches["xero.custom_connections"] = "custom=xero-2"

    def take_connection_back(self) -> None:
        del self.world.switches["xero.custom_connections"]

    # -- what a bookkeeper asks ----------------------------------------------------------------------------------

    def wrong_in_mirror(self) -> dict[str, tuple[object, object]]:
        """By invoice number: what the books say, and what the mirror says instead."""
        pairs = {one.number: (self._in_books(one), self._in_mirror(one)) for one in self.books.invoices.values()}
        return {number: pair for number, pair in pairs.items() if pair[0] != pair[1]}

    def why(self, invoice: Invoice) -> list[str]:
        """What `dun why` gives as reasons."""
        [story] = stories(self.tenant, invoice.guid)
        return [str(reason) for reason in story.reasons]

    def fate(self, invoice: Invoice) -> tuple[str, str | None]:
        """State and reason of the only reminder."""
        reminder = self.reminder(invoice)
        return str(reminder.state), reminder.reason

    def written_to(self) -> list[str]:
        """Who got messages, in order."""
        return [address.email for message in self.channel.accepted for address in message.to]

    def paid_by(self, *invoices: Invoice) -> list[list[str]]:
        """By the mirror's account: the payments that each was paid with."""
        known = (self.store.mirror.invoice(InvoiceId(invoice.guid)) for invoice in invoices)
        return [[part.source_id for part in one.allocations or ()] if one else [] for one in known]

    def _in_books(self, invoice: Invoice) -> tuple[str, int, date | None, str]:
        state = "paid" if invoice.settled else str(invoice.state)
        owner = self.books.customers[invoice.customer_id].guid
        return state, to_minor(invoice.due_amount, invoice.currency), invoice.due, owner

    def _in_mirror(self, invoice: Invoice) -> tuple[str, int, date | None, str] | None:
        known = self.store.mirror.invoice(InvoiceId(invoice.guid))
        return known and (str(known.status), known.due_minor, known.due_on, str(known.contact_id))


@contextmanager
def xero_stage(folder: Path, *, custom_connection: bool = False) -> Iterator[XeroStage]:
    """Monday 10:00 in London, and a tenant that was connected a moment ago. Its mirror is still empty."""
    world = World(WorldClock(MONDAY))
    world.companies["xero"] = Books(replace(COMPANY), world.clock)
    clock, meter = OfficeClock(world), CallMeter()
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url)
        if custom_connection:
            _have_custom_app(folder)
        with Installation(load(folder / "config.toml"), clock) as installation:
            [settings] = installation.config.tenants.values()
            connect(installation, settings, agree, lambda found: found[0])
            ledger = BusyLedger(installation.ledger(settings, meter))
            store, file = installation.store(settings.slug), installation.tenant_file(settings.slug)
            stage = XeroStage(
                world, ledger, RecordingChannel(world), store, settings, clock=clock, meter=meter, file=file
            )
            yield stage
            ledger.close()
            stage.store.close()
            assert ledger.to_come == [], "a moment that a test waited for did not come"


def _have_custom_app(folder: Path) -> None:
    """An app that was made for one organisation: no consent page, and its token alone says whose books answer."""
    (folder / "custom-secret").write_text("s3cret")
    config = folder / "config.toml"
    config.write_text(config.read_text().partition("[tenants.")[0] + CUSTOM_APP)
