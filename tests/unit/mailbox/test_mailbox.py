"""Every letter is read once, nothing in the mailbox changes, and no server makes Dun read or wait without end."""

from datetime import UTC, date, datetime, timedelta

import letters_from_outside as outside
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from letters_from_outside import letter
from self_signed import self_signed
from tiny_imap import ARRIVED, TinyImap

from connectors.mail_tokens import GrantedTokens, google_grant
from connectors.mailbox.errors import MailboxError, MailboxRefused, MailboxUnreachable
from connectors.mailbox.letter import BODY_BYTES, HEAD_BYTES, Cursor, Letter
from connectors.mailbox.mailbox import AT_ONCE, Mailbox, MailboxSettings

TODAY = date(2026, 3, 12)


def mailbox(imap: TinyImap, **changes: object) -> Mailbox:
    usual = {
        "host": "127.0.0.1",
        "port": imap.port,
        "security": "none",
        "username": "clerk@seller.example",
        "password": "right",
        "timeout_seconds": 2,
    }
    return Mailbox(MailboxSettings(**{**usual, **changes}))


def read(imap: TinyImap, after: Cursor | None = None, since: date = TODAY) -> list[Letter]:
    return list(mailbox(imap).letters(after, since))


def test_a_letter_comes_with_its_head_its_body_and_its_time(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY)

    [found] = read(imap)

    assert (found.head, found.body) == outside.OUTLOOK_REPLY
    assert (found.arrived_at, found.cursor) == (ARRIVED, Cursor(42, 1))
    assert found.whole


def test_what_was_read_is_not_read_again(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY)
    [first] = read(imap)
    imap.add(outside.GMAIL_REPLY)

    assert [found.cursor.uid for found in read(imap, first.cursor)] == [2]


def test_the_last_letter_is_not_given_twice_though_servers_offer_it(imap: TinyImap) -> None:
    """RFC 3501: `2:*` contains the last message even if its number is 1."""
    imap.add(outside.OUTLOOK_REPLY)

    assert read(imap, Cursor(42, 1)) == []


def test_a_folder_that_was_numbered_anew_is_read_by_date(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY, ARRIVED - timedelta(days=30))
    imap.add(outside.GMAIL_REPLY)
    imap.renumber()

    assert [found.cursor for found in read(imap, Cursor(42, 2))] == [Cursor(43, 501)]


def test_a_first_look_begins_shortly_before_its_day(imap: TinyImap) -> None:
    for days in (0, 1, 3, 4, 30):
        imap.add(outside.OUTLOOK_REPLY, ARRIVED - timedelta(days=days))

    assert [found.cursor.uid for found in read(imap, since=TODAY)] == [1, 2]


def test_a_full_mailbox_is_read_in_pieces_and_none_is_lost(imap: TinyImap) -> None:
    for number in range(AT_ONCE + 3):
        imap.add(letter(f"Subject: {number}"))

    first = read(imap)
    second = read(imap, first[-1].cursor)

    assert [found.cursor.uid for found in (*first, *second)] == list(range(1, AT_ONCE + 4))


def test_nothing_is_marked_moved_or_deleted(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY)

    read(imap)

    assert {"EXAMINE"} <= {command.split()[0] for command in imap.commands}
    changing = ("STORE", "SELECT", "EXPUNGE", "COPY", "MOVE", "CLOSE", "APPEND", "BODY[")
    assert not [command for command in imap.commands if any(word in command for word in changing)]


def test_of_a_letter_of_fifty_megabytes_the_beginning_is_fetched(imap: TinyImap) -> None:
    imap.add((b"Subject: large\r\n\r\n", b"x" * 50_000_000))

    [found] = read(imap)

    assert (len(found.body), found.whole) == (BODY_BYTES, False)
    assert found.size > 50_000_000


def test_of_endless_headers_the_beginning_is_fetched(imap: TinyImap) -> None:
    imap.add((b"X: " + b"x" * 500_000 + b"\r\n\r\n", b"text"))

    [found] = read(imap)

    assert (len(found.head), found.whole) == (HEAD_BYTES, False)


def test_a_wrong_password_is_refused_without_repeating_it(imap: TinyImap) -> None:
    with pytest.raises(MailboxRefused, match="login") as caught:
        list(mailbox(imap, password="hunter2").letters(None, TODAY))

    assert "hunter2" not in str(caught.value)
    assert "clerk" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(imap: TinyImap) -> None:
    with pytest.raises(MailboxRefused, match="folder"):
        list(mailbox(imap, folder="Rechnungen").letters(None, TODAY))


