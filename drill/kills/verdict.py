"""What the kills came to, said by the carrier's journal, the books' own judge, the traces and the files.

Dun's word is taken for nothing that can be known from elsewhere. What a trace says was written by the process that
died, line by line, before and after each commit; a SIGKILL takes nothing of it back.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct

from connector.config.settings import load
from connector.resolving import open_sends
from connector.wiring import Installation
from connectors.sandbox.books import Books
from connectors.sandbox.judge import verdict
from connectors.sandbox.setup import ledger_of
from connectors.sandbox.world import World
from drill.kills.deeds import judge_deeds
from drill.kills.journal import Accepted, accepted, claims_by_fingerprint
from drill.kills.lives import Nursery
from state.model import ReminderState, TenantSlug
from state.store import TenantStore

OVER = {ReminderState.NOTED, ReminderState.SKIPPED, ReminderState.PLANNED}
JUDGED = ("chased_paid", "chased_on_hold", "wrong_amounts", "reminders_without_note")


class Verdict(Struct, frozen=True, kw_only=True):
    """Counts, and every broken promise in a sentence of its own."""

    reminders: int = 0
    messages: int = 0
    unknown: int = 0
    duplicates: list[str] = []
    lost: list[str] = []
    unresolved: list[str] = []
    broken: list[str] = []
    by_kind: dict[str, int] = {}  # texts, letters and thanks that left; notes, write-offs and charges in the ledgers


class _File(Struct, frozen=True):
    """One tenant's file, as the database alone tells it."""

    attempts: dict[str, list[tuple[str, str, int]]]  # message -> invoice, stage, round of its reminders
    outcomes: dict[str, str]  # message -> what became of it
    unclear: set[str]  # thanks of which nobody knows whether they left: they stay so, since nobody asks after thanks
    unknown: set[str]  # messages that were unknown at some time
    left_over: list[str]
    illegal: list[str]


def judge(world: World, nursery: Nursery) -> Verdict:
    truth = verdict(world)
    with Installation(load(nursery.folder / "config.toml")) as own:
        unresolved = [
            f"{slug}: {number} is {each.state}" for slug, each, number in open_sends(own, list(own.config.tenants))
        ]
        parked = [
            f"{each.slug} is parked: {each.parked_because}" for each in own.registry.tenants() if each.parked_because
        ]
        paths = {slug: own.tenant_file(slug) for slug in own.config.tenants}
        messages = accepted(nursery.folder, claims_by_fingerprint(paths.values()))
        files = {slug: read_file(path) for slug, path in paths.items()}
        deeds = {
            slug: judge_deeds(books, paths[slug]) for slug, books in zip(paths, world.companies.values(), strict=True)
        }
        forgotten = [
            f"{slug}: {words}"
            for (key, books), slug in zip(world.companies.items(), own.config.tenants, strict=True)
            for words in _forgotten(books, ledger_of(key), own.tenant_file(slug))
        ]
    return Verdict(
        reminders=sum(len(steps) for file in files.values() for steps in file.attempts.values()),
        messages=len(messages),
        unknown=sum(len(file.unknown) for file in files.values()),
        duplicates=[*_duplicates(messages, files), *_in_words(truth, "duplicates")],
        lost=[*_lost(messages, files), *forgotten],
        unresolved=unresolved,
        by_kind=dict(sum((Counter(done.counts) for done in deeds.values()), Counter[str]())),
        broken=[
            *(words for name in JUDGED for words in _in_words(truth, name)),
            *_noted_for_nothing(world, truth, messages, dict(zip(world.companies, files.values(), strict=True))),
            *_misplaced(nursery, {message for file in files.values() for message in file.unknown}),
            *(f"{slug}: {words}" for slug, file in files.items() for words in file.illegal),
            *(f"{slug}: {words}" for slug, done in deeds.items() for words in done.broken),
            *parked,
            *_bugs(nursery.folder / "lives.log"),
        ],
    )


def _in_words(truth: dict[str, Any], count: str) -> Iterator[str]:
    yield from (_case_in_words(count, case) for case in truth["details"][count])


def _case_in_words(count: str, case: dict[str, Any]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in case.items())
    return f"{count.replace('_', ' ')}, say the books: {facts}"


def _noted_for_nothing(
    world: World, truth: dict[str, Any], messages: list[Accepted], files: Mapping[str, _File]
) -> Iterator[str]:
    """Notes without a reminder; a text about several invoices gives no number, and only its sender knows which."""
    count = "notes_without_reminder"
    unnamed = Counter(
        (key, _number(world.companies[key], invoice))
        for message in messages
        if not message.verdicts
        for key, file in files.items()
        for invoice, _, _ in file.attempts.get(message.attempt, ())
    )
    for case in truth["details"][count]:
        where = case["company"], case["invoice"]
        if unnamed[where]:
            unnamed[where] -= 1
        else:
            yield _case_in_words(count, case)


def _number(books: Books, invoice_id: str) -> str:
    return next(each.number for each in books.invoices.values() if invoice_id in {each.guid, str(each.id)})


def _duplicates(messages: list[Accepted], files: Mapping[TenantSlug, _File]) -> Iterator[str]:
    for attempt, times in Counter(message.attempt for message in messages).items():
        if times > 1:
            yield f"message {attempt} was accepted {times} times"
    steps = Counter(
        (slug, *step)
        for attempt in {message.attempt for message in messages}
        for slug, file in files.items()
        for step in file.attempts.get(attempt, ())
    )
    yield from (f"{step} reached its customer {times} times" for step, times in steps.items() if times > 1)


