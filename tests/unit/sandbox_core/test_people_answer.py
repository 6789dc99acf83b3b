"""What people and mail servers send back lies in the firm's mailbox as it would in production, and on the record."""

import imaplib
import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
import requests

from connectors.sandbox.correspondence import new_mail
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import rebuild
from connectors.sandbox.world import Origin, World

TO, FIRM = "accounts@fernbridge-joinery.example", "billing@firm.example"


def send(sandbox: RunningSandbox) -> str:
    """One reminder by SMTP; gives its number."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Firm <{FIRM}>", TO, "Invoice INV-00001"
    mail["Message-ID"], mail["References"] = "<second@firm.example>", "<first@firm.example>"
    mail["Reply-To"] = "answers@firm.example"
    mail.set_content("Invoice INV-00001 is due.")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        client.send_message(mail)
    return str(sandbox.world.messages[-1].id)


def tell(sandbox: RunningSandbox, path: str, **wish: Any) -> Any:
    answer = requests.post(f"{sandbox.url}/_books/{path}", json=wish, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def inbox(sandbox: RunningSandbox, login: str) -> list[EmailMessage]:
    with imaplib.IMAP4("127.0.0.1", sandbox.imap_port, timeout=10) as client:
        client.login(login, "anything")
        client.select(readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()
        contents = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
    return [message_from_bytes(content[1], policy=modern) for content in contents if isinstance(content, tuple)]


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_reply_is_threaded_and_quotes(sandbox: RunningSandbox) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/reply", text="Wir zahlen am Montag. Grüße")
    mail = inbox(sandbox, "answers@firm.example")[0]
    assert (mail["Subject"], mail["From"]) == ("Re: Invoice INV-00001", TO)
    assert mail["In-Reply-To"] == "<second@firm.example>"
    assert mail["References"] == "<first@firm.example> <second@firm.example>"
    assert "Grüße" in body(mail)
    assert "> Invoice INV-00001 is due." in body(mail)
    assert mail["Auto-Submitted"] is None


def test_a_reply_may_say_nothing_of_what_it_answers(sandbox: RunningSandbox) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/reply", text="Paid.", threaded=False, sender="boss@fernbridge.example")
    mail = inbox(sandbox, "answers@firm.example")[0]
    assert (mail["In-Reply-To"], mail["References"], mail["From"]) == (None, None, "boss@fernbridge.example")


@pytest.mark.parametrize(("marked", "header"), [(True, "auto-replied"), (False, None)])
def test_an_absence_note_says_so_or_does_not(sandbox: RunningSandbox, marked: bool, header: str | None) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/out-of-office", marked=marked)
    mail = inbox(sandbox, "answers@firm.example")[0]
    assert mail["Auto-Submitted"] == header
    assert "out of the office" in body(mail)


def report_of(mail: EmailMessage) -> tuple[dict[str, str], str]:
    """What a report says of the recipient, and the Message-ID of what is returned."""
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    _, status, returned = mail.iter_parts()
    assert status.get_content_type() == "message/delivery-status"
    of_recipient = status.get_payload(1)
    headers = message_from_bytes(returned.get_payload(decode=True), policy=modern)
    return dict(of_recipient.items()), str(headers["Message-ID"])


def test_a_report_is_written_as_a_mail_server_writes_it(sandbox: RunningSandbox, world: World) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/bounce", status="5.2.2", reason="552 5.2.2 Mailbox full")
    mail = inbox(sandbox, FIRM)[0]
    facts, returned = report_of(mail)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert (facts["Final-Recipient"], facts["Action"], facts["Status"]) == (f"rfc822; {TO}", "failed", "5.2.2")
    assert facts["Diagnostic-Code"] == "smtp; 552 5.2.2 Mailbox full"
    assert returned == "<second@firm.example>"
    assert world.messages[0].unreached == {TO}


def test_a_delay_is_no_loss(sandbox: RunningSandbox, world: World) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/bounce", status="4.4.1", reason="451 4.4.1 No answer from host")
    assert report_of(inbox(sandbox, FIRM)[0])[0]["Action"] == "delayed"
    assert world.messages[0].reached


def test_an_address_settled_to_bounce_reports_by_itself(sandbox: RunningSandbox, world: World) -> None:
    tell(sandbox, "fates", email=TO, mail="bounce")
    send(sandbox)
    assert report_of(inbox(sandbox, FIRM)[0])[0]["Action"] == "failed"
    assert not world.messages[0].reached


def test_sendgrid_keeps_reports_to_itself(sandbox: RunningSandbox, world: World) -> None:
    requests.post(
        f"{sandbox.url}/v3/mail/send",
        json={
            "personalizations": [{"to": [{"email": TO}]}],
            "from": {"email": FIRM},
            "reply_to": {"email": "answers@firm.example"},
            "subject": "Invoice",
            "content": [{"type": "text/plain", "value": "Invoice"}],
        },
        headers={"Authorization": "Bearer SG.any.key"},
        timeout=10,
    )
    number = world.messages[0].id
    tell(sandbox, f"messages/{number}/bounce", kind="spam")
    assert TO in world.outside.suppressions.lists["spam_reports"]
    assert inbox(sandbox, "everybody") == []
    tell(sandbox, f"messages/{number}/reply", text="Paid.")
    assert inbox(sandbox, "answers@firm.example")[0]["In-Reply-To"] == world.messages[0].headers["Message-ID"]


def test_a_text_is_answered_by_text(sandbox: RunningSandbox, world: World) -> None:
    account = "AC" + "5a" * 16
    url = f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json"
    form = {"To": "+447700900123", "From": "+441134960000", "Body": "Invoice"}
    sid = requests.post(url, data=form, auth=(account, "token"), timeout=10).json()["sid"]
    tell(sandbox, f"messages/{sid}/reply", text="stop")
    assert requests.post(url, data=form, auth=(account, "token"), timeout=10).json()["code"] == 21610


def test_new_mail_may_be_anything(sandbox: RunningSandbox) -> None:
    tell(sandbox, "mailbox", to=FIRM, sender="ada@fernbridge.example", subject="Question", text="Which invoice?")
    tell(sandbox, "mailbox", to=FIRM, raw="U3ViamVjdDogb2RkDQoNCm9kZA0K")
    assert [mail["Subject"] for mail in inbox(sandbox, FIRM)] == ["Question", "odd"]
    shown = requests.get(f"{sandbox.url}/_books/mailbox", params={"of": FIRM}, timeout=10).json()
    assert [(mail["uid"], mail["flags"]) for mail in shown] == [(1, []), (2, [])]


def test_everything_sent_back_is_on_the_record(sandbox: RunningSandbox) -> None:
    number = send(sandbox)
    tell(sandbox, f"messages/{number}/reply", text="Paid.")
    tell(sandbox, f"messages/{number}/out-of-office")
    tell(sandbox, f"messages/{number}/bounce")
    answers = requests.get(f"{sandbox.url}/_books/answers", timeout=10).json()
    assert [(answer["kind"], answer["message"]) for answer in answers] == [
        ("reply", number),
        ("out_of_office", number),
        ("bounce", number),
    ]


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("messages/none/reply", {"text": "x"}, 404),
        ("messages/none/bounce", {}, 404),
        ("mailbox", {"to": FIRM}, 400),
        ("mailbox", {"to": FIRM, "raw": "not base64!"}, 400),
        ("texts", {"sender": "nobody", "to": "+441134960000", "text": "x"}, 400),
        ("fates", {}, 400),
        ("fates", {"phone": "+447700900123", "email": TO}, 400),
        ("fates", {"phone": "+447700900123", "text": "eaten"}, 400),
    ],
)
def test_wishes_that_make_no_sense_are_refused_in_words(
    sandbox: RunningSandbox, path: str, wish: dict[str, Any], status: int
) -> None:
    answer = requests.post(f"{sandbox.url}/_books/{path}", json=wish, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_fates_are_shown_and_forgotten(sandbox: RunningSandbox) -> None:
    tell(sandbox, "fates", phone="+447700900123", call="busy")
    tell(sandbox, "fates", email=TO.upper())
    shown = tell(sandbox, "fates", postcode="sw1a 1aa", letter="lost")
    assert shown["phones"]["+447700900123"]["call"] == "busy"
    assert (shown["emails"], shown["postcodes"]) == ({TO: "bounce"}, {"SW1A1AA": "lost"})
    emptied = requests.delete(f"{sandbox.url}/_books/fates", timeout=10).json()
    assert emptied == {"phones": {}, "emails": {}, "postcodes": {}}


def test_a_world_begun_again_has_heard_from_nobody(world: World) -> None:
    written = new_mail("ada@fernbridge.example", FIRM, "Hello", "Hello", world.clock.now())
    world.outside.inbox.deliver(FIRM, written, world.clock.now())
    before = world.outside.inbox.validity
    world.origin = Origin("seed", world.clock.now(), ())
    rebuild(world)
    folder = world.outside.inbox.folder(FIRM, "INBOX")
    assert folder is not None
    assert (folder.mails, folder.validity) == ([], before + 1)
