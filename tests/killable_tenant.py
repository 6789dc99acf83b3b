"""A tenant in a process of its own that can be killed at any statement, and the world it comes back to.

The books are built anew by each process from the same seed, so they need no file. What reaches the outside does:
messages the carrier has accepted and notes the ledger has taken are appended to journals and flushed to the disk
before anybody is told, as a real service would. Crash points sit in the carrier and in the ledger, never in the
product.
"""

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from tenant_bench import MONDAY, SETTINGS, BenchClock, TroubledLedger, empty_world

from connector.cycle import run_cycle
from connector.messages.templates import Templates
from connector.tenant import Tenant
from connectors.channels.channel import Message, Receipt
from connectors.ledger import CreditReading, KnownCredits
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice, Line
from connectors.sandbox.judge import verdict_on
from connectors.sandbox.world import World
from connectors.transport import CallMeter
from state.locks import exclusive
from state.model import InvoiceId
from state.store import TenantStore

DAYS = 9  # enough for two stages
CUSTOMERS = 7
INVOICES = 11
LABELS = (
    "before the claim",
    "after the claim, before the first byte",
    "in the middle of the message",
    "after the carrier accepted it",
    "before the note is written",
    "after the note is written",
)
Label = str


class Accepted(Struct, frozen=True):
    """A message as the receiver wrote it down: its attempt, and by invoice what the books said of it then."""

    attempt: str
    verdicts: dict[InvoiceId, str]


class Crash:
    """Kills this process the `times`-th time it comes by `label`; never without one."""

    def __init__(self, label: Label | None = None, times: int = 1) -> None:
        self._label = label
        self._times = times
        self._passed: Counter[str] = Counter()
        self.elsewhere: Callable[[Label], None] = lambda _: None

    def point(self, label: Label) -> None:
        self.elsewhere(label)
        self._passed[label] += 1
        if label == self._label and self._passed[label] == self._times:
            os.kill(os.getpid(), signal.SIGKILL)


class Journal:
    """Lines that are on the disk before `append` returns. A line that was cut off is no line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: dict[str, Any], *, halfway: Callable[[], None] = lambda: None) -> None:
        line = json.dumps(record)
        with self._path.open("a") as file:
            file.write("\n" + line[:5])
            _flush(file)
            halfway()
            file.write(line[5:] + "\n")
            _flush(file)

    def read(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines() if line.endswith("}")]


class JournallingChannel:
    """A carrier whose receiver keeps a journal."""

    name: Literal["smtp"] = "smtp"

    def __init__(self, books: Books, journal: Journal, crash: Crash) -> None:
        self._books = books
        self._journal = journal
        self._crash = crash

    def send(self, message: Message) -> Receipt:
        self._crash.point("after the claim, before the first byte")
        today = self._books.clock.now().date()
        named = self._books.mentioned_in(message.text)
        verdicts = {invoice.guid: verdict_on(self._books, invoice, today) for invoice in named}
        record = {"attempt": message.id, "verdicts": verdicts}
        self._journal.append(record, halfway=lambda: self._crash.point("in the middle of the message"))
        self._crash.point("after the carrier accepted it")
        return Receipt(self.name, None, self._books.clock.now())


class JournallingLedger(TroubledLedger):
    """The books, with notes that outlive the process. Idempotency keys do not: minutes have passed."""

    def __init__(self, books: Books, journal: Journal, crash: Crash) -> None:
        super().__init__(books, page_size=5)
        self._journal = journal
        self._crash = crash

    def open_credits(self, known: KnownCredits) -> CreditReading:
        reading = super().open_credits(known)
        self._crash.point("before the claim")
        return reading

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        self._crash.point("before the note is written")
        self._journal.append({"invoice": invoice_id, "text": text})
        super().write_note(invoice_id, text, key)
        self._crash.point("after the note is written")


class KillableTenant:
    """One life of the process: the world up to the day on which its predecessor was killed, and on from there."""

    def __init__(self, folder: Path, seed: int, crash: Crash) -> None:
        self._folder = folder
        self._crash = crash
        self._random = random.Random(seed)
        self._world = empty_world()
        self._paid_on = _open_the_books(self._world, self._random)
        self._day = int(_read(folder / "day") or 0)
        for day in range(self._day + 1):
            self._live(day)
        for note in notes(folder).read():
            self._books.add_note(self._books.by_guid[note["invoice"]], note["text"])

    def run(self) -> None:
        """A cycle a day until the last."""
        while self._day < DAYS:
            with exclusive(self._folder / "locks", "harbour.cycle", wait=False):
                self._cycle()
            self._day += 1
            (self._folder / "day").write_text(str(self._day))
            self._live(self._day)

    @property
    def _books(self) -> Books:
        return self._world.companies["xero"]

    def _live(self, day: int) -> None:
        """The customers' part of `day`; the clock stands at ten."""
        self._world.clock.advance(MONDAY + timedelta(days=day) - self._world.clock.now())
        for invoice, paid_on in self._paid_on:
            if paid_on == day and invoice.due_amount > 0:
                owner, amount = self._books.customers[invoice.customer_id], invoice.due_amount
                self._books.pay(owner, amount, on=self._world.clock.now().date(), against={invoice.id: amount})

    def _cycle(self) -> None:
        with TenantStore.open(self._folder / "dun.db") as store:
            tenant = Tenant(
                slug=SETTINGS.slug,
                settings=replace(SETTINGS, attach_pdf=False),
                ledger=JournallingLedger(self._books, notes(self._folder), self._crash),
                channel=JournallingChannel(self._books, receiver(self._folder), self._crash),
                store=store,
                templates=TEMPLATES,
                clock=BenchClock(self._world.clock),
                meter=CallMeter(),
                owner=f"process {os.getpid()}",
            )
            run_cycle(tenant)


TEMPLATES = Templates.load(None)


def live(folder: Path, seed: int, label: Label | None, times: int, ready: Connection) -> None:
    """The child's life: to the end, or to the crash point, or until the parent kills it."""
    tenant = KillableTenant(folder, seed, Crash(label, times))
    ready.send("ready")
    tenant.run()


def live_and_hang(folder: Path, seed: int, ready: Connection) -> None:
    """A life that stops moving once its first message has been claimed, until somebody kills it."""
    crash = Crash()

    def hang(label: Label) -> None:
        if label == "after the claim, before the first byte":
            ready.send("hangs")
            signal.pause()

    crash.elsewhere = hang
    KillableTenant(folder, seed, crash).run()


def receiver(folder: Path) -> Journal:
    return Journal(folder / "accepted.jsonl")


def notes(folder: Path) -> Journal:
    return Journal(folder / "notes.jsonl")


def _open_the_books(world: World, draw: random.Random) -> list[tuple[Invoice, int]]:
    """Invoices due around the first day, and the day on which each is paid (many never)."""
    books = world.companies["xero"]
    customers = [books.add_customer(f"Customer {n}", email=f"pay{n}@customer.example") for n in range(CUSTOMERS)]
    invoices = []
    for _ in range(INVOICES):
        due = MONDAY.date() + timedelta(days=draw.randrange(-30, 3))
        amount = Decimal(draw.randrange(500, 90_000)) / 100
        owner = draw.choice(customers)
        invoices.append(
            books.add_invoice(owner, [Line("Work", Decimal(1), amount)], issued=due - timedelta(days=30), due=due)
        )
    return [(invoice, draw.randrange(0, DAYS * 3)) for invoice in invoices]


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
