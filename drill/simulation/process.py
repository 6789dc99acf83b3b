"""One process of Dun: the real cycle over the real file, with everything around it in the simulation's hand.

A process ends by being killed or by being replaced. Its file, its tokens, the postbox and the ledger stay.
"""

import sqlite3
from contextlib import AbstractContextManager
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from connector.config.settings import AppSettings, TenantSettings
from connector.cycle import run_cycle
from connector.dunning.calendar import Calendar, SendingWindow
from connector.dunning.policy import Policy
from connector.intake import Sources
from connector.messages.templates import Templates
from connector.report import CycleReport
from connector.tenant import Tenant
from connector.work_list import WorkList
from connectors.channels.channel import Address, Kind
from connectors.channels.channel import Channel as AnyChannel
from connectors.channels.letter_folder import LetterFolderChannel
from connectors.ledger import Ledger
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Document, Invoice
from connectors.sandbox.world import Face, World
from connectors.tokens import StoredTokens
from connectors.transport import CallMeter
from drill.simulation import disk
from drill.simulation.consent import Consent
from drill.simulation.moments import Moments
from drill.simulation.plugs import quickbooks_ledger, xero_ledger
from drill.simulation.postbox import CallList, Channel, Outbox, Postbox
from drill.simulation.script import Traits
from drill.simulation.voices import Voices
from drill.simulation.wire import Weather, Wire
from state.locks import exclusive
from state.model import TenantSlug
from state.store import TenantStore

SLUG = TenantSlug("firm")
TEMPLATES = Templates.load(None)


class MachineClock:
    """The clock of the machine Dun runs on: the world's, but for what it is wrong by. Waiting lets the world move."""

    def __init__(self, world: WorldClock) -> None:
        self._world = world
        self.wrong_by = timedelta(0)

    def now(self) -> datetime:
        return self._world.now() + self.wrong_by

    def sleep(self, seconds: float) -> None:
        self._world.advance(timedelta(seconds=seconds))


class Surroundings:
    """All that outlives a process."""

    def __init__(self, folder: Path, traits: Traits, settings: TenantSettings, world: World, face: Face) -> None:
        self.folder = folder
        self.traits = traits
        self.world = world
        self.face = face
        self.weather = Weather()
        self.postbox = Postbox(world.clock)
        self.clock = MachineClock(world.clock)
        self.consent = Consent(world, traits.ledger, self.books.company)
        self.voices = Voices(world.clock)
        self.settings = settings

    @property
    def books(self) -> Books:
        return self.world.companies[self.traits.ledger]

    @property
    def lagging(self) -> bool:
        """Whether reads are answered by a replica that is behind."""
        return any(name.endswith("_lag_seconds") for name in self.world.switches)

    def invoice(self, key: str) -> Invoice | None:
        """The invoice that the ledger knows by `key`; None if it keeps no such one (any more)."""
        found = self.books.by_guid.get(key) if self.traits.ledger == "xero" else self.books.invoices.get(int(key))
        return found if isinstance(found, Invoice) else None

    @property
    def file(self) -> Path:
        return self.folder / "tenants" / SLUG / "dun.db"

    @property
    def outbox(self) -> Path:
        """The folder of letters to be posted."""
        return self.folder / "letters"

    def read_file(self) -> sqlite3.Connection:
        """The firm's file as somebody sees it who is none of its processes."""
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, factory=sqlite3.Connection)

    def key(self, document: Document) -> str:
        """What the ledger calls a document of the books."""
        return document.guid if self.traits.ledger == "xero" else str(document.id)

    def reset_company(self, draw: Random) -> None:
        """What Xero does to its demo company: the same organisation, and every document another, with another id."""
        before = self.books
        after = Books(before.company, self.world.clock)
        after._namespace = str(UUID(int=draw.getrandbits(128)))
        after._next_id = before._next_id
        self.world.companies[self.traits.ledger] = after


class Process:
    """Begins when it is made; `end` it, however it went."""

    def __init__(self, around: Surroundings) -> None:
        self.moments = Moments()
        self._around = around
        self._meter = CallMeter()
        with disk.owned_by(self.moments):
            self.store = TenantStore.open(around.file)
            self._tenant = self._connect(Wire(around.world, around.face, around.weather, self.moments))

    def cycle(self) -> CycleReport:
        """One cycle under the tenant's lock. Raises Busy, Crash, or what the product raises."""
        self._around.weather.verifying_since = None
        with disk.owned_by(self.moments), self.lock():
            self._around.voices.begin()
            report = run_cycle(self._tenant)
        self._around.voices.heard()
        return report

    def lock(self) -> AbstractContextManager[None]:
        return exclusive(self._around.folder / "locks", f"{SLUG}.cycle", wait=False)

    def end(self) -> None:
        """What the operating system does for a process: nothing it has not committed stays, and no lock."""
        self.store._connection.rollback()  # a close alone would wait for cursors that tracebacks still hold
        self.store.close()

    def _connect(self, wire: Wire) -> Tenant:
        around = self._around
        tokens = StoredTokens(around.consent, around.consent.refresh, around.clock)
        page = around.traits.page
        ledger: Ledger
        if around.traits.ledger == "xero":
            ledger = xero_ledger(wire, around.books.company.guid, tokens, around.clock, self._meter, page)
        else:
            ledger = quickbooks_ledger(wire, around.books.company.realm, tokens, around.clock, self._meter, page)
        by_policy = around.traits.own_policy
        return Tenant(
            slug=SLUG,
            settings=around.settings,
            ledger=ledger,
            channel=Channel(around.postbox, self.moments),
            further=self._further() if by_policy else {},
            sources=around.voices.sources(self.moments) if by_policy else Sources(),
            telephone=around.voices.telephone(self.moments) if by_policy else None,
            store=self.store,
            templates=TEMPLATES,
            clock=around.clock,
            meter=self._meter,
            owner=f"process {id(self)}",
        )

    def _further(self) -> dict[str, AnyChannel]:
        """What takes along everything that is no e-mail."""
        postbox = self._around.postbox
        kinds: tuple[Kind, ...] = ("sms", "voice")
        carriers: dict[str, AnyChannel] = {kind: Channel(postbox, self.moments, kind) for kind in kinds}
        letters = LetterFolderChannel(self._around.outbox, self._around.clock)
        return carriers | {
            "letter": Outbox(postbox, letters, self.moments),
            "call": CallList(postbox, WorkList(self.store, self._around.clock), self.moments),
        }


def settings_of(traits: Traits) -> TenantSettings:
    """As a configuration file with nothing but the necessary would give them."""
    return TenantSettings(
        slug=SLUG,
        ledger=traits.ledger,
        zone=traits.zone,
        locale="en_GB",
        mode="approve" if traits.approves else "auto",
        channel="smtp",
        sender=Address("accounts@firm.example", "Firm"),
        reply_to=None,
        sending_window=SendingWindow(),
        calendar=Calendar(),
        daily_cap=traits.daily_cap,
        attach_pdf=False,
        verify_within_seconds=300,
        templates=None,
        poll_minutes=15,
        nightly=time(2),
        read_only=False,
        app=AppSettings(client_id="firm-app", client_secret="", custom_connection=False),
        policy=Policy(),
    )
