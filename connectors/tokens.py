"""A valid access token, whenever an adapter needs one, without ever losing a refresh token.

Both services rotate refresh tokens: whoever loses the newest one loses the connection. So the rotated token is stored
before the new access token is used, and only one refresh runs at a time over all threads and processes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol

from connectors.ledger import Reauthorise
from state.clock import Clock
from state.model import TokenSet

_MARGIN = timedelta(minutes=2)  # a token about to expire would die on its way
_SHORTEST_LIFE, _LONGEST_LIFE = timedelta(minutes=5), timedelta(days=1)


class TokenStore(Protocol):
    """Where one connection's tokens live."""

    def load(self) -> TokenSet | None: ...

    def save(self, tokens: TokenSet) -> None:
        """Durable when it returns."""
        ...

    def prepare_to_save(self) -> None:
        """Prove that a save would work now; raises what the save would raise."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else refreshes this connection inside this block, in any process."""
        ...


class TokenSource(Protocol):
    """What adapters see."""

    def access_token(self) -> str:
        """A token that the service should accept now. Raises Reauthorise if only a person can get one."""
        ...

    def after_rejection(self, rejected: str) -> str:
        """A token other than `rejected`, which the service has just refused with 401."""
        ...


class StoredTokens:
    """Tokens from a store, refreshed when their time is up or when the service refuses them."""

    def __init__(self, store: TokenStore, refresh: Callable[[TokenSet], TokenSet], clock: Clock) -> None:
        self._store = store
        self._refresh = refresh
        self._clock = clock

    def access_token(self) -> str:
        tokens = self._load()
        if self._fresh(tokens):
            return tokens.access_token
        return self._renew(unless=self._fresh)

    def after_rejection(self, rejected: str) -> str:
        return self._renew(unless=lambda tokens: tokens.access_token != rejected)

    def _renew(self, unless: Callable[[TokenSet], bool]) -> str:
        with self._store.exclusive():
            tokens = self._load()  # another process may have refreshed while we waited
            if unless(tokens):
                return tokens.access_token
            return self._exchange(tokens, unless)

    def _exchange(self, tokens: TokenSet, unless: Callable[[TokenSet], bool]) -> str:
        """Trade the refresh token in, unless somebody else has put newer ones into the store."""
        try:
            return self._refreshed(tokens)
        except Reauthorise:
            newer = self._load()
            if newer == tokens:
                raise  # it was the newest there is: only a person can help now
        return newer.access_token if unless(newer) else self._refreshed(newer)

    def _refreshed(self, tokens: TokenSet) -> str:
        self._store.prepare_to_save()  # on a full disk the old token is kept, not given away for one that gets lost
        renewed = self._refresh(tokens)
        self._store.save(renewed)
        return renewed.access_token

    def _load(self) -> TokenSet:
        tokens = self._store.load()
        if tokens is None:
            raise Reauthorise("there are no tokens for this connection")
        return tokens

    def _fresh(self, tokens: TokenSet) -> bool:
        return tokens.expires_at - _MARGIN > self._clock.now()


def access_life(told: object, usual: timedelta) -> timedelta:
    """How long to use an access token for which an answer says `told` (seconds); `usual` if that cannot be meant.

    An answer with odd figures may hold the only refresh token there is, so it is no reason to throw it away, and a life
    too short to use a token in would mean a refresh for every call. A token that dies earlier is refused with 401 and
    renewed then.
    """
    if isinstance(told, str) and told.isdecimal() and len(told) < 10:
        told = int(told)
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told <= _LONGEST_LIFE.total_seconds():
        return usual
    return max(timedelta(seconds=told), _SHORTEST_LIFE)


def text_or_none(told: object) -> str | None:
    """A member of an answer that may be missing, null or of another kind; None then, and if it is empty."""
    return told if isinstance(told, str) and told else None
