"""Unmodified clients deliver into the sandbox, and it refuses what the real receivers refuse."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
import python_http_client.exceptions
import sendgrid

from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World

TO = "accounts@fernbridge-joinery.example"


def mail(**changes: Any) -> dict[str, Any]:
    return {
        "personalizations": [{"to": [{"email": TO}]}],
        "from": {"email": "us@example.com", "name": "Us"},
        "subject": "Invoice INV-00001",
        "content": [
            {"type": "text/plain", "value": "Invoice INV-00001, £10.00"},
            {"type": "text/html", "value": "<p>Invoice INV-00001</p>"},
        ],
        "headers": {"X-Dun-Stage": "firm", "X-Dun-Message": "attempt-1"},
        "categories": ["firm"],
    } | changes


def post(sandbox: RunningSandbox, body: dict[str, Any], key: str = "SG.any.key") -> Any:
    client = sendgrid.SendGridAPIClient(key, host=sandbox.url)
    return client.client.mail.send.post(request_body=body)


def refusal(sandbox: RunningSandbox, body: dict[str, Any], key: str = "SG.any.key") -> tuple[int, list[dict[str, Any]]]:
    with pytest.raises(python_http_client.exceptions.HTTPError) as caught:
        post(sandbox, body, key)
    return caught.value.status_code, caught.value.to_dict["errors"]


def test_the_sendgrid_client_delivers(
    sandbox: RunningSandbox, world: World, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice_for(customer, "10.00", number="INV-00001")
    answer = post(sandbox, mail())
    assert (answer.status_code, answer.body) == (202, b"")
    message = world.messages[0]
    assert message.id.startswith(answer.headers["X-Message-Id"])
    assert (message.recipients, message.stage, message.attempt) == ((TO,), "firm", "attempt-1")
    assert [mention.verdict for mention in message.mentions] == ["owed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": {}}, "from.email"),
        ({"from": {"email": "nobody"}}, "from.email"),
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "no address"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": [{"to": [{"email": TO}], "cc": [{"email": TO.upper()}]}]}, "personalizations.0"),
        ({"subject": ""}, "subject"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"content": list(reversed(mail()["content"]))}, "content"),
        ({"attachments": [{"content": "not base64!", "filename": "a.pdf"}]}, "attachments.0.content"),
        ({"headers": {"Subject": "other"}}, "headers.Subject"),
        ({"categories": ["a", "a"]}, "categories"),
        ({"personalizations": ["nonsense"]}, None),
    ],
)
def test_sendgrid_refuses_by_field(
    sandbox: RunningSandbox, world: World, change: dict[str, Any], field: str | None
) -> None:
    status, errors = refusal(sandbox, mail(**change))
    assert (status, [error["field"] for error in errors]) == (400, [field])
    assert set(errors[0]) == {"message", "field", "help"}
    assert world.messages == []


def test_sendgrid_refuses_a_wrong_and_a_revoked_key(sandbox: RunningSandbox, world: World) -> None:
    assert refusal(sandbox, mail(), key="wrong")[0] == 401
    world.switches["sendgrid.revoked_keys"] = "SG.any.key"
    assert refusal(sandbox, mail())[0] == 401


def test_sendgrid_refuses_more_than_thirty_megabytes(sandbox: RunningSandbox) -> None:
    content = [{"type": "text/plain", "value": "x" * (30 * 1024 * 1024)}]
    assert refusal(sandbox, mail(content=content))[0] == 413


def letter(text: str = "Invoice INV-00001, £10.00") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "us@example.com", TO, "Überfällig: INV-00001"
    made["X-Dun-Stage"], made["X-Dun-Message"] = "soft", "attempt-2"
    made.set_content(text)
    made.add_alternative("<p>Invoice INV-00001</p>", subtype="html")
    return made


def submit(sandbox: RunningSandbox, to: list[str] | None = None) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        return client.send_message(letter(), to_addrs=to)


def test_smtplib_delivers(
    sandbox: RunningSandbox, world: World, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice_for(customer, "10.00", number="INV-00001")
    submit(sandbox)
    message = world.messages[0]
    assert (message.channel, message.recipients, message.stage) == ("smtp", (TO,), "soft")
    assert (message.subject, message.attempt) == ("Überfällig: INV-00001", "attempt-2")
    assert (message.acknowledged, [mention.number for mention in message.mentions]) == (True, ["INV-00001"])


@pytest.mark.parametrize("kind", ["550", "451", "552"])
def test_a_recipient_can_be_refused(sandbox: RunningSandbox, world: World, kind: str) -> None:
    raise_fault(world, Fault("smtp", kind, path="fernbridge"))
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        submit(sandbox)
    assert caught.value.recipients[TO][0] == int(kind)
    assert world.messages == []


def test_a_recipient_can_be_refused_for_good_by_a_switch(sandbox: RunningSandbox, world: World) -> None:
    world.switches["smtp.refused_recipients"] = TO
    assert submit(sandbox, [TO, "other@example.com"])[TO][0] == 550
    assert world.messages[0].recipients == ("other@example.com",)


@pytest.mark.parametrize(("kind", "arrived"), [("drop_before", []), ("drop_after", [False])])
def test_the_mail_server_can_hang_up(sandbox: RunningSandbox, world: World, kind: str, arrived: list[bool]) -> None:
    raise_fault(world, Fault("smtp", kind))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        submit(sandbox)
    assert [message.acknowledged for message in world.messages] == arrived


def test_the_mail_server_takes_any_login(sandbox: RunningSandbox) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        assert client.login("anybody", "anything")[0] == 235
