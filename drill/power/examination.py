"""What must be true of a data folder after the power failed, whatever the disk has lost of what was not flushed."""

import sqlite3
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path

from connector.vault.key import KEY_FILE, KeyFile
from drill.kills.wire import fingerprint
from state.errors import StateError
from state.model import ReminderState, TenantSlug
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault

_THANKED = "SELECT message_id FROM courtesy_message WHERE message_id IS NOT NULL AND state NOT IN ('planned', 'failed')"
UNTOUCHED = {ReminderState.PLANNED, ReminderState.VERIFIED, ReminderState.FAILED}


class Told:
    """What the world has been told so far, by all lives: from here on it must not be forgotten."""

    def __init__(self) -> None:
        self.claimed: set[str] = set()  # messages whose claim was committed, or of which a byte may have left
        self.received: set[str] = set()  # messages whose receipt was committed
        self.noted: set[str] = set()  # reminders whose note may have left
        self.connected: set[str] = set()
        self.tokens: dict[str, list[str]] = {}  # by company: every access token used, in order

    def hear(self, what: str, whom: str) -> None:
        match what:
            case "committed claim" | "leaves message":
                self.claimed.add(whom)
            case "committed receipt":
                self.received.add(whom)
            case "committed untaken":  # nothing has left, and it may be tried anew
                self.claimed.discard(whom)
            case "leaves note":
                self.noted.add(whom)
            case "uses token":
                company, token = whom.split()
                used = self.tokens.setdefault(company, [])
                if token not in used:
                    used.append(token)


def examine(data: Path, told: Told, now: datetime) -> Iterator[str]:
    """Every broken promise in a sentence. Opens the files with the product, so they are not what they were after."""
    known: dict[str, str] = {}
    try:
        if (data / "registry.db").exists() or told.connected:
            known = yield from _registry(data, told)
        files = {slug: data / "tenants" / slug / "dun.db" for slug in known}
        yield from (f"the file of {slug} is gone" for slug, path in files.items() if not path.exists())
        yield from _messages([path for path in files.values() if path.exists()], told, now)
    except (StateError, sqlite3.Error, ValueError) as error:  # ValueError: a row of which half is another's
        yield f"cannot be opened: {error}"


def _registry(data: Path, told: Told) -> Generator[str, None, dict[str, str]]:
    """The connections and their tokens. Returns slug and company of each."""
    with Registry.open(data / "registry.db", create=False) as registry:
        yield from _integrity(data / "registry.db")
        tenants: dict[str, str] = {tenant.slug: tenant.external_id for tenant in registry.tenants()}
        yield from (f"the connection of {slug} is forgotten" for slug in told.connected - tenants.keys())
        vault = Vault(registry, KeyFile(data / KEY_FILE, KEY_FILE))
        if tenants:
            vault.check()
        for slug, company in tenants.items():
            tokens = vault.load(TenantSlug(slug))
            held = fingerprint(tokens.access_token) if tokens else None
            used = told.tokens.get(company, [])
            if held is None or held in used[:-1]:
                yield f"the newest tokens of {slug} are lost, and the older ones were given away for them"
    return tenants


def _messages(paths: list[Path], told: Told, now: datetime) -> Iterator[str]:
    outcomes: dict[str, str] = {}
    states: list[tuple[str, str, str | None]] = []
    tried: set[str] = set()
    thanked: set[str] = set()
    for path in paths:
        with TenantStore.open(path) as store:
            yield from _integrity(path)
            store.reminders.recover(now)
        connection = sqlite3.connect(path)
        outcomes |= dict(connection.execute("SELECT id, outcome FROM message"))
        states += connection.execute("SELECT id, state, message_id FROM reminder")
        thanked |= {each for (each,) in connection.execute(_THANKED)}
        tried |= {each for (each,) in connection.execute("SELECT id FROM reminder WHERE note_attempts > 0")}
        connection.close()
    held = {message for _, state, message in states if message is not None and ReminderState(state) not in UNTOUCHED}
    yield from (
        f"message {each} may have left, and would be sent again" for each in sorted(told.claimed - held - thanked)
    )
    for each in sorted(told.received):
        if outcomes.get(each) != "sent":
            yield f"message {each} was received, and the file says {outcomes.get(each)}"
    yield from (f"the note of reminder {each} may be there, and nobody would look" for each in told.noted - tried)


def _integrity(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(path)
    finding = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    connection.close()
    if finding != "ok":
        yield f"{path.name} is damaged: {finding}"
