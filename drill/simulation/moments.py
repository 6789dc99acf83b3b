"""Every instant at which a process can die or the world can change under it, counted as they pass.

A moment is a statement to the database, or the edge of a call to somebody else's server. The script names moments by
number, so that the same seed kills the same process at the same place.
"""

from collections.abc import Callable


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the product may catch a SIGKILL."""


class Moments:
    """One process's life so far. Once it has died, nothing it still tries has any effect."""

    def __init__(self) -> None:
        self.passed = 0
        self.boundaries = 0  # edges of calls alone
        self.dead = False
        self.disk_is_full = False
        self._dies_at: int | None = None
        self._disk_fills_at: int | None = None
        self._happens: dict[int, list[Callable[[], None]]] = {}
        self._watched: list[tuple[str, Callable[[], None]]] = []

    def begin(self, *, dies_at: int | None = None, disk_fills_at: int | None = None) -> None:
        """A new cycle: count from zero, and forget what was to happen in the one before."""
        self.passed = self.boundaries = 0
        self.disk_is_full = False
        self._dies_at, self._disk_fills_at = dies_at, disk_fills_at
        self._happens.clear()
        self._watched.clear()

    def at_boundary(self, number: int, happening: Callable[[], None]) -> None:
        """Let something happen at the `number`-th edge of a call of this cycle."""
        self._happens.setdefault(number, []).append(happening)

    def at_statement(self, words: str, happening: Callable[[], None]) -> None:
        """Let something happen just before the first statement of this cycle with these words."""
        self._watched.append((words, happening))

    def boundary(self) -> None:
        """A call is about to leave, or its answer has just come back."""
        self.statement("")
        self.boundaries += 1
        for happening in self._happens.pop(self.boundaries, ()):
            happening()

    def statement(self, words: str) -> None:
        """The process is about to do something that lasts; `words` are those of an SQL statement."""
        if self.dead:
            raise Crash
        self.passed += 1
        if self._watched and words:
            self._notice(words)
        if self.passed == self._disk_fills_at:
            self.disk_is_full = True
        if self.passed == self._dies_at:
            self.die()

    def die_in(self, moments: int) -> None:
        self._dies_at = self.passed + moments

    def _notice(self, words: str) -> None:
        for one in [one for one in self._watched if one[0] in words]:
            self._watched.remove(one)
            one[1]()

    def die(self) -> None:
        """Here and now."""
        self.dead = True
        raise Crash
