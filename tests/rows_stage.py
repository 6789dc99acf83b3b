"""The stage of the rows: a firm with every channel, its ledger served by the sandbox, and a policy as people write it.

Each row of what the product promises is played here through the doors that people use: the configuration file, the
commands, and what arrives at customers. What the commands do not show is read from the tenant's own file. The books
judge every message, and a row that breaks one of their rules fails whatever else it found.
"""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import requests
from click.testing import CliRunner, Result
from rows_config import FIRM, FORWARD_TO, SECRETS, SLUGS, every_channel

from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.data_folder import prepare
from connector.demo.consent import agree
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Credit, Customer, Document, Invoice, Line, Payment
from connectors.sandbox.judge import verdict
from connectors.sandbox.outbox import Outbox
from connectors.sandbox.posting import collect
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from state.clock import business_day
from state.model import Invoice as Mirrored
from state.model import LedgerName, Reminder, TenantSlug
from state.store import TenantStore
from state.tasks import Task

__all__ = ["FIRM", "FORWARD_TO", "MONDAY", "Arrived", "RowsStage", "rows_stage"]

ZONE = ZoneInfo("Europe/London")
MORNING = time(10)
MONDAY = datetime.combine(date(2026, 3, 2), MORNING, ZONE)
PROMISED = (
    "chased_paid",
    "chased_on_hold",
    "duplicates",
    "wrong_amounts",
    "reminders_without_note",
    "notes_without_reminder",
)
UNREAD = frozenset({"work-list"})
COMPANY = Company("Acorn Joinery", "6f1d0c5e-2b7a-4c43-9e11-0000000000bb", "9341453000000011")

Kind = Literal["email", "sms", "voice", "letter", "call"]
_KINDS: dict[str, Kind] = {"smtp": "email", "sendgrid": "email", "sms": "sms", "voice": "voice", "letter": "letter"}


@dataclass(frozen=True)
class Arrived:
    """A message where it arrived: an address, a telephone, a door, or (a call to be made) somebody's work list."""

    kind: Kind
    to: str
    subject: str
    text: str
    stage: str
    on: date
    id: str  # as whoever carried it calls it
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def says(self, words: str) -> bool:
        """Whether a reader finds them: on paper words part where lines end, and a call spells its numbers."""
        return _without_blanks(words) in _without_blanks(f"{self.subject} {self.text}")

    def names(self, invoice: Invoice) -> bool:
        spelt = re.sub(r"\W", "", invoice.number)
        return self.says(invoice.number) or (self.kind == "voice" and spelt in re.sub(r"\W", "", self.text))


