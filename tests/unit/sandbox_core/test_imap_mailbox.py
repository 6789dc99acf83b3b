"""The firm's mailbox as two independent clients see it, imaplib and imap-tools, and as a rude one does."""

import imaplib
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imap_tools import AND, MailBoxUnencrypted
from imap_tools.errors import MailboxLoginError

from connectors.sandbox.correspondence import new_mail
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.imap.lines import BadCommand, parsed
from connectors.sandbox.imap.search import numbers_in
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World

FIRM = "accounts@firm.example"


def write(world: World, subject: str = "Hello", *, to: str = FIRM, text: str = "We have paid.") -> None:
    now = world.clock.now()
    world.outside.inbox.deliver(to, new_mail("Ada <ada@fernbridge.example>", to, subject, text, now), now)


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[imaplib.IMAP4]:
    connected = imaplib.IMAP4("127.0.0.1", sandbox.imap_port, timeout=10)
    connected.login(FIRM, "anything")
    yield connected
    with suppress(imaplib.IMAP4.error, OSError):
        connected.logout()


def taken(answer: tuple[str, list[object]]) -> bytes:
    status, data = answer
    assert status == "OK"
    first = data[0]
    assert isinstance(first, bytes)
    return first


def test_imap_tools_reads_and_marks_nothing(sandbox: RunningSandbox, world: World) -> None:
    write(world, "Überfällig: INV-00001")
    with MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).login(FIRM, "anything") as mailbox:
        mails = list(mailbox.fetch(AND(seen=False), mark_seen=False, bulk=True))
        assert [(mail.uid, mail.subject, mail.from_) for mail in mails] == [
            ("1", "Überfällig: INV-00001", "ada@fernbridge.example")
        ]
        assert mails[0].text.strip() == "We have paid."
        assert list(mailbox.fetch(AND(seen=True), mark_seen=False)) == []


def test_imap_tools_reads_on_from_a_uid(sandbox: RunningSandbox, world: World) -> None:
    for number in range(3):
        write(world, f"mail {number}")
    with MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).login(FIRM, "anything") as mailbox:
        assert [mail.subject for mail in mailbox.fetch("UID 2:*", mark_seen=False)] == ["mail 1", "mail 2"]
        assert [mail.subject for mail in mailbox.fetch("UID 9:*", mark_seen=False)] == ["mail 2"]
        assert mailbox.folder.status("INBOX")["UIDNEXT"] == 4
        assert [folder.name for folder in mailbox.folder.list()] == ["INBOX", "Junk", "Sent", "Trash"]


def test_imap_tools_flags_and_searches_by_day(sandbox: RunningSandbox, world: World) -> None:
    write(world, "yesterday's")
    world.clock.advance(timedelta(days=1))
    write(world, "today's")
    with MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).login(FIRM, "anything") as mailbox:
        since = AND(date_gte=date(2026, 3, 3))
        assert [mail.subject for mail in mailbox.fetch(since, mark_seen=False)] == ["today's"]
        mailbox.flag("2", ["\\Seen", "\\Flagged"], True)
        assert [mail.subject for mail in mailbox.fetch(AND(flagged=True), mark_seen=False)] == ["today's"]
        assert mailbox.uids(AND(subject="yesterday")) == ["1"]


def test_imaplib_reads_parts(client: imaplib.IMAP4, world: World) -> None:
    write(world)
    content = world.outside.inbox.folder(FIRM, "INBOX").mails[0].content  # type: ignore[union-attr]
    assert taken(client.select("INBOX", readonly=True)) == b"1"
    _, data = client.uid("FETCH", "1", "(FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])")
    head, body = data[0]
    assert body == content
    assert b"RFC822.SIZE %d" % len(content) in head
    assert b'INTERNALDATE "02-Mar-2026 08:00:00 +0000"' in head
    assert client.uid("FETCH", "1", "(BODY.PEEK[]<3.10>)")[1][0] == (b"1 (UID 1 BODY[]<3> {10}", content[3:13])
    assert client.fetch("1", "(BODY.PEEK[HEADER])")[1][0][1] == content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    fields = client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
    assert fields == b"Subject: Hello\r\n\r\n"


