"""What the services saw of their clients over the years: refreshes, replays, calls, and calls beyond a limit.

Nothing here changes an answer. The faces tell what happened to a token, the gate whether the answer reached the caller;
only both together tell a second try after a lost answer, which is right, from a double refresh, which is not.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Held(NamedTuple):
    """A connection: one consent of one app. `companies` are ids as the service knows them."""

    service: str
    app: str
    grant: str  # empty if the token was never one of ours
    companies: tuple[str, ...] = ()


class Asking(NamedTuple):
    """Who asked about whom: a company's id as the service knows it, empty where a call is about none."""

    service: str
    company: str
    app: str


@dataclass(slots=True)
class Refreshes:
    """What became of the refresh calls of one connection."""

    refreshes: int = 0  # answered with tokens
    replays_in_grace: int = 0  # of these, with a token that had been replaced already
    replays_too_late: int = 0  # refused, because the token had been replaced
    double_refreshes: int = 0  # with a token whose replacement had been delivered
    concurrent_refreshes: int = 0  # while another call with the same token was under way
    invalid_grants: int = 0
    lost_answers: int = 0  # new tokens that never reached the caller


@dataclass(slots=True)
class Presented:
    """A refresh token on its way through the service. Moments are numbers that only grow."""

    token: str  # a fingerprint: audits can be printed
    arrived: int
    alongside: bool  # whether another call with this token was under way
    still_there: Callable[[], bool]  # whether the caller is still connected
    held: Held | None = None  # set when tokens have been issued
    replaced: bool = False  # whether the answer carries another refresh token


@dataclass(slots=True)
class Audit:
    """Counters of one world, by connection, company and app."""

    refreshes: dict[Held, Refreshes] = field(default_factory=dict)
    calls: dict[Asking, Counter[str]] = field(default_factory=dict)  # by operation
    overruns: dict[Asking, Counter[str]] = field(default_factory=dict)  # calls refused, by limit
    faults: Counter[str] = field(default_factory=Counter)  # random faults, by kind
    current: Presented | None = None  # the call that has the books to itself
    _moment: int = 0
    _under_way: defaultdict[str, list[Presented]] = field(default_factory=lambda: defaultdict(list))
    _replacement_arrived: dict[str, int] = field(default_factory=dict)  # token -> when its holder had a newer one

    # -- told by the gate ---------------------------------------------------------------------------------------

    @contextmanager
    def presented(self, token: str | None, still_there: Callable[[], bool]) -> Iterator[Presented | None]:
        """While a call with this refresh token is under way; None for any other call.

        A call is over when its answer leaves (`leaving`) or its caller is no longer there.
        """
        if token is None:
            yield None
            return
        mark = hashlib.sha256(token.encode()).hexdigest()
        alongside = any(other.still_there() for other in self._under_way[mark])
        shown = Presented(mark, self._next(), alongside, still_there)
        self._under_way[mark].append(shown)
        try:
            yield shown
        finally:
            self._over(shown)

    def leaving(self, shown: Presented | None, *, whole: bool) -> None:
        """The answer goes out now, or is lost now: whichever, the caller may try again from here on."""
        if shown is None:
            return
        whole = whole and shown.still_there()
        self._over(shown)
        if shown.held is not None and not whole:
            self._of(shown.held).lost_answers += 1
        elif shown.replaced:
            self._replacement_arrived.setdefault(shown.token, self._next())

    def called(self, service: str, company: str, app: str, operation: str) -> None:
        self.calls.setdefault(Asking(service, company, app), Counter())[operation] += 1

    def overrun(self, service: str, company: str, app: str, limit: str) -> None:
        """A call was refused because `limit` was reached; `company` is empty for limits of the app."""
        self.overruns.setdefault(Asking(service, company, app), Counter())[limit] += 1

    # -- told by the faces --------------------------------------------------------------------------------------

    def refreshed(self, held: Held, *, replaced: bool, replay: bool = False) -> None:
        """Tokens were issued. `replaced`: the answer carries another refresh token; `replay`: an earlier one did."""
        counts = self._of(held)
        counts.refreshes += 1
        counts.replays_in_grace += replay
        self._judge(counts)
        if self.current is not None:
            self.current.held, self.current.replaced = held, replaced

    def refused(self, held: Held, *, replay: bool = False) -> None:
        """invalid_grant was answered. `replay`: because an earlier answer had replaced the token."""
        counts = self._of(held)
        counts.invalid_grants += 1
        counts.replays_too_late += replay
        self._judge(counts)

    def _judge(self, counts: Refreshes) -> None:
        """Whether the call under way should not have been made at all."""
        shown = self.current
        if shown is not None:
            counts.concurrent_refreshes += shown.alongside
            counts.double_refreshes += self._replacement_arrived.get(shown.token, shown.arrived) < shown.arrived

    def _over(self, shown: Presented) -> None:
        others = [other for other in self._under_way.pop(shown.token, []) if other is not shown]
        if others:
            self._under_way[shown.token] = others

    def _of(self, held: Held) -> Refreshes:
        return self.refreshes.setdefault(held, Refreshes())

    def _next(self) -> int:
        self._moment += 1
        return self._moment
