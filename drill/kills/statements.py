"""A database driver that knows which statement it is given, so that a process can die at exactly that one."""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from drill.kills.points import ANY_COMMIT, ANY_STATEMENT, LETTER, STATEMENTS, TEXT, THANKS, Moment, Trap

_PARTS = (  # of statements, each of which no statement of another kind has
    ("claim", "INSERT INTO message ("),
    ("receipt", "UPDATE message SET outcome = ?2"),
    ("tried", "note_attempts = note_attempts + 1"),
    ("noted", "SET state = 'noted'"),
    ("cursor", "INSERT INTO stream"),
    ("page", "INSERT INTO invoice ("),
    ("planned", "INSERT INTO reminder ("),
    ("decided", "INSERT INTO decision"),
    ("approved", "SET approved = 1"),
    ("resolved", "WHERE id = ?1 AND state = 'unknown'"),
    ("token", "INSERT INTO token"),
    ("noting", "UPDATE ledger_note SET attempts"),
    ("agreed", "UPDATE ledger_note SET state = 'written'"),
    ("giving up", "UPDATE write_off SET attempts"),
    ("given up", "UPDATE write_off SET state = 'written'"),
    ("charging", "UPDATE charge SET tried_at"),
    ("charged", "UPDATE charge SET state = 'raised'"),
)
_WITH_A_NAME = {"claim", "receipt", "untaken", "lost", "token"}  # the first parameter says what it is about
_CHANNELS = {"twilio-sms": TEXT, "lob": LETTER}
_CHANNEL, _STAGE, _OUTCOME = 2, 3, 1  # places among the parameters
_LABELS = {moment: label for label, moment in STATEMENTS.items()}


def watch_statements(trap: Trap) -> None:
    """Every connection that is opened from now on comes by the points of `trap`."""
    sqlite3.connect = partial(sqlite3.connect, factory=type("Watched", (_Connection,), {"trap": trap}))  # type: ignore[assignment]


class _Connection(sqlite3.Connection):
    trap: Trap

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._kinds: dict[str, str] = {}  # in the transaction that is open: kind -> what it is about, or ''
        self._special: dict[str, str] = {}  # message -> text, letter or thanks

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT":
            return self._commit()
        self._come_by(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        self._come_by(sql, ())
        return super().executemany(sql, parameters)

    def _come_by(self, sql: str, parameters: Any) -> None:
        if sql.startswith("BEGIN"):
            self._kinds = {}
        self.trap.pass_by(ANY_STATEMENT)
        kind = kind_of(sql, parameters)
        if kind is not None:
            self._kinds[kind] = str(parameters[0]) if kind in _WITH_A_NAME else ""
            if kind == "claim" and (what := _special(parameters)):
                self._special[self._kinds[kind]] = what
            self._pass("before", kind)

    def _commit(self) -> sqlite3.Cursor:
        kinds, self._kinds = self._kinds, {}
        self.trap.pass_by(ANY_STATEMENT)
        if "cursor" in kinds or "compared" in kinds:
            kinds.pop("page", None)  # the last page is no place between two
        for kind, message in kinds.items():
            self._tell("commits", kind, message)
            self._pass("at the commit of", kind)
            self._pass_special("at the commit of", kind, message)
        done = super().execute("COMMIT")
        for kind, message in kinds.items():
            self._tell("committed", kind, message)
            self._pass("after", kind)
            self._pass_special("after", kind, message)
        self.trap.pass_by(ANY_COMMIT)
        return done

    def _pass(self, when: str, kind: str) -> None:
        self._pass_moment((when, kind))

    def _pass_special(self, when: str, kind: str, message: str) -> None:
        if message in self._special:
            self._pass_moment((when, f"{kind} of {self._special[message]}"))

    def _pass_moment(self, moment: Moment) -> None:
        if moment in _LABELS:
            self.trap.pass_by(_LABELS[moment])

    def _tell(self, what: str, kind: str, message: str) -> None:
        if message:
            self.trap.tell(f"{what} {kind}", message)


def kind_of(sql: str, parameters: Any) -> str | None:
    kind = _kind_of_text(sql)
    if kind == "cursor" and parameters[0] == "*":
        return "compared"
    if kind == "receipt":
        return {"sent": kind, "unsure": "lost"}.get(parameters[_OUTCOME], "untaken")
    return kind


def _special(parameters: Any) -> str | None:
    """What a message is, by channel and stage, where it has points of its own."""
    return THANKS if parameters[_STAGE] == "thanks" else _CHANNELS.get(parameters[_CHANNEL])


@lru_cache
def _kind_of_text(sql: str) -> str | None:
    words = " ".join(sql.split())
    if words.startswith("CREATE "):
        return "schema"
    return next((kind for kind, part in _PARTS if part in words), None)
