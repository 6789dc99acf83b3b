"""The days of the drill: firms whose reminders fall due, a timer that runs the cycle, and a kill after the other.

A day's work is begun again and again, each life being killed, until one comes through; that is what a supervisor does
with a process that keeps dying. Between two lives minutes pass, often more than a service's memory of keys is long.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from connector.config.settings import load
from connector.data_folder import prepare
from connector.resolving import open_sends
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world, ledger_of, live_one_day
from connectors.sandbox.world import World
from drill.kills.desk import CONFIGURATION, Desk
from drill.kills.journal import accepted, claims_by_fingerprint
from drill.kills.lives import CONNECT, Errand, Life, Nursery
from drill.kills.points import (
    AFTER,
    ANY_COMMIT,
    ANY_STATEMENT,
    APPROVING,
    CHARGING,
    CONNECTING,
    LABELS,
    LOST,
    RESOLVING,
    RUNNING,
    SENDING,
    Order,
)

START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # office hours on both sides of the ocean
COMPANIES = {"xero": 2, "quickbooks": 2}
ASKS_A_PERSON = "north-2"  # the tenant whose reminders wait for `dun approve`
RUN, APPROVE = ("run", "--once"), ("approve", "--all")
SATURDAY = 5
LATEST_STATEMENT, LATEST_COMMIT = 1500, 250
LATEST_TIME = {CONNECTING[0]: 40, "before the claim": 6, "after the claim, before the first byte": 6}
MINUTES_BETWEEN = (1, 7, 12, 20, 30)  # two lives of one day; most outlast the idempotency keys of Xero
ENOUGH = 1  # death at a point, before those where nobody has died are all that is left to look for
LABELLED, LATER = 0.7, 0.4  # shares of the orders
LONGEST_INSTANT_SECONDS = {RUN: 1.5, APPROVE: 0.1}
LABELS_OF = {CONNECT: CONNECTING, "run": RUNNING, "approve": APPROVING, "resolve": RESOLVING, "charges": CHARGING}


def build_firms(seed: str, customers: int, companies: Mapping[str, int] = COMPANIES) -> World:
    """Some firms of each ledger, whose access tokens live for thirty virtual minutes."""
    world = build_world(seed, START, tuple(companies), companies=companies, customers=customers)
    for ledger in companies:
        world.switches[f"{ledger}.access_seconds"] = "1800"
    world.switches["quickbooks.refresh_grace"] = "86400"  # as Intuit documented; without it one lost answer is the end
    return world


def configure(sandbox: RunningSandbox, folder: Path) -> None:
    """Xero's firms send by SendGrid; QuickBooks' by SMTP, as texts and as letters by Lob, and one approves first.

    All thank for what was paid, and the evening is long.
    """
    path = folder / "config.toml"
    write_sandbox_config(path, sandbox.url, smtp_port=sandbox.smtp_port, letters="lob", policy=CONFIGURATION)
    head = f"[tenants.{ASKS_A_PERSON}]\n"
    text = path.read_text().replace(head, f'{head}mode = "approve"\n')
    text = text.replace('ledger = "quickbooks"\n', 'ledger = "quickbooks"\nsequence = "ways"\n')
    path.write_text(text.replace("[sending]\n", '[sending]\nwindow = "07:00-23:00"\nthanks = "email"\n'))
    (folder / "traces").mkdir()
    prepare(load(path).data)


class Days:
    """The world's time, the errands of each day, and who dies when."""

    def __init__(self, world: World, nursery: Nursery, draw: Random, only: str | None = None) -> None:
        """With `only`, nobody dies anywhere but at that label."""
        self._world = world
        self._nursery = nursery
        self._draw = draw
        self._only = only
        self.lived = 0
        slugs = load(nursery.folder / "config.toml").tenants
        self._desk = Desk(dict(zip(slugs, world.companies.values(), strict=True)), Random(f"{draw.random()}/desk"))
        self._rare: set[str] = set()  # labels that processes come by today, and on few other days
        self._under_way = False  # whether the last life left a message of unknown fate
        self.at: Counter[str] = Counter()  # kills by label
        self._missed: Counter[str] = Counter()  # orders by label that nobody came by
        self.at_random = 0

    @property
    def untouched(self) -> list[str]:
        """The labels at which nobody has died yet."""
        return [label for label in LABELS if not self.at[label]]

    @property
    def kills(self) -> int:
        return self.at.total() + self.at_random

    def connect(self, kills_each: int) -> None:
        for key, slug in zip(self._world.companies, load(self._nursery.folder / "config.toml").tenants, strict=True):
            company = self._world.companies[key].company
            identity = company.guid if ledger_of(key) == "xero" else company.realm
            self._to_its_end((CONNECT, slug, identity), kills_each)

    def live(self, kills: int) -> None:
        """One day of the firms, and the errands of whoever works for them."""
        with self._world.lock:
            live_one_day(self._world)
        self._rare = set()
        for errand in self._desk.errands(self.lived) if self.lived else ():  # on the first day they know no invoices
            self._to_its_end(errand, 2)
            self._rare |= {*AFTER.get(errand[0], ())}
        self._to_its_end(RUN, kills)
        self._to_its_end(APPROVE, 1)
        self._settle(self._unknown()[::2], kills=1)
        self._to_its_end(RUN, 1)
        self._next_business_day()
        self.lived += 1

    def end(self) -> None:
        """Undisturbed lives, until nothing is left that anybody could do."""
        for kills in (1, 0):
            self._to_its_end(RUN, 0)
            self._settle(self._unknown(), kills)
            self._to_its_end(APPROVE, 0)
        self._to_its_end(RUN, 0)

    def _next_business_day(self) -> None:
        days = 1
        while (START + timedelta(days=self._today + days)).weekday() >= SATURDAY:
            days += 1
        self._pass(START + timedelta(days=self._today + days) - self._world.clock.now())

    @property
    def _today(self) -> int:
        return (self._world.clock.now() - START).days

    def _pass(self, span: timedelta) -> None:
        with self._world.lock:
            self._world.clock.advance(span)

    def _to_its_end(self, errand: Errand, kills: int) -> None:
        """Up to `kills` lives that are killed, and one that comes through.

        After a death between the services' giving new tokens away and their being on the disk the next life comes soon
        and comes through: Xero takes the old token for half an hour more, and nobody can ask later than that.
        """
        for _ in range(kills if self._orders(errand) else 0):
            life = self._deadly(errand)
            if not life.killed:
                return
            if errand == RUN and self._nursery.left_without_tokens(life):
                self._pass(timedelta(minutes=1))
                break
            self._pass(timedelta(minutes=self._draw.choice(MINUTES_BETWEEN)))
        self._nursery.live(errand)

    def _orders(self, errand: Errand) -> Sequence[str]:
        """The labels that a life with this errand may be ordered to die at."""
        return [label for label in LABELS_OF.get(errand[0], ()) if self._only in {None, label}]

    def _deadly(self, errand: Errand) -> Life:
        if self._only or self._draw.random() < LABELLED or errand not in LONGEST_INSTANT_SECONDS:
            life = self._nursery.live(errand, self._order(self._orders(errand)))
        elif self._draw.random() < 0.5:
            seconds = self._draw.uniform(0, LONGEST_INSTANT_SECONDS[errand])
            life = self._nursery.live(errand, seconds=seconds)
        else:
            life = self._nursery.live(errand, self._anywhere())
        self._count(life)
        return life

    def _order(self, labels: Sequence[str]) -> Order:
        """One of the points where fewest have died so far; the first time a process comes by it, or a later one.

        Where nobody has died yet and few processes come by comes first, on the days on which they do.
        """
        if self._under_way and LOST in labels and self._draw.random() < LABELLED:
            return Order(LOST)
        if rare := [label for label in labels if label in self._rare and not self.at[label]]:
            return Order(self._draw.choice(rare))
        tried = {label: self._tried(label) for label in labels}
        label = self._draw.choice([label for label in labels if tried[label] == min(tried.values())])
        later = self.at[label] and self._draw.random() < LATER
        return Order(label, self._draw.randint(1, LATEST_TIME.get(label, 3)) if later else 1)

    def _tried(self, label: str) -> float:
        """How often somebody was to die at `label`; where nobody has yet, being missed counts little."""
        missed = self._missed[label] / 2
        return self.at[label] + missed if self.at[label] else min(missed, ENOUGH)

    def _anywhere(self) -> Order:
        """Early ones more often: on a quiet day a life is short."""
        label, latest = self._draw.choice([(ANY_STATEMENT, LATEST_STATEMENT), (ANY_COMMIT, LATEST_COMMIT)])
        return Order(label, round(latest ** self._draw.uniform(0.3, 1)))

    def _count(self, life: Life) -> None:
        self._under_way = life.killed and life.order is not None and life.order.label in SENDING
        if not life.killed:
            self._missed.update([life.order.label] if life.order else [])
            return
        if life.order is None or life.order.label in {ANY_STATEMENT, ANY_COMMIT}:
            self.at_random += 1
        else:
            self.at[life.order.label] += 1

    def _unknown(self) -> list[tuple[str, str, str]]:
        """Tenant, number of the invoice, and what its customer would say became of the message."""
        with Installation(load(self._nursery.folder / "config.toml")) as own:
            found = open_sends(own, list(own.config.tenants))
            claims = claims_by_fingerprint([own.tenant_file(slug) for slug in own.config.tenants])
        arrived = {each.attempt for each in accepted(self._nursery.folder, claims)}
        return [
            (slug, number, "sent" if reminder.message_id in arrived else "skipped") for slug, reminder, number in found
        ]

    def _settle(self, unknown: Sequence[tuple[str, str, str]], kills: int) -> None:
        """Say what became of each; after a kill look first, as a person would, whether the word was taken."""
        for each in unknown:
            slug, number, outcome = each
            errand = ("resolve", number, outcome, "--tenant", slug)
            if kills and self._orders(errand) and self._deadly(errand).killed and each not in self._unknown():
                continue
            if each in self._unknown():
                self._nursery.live(errand)
