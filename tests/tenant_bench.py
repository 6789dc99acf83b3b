"""A whole tenant on a table: real books, a real SQLite file, a ledger without a wire, and a carrier that remembers.

What a message may say is never judged by what the mirror believed. Each one the carrier takes is handed to the books,
which pass their verdict at that instant (`connectors.sandbox.judge`).
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from memory_ledger import MemoryLedger

from connector.config.settings import AppSettings, TenantSettings
from connector.cycle import run_cycle
from connector.dunning.calendar import Calendar, SendingWindow
from connector.dunning.policy import Policy
from connector.dunning.reasons import reasons_from_json
from connector.messages.templates import Templates
from connector.report import CycleReport
from connector.tenant import Tenant
from connector.terms import given_terms
from connector.work_list import WorkList
from connectors.channels.channel import Address, ChannelError, Message, Receipt
from connectors.ledger import (
    ContactReading,
    CreditReading,
    InvoiceReading,
    KnownCredits,
    LedgerError,
    Page,
)
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Credit, Customer, Invoice, Line, Payment
from connectors.sandbox.judge import receive, verdict
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from connectors.transport import CallMeter
from state.clock import business_day
from state.model import (
    ContactId,
    EntityKind,
    InvoiceId,
    Rejected,
    Reminder,
    ReminderState,
    TenantSlug,
)
from state.records import MessageRecord
from state.store import TenantStore

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # inside the sending window of a firm in London
COMPANY = Company("Harbour Test Works", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c6d", "9341453000000001")
SETTINGS = TenantSettings(
    slug=TenantSlug("harbour"),
    ledger="xero",
    zone="Europe/London",
    locale="en_GB",
    mode="auto",
    channel="dry",
    sender=Address("accounts@harbour.example", "Harbour Test Works"),
    reply_to=None,
    sending_window=SendingWindow(),
    calendar=Calendar(),
    daily_cap=200,
    attach_pdf=False,
    verify_within_seconds=300,
    templates=None,
    poll_minutes=15,
    nightly=time(2),
    read_only=False,
    app=AppSettings(client_id="harbour-app", client_secret="", custom_connection=False),
    policy=Policy(),
)
KEYS_LAST = timedelta(minutes=6)
_KINDS: dict[str, EntityKind] = {"invoices": "invoice", "contacts": "contact", "credits": "credit"}


class BenchClock:
    """The books' clock as the connector sees it: waiting lets the world move on."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(timedelta(seconds=seconds))


class TroubledLedger(MemoryLedger):
    """The books without a wire, with the troubles of one: answers that fail late, records nobody can read."""

    def __init__(self, books: Books, page_size: int = 100) -> None:
        super().__init__(books, page_size)
        self.unreadable: set[str] = set()  # ids whose record comes garbled, wherever it comes
        self.nameless: set[str] = set()  # those of them that are so garbled that not even their id can be read
        self.withheld: set[str] = set()  # ids the ledger does not return at all
        self.ahead = timedelta(0)  # how far the ledger's clock is ahead of ours
        self._failures_at: dict[tuple[str, int], LedgerError] = {}

    def fail_at(self, operation: str, call: int, error: LedgerError) -> None:
        """The `call`-th call of `operation` from now on fails, counted from 1."""
        self._failures_at[operation, self.calls[operation] + call] = error

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        for page in super().changes(stream, since):
            yield self._troubled(page)

    def open_invoices(self) -> Iterator[Page]:
        for page in super().open_invoices():
            yield self._troubled(page)

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        reading = super().read_invoices(ids)
        found, rejected = self._sorted_out("invoices", reading.found)
        return InvoiceReading(found, rejected, reading.read_at)

    def read_contacts(self, ids: Sequence[ContactId]) -> ContactReading:
        reading = super().read_contacts(ids)
        found, rejected = self._sorted_out("contacts", reading.found)
        return ContactReading(found, rejected, reading.read_at)

    def open_credits(self, known: KnownCredits) -> CreditReading:
        reading = super().open_credits(known)
        found, rejected = self._sorted_out("credits", {credit.id: credit for credit in reading.credits})
        return CreditReading(tuple(found.values()), rejected, reading.read_at)

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        """Like Xero, the ledger remembers an idempotency key for minutes only."""
        for note in self.books.notes:
            if self.books.clock.now() - note.at >= KEYS_LAST:
                note.key = None
        super().write_note(invoice_id, text, key)
        self._call("write_note_answer")

    def _troubled(self, page: Page) -> Page:
        for kind in _KINDS:
            found, rejected = self._sorted_out(kind, {record.id: record for record in getattr(page, kind)})
            setattr(page, kind, list(found.values()))
            page.rejected = [*page.rejected, *rejected]
        page.ledger_time = page.ledger_time and page.ledger_time + self.ahead
        return page

    def _sorted_out(self, kind: str, records: Any) -> tuple[Any, tuple[Rejected, ...]]:
        readable = {key: one for key, one in records.items() if key not in self.unreadable | self.withheld}
        garbled = [one for key, one in records.items() if key in self.unreadable - self.withheld]
        return readable, tuple(self._garbled(_KINDS[kind], one) for one in garbled)

    def _garbled(self, kind: EntityKind, record: Any) -> Rejected:
        if record.id in self.nameless:
            return Rejected(kind, None, None, "not an object", "{")
        contact = record.id if kind == "contact" else record.contact_id
        return Rejected(kind, record.id, contact, "an amount is not a number", "{}")

    def _call(self, operation: str) -> None:
        super()._call(operation)
        error = self._failures_at.pop((operation, self.calls[operation]), None)
        if error is not None:
            raise error


