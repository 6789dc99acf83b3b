"""A QuickBooks company on a stage: its books served over HTTP, a connected tenant, and the hands of its bookkeeper.

Nothing here is taken on trust: the adapter, the cycle and the database file are the real ones, what arrives at
customers is judged by the books, and whether the mirror is right is asked of the books as well.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from tenant_bench import RecordingChannel

from connector.config.settings import TenantSettings, load
from connector.connecting.connect import connect
from connector.cycle import run_cycle
from connector.demo.consent import agree
from connector.dunning.reasons import reasons_from_json
from connector.report import CycleReport
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.ledger import Ledger, Page
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Customer, Invoice, Line, Payment
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World
from connectors.transport import CallMeter
from state.clock import business_day
from state.errors import CompanyChanged
from state.model import ContactId, InvoiceId, InvoiceStatus, Reminder
from state.model import Invoice as Mirrored
from state.store import TenantStore

SEVEN_ON_MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)  # in New York, where the firm lives
COMPANY = Company(
    "Acorn Joinery", "6f1d0c5e-2b7a-4c43-9e11-0000000000aa", "9341453000000001", "USD", "US", "America/New_York"
)
ZONE = ZoneInfo(COMPANY.zone)
LARGEST_PAGE = 1000
KEPT = ("messages", "mentions", "verdicts", "details", "unmatched_messages")
Watch = Callable[[Page], None]


class OurClock:
    """Time as our machine has it, which may be `ahead` of QuickBooks'. Waiting lets the world move on."""

    def __init__(self, world: WorldClock) -> None:
        self._world = world
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return self._world.now() + self.ahead

    def sleep(self, seconds: float) -> None:
        self._world.advance(timedelta(seconds=seconds))


class Watched:
    """A ledger during whose pulls somebody can act: after each page `watch` is shown it, before the next is asked."""

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self._ledger = ledger
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        for page in self._ledger.changes(stream, since):
            yield page
            self._watch(page)


