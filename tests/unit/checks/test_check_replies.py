"""Replies that nobody reads: by Dun, because the mailbox does not open, or by people."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tenant_bench import TenantBench
from tiny_imap import TinyImap
from unit.state.examples import a_reply

from connector.checks.live import mailboxes_open
from connector.checks.replies import mailbox_unread, replies_waiting
from connector.checks.sight import Sight
from connector.config.mailbox import MailboxSection
from connector.config.settings import load
from connector.post import mailbox_name
from connector.wiring import Installation
from state.alerts import Finding
from state.model import TenantSlug

MAILBOX = MailboxSection(host="imap.example.com", username="accounts@example.com", password="env:P")
HOUR = timedelta(hours=1)


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]


def test_a_mailbox_that_was_not_read_for_hours_is_told(sight: Callable[..., Sight], bench: TenantBench) -> None:
    bench.set(mailbox=MAILBOX)
    bench.store.correspondence.move(mailbox_name(MAILBOX), 1, 1, bench.now)
    bench.let_pass(6 * HOUR)
    early = codes(mailbox_unread(sight()))
    bench.let_pass(HOUR)

    [finding] = mailbox_unread(sight())
    assert early == []
    assert finding.words == "the mailbox has not been read since 2026-03-02 10:00 UTC: replies may lie in it"


def test_a_mailbox_that_was_never_read_is_told_too(sight: Callable[..., Sight], bench: TenantBench) -> None:
    bench.set(mailbox=MAILBOX)
    bench.let_pass(7 * HOUR)

    assert codes(mailbox_unread(sight())) == ["mailbox_unread"]


def test_without_a_mailbox_or_a_connection_nothing_is_unread(sight: Callable[..., Sight], bench: TenantBench) -> None:
    bench.let_pass(100 * HOUR)
    without = codes(mailbox_unread(sight()))
    bench.set(mailbox=MAILBOX)

    assert without == codes(mailbox_unread(sight(parked_because="revoked"))) == []


def test_replies_that_nobody_handles_are_told_after_a_day(sight: Callable[..., Sight], bench: TenantBench) -> None:
    reply = bench.store.correspondence.save(a_reply(received_at=bench.now), [], bench.now)
    bench.store.correspondence.save(a_reply("k2", kind="auto_reply", received_at=bench.now - 90 * HOUR), [], bench.now)
    bench.let_pass(24 * HOUR)
    early = codes(replies_waiting(sight()))
    bench.let_pass(HOUR)

    [finding] = replies_waiting(sight())
    bench.store.correspondence.handle(reply, "answered", "Ada", bench.now, release=False)
    assert (early, codes(replies_waiting(sight()))) == ([], [])
    assert finding.words == "1 reply not handled, the oldest of 2026-03-02 10:00 UTC"


@pytest.mark.parametrize(("password", "found"), [("right", []), ("wrong", ["mailbox_refusing"])])
def test_the_doctor_tries_the_mailbox(tmp_path, monkeypatch, password: str, found: list[str]) -> None:
    monkeypatch.setenv("DUN_TEST_MAILBOX", password)
    with TinyImap().running() as imap:
        config = tmp_path / "config.toml"
        config.write_text(
            '[sending]\nfrom = "a@example.com"\n[xero]\nclient_id = "app"\n[tenants.acme]\nledger = "xero"\n'
            'zone = "Europe/London"\n[tenants.acme.mailbox]\nhost = "127.0.0.1"\nsecurity = "none"\n'
            f'port = {imap.port}\nusername = "clerk"\npassword = "env:DUN_TEST_MAILBOX"\n'
        )
        with Installation(load(config)) as opened:
            findings: list[Finding] = list(mailboxes_open(opened, [TenantSlug("acme")]))

    assert codes(findings) == found