def _without_blanks(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


class StageClock:
    """The world's clock, asked without a detour."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.clock.now()

    def sleep(self, seconds: float) -> None:
        self._world.clock.advance(timedelta(seconds=seconds))


@dataclass
class RowsStage:
    """One firm, everybody who deals with it, and the days that pass."""

    ledger: LedgerName
    world: World = field(repr=False)
    sandbox: RunningSandbox
    folder: Path
    installation: Installation
    names: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    # -- the firm ------------------------------------------------------------------------------------------------

    @property
    def slug(self) -> TenantSlug:
        return SLUGS[self.ledger]

    @property
    def books(self) -> Books:
        return self.world.companies[self.ledger]

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def today(self) -> date:
        return business_day(self.now, ZONE)

    def customer(self, **facts: Any) -> Customer:
        """Somebody in Britain who can be reached by every channel, unless `facts` (of the books' Customer) differ."""
        number = next(self.names)
        phone = f"+44 7700 900{number:03}"
        usual = {
            "name": f"Customer {number} Ltd",
            "email": f"pay{number}@customer.example",
            "first_name": "Alex",
            "last_name": "Smith",
            "mobile": phone,
            "phone": phone,
            "street": f"{number} Mill Lane",
            "city": "York",
            "postcode": f"YO1 {number % 10}AA",
            "country": "GB",
        }
        return self.books.add_customer(**usual | facts)

    def invoice(
        self, customer: Customer | None = None, amount: str = "120.00", *, overdue: int = 0, **facts: Any
    ) -> Invoice:
        """An open invoice whose due date was `overdue` days ago (negative: is to come), over thirty days' terms."""
        due = self.today - timedelta(days=overdue)
        lines = [Line("Work", Decimal(1), Decimal(amount))]
        terms = {"issued": due - timedelta(days=30), "due": due}
        return self.books.add_invoice(customer or self.customer(), lines, **terms | facts)

    def owner(self, invoice: Invoice) -> Customer:
        return self.books.customers[invoice.customer_id]

    def mirrored(self, invoice: Invoice) -> Mirrored | None:
        with self.store() as store:
            return store.mirror.invoice(self.key(invoice))

    def key(self, document: Document) -> Any:
        """The id of a customer or an invoice in the mirror: the ledger's own."""
        return document.guid if self.ledger == "xero" else str(document.id)

    def pay(self, invoice: Invoice, amount: str | None = None, *, on: date | None = None) -> Payment:
        """All that is due, or a part of it, today or on another day; entered as it should be."""
        part = invoice.due_amount if amount is None else Decimal(amount)
        return self.books.pay(self.owner(invoice), part, on=on or self.today, against={invoice.id: part})

    def pay_on_account(self, customer: Customer, amount: str) -> Payment:
        """Money that nobody puts against an invoice."""
        return self.books.pay(customer, Decimal(amount), on=self.today)

    def credit(self, customer: Customer, amount: str, **facts: Any) -> Credit:
        return self.books.credit(customer, Decimal(amount), on=self.today, **facts)

    def has_paid_before(self, customer: Customer, *, days_late: int, times: int = 4) -> None:
        """So many invoices of the last months, each paid so many days after its due date."""
        for month in range(1, times + 1):
            invoice = self.invoice(customer, overdue=30 * month + days_late)
            assert invoice.due is not None
            self.pay(invoice, on=invoice.due + timedelta(days=days_late))

    # -- days ----------------------------------------------------------------------------------------------------

    def run(self) -> CycleReport:
        """A cycle, whatever comes of it."""
        return run_tenant(self.installation, self.slug)

    def days(self, count: int = 1, *, meeting: str | None = None) -> list[CycleReport]:
        """So many days pass, weekends too, with a cycle on each at ten in the morning.

        None meets a problem, unless it has the code `meeting`.
        """
        return [self._next_morning(meeting) for _ in range(count)]

    def until(self, day: date) -> list[CycleReport]:
        """As `days`, up to and including `day`."""
        return self.days((day - self.today).days)

    def sleep(self, days: int, at: time = MORNING) -> None:
        """So many days pass without a cycle, until ten in the morning or another time."""
        morning = datetime.combine(self.today + timedelta(days=days), at, ZONE)
        self.world.clock.advance(morning - self.now)

    def _next_morning(self, meeting: str | None) -> CycleReport:
        self.sleep(1)
        report = self.run()
        assert {problem.code for problem in report.problems} <= {meeting}, report.problems
        return report

    # -- the people of the firm ----------------------------------------------------------------------------------

    def run_command(self, line: str) -> Result:
        """A command line as it is typed, `dun` included; whatever comes of it but a traceback."""
        program, *arguments = shlex.split(line)
        assert program == "dun", line
        result = CliRunner().invoke(main, ["--config", str(self.folder / "config.toml"), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def told(self, line: str) -> str:
        """What a command that succeeds prints."""
        result = self.run_command(line)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, line: str) -> Any:
        """What a command that succeeds prints with `--json`."""
        return json.loads(self.told(f"{line} --json"))

    def refused(self, line: str) -> str:
        """What a command says that does not do what was asked."""
        result = self.run_command(line)
        assert result.exit_code != 0, result.output
        return result.stderr

    # -- customers and carriers ----------------------------------------------------------------------------------

    def control(self, path: str, **wish: object) -> Any:
        """The sandbox's control API: what people at the other end do, see docs/reference/sandbox.md."""
        answer = requests.post(f"{self.sandbox.url}/_books/{path}", json=wish, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def reply(self, message: Arrived, text: str) -> None:
        """Whoever got `message` answers it, by mail or text."""
        self.control(f"messages/{message.id}/reply", text=text)

    # -- what came of it -----------------------------------------------------------------------------------------

    def messages(self, about: Invoice | None = None) -> list[Arrived]:
        """What arrived over all channels, or what names an invoice; day after day."""
        collect(self.world)
        everything = [*self._carried(), *self._calls()]
        return sorted((one for one in everything if about is None or one.names(about)), key=lambda one: one.on)

    def stages(self, invoice: Invoice) -> list[str]:
        """The stages of what arrived about an invoice."""
        return [message.stage for message in self.messages(invoice)]

    def tasks(self) -> list[Task]:
        """The open ones."""
        with self.store() as store:
            return store.tasks.open_ones()

    def reminders(self, invoice: Invoice) -> list[Reminder]:
        with self.store() as store:
            return store.reminders.for_invoice(self.key(invoice))

    def action(self, invoice: Invoice) -> str | None:
        """What the last cycle decided: send, wait, skip, stop or ask_person."""
        with self.store() as store:
            decision = store.decisions.for_invoice(self.key(invoice))
        return decision and decision.action

    def notes(self, invoice: Invoice) -> list[str]:
        """What the ledger shows beside an invoice."""
        return [note.text for note in self.books.notes if note.invoice_id == invoice.id]

    def view(self, name: str) -> list[dict[str, Any]]:
        """A view of docs/reference/database.md, as a spreadsheet or a database browser would read it."""
        with self.store() as store:
            cursor = store._connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - a test wrote it
            return [dict(zip((column[0] for column in cursor.description), row, strict=True)) for row in cursor]

    def judgement(self) -> dict[str, int]:
        """The books' count of broken promises, without those that were kept.

        They read mails, texts, voice calls and letters. A note about a call by a person is none that they could find a
        reason for.
        """
        collect(self.world)
        counts = verdict(self.world)
        unread = {row["number"] for row in self.view("reminder_history") if row["channel"] in UNREAD}
        lonely = [one for one in counts["details"]["notes_without_reminder"] if one["invoice"] not in unread]
        counts["notes_without_reminder"] = len(lonely)
        return {name: counts[name] for name in PROMISED if counts[name]}

    @contextmanager
    def store(self) -> Iterator[TenantStore]:
        with self.installation.store(self.slug) as store:
            yield store

    def _carried(self) -> Iterator[Arrived]:
        with self.store() as store:
            records = store.reminders.messages(None, 1000)
        stages = {record.draft.id: record.draft.stage for record in records}
        stages |= {record.provider_id: record.draft.stage for record in records if record.provider_id}
        for message in self.world.messages:
            yield Arrived(
                kind=_KINDS[message.channel],
                to=", ".join(message.recipients),
                subject=message.subject,
                text=message.text,
                stage=stages.get(message.attempt or "") or stages.get(message.id, ""),
                on=business_day(message.arrived_at, ZONE),
                id=message.id,
                html=message.html,
                headers=message.headers,
            )

    def _calls(self) -> Iterator[Arrived]:
        with self.store() as store:
            tasks = [task for one in self.books.customers.values() for task in store.tasks.of_contact(self.key(one))]
        for task in tasks:
            on, new = business_day(task.opened_at, ZONE), task.new
            if new.kind != "call":
                continue
            yield Arrived("call", new.phone or "", "", new.script, new.stage or "", on, new.message_id or "")


@contextmanager
def rows_stage(
    folder: Path,
    ledger: LedgerName,
    policy: str = "",
    *,
    tenant: str = "",
    mode: str = "auto",
    email: Literal["smtp", "sendgrid"] = "smtp",
    letters: Literal["folder", "lob"] = "folder",
    start: datetime = MONDAY,
) -> Iterator[RowsStage]:
    """Monday, 2 March 2026, ten in the morning, and a firm that has connected its empty books a moment ago.

    `policy` is what the configuration says besides how to reach the sandbox: [policy], [charges] and the like;
    `tenant` are further lines of the tenant's own table. With Lob, the firm lives in the United States.
    """
    world = World(WorldClock(start))
    world.companies[ledger] = Books(Company(COMPANY.name, COMPANY.guid, COMPANY.realm), world.clock)
    world.outbox = Outbox(folder / "letters")
    with RunningSandbox(world) as sandbox:
        base = every_channel(sandbox, ledger, mode, email, letters)
        for name, secret in SECRETS.items():
            (folder / name).write_text(secret)
        (folder / "config.toml").write_text(base.replace("{tenant}", tenant) + policy)
        prepare(load(folder / "config.toml").data)
        with Installation(load(folder / "config.toml"), StageClock(world)) as installation:
            stage = RowsStage(ledger, world, sandbox, folder, installation)
            connect(installation, installation.config.tenant(stage.slug), agree, lambda found: found[0])
            yield stage
            assert stage.judgement() == {}