class RecordingChannel:
    """A carrier that takes messages to the books' receiver, unless it is told what goes wrong next."""

    name: Literal["smtp"] = "smtp"

    def __init__(self, world: World) -> None:
        self._world = world
        self.offered: list[Message] = []
        self.accepted: list[Message] = []
        self.accepted_at: list[datetime] = []
        self.before_send: Callable[[Message], None] = lambda _: None
        self._failures: deque[tuple[ChannelError, bool]] = deque()

    def fail_next(self, error: ChannelError, *, arrives: bool = False) -> None:
        """The next message meets `error`; with `arrives`, the customer gets it nevertheless."""
        self._failures.append((error, arrives))

    def send(self, message: Message) -> Receipt:
        self.before_send(message)
        self.offered.append(message)
        if self._failures:
            error, arrives = self._failures.popleft()
            if arrives:
                self._take(message, acknowledged=False)
            raise error
        self._take(message, acknowledged=True)
        return Receipt(self.name, None, self._world.clock.now())

    def _take(self, message: Message, *, acknowledged: bool) -> None:
        self.accepted.append(message)
        self.accepted_at.append(self._world.clock.now())
        arrived = ReceivedMessage(
            id=str(len(self.accepted)),
            channel="smtp",
            arrived_at=self._world.clock.now(),
            sender=message.sender.email,
            recipients=tuple(address.email for address in (*message.to, *message.cc)),
            subject=message.subject,
            text=message.text,
            html=message.html,
            stage=message.stage,
            attempt=message.id,
            acknowledged=acknowledged,
        )
        receive(self._world, arrived)


