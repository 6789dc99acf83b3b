"""`dun replies` as a person types it: the list, what handling ends, and what is refused."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from state.correspondence import ReplyDraft
from state.model import ContactId
from state.store import TenantStore

pytestmark = pytest.mark.slow
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def a_customer(folder: Path) -> tuple[str, str]:
    with closing(sqlite3.connect(folder / "data/tenants/north/dun.db")) as shell:
        row = shell.execute("SELECT name, id FROM contact ORDER BY name LIMIT 1").fetchone()
    return str(row[0]), str(row[1])


@pytest.fixture
def reply(connected: Any) -> str:
    """A customer of north has written, and its address has bounced."""
    _, contact = a_customer(connected.folder)
    draft = ReplyDraft(
        key="k1",
        mail_id="m@buyer.example",
        validity=1,
        uid=1,
        received_at=AT,
        sender="ap@buyer.example",
        sender_name="Ann \x1b[31m",
        subject="Re: Invoice",
        text="we have paid",
        kind="human",
        matched_by="sender",
    )
    with TenantStore.open(connected.folder / "data/tenants/north/dun.db") as store, store.transaction():
        key = store.correspondence.save(draft, [ContactId(contact)], AT)
        hold = store.holds.place("contact", contact, "reply", None, f"reply {key}", AT)
        store.correspondence.concern(key, ContactId(contact), hold.id)
        store.deliveries.suppress("ap@buyer.example", "bounced", AT)
    return key


def active_holds(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "data/tenants/north/dun.db")) as shell:
        return int(shell.execute("SELECT count(*) FROM hold WHERE released_at IS NULL").fetchone()[0])


def test_the_list_shows_who_wrote_what_and_whom_it_holds(connected: Any, reply: str) -> None:
    told = connected.told("replies")

    assert reply in told
    assert "ap@buyer.example" in told
    assert "\x1b" not in told


def test_the_list_speaks_json(connected: Any, reply: str) -> None:
    told = json.loads(connected.told("replies", "--json"))
    name, _ = a_customer(connected.folder)

    [listed] = told["replies"]
    assert (listed["id"], listed["text"], listed["customers"], listed["held"]) == (
        reply,
        "we have paid",
        [name],
        [name],
    )
    assert told["addresses"][0]["suppressed"]["address"] == "ap@buyer.example"


def test_nothing_waiting_is_said_in_words(connected: Any) -> None:
    assert "No reply waits for you" in connected.told("replies")


def test_handling_with_release_ends_the_hold_and_the_waiting(connected: Any, reply: str) -> None:
    told = connected.told("replies", "handle", reply.upper(), "--outcome", "paid_says", "--release")

    assert "1 hold ended" in told
    assert active_holds(connected.folder) == 0
    assert json.loads(connected.told("replies", "--json"))["replies"] == []


def test_handling_without_release_leaves_the_hold(connected: Any, reply: str) -> None:
    connected.told("replies", "handle", reply, "--outcome", "dispute", "--json")

    assert active_holds(connected.folder) == 1


def audited(connected: Any) -> list[dict[str, Any]]:
    return [each["entry"] for each in json.loads(connected.told("audit", "--json"))["audit"]]


def test_the_audit_names_who_handled_a_reply_and_what_became_of_it(connected: Any, reply: str) -> None:
    connected.told("replies", "handle", reply, "--outcome", "answered", "--release")

    [entry] = audited(connected)
    assert (entry["action"], entry["scope"], entry["target"]) == (
        "reply handled",
        "contact",
        a_customer(connected.folder)[1],
    )
    assert entry["details"] == {"reply": reply, "received_on": "2026-03-02", "outcome": "answered", "released": 1}


def test_the_audit_names_who_allowed_an_address_and_not_the_address(connected: Any, reply: str) -> None:
    connected.told("replies", "allow", "ap@buyer.example")

    [entry] = audited(connected)
    assert (entry["action"], entry["details"]) == ("address allowed", {"why": "bounced", "since": "2026-03-02"})
    assert "ap@buyer.example" not in json.dumps(entry)


def test_a_reply_is_handled_once(connected: Any, reply: str) -> None:
    connected.told("replies", "handle", reply, "--outcome", "answered")

    assert "handled already" in connected.refused("replies", "handle", reply, "--outcome", "answered")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("handle", "zzzzzzzz", "--outcome", "answered"), "there is no reply"),
        (("handle", "zzzzzzzz"), "what became of it"),
        (("handle",), "say which"),
        (("allow", "else@buyer.example"), "not suppressed"),
        (("allow", "no address"), "not suppressed"),
        (("shred", "x"), "Invalid value"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(connected: Any, reply: str, arguments: tuple[str, ...], words) -> None:
    assert words in connected.refused("replies", *arguments)


def test_an_address_is_allowed_again(connected: Any, reply: str) -> None:
    assert "written to again" in connected.told("replies", "allow", "AP@buyer.example")
    assert json.loads(connected.told("replies", "--json"))["addresses"] == []
