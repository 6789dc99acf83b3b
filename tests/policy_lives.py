"""The complete policies of docs/policies, each living sixty days with customers of its own, and what they were sent.

The file is used as it stands: a test that changed a key would prove nothing about the one people copy.
"""

import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from tenant_bench import TenantBench, empty_world

from connector.config.settings import load
from connector.cycle import refresh
from connector.data_folder import prepare
from connector.wiring import Installation, tenant_file
from connectors.sandbox.documents import Customer, Invoice
from state.model import ContactId
from state.money import Money
from state.store import TenantStore

POLICIES = Path(__file__).parents[1] / "docs" / "policies"
DAYS = 60
_NEXT_DAY = timedelta(days=1)
_WORDS = {
    "en": {"the", "and", "your", "is"},
    "de": {"die", "und", "Sie", "ist"},
    "fr": {"la", "et", "vous", "est"},
}


@dataclass(frozen=True)
class Row:
    """One message: to whom, which stages it fulfils, by which way, in which language, and what it asked for."""

    day: date
    customer: str
    stages: str
    channel: str
    language: str
    asked: str


@dataclass
class PolicyLife:
    """A tenant under one of the policies, from Monday 2 March 2026, looked at once a day at `hour` UTC."""

    bench: TenantBench
    folder: Path
    events: dict[date, list[object]] = field(default_factory=dict)

    @classmethod
    def begin(cls, folder: Path, policy: str, hour: int = 10) -> "PolicyLife":
        shutil.copy(POLICIES / f"{policy}.toml", folder / "config.toml")
        config = load(folder / "config.toml")
        [settings] = config.tenants.values()
        prepare(config.data)
        world = empty_world(datetime(2026, 3, 2, hour, tzinfo=UTC))
        company = world.companies["xero"].company
        with Installation(config) as installation:
            installation.registry.add_tenant(
                settings.slug, settings.ledger, company.guid, company.name, world.clock.now()
            )
        bench = TenantBench.open(folder, world)
        bench.store.close()
        bench.store = TenantStore.open(tenant_file(config, settings.slug))
        bench.settings = settings
        return cls(bench, folder)

    def invoice(self, customer: Customer, amount: str, due: str) -> Invoice:
        return self.bench.invoice(customer, amount, overdue=(self.bench.today - date.fromisoformat(due)).days)

    def refresh(self) -> None:
        """The mirror knows the customers, and nothing has been sent yet."""
        refresh(self.bench.tenant)

    def on(self, day: str, happens: object) -> None:
        """Before the look at the books on this day, call `happens`."""
        self.events.setdefault(date.fromisoformat(day), []).append(happens)

    def live(self) -> list[Row]:
        """Sixty days; calls are made, and what waits for a person's word gets it, the same day."""
        for _ in range(DAYS):
            for happens in self.events.get(self.bench.today, []):
                happens()  # type: ignore[operator]
            self.bench.run()
            if waiting := [r.id for r in self.bench.store.reminders.planned() if not r.approved]:
                self.bench.store.reminders.approve(waiting, "owner", self.bench.now)
                self.bench.run()
            for task in self.bench.store.tasks.open_ones():
                if task.new.kind == "call":
                    self.bench.store.tasks.close(task.id, "spoke", None, task.new.owner, self.bench.now)
            self.bench.let_pass(_NEXT_DAY)
        return sorted(self._rows(), key=lambda row: (row.customer, row.day))

    def broken_promises(self) -> dict[str, int]:
        """The books' count. They do not see calls and letters on this bench, so their notes count for nothing here."""
        return {name: times for name, times in self.bench.judgement().items() if name != "notes_without_reminder"}

    def _rows(self) -> list[Row]:
        names = {ContactId(c.guid): c.name for c in self.bench.books.customers.values()}
        return [
            Row(
                day=message.business_day,
                customer=names[message.draft.contact_id],
                stages=", ".join(r.stage for r in self.bench.store.reminders.for_message(message.draft.id)),
                channel=_KINDS.get(message.draft.channel, message.draft.channel),
                language=language_of(message.draft.text),
                asked=_in_words(message.draft.totals),
            )
            for message in self.bench.messages()
        ]


def _in_words(totals: str) -> str:
    return " + ".join(str(Money(minor, currency)) for currency, minor in msgspec.json.decode(totals).items())


_KINDS = {"smtp": "email", "letter-folder": "letter", "work-list": "call"}


def language_of(text: str) -> str:
    """The language most of whose small words stand in the text."""
    words = Counter(re.findall(r"\w+", text))
    return max(_WORDS, key=lambda language: sum(words[word] for word in _WORDS[language]))


def expected(table: str) -> list[Row]:
    """A table written by hand: day | customer | stages | channel | language | asked."""
    lines = [line for line in table.strip().splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    rows = [Row(date.fromisoformat(day), *rest) for day, *rest in cells]
    return sorted(rows, key=lambda row: (row.customer, row.day))