@pytest.mark.parametrize(
    ("readonly", "item", "seen"),
    [(False, "BODY.PEEK[]", False), (False, "BODY[]", True), (False, "RFC822", True), (True, "BODY[]", False)],
)
def test_reading_marks_as_seen_unless_one_peeks(
    client: imaplib.IMAP4, world: World, readonly: bool, item: str, seen: bool
) -> None:
    write(world)
    client.select("INBOX", readonly=readonly)
    client.fetch("1", f"({item})")
    assert taken(client.search(None, "SEEN")) == (b"1" if seen else b"")


def test_a_folder_read_only_takes_no_flags(client: imaplib.IMAP4, world: World) -> None:
    write(world)
    client.select("INBOX", readonly=True)
    assert client.store("1", "+FLAGS", "\\Seen")[0] == "NO"
    assert taken(client.search(None, "SEEN")) == b""


def test_deleted_mail_goes_at_expunge_and_uids_stay(client: imaplib.IMAP4, world: World) -> None:
    for number in range(3):
        write(world, f"mail {number}")
    client.select()
    client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
    assert client.expunge()[1] == [b"2"]
    assert taken(client.uid("SEARCH", "ALL")) == b"1 3"
    client.close()
    assert taken(client.select()) == b"2"


def test_new_mail_shows_at_the_next_command(client: imaplib.IMAP4, world: World) -> None:
    client.select()
    write(world)
    client.response("EXISTS")
    client.noop()
    assert client.response("EXISTS") == ("EXISTS", [b"1"])


def test_new_uids_come_with_a_new_validity(client: imaplib.IMAP4, world: World) -> None:
    for number in range(2):
        write(world, f"mail {number}")
    client.select()
    client.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
    client.expunge()
    before = client.status("INBOX", "(UIDVALIDITY)")[1]
    world.outside.inbox.renumber()
    assert client.status("INBOX", "(UIDVALIDITY)")[1] != before
    assert taken(client.uid("SEARCH", "ALL")) == b"1"


def test_each_address_has_its_own_mailbox_and_other_names_see_all(sandbox: RunningSandbox, world: World) -> None:
    write(world, to=FIRM)
    write(world, to="other@firm.example")
    for login, count in ((FIRM, b"1"), ("Other@firm.example", b"1"), ("everybody", b"2"), ("nobody@x.example", b"0")):
        with imaplib.IMAP4("127.0.0.1", sandbox.imap_port, timeout=10) as connected:
            connected.login(login, "anything")
            assert taken(connected.select()) == count


@pytest.mark.parametrize(
    ("switch", "value"),
    [("imap.dead_logins", FIRM), ("imap.dead_logins", "all"), ("imap.password", "other"), ("imap.passwords", "off")],
)
def test_a_login_may_be_dead(sandbox: RunningSandbox, world: World, switch: str, value: str) -> None:
    world.switches[switch] = value
    with pytest.raises(MailboxLoginError):
        MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).login(FIRM, "anything")


def test_a_token_opens_the_mailbox_and_a_dead_one_does_not(sandbox: RunningSandbox, world: World) -> None:
    write(world)
    world.switches["imap.token"], world.switches["imap.passwords"] = "right", "off"
    with MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).xoauth2(FIRM, "right") as mailbox:
        assert len(mailbox.uids()) == 1
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        MailBoxUnencrypted("127.0.0.1", sandbox.imap_port, timeout=10).xoauth2(FIRM, "wrong")


def test_a_plain_login_may_be_asked_for(sandbox: RunningSandbox) -> None:
    with imaplib.IMAP4("127.0.0.1", sandbox.imap_port, timeout=10) as connected:
        assert connected.authenticate("PLAIN", lambda _: f"\0{FIRM}\0anything".encode())[0] == "OK"
    with imaplib.IMAP4("127.0.0.1", sandbox.imap_port, timeout=10) as connected, pytest.raises(imaplib.IMAP4.error):
        connected.authenticate("CRAM-MD5", lambda _: b"x")


@pytest.mark.parametrize("kind", ["no", "bye", "drop_before", "drop_after"])
def test_the_server_may_fail(client: imaplib.IMAP4, world: World, kind: str) -> None:
    write(world)
    client.select()
    raise_fault(world, Fault("imap", kind, path="SEARCH"))
    if kind == "no":
        assert client.uid("SEARCH", "ALL")[0] == "NO"
        assert client.uid("SEARCH", "ALL")[0] == "OK"
    else:
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            client.uid("SEARCH", "ALL")