@pytest.mark.parametrize("verb", ["CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "FETCH"])
@pytest.mark.parametrize("what", ["NO", "BREAK", "SILENCE", "TORRENT"])
def test_a_server_that_goes_wrong_is_told_in_words(imap: TinyImap, verb: str, what: str) -> None:
    imap.add(outside.OUTLOOK_REPLY)
    imap.trouble[verb] = what

    with pytest.raises(MailboxError) as caught:
        list(mailbox(imap, timeout_seconds=0.5).letters(None, TODAY))
    assert "clerk" not in str(caught.value)


def test_a_part_of_two_gigabytes_is_not_waited_for(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY)
    imap.trouble["FETCH"] = "HUGE"

    with pytest.raises(MailboxUnreachable, match="larger than was asked for"):
        read(imap)


def test_what_was_read_before_the_line_broke_has_been_handed_over(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY)
    imap.add(outside.GMAIL_REPLY)
    letters = mailbox(imap).letters(None, TODAY)
    first = next(letters)
    imap.trouble["FETCH"] = "BREAK"

    with pytest.raises(MailboxUnreachable):
        next(letters)
    assert first.cursor.uid == 1


def test_a_server_that_is_not_there_is_unreachable(imap: TinyImap) -> None:
    with pytest.raises(MailboxUnreachable):
        list(mailbox(imap, port=1).letters(None, TODAY))


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path) -> None:
    with TinyImap(tls=self_signed(tmp_path).server_context()).running() as imap:
        with pytest.raises(MailboxUnreachable, match="certificate"):
            list(mailbox(imap, security="tls").letters(None, TODAY))
        assert imap.commands == []


def test_a_server_without_starttls_gets_no_password(imap: TinyImap) -> None:
    with pytest.raises(MailboxUnreachable):
        list(mailbox(imap, security="starttls").letters(None, TODAY))

    assert not [command for command in imap.commands if "right" in command]


def test_a_mailbox_opens_by_token(imap: TinyImap, token_service, clock) -> None:
    imap.add(outside.OUTLOOK_REPLY)
    tokens = GrantedTokens(google_grant("app", "secret", "refresh", token_service.url), clock)

    assert len(list(mailbox(imap, password=None, tokens=tokens).letters(None, TODAY))) == 1


def test_a_token_that_is_refused_is_not_used_again(imap: TinyImap, token_service, clock) -> None:
    """The server says why in a challenge, which is answered with an empty line before it refuses."""
    imap.token = "token-2"
    opened = mailbox(imap, password=None, tokens=GrantedTokens(google_grant("app", "s", "r", token_service.url), clock))

    with pytest.raises(MailboxRefused):
        opened.check()
    opened.check()

    assert "after the challenge: ''" in imap.commands
    assert len(token_service.forms) == 2


def test_a_consent_that_was_withdrawn_is_a_refusal(imap: TinyImap, token_service, clock) -> None:
    token_service.status, token_service.body = 400, b'{"error":"invalid_grant","error_description":"for clerk"}'
    tokens = GrantedTokens(google_grant("app", "s", "r", token_service.url), clock)

    with pytest.raises(MailboxRefused, match="invalid_grant") as caught:
        list(mailbox(imap, password=None, tokens=tokens).letters(None, TODAY))
    assert "clerk" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""},
        {"username": ""},
        {"password": None},
        {"security": "none", "host": "imap.seller.example"},
        {"password": "a\r\nb"},
        {"folder": "IN\nBOX"},
    ],
)
def test_settings_that_cannot_work_are_refused(imap: TinyImap, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mailbox"):
        mailbox(imap, **changes)


def test_a_password_with_quotes_arrives_as_it_is(imap: TinyImap) -> None:
    imap.password = r"a\"b\\c"

    mailbox(imap, password='a"b\\c').check()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    story=st.lists(st.sampled_from(["arrive", "read", "break", "renumber"]), min_size=1, max_size=12),
)
def test_whatever_happens_each_letter_is_read_and_none_twice_under_one_number(story: list[str]) -> None:
    with TinyImap().running() as imap:
        cursor: Cursor | None = None
        seen: list[bytes] = []
        for step in (*story, "read"):
            if step == "arrive":
                imap.add(letter(f"Subject: {len(imap.letters)}"))
            elif step == "renumber":
                imap.renumber()
            else:
                imap.trouble = {"FETCH": "BREAK"} if step == "break" else {}
                before = cursor
                try:
                    for found in mailbox(imap).letters(before, TODAY):
                        assert cursor is None or cursor.validity != imap.validity or found.cursor > cursor
                        cursor = found.cursor
                        seen.append(found.head)
                except MailboxUnreachable:
                    assert step == "break"

        assert set(seen) == {one.head for one in imap.letters}
        assert len(seen) == len(set(seen)) or "renumber" in story


def test_an_instant_of_the_mailbox_is_utc(imap: TinyImap) -> None:
    imap.add(outside.OUTLOOK_REPLY, datetime(2026, 3, 12, 23, 59, tzinfo=UTC))

    assert read(imap)[0].arrived_at == datetime(2026, 3, 12, 23, 59, tzinfo=UTC)
