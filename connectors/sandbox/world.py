"""Everything one running sandbox consists of, handed to each face when it is built.

A face is one service's wire: its routes, and the error bodies only that service sends. Faults, call counting, rate
windows and the control API work on faces from outside, so that every face misbehaves the same way on demand.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.audit import Audit
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.life import Life
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.outbox import Outbox
from connectors.sandbox.outside import Outside


@dataclass(slots=True)
class Fault:
    """The next `times` calls of `face` whose path contains `path` (with `method`, about `company`, if given) fail so.

    Kinds every face knows: 'drop_before' (connection closed, nothing happened), 'drop_after' (it happened, the answer
    is lost), 'slow' (answer after `seconds`), 'truncated', 'html', 'empty', 'stale' (answers from before the last
    change). All other kinds are asked of the face: see `Face.error`. For face 'smtp', `path` is part of a recipient's
    address, and kinds are 'drop_before', 'drop_after' and SMTP codes such as '550' and '451'. For face 'imap', `path`
    is part of a command, and kinds are 'drop_before', 'drop_after', 'no' and 'bye'.
    """

    face: str
    kind: str
    times: int = 1
    path: str = ""
    method: str | None = None
    seconds: float = 0.0
    company: str = ""


class Caller(NamedTuple):
    """Whose books a call is about, and which app makes it; empty where the call does not say."""

    company: str
    app: str


class Grants(Protocol):
    """What one service remembers of consents, for endings that come from the company's side and not from the app.

    Both say how many connections have ended.
    """

    def end_connection(self, company: Company) -> int:
        """The company's user disconnects every app in the ledger's own menu."""
        ...

    def end_grants(self, company: Company) -> int:
        """The consents this company was part of are withdrawn: their tokens die, too."""
        ...


@dataclass(slots=True)
class Face:
    """One service's wire.

    `error` makes the service's own answer for a fault kind ('401', '403', '404', '429', '429_day', '429_concurrent',
    '429_month', '500', '503', ...) or None if the face has no such error. `caller` tells who asks, about whom.
    """

    name: str
    routes: Sequence[BaseRoute]
    error: Callable[[str, Request], Response | None]
    caller: Callable[[Request], Caller] = lambda _: Caller("", "")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a world was made from, so that it can be made again: see `setup.build_world`."""

    seed: str
    start: datetime
    companies: tuple[str, ...]
    invoices: int | None = None
    customers: int | None = None
    same_name: bool = False


@dataclass(slots=True)
class World:
    """One clock, some companies, and what has been asked of them so far.

    A company goes by its ledger's name; the second and third of a ledger are 'xero-2' and 'xero-3'. Whoever touches the
    books from another thread than the server's holds `lock` meanwhile.
    """

    clock: WorldClock
    companies: dict[str, Books] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: dict[str, Counter[str]] = field(default_factory=dict)  # face -> "METHOD /path/template" -> count
    switches: dict[str, str] = field(default_factory=dict)  # behaviours the facts leave open, and rate limits
    rate_limits: bool = True
    messages: list[ReceivedMessage] = field(default_factory=list)
    outside: Outside = field(default_factory=Outside)
    outbox: Outbox | None = None  # where the firm leaves the letters that it posts itself
    lives: dict[str, Life] = field(default_factory=dict)  # by company: what the customers mean to do
    lagging: dict[str, Books] = field(default_factory=dict)  # books as of a 'stale' fault, by company
    cut_off: dict[str, str] = field(default_factory=dict)  # face -> 'expired' or 'revoked', see `access`
    grants: dict[str, Grants] = field(default_factory=dict)  # by service; each face puts its own here
    webhook_events: int = 0  # how many events Xero has told of
    audit: Audit = field(default_factory=Audit)
    origin: Origin | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def keys_by_id(self) -> dict[str, str]:
        """What a company is called here, by the id (in lower case) that its service knows it by."""
        return {
            (books.company.realm if key.startswith("quickbooks") else books.company.guid).lower(): key
            for key, books in self.companies.items()
        }

    def switch(self, name: str, default: str) -> str:
        """The setting of an open question, as set through the control API or `default`."""
        return self.switches.get(name, default)