def test_a_flag_is_set_although_the_answer_is_lost(client: imaplib.IMAP4, world: World) -> None:
    write(world)
    client.select()
    raise_fault(world, Fault("imap", "drop_after", path="STORE"))
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        client.uid("STORE", "1", "+FLAGS", "(\\Seen)")
    assert world.outside.inbox.folder(FIRM, "INBOX").mails[0].flags == {"\\Seen"}  # type: ignore[union-attr]


class Rude:
    """A client that says whatever it likes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rb")
        assert self._file.readline().startswith(b"* OK")

    def say(self, line: bytes, until: bytes = b"a") -> list[bytes]:
        self._socket.sendall(line + b"\r\n")
        lines = [self._file.readline().strip()]
        while lines[-1] and not lines[-1].startswith((until, b"+", b"* BAD")):
            lines.append(self._file.readline().strip())
        return lines

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def rude(sandbox: RunningSandbox) -> Iterator[Rude]:
    connected = Rude(sandbox.imap_port)
    yield connected
    connected.close()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", b"* BAD"),
        (b"???", b"* BAD"),
        (b"a", b"a BAD"),
        (b"a DANCE", b"a BAD"),
        (b"a SELECT INBOX", b"a BAD"),
        (b"a LOGIN only-a-name", b"a BAD"),
        (b'a LOGIN "unfinished', b"* BAD"),
        (b"a UID", b"a BAD"),
        (b"a AUTHENTICATE PLAIN !!!", b"a BAD"),
        (b"a LOGIN x x\r\na SELECT Nowhere", b"a OK"),
    ],
)
def test_nonsense_is_answered_and_the_session_goes_on(rude: Rude, line: bytes, told: bytes) -> None:
    assert rude.say(line)[-1].startswith(told)
    assert rude.say(b"b NOOP", until=b"b")[-1].startswith(b"b OK")


@pytest.mark.parametrize(
    "command",
    [
        b"FETCH 1",
        b"FETCH 7 FLAGS",
        b"FETCH x FLAGS",
        b"FETCH 1 ENVELOPE",
        b"SEARCH",
        b"SEARCH SINCE yesterday",
        b"STORE 1 FLAG x",
    ],
)
def test_commands_that_make_no_sense_are_bad(rude: Rude, world: World, command: bytes) -> None:
    write(world)
    rude.say(b"a LOGIN %s x" % FIRM.encode())
    rude.say(b"a SELECT INBOX")
    assert rude.say(b"a " + command)[-1].startswith(b"a BAD")


def test_an_unknown_folder_leaves_none_open(rude: Rude) -> None:
    rude.say(b"a LOGIN x x")
    rude.say(b"a SELECT INBOX")
    assert rude.say(b"a SELECT Nowhere")[-1].startswith(b"a NO [NONEXISTENT]")
    assert rude.say(b"a SEARCH ALL")[-1].startswith(b"a BAD")


def test_literals_are_asked_for_or_come_at_once(rude: Rude) -> None:
    assert rude.say(b"a LOGIN {4}")[-1].startswith(b"+")
    assert rude.say(b"name {1+}\r\nx")[-1].startswith(b"a OK")


def test_idle_tells_of_new_mail_until_done(rude: Rude, world: World) -> None:
    rude.say(b"a LOGIN %s x" % FIRM.encode())
    rude.say(b"a SELECT INBOX")
    assert rude.say(b"a IDLE")[-1].startswith(b"+")
    write(world)
    assert rude._file.readline() == b"* 1 EXISTS\r\n"
    assert rude.say(b"DONE")[-1].startswith(b"a OK")


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20))
def test_a_set_of_numbers_is_the_same_either_way_round(first: int, end: int, last: int) -> None:
    assert numbers_in(f"{first}:{end}", last) == numbers_in(f"{end}:{first}", last)
    assert last in numbers_in(f"{first}:*", last)


@given(st.binary(max_size=60))
def test_any_line_is_read_or_refused_in_words(line: bytes) -> None:
    try:
        words = parsed(line.replace(b"\x00", b""), [])
    except BadCommand:
        return
    assert all(isinstance(word, str | bytes | list) for word in words)