@dataclass
class Stage:
    """One firm that uses QuickBooks, and everything that happens to it."""

    world: World
    clock: OurClock
    installation: Installation
    settings: TenantSettings
    store: TenantStore
    carrier: RecordingChannel
    page_size: int = LARGEST_PAGE
    during_pull: Watch = lambda _: None
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    # -- the bookkeeper ------------------------------------------------------------------------------------------

    @property
    def books(self) -> Books:
        return self.world.companies["quickbooks"]

    @property
    def today(self) -> date:
        return business_day(self.world.clock.now(), ZONE)

    def customer(self, **facts: Any) -> Customer:
        number = next(self.names)
        return self.books.add_customer(
            **{"name": f"Customer {number}", "email": f"pay{number}@customer.example", "first_name": "Alex"} | facts
        )

    def invoice(
        self, customer: Customer | None = None, amount: str = "120.00", *, overdue: int = 1, **facts: Any
    ) -> Invoice:
        """`overdue` days past its due date today; 0 is due today and reminded of tomorrow."""
        due = self.today - timedelta(days=overdue)
        lines = [Line("Work", Decimal(1), Decimal(amount))]
        return self.books.add_invoice(
            customer or self.customer(), lines, issued=due - timedelta(days=30), due=due, **facts
        )

    def owner(self, invoice: Invoice) -> Customer:
        return self.books.customers[invoice.customer_id]

    def pay(self, invoice: Invoice) -> Payment:
        """In full, and entered as it should be."""
        due = invoice.due_amount
        return self.books.pay(self.owner(invoice), due, on=self.today, against={invoice.id: due})

    def pay_on_account(self, customer: Customer, amount: str = "120.00") -> Payment:
        """Money that nobody puts against an invoice."""
        return self.books.pay(customer, Decimal(amount), on=self.today)

    def copied_company(self) -> str:
        """A second company whose books were copied from the first, every id included; returns its realm."""
        copied = copy.deepcopy(self.books, {id(self.world.clock): self.world.clock})
        copied.company.name, copied.company.realm = "Acorn Joinery (copy)", "9341453000000002"
        self.world.companies["quickbooks-2"] = copied
        return copied.company.realm

    # -- time, QuickBooks' moods, cycles -------------------------------------------------------------------------

    def let_pass(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))

    def wait_until(self, hour: int, *, days: int = 0) -> None:
        """`hour` o'clock where the firm lives, `days` from today."""
        then = datetime.combine(self.today + timedelta(days=days), time(hour), ZONE)
        self.world.clock.advance(then.astimezone(UTC) - self.world.clock.now())

    def switch(self, name: str, value: str | int) -> None:
        self.world.switches[f"quickbooks.{name}"] = str(value)

    def fault(self, kind: str, path: str, *, times: int) -> None:
        raise_fault(self.world, Fault("quickbooks", kind, times=times, path=path))

    def cycle(self) -> CycleReport:
        with self.installation.tenant(self.settings.slug) as tenant:
            ledger = Watched(self._ledger(tenant.meter), self.during_pull)
            return run_cycle(replace(tenant, ledger=ledger, channel=self.carrier))

    def reconnect(self, realm: str) -> str:
        """A person runs `dun reconnect` and chooses the company with this realm; what they are told."""
        visit = partial(agree, companies=[realm])
        try:
            return connect(self.installation, self.settings, visit, lambda found: found[0]).organisation.name
        except CompanyChanged as refusal:
            return str(refusal)

    def _ledger(self, meter: CallMeter) -> Ledger:
        if self.page_size == LARGEST_PAGE:
            return self.installation.ledger(self.settings, meter)
        tokens = self.installation.tokens(self.settings.slug, self.installation.quickbooks_oauth(self.settings).refresh)
        endpoints, realm = self.installation.config.quickbooks_endpoints, self.books.company.realm
        return QuickBooksLedger(endpoints, realm, tokens, self.clock, meter, page_size=self.page_size)

    # -- what came of it -----------------------------------------------------------------------------------------

    def chased(self) -> list[str]:
        """The number of each invoice that a customer was reminded of, in the order of the messages."""
        return [mention.number for message in self.world.messages for mention in message.mentions]

    def broken_promises(self) -> dict[str, int]:
        """What the books hold against us: whoever was chased although he had paid, twice, or for a wrong amount."""
        return {name: count for name, count in verdict(self.world).items() if name not in KEPT and count}

    def asked(self) -> list[dict[str, int]]:
        """What each message asked for in all, in minor units by currency."""
        messages = reversed(self.store.reminders.messages(None, 1000))
        return [msgspec.json.decode(message.draft.totals) for message in messages]

    def mirrored(self, invoice: Invoice) -> Mirrored | None:
        return self.store.mirror.invoice(InvoiceId(str(invoice.id)))

    def status(self, invoice: Invoice) -> InvoiceStatus | None:
        known = self.mirrored(invoice)
        return known and known.status

    def reminders(self, invoice: Invoice) -> list[Reminder]:
        return self.store.reminders.for_invoice(InvoiceId(str(invoice.id)))

    def why(self, invoice: Invoice) -> list[str]:
        """What `dun why` has to say of it: the codes of the decision in force."""
        decision = self.store.decisions.for_invoice(InvoiceId(str(invoice.id)))
        return [str(reason.code) for reason in reasons_from_json(decision.reasons)] if decision else []

    def differences(self) -> list[str]:
        """Where the mirror is not what the books are: in what is due, and in what customers have in hand."""
        invoices = [one for one in self.books.invoices.values() if not one.bill and one.state != "draft"]
        customers = [one for one in self.books.customers.values() if one.merged_into is None]
        return [
            *(f"due on {one.number}" for one in invoices if self._due(one) != one.due_amount),
            *(f"in hand of {one.name}" for one in customers if self._in_hand(one) != self._unapplied(one)),
        ]

    def _due(self, invoice: Invoice) -> Decimal:
        known = self.mirrored(invoice)
        return Decimal(known.due_minor) / 100 if known and known.status is InvoiceStatus.OPEN else Decimal(0)

    def _in_hand(self, customer: Customer) -> Decimal:
        credits = self.store.mirror.open_credits(ContactId(str(customer.id)))
        return Decimal(sum(one.remaining_minor for one in credits)) / 100

    def _unapplied(self, customer: Customer) -> Decimal:
        return self.books.unapplied(customer.id, customer.currency)


@contextmanager
def quickbooks_stage(folder: Path) -> Iterator[Stage]:
    """Seven o'clock on a Monday: the firm is connected, its books are empty, nothing has been pulled yet."""
    world = World(WorldClock(SEVEN_ON_MONDAY))
    world.companies["quickbooks"] = Books(replace(COMPANY), world.clock)
    clock = OurClock(world.clock)
    with ExitStack() as stack:
        sandbox = stack.enter_context(RunningSandbox(world))
        write_sandbox_config(folder / "config.toml", sandbox.url)
        installation = stack.enter_context(Installation(load(folder / "config.toml"), clock))
        [settings] = installation.config.tenants.values()
        connect(installation, settings, agree, lambda found: found[0])
        store = stack.enter_context(installation.store(settings.slug))
        yield Stage(world, clock, installation, settings, store, RecordingChannel(world))
