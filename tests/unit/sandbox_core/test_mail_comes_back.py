"""The sandbox's mailbox and SendGrid's lists as Dun's own readers see them."""

from datetime import date, timedelta
from typing import Any

import pytest
import requests

from connector.replies.classify import Human, classify
from connector.replies.mail import read_mail
from connectors.channels.sendgrid_facts import PAGE, SendGridFacts
from connectors.mailbox.errors import MailboxUnreachable
from connectors.mailbox.mailbox import Mailbox, MailboxSettings
from connectors.sandbox.correspondence import new_mail
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World

FIRM = "accounts@firm.example"


@pytest.fixture
def mailbox(sandbox: RunningSandbox) -> Mailbox:
    settings = MailboxSettings(
        host="127.0.0.1", port=sandbox.imap_port, security="none", username=FIRM, password="anything"
    )
    return Mailbox(settings)


def write(world: World, subject: str) -> None:
    now = world.clock.now()
    world.outside.inbox.deliver(
        FIRM, new_mail("Ada <ada@fernbridge.example>", FIRM, subject, "We have paid.", now), now
    )


def since(world: World) -> date:
    return world.clock.now().date()


def test_what_comes_in_is_read_once_and_understood(world: World, mailbox: Mailbox) -> None:
    write(world, "Überfällig")
    [first] = mailbox.letters(None, since(world))
    write(world, "again")

    [second] = mailbox.letters(first.cursor, since(world))
    mail = read_mail(first.head, first.body, first.arrived_at)

    assert (mail.sender, mail.subject, mail.text.strip()) == ("ada@fernbridge.example", "Überfällig", "We have paid.")
    assert isinstance(classify(mail), Human)
    assert read_mail(second.head, second.body, second.arrived_at).subject == "again"
    assert list(mailbox.letters(second.cursor, since(world))) == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "no", "bye"])
def test_a_mailbox_that_fails_is_unreachable_and_loses_nothing(world: World, mailbox: Mailbox, kind: str) -> None:
    write(world, "kept")
    raise_fault(world, Fault("imap", kind, path="FETCH"))

    with pytest.raises(MailboxUnreachable):
        list(mailbox.letters(None, since(world)))
    assert len(list(mailbox.letters(None, since(world)))) == 1


@pytest.mark.parametrize(
    ("fate", "kind"),
    [("bounce", "bounced"), ("block", "failed"), ("invalid", "bounced"), ("spam", "opened_complaint")],
)
def test_an_address_on_a_list_is_a_fact_of_its_kind(
    sandbox: RunningSandbox, world: World, fate: Any, kind: str
) -> None:
    world.outside.suppressions.fates["ap@buyer.example"] = fate
    send(sandbox, "ap@buyer.example")

    [fact] = SendGridFacts("SG.any.key", sandbox.url).since(world.clock.now() - timedelta(hours=1))

    assert (fact.kind, fact.recipient, fact.provider_id) == (kind, "ap@buyer.example", "")


def test_a_list_of_more_than_a_page_is_read_whole_and_from_a_moment_on(sandbox: RunningSandbox, world: World) -> None:
    everybody = [f"a{number}@buyer.example" for number in range(PAGE + 5)]
    world.outside.suppressions.fates.update(dict.fromkeys(everybody, "bounce"))
    for begin in range(0, len(everybody), 50):
        send(sandbox, *everybody[begin : begin + 50])
    facts, now = SendGridFacts("SG.any.key", sandbox.url), world.clock.now()

    assert {fact.recipient for fact in facts.since(now - timedelta(hours=1))} == set(everybody)
    assert list(facts.since(now + timedelta(hours=1))) == []


def send(sandbox: RunningSandbox, *to: str) -> None:
    body = {
        "personalizations": [{"to": [{"email": one} for one in to]}],
        "from": {"email": "us@example.com"},
        "subject": "Invoice INV-00001",
        "content": [{"type": "text/plain", "value": "Invoice INV-00001"}],
    }
    headers = {"Authorization": "Bearer SG.any.key"}
    assert requests.post(f"{sandbox.url}/v3/mail/send", json=body, headers=headers, timeout=10).status_code == 202
