"""A ledger on loopback with a handful of records, in its own wire format, whose answers can be spoilt on the way."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from connectors.ledger import Ledger
from drill.fuzzing.loopback import Reply, Request
from drill.fuzzing.mutation import Row
from state.clock import Clock
from state.model import EntityKind

Lists = dict[str, list[Row]]


class Aim(Struct, frozen=True):
    """Which answers are spoilt: those in which the record `victim` of the list `name` stands, pulled or read live."""

    name: str
    victim: str
    spoil: Callable[[bytes], bytes]
    live: bool = False


class Exchange(Struct, frozen=True):
    """An answer while something is spoilt: what the service would have sent, and what it sent."""

    meant: bytes
    sent: bytes

    @property
    def uncounted(self) -> bool:
        """The accident also took away what says how many records there should have been."""
        return any(self.sent.count(word) < self.meant.count(word) for word in (b'"maxResults": ', b'"pagination": {'))


class Tokens:
    """A connection that never ends."""

    def access_token(self) -> str:
        return "token"

    def after_rejection(self, rejected: str) -> str:
        return rejected


class Service(Protocol):
    """One company. `lists` holds its records by the name of their kind on the wire."""

    lists: Lists
    now: datetime
    aim: Aim | None
    exchanges: list[Exchange]
    page_size: int

    @property
    def kinds(self) -> dict[str, EntityKind]: ...

    def identifier(self, name: str, row: Row) -> str: ...

    def reply(self, request: Request) -> Reply: ...

    def ledger(self, address: str, clock: Clock) -> Ledger: ...

    def oldest(self) -> datetime:
        """The stamp of the record that has rested longest."""
        ...

    def earlier(self, at: datetime) -> Lists:
        """The same records as they were at `at`, before any of this: everything owed in full, nothing settled."""
        ...

    def later(self, at: datetime) -> Lists:
        """The same records, touched at `at`."""
        ...


def sent(service: Service, meant: bytes, *, by_id: bool, names: Sequence[str]) -> Reply:
    """`meant`, spoilt if the service's aim says so."""
    aim = service.aim
    hit = aim is not None and aim.name in names and by_id is aim.live and aim.victim.encode() in meant
    spoilt = aim.spoil(meant) if aim is not None and hit else meant
    if aim is not None:
        service.exchanges.append(Exchange(meant, spoilt))
    return Reply(spoilt)


def quoted_ids(statement: str) -> list[str]:
    return re.findall(r"'([^']*)'", statement)