class OtherChannel:
    """A carrier of texts, calls or letters that takes everything, unless it is told what goes wrong next."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self._world = world
        self.accepted: list[Message] = []
        self.fail_next: ChannelError | None = None

    def send(self, message: Message) -> Receipt:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        self.accepted.append(message)
        return Receipt(self.name, f"{self.name}-{len(self.accepted)}", self._world.clock.now())


def empty_world(start: datetime = MONDAY) -> World:
    """A world with one company that has neither customers nor a past."""
    world = World(WorldClock(start))
    world.companies["xero"] = Books(replace(COMPANY), world.clock)
    return world


@dataclass
class TenantBench:
    """One tenant, its books, and the hands of everybody who changes something."""

    world: World
    ledger: TroubledLedger
    channel: RecordingChannel
    store: TenantStore
    settings: TenantSettings = SETTINGS
    templates: Templates = field(default_factory=lambda: Templates.load(None))
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))
    texts: OtherChannel = field(init=False)
    letters: OtherChannel = field(init=False)
    voice: OtherChannel = field(init=False)

    def __post_init__(self) -> None:
        self.texts, self.voice, self.letters = (
            OtherChannel(name, self.world) for name in ("twilio-sms", "twilio-voice", "letter-folder")
        )

    @classmethod
    def open(cls, folder: Path, world: World | None = None) -> "TenantBench":
        world = world or empty_world()
        ledger = TroubledLedger(world.companies["xero"])
        store = TenantStore.open(folder / "dun.db")
        store._connection.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        return cls(world, ledger, RecordingChannel(world), store)

    # -- the firm ------------------------------------------------------------------------------------------------

    @property
    def books(self) -> Books:
        return self.world.companies["xero"]

    @property
    def today(self) -> date:
        return business_day(self.now, ZoneInfo(self.settings.zone))

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def customer(self, **facts: Any) -> Customer:
        number = next(self.names)
        return self.books.add_customer(
            **{"name": f"Customer {number}", "email": f"pay{number}@customer.example", "first_name": "Alex"} | facts
        )

    def invoice(
        self, customer: Customer | None = None, amount: str = "120.00", *, overdue: int = 1, **facts: Any
    ) -> Invoice:
        """An open invoice, `overdue` days past its due date today (negative: due in the future)."""
        due = self.today - timedelta(days=overdue)
        lines = [Line("Work", Decimal(1), Decimal(amount))]
        owner = customer or self.customer()
        return self.books.add_invoice(owner, lines, issued=due - timedelta(days=30), due=due, **facts)

    def pay(self, invoice: Invoice, amount: str | None = None) -> Payment:
        part = invoice.due_amount if amount is None else Decimal(amount)
        owner = self.books.customers[invoice.customer_id]
        return self.books.pay(owner, part, on=self.today, against={invoice.id: part})

    def credit(self, customer: Customer, amount: str, **facts: Any) -> Credit:
        return self.books.credit(customer, Decimal(amount), on=self.today, **facts)

    def owner_of(self, invoice: Invoice) -> Customer:
        return self.books.customers[invoice.customer_id]

    # -- time and cycles -----------------------------------------------------------------------------------------

    @property
    def tenant(self) -> Tenant:
        return Tenant(
            slug=self.settings.slug,
            settings=self.settings,
            ledger=self.ledger,
            channel=self.channel,
            further={
                "sms": self.texts,
                "voice": self.voice,
                "letter": self.letters,
                "call": WorkList(self.store, BenchClock(self.world.clock)),
            },
            store=self.store,
            templates=self.templates,
            clock=BenchClock(self.world.clock),
            meter=CallMeter(),
            owner="bench",
        )

    def let_pass(self, time: timedelta) -> None:
        self.world.clock.advance(time)

    def next_day(self, days: int = 1) -> None:
        self.let_pass(timedelta(days=days))

    def run(self, *, dry_run: bool = False) -> CycleReport:
        return run_cycle(self.tenant, dry_run=dry_run)

    def live(self, days: int) -> list[CycleReport]:
        """A cycle a day, starting today."""
        reports = []
        for _ in range(days):
            reports.append(self.run())
            self.next_day()
        return reports

    def set(self, **changes: Any) -> None:
        """Change the tenant's settings."""
        self.settings = replace(self.settings, **changes)

    def approve(self, *invoices: Invoice) -> int:
        """A person says yes to what is planned about them, as it stands."""
        ids = {self.reminder(each).id for each in invoices}
        terms = given_terms(self.store, self.settings, ids, self.today)
        return self.store.reminders.approve(ids, "a person", self.now, terms)

    # -- what came of it -----------------------------------------------------------------------------------------

    def reminders(self, invoice: Invoice) -> list[Reminder]:
        return self.store.reminders.for_invoice(InvoiceId(invoice.guid))

    def reminder(self, invoice: Invoice) -> Reminder:
        """The only reminder of `invoice`."""
        [reminder] = self.reminders(invoice)
        return reminder

    def state(self, invoice: Invoice) -> ReminderState:
        return self.reminder(invoice).state

    def sent_stages(self, invoice: Invoice) -> list[str]:
        return [r.stage for r in self.reminders(invoice) if r.state in (ReminderState.SENT, ReminderState.NOTED)]

    def why(self, invoice: Invoice) -> list[str]:
        """The codes of the decision in force."""
        decision = self.store.decisions.for_invoice(InvoiceId(invoice.guid))
        return [str(reason.code) for reason in reasons_from_json(decision.reasons)] if decision else []

    def action(self, invoice: Invoice) -> str | None:
        decision = self.store.decisions.for_invoice(InvoiceId(invoice.guid))
        return decision and decision.action

    def messages(self) -> list[MessageRecord]:
        """Oldest first."""
        return list(reversed(self.store.reminders.messages(None, 1000)))

    def asks(self) -> list[dict[str, int]]:
        """What each message asked for, in minor units by currency, oldest message first."""
        return [msgspec.json.decode(message.draft.totals) for message in self.messages()]

    def notes(self, invoice: Invoice) -> list[str]:
        return [note.text for note in self.books.notes if note.invoice_id == invoice.id]

    def judgement(self) -> dict[str, int]:
        """The books' count of broken promises, without those that were kept."""
        counts = verdict(self.world)
        promised = (
            "chased_paid",
            "chased_on_hold",
            "thanked_for_nothing",
            "duplicates",
            "wrong_amounts",
            "reminders_without_note",
            "notes_without_reminder",
        )
        return {name: counts[name] for name in promised if counts[name]}

    def states(self) -> Counter[str]:
        return Counter({str(state): count for state, count in self.store.reminders.count_by_state().items()})