def _lost(messages: list[Accepted], files: Mapping[TenantSlug, _File]) -> Iterator[str]:
    outcomes = {message: outcome for file in files.values() for message, outcome in file.outcomes.items()}
    unclear = {message for file in files.values() for message in file.unclear}
    arrived = {message.attempt for message in messages}
    for attempt in sorted(arrived - unclear):
        if outcomes.get(attempt) != "sent":
            yield f"message {attempt} arrived, and the file says {outcomes.get(attempt)}"
    for attempt, outcome in outcomes.items():
        if outcome == "sent" and attempt not in arrived:
            yield f"message {attempt} is sent, says the file, and nobody got it"
    for slug, file in files.items():
        yield from (f"{slug}: {words}" for words in file.left_over)


def _misplaced(nursery: Nursery, unknown: set[str]) -> Iterator[str]:
    """Unknown is exactly what was claimed and not settled when the kill came."""
    perhaps, certainly = set(), set()
    for life in nursery.lives:
        trace = nursery.trace(life.number)
        told = {what: {line.split()[2] for line in trace if line.startswith(what)} for what in _TOLD}
        if life.killed:
            perhaps |= told["commits claim"] - told["committed receipt"] - told["committed untaken"]
            certainly |= told["committed claim"] - told["commits receipt"] - told["commits untaken"]
    yield from (f"message {message} is unknown, and no kill explains it" for message in sorted(unknown - perhaps))
    yield from (f"message {message} was under way at a kill, and is not unknown" for message in certainly - unknown)


_TOLD = tuple(f"{when} {what}" for when in ("commits", "committed") for what in ("claim", "receipt", "untaken"))


def _bugs(log: Path) -> Iterator[str]:
    lines = iter(log.read_text().splitlines())
    for line in lines:
        if line.startswith("Traceback"):
            yield f"a traceback in {log}: {next((each for each in lines if not each.startswith(' ')), '')}"


def read_file(path: Path) -> _File:
    """Everything a verdict needs of a tenant's file. DamagedFile if SQLite finds anything wrong with it."""
    with TenantStore.open(path) as store:
        store.check()
    connection = sqlite3.connect(path)
    reminders = connection.execute("SELECT id, invoice_id, stage, round, state, message_id FROM reminder").fetchall()
    attempts: dict[str, list[tuple[str, str, int]]] = {}
    for _, invoice, stage, number, _, message in reminders:
        if message is not None:
            attempts.setdefault(message, []).append((invoice, stage, number))
    thanks = connection.execute(
        "SELECT id, invoice_id, occasion, round, state, message_id FROM courtesy_message WHERE message_id IS NOT NULL"
    ).fetchall()
    for _, invoice, occasion, number, _, message in thanks:
        attempts.setdefault(message, []).append((invoice, f"thanks, {occasion}", number))
    unclear = {message for *_, state, message in thanks if state == "unknown"}
    unknown = connection.execute("SELECT message_id FROM reminder_event WHERE to_state = 'unknown'")
    outcomes = dict(connection.execute("SELECT id, outcome FROM message"))
    file = _File(
        attempts=attempts,
        outcomes=outcomes,
        unclear=unclear,
        unknown={message for (message,) in unknown} | unclear,
        left_over=[
            *(f"reminder {each[0]} is still {each[4]}" for each in reminders if ReminderState(each[4]) not in OVER),
            *(f"the thanks {each[0]} are still being sent" for each in thanks if each[4] == "sending"),
        ],
        illegal=list(_gaps(connection, {each[0]: each[4] for each in reminders})),
    )
    connection.close()
    return file


def _gaps(connection: sqlite3.Connection, states: dict[str, str]) -> Iterator[str]:
    """Where the history of a reminder does not lead, step by step, to the state it is in."""
    reached: dict[str, str | None] = {}
    events = connection.execute("SELECT reminder_id, from_state, to_state FROM reminder_event ORDER BY id")
    for reminder, before, after in events:
        if reached.get(reminder) != before:
            yield f"reminder {reminder} went from {before} to {after} when it was {reached.get(reminder)}"
        reached[reminder] = after
    for reminder, state in states.items():
        if reached.get(reminder) != state:
            yield f"reminder {reminder} is {state}, and its history ends with {reached.get(reminder)}"


def _forgotten(books: Books, ledger: str, path: Path) -> Iterator[str]:
    """Invoices that are overdue and that nobody has decided about: their reminders would be lost without a trace."""
    today: date = books.clock.now().date()
    with TenantStore.open(path) as store:
        yield from (
            f"everything is on hold: {hold.note}" for hold in store.holds.active(today) if hold.scope == "tenant"
        )
        spoken_of: set[str | None] = {row.invoice_id for row in store.decisions.current()}
        spoken_of |= {record.id for record in store.mirror.quarantined()}
    for invoice in books.invoices.values():
        name = invoice.guid if ledger == "xero" else str(invoice.id)
        owed = invoice.state == "open" and invoice.due_amount > 0 and not invoice.bill
        if owed and invoice.due is not None and invoice.due < today and name not in spoken_of:
            yield f"invoice {invoice.number} is overdue, and nothing was decided about it"
