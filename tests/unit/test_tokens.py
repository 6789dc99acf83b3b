"""A refresh token is never lost, and never used twice by two refreshers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.ledger import Outage, Reauthorise
from connectors.tokens import StoredTokens
from state.clock import ManualClock
from state.errors import DiskFull
from state.model import TokenSet

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tokens(number: int, lives: timedelta = timedelta(minutes=30)) -> TokenSet:
    return TokenSet(access_token=f"A{number}", refresh_token=f"R{number}", expires_at=START + lives)


class Drawer:
    """A token store in memory that remembers the order of what happened."""

    def __init__(self, kept: TokenSet | None) -> None:
        self.kept = kept
        self.events: list[str] = []
        self.full = False
        self._lock = threading.Lock()

    def load(self) -> TokenSet | None:
        return self.kept

    def save(self, tokens: TokenSet) -> None:
        self.events.append(f"saved {tokens.refresh_token}")
        self.kept = tokens

    def prepare_to_save(self) -> None:
        self.events.append("prepared")
        if self.full:
            raise DiskFull("no room")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._lock:
            yield


class Service:
    """Rotates refresh tokens and refuses one it has seen before."""

    def __init__(self) -> None:
        self.used: list[str | None] = []

    def __call__(self, old: TokenSet) -> TokenSet:
        if old.refresh_token in self.used:
            raise Reauthorise("replayed")
        self.used.append(old.refresh_token)
        return tokens(len(self.used) + 1, timedelta(hours=1))


def test_a_fresh_token_is_used_as_it_is() -> None:
    service = Service()

    assert StoredTokens(Drawer(tokens(1)), service, ManualClock(START)).access_token() == "A1"
    assert service.used == []


def test_an_expired_token_is_renewed_before_it_is_used() -> None:
    source = StoredTokens(Drawer(tokens(1)), Service(), ManualClock(START + timedelta(minutes=29)))

    assert source.access_token() == "A2"


def test_the_rotated_token_is_stored_before_the_new_access_token_is_handed_out() -> None:
    drawer = Drawer(tokens(1, timedelta(0)))

    StoredTokens(drawer, Service(), ManualClock(START)).access_token()

    assert drawer.events == ["prepared", "saved R2"]


def test_a_token_refused_by_the_service_is_renewed_although_its_time_is_not_up() -> None:
    source = StoredTokens(Drawer(tokens(1)), Service(), ManualClock(START))

    assert source.after_rejection("A1") == "A2"


def test_a_token_that_somebody_else_already_renewed_is_not_renewed_again() -> None:
    service = Service()

    assert StoredTokens(Drawer(tokens(2)), service, ManualClock(START)).after_rejection("A1") == "A2"
    assert service.used == []


def test_many_threads_cause_one_refresh() -> None:
    service = Service()
    source = StoredTokens(Drawer(tokens(1, timedelta(0))), service, ManualClock(START))
    threads = [threading.Thread(target=source.access_token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert service.used == ["R1"]


def test_a_failed_refresh_keeps_the_old_refresh_token() -> None:
    drawer = Drawer(tokens(1, timedelta(0)))

    def down(old: TokenSet) -> TokenSet:
        raise Outage("the identity service is down")

    with pytest.raises(Outage):
        StoredTokens(drawer, down, ManualClock(START)).access_token()
    assert drawer.kept == tokens(1, timedelta(0))


def test_no_refresh_token_is_given_away_while_its_successor_could_not_be_kept() -> None:
    drawer, service = Drawer(tokens(1, timedelta(0))), Service()
    drawer.full = True

    with pytest.raises(DiskFull):
        StoredTokens(drawer, service, ManualClock(START)).access_token()
    assert service.used == []


def test_a_dead_token_is_final() -> None:
    asked: list[TokenSet] = []

    def refuse(old: TokenSet) -> TokenSet:
        asked.append(old)
        raise Reauthorise("invalid_grant")

    with pytest.raises(Reauthorise, match="invalid_grant"):
        StoredTokens(Drawer(tokens(1, timedelta(0))), refuse, ManualClock(START)).access_token()
    assert len(asked) == 1


@pytest.mark.parametrize(("lives", "refreshes"), [(timedelta(hours=1), 1), (timedelta(0), 2)])
def test_newer_tokens_that_somebody_put_there_meanwhile_are_tried_before_a_person_is_asked(
    lives: timedelta, refreshes: int
) -> None:
    drawer, asked = Drawer(tokens(1, timedelta(0))), []

    def refuse_the_first(old: TokenSet) -> TokenSet:
        asked.append(old.refresh_token)
        if old.refresh_token == "R1":
            drawer.kept = tokens(7, lives)
            raise Reauthorise("replayed")
        return tokens(8)

    token = StoredTokens(drawer, refuse_the_first, ManualClock(START)).access_token()

    assert token == ("A7" if refreshes == 1 else "A8")
    assert len(asked) == refreshes


def test_a_connection_without_tokens_asks_for_a_person() -> None:
    with pytest.raises(Reauthorise, match="no tokens"):
        StoredTokens(Drawer(None), Service(), ManualClock(START)).access_token()


def test_a_token_set_hides_itself_when_printed() -> None:
    assert "A1" not in repr(tokens(1))
    assert "R1" not in f"{tokens(1)}"


def test_tokens_kept_before_the_five_years_were_told_apart_can_still_be_read() -> None:
    kept = b'{"access_token":"A","refresh_token":"R","expires_at":"2026-03-02T09:00:00Z","scope":"s"}'

    assert msgspec.json.decode(kept, type=TokenSet).ends_at is None


def test_a_connection_ends_at_the_nearer_of_its_two_ends() -> None:
    near, far = START + timedelta(days=60), START + timedelta(days=100)
    both = msgspec.structs.replace(tokens(1), refresh_expires_at=far, consent_expires_at=near)

    assert (both.ends_at, msgspec.structs.replace(both, consent_expires_at=None).ends_at) == (near, far)
