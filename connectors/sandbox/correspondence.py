"""What comes back by mail: answers of people, absence notes, and what mail servers say of mail they cannot deliver.

Absence notes carry the headers of RFC 3834 and what common servers add; reports on delivery follow RFC 3464, in the
form in which Postfix writes them.
"""

from datetime import datetime
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from connectors.sandbox.mailbox import ReceivedMessage

TURNED_DOWN = ("5.1.1", "550 5.1.1 The email account that you tried to reach does not exist")
_SERVER = "mx.sandbox.example"
_EXPLANATION = (
    "This is the mail system at host {server}.\n\n"
    "I'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n\n"
    "For further assistance, please send mail to postmaster.\n\n"
    "If you do so, please include this problem report. You can\n"
    "delete your own text from the attached returned message.\n\n"
    "                   The mail system\n\n"
    "<{recipient}>: host {host}[192.0.2.25] said: {reason}\n"
    "    (in reply to RCPT TO command)\n"
)


def answer_address(message: ReceivedMessage) -> str:
    """Where answers to `message` go: Reply-To, else the sender."""
    return parseaddr(header(message, "Reply-To") or message.sender)[1]


def header(message: ReceivedMessage, name: str) -> str:
    return next((value for key, value in message.headers.items() if key.lower() == name.lower()), "")


def reply(message: ReceivedMessage, sender: str, text: str, at: datetime, *, threaded: bool = True) -> bytes:
    """A person's answer, quoting what was written; without `threaded` as from a client that forgets what it answers."""
    mail = _mail(message, sender, at, f"Re: {message.subject}" if threaded else message.subject)
    if threaded:
        _thread(mail, message)
    quoted = "\n".join(f"> {line}" for line in message.text.splitlines())
    mail.set_content(f"{text}\n\nOn {message.arrived_at:%d %B %Y at %H:%M}, {message.sender} wrote:\n{quoted}\n")
    return mail.as_bytes(policy=SMTP)


def out_of_office(message: ReceivedMessage, sender: str, text: str, at: datetime, *, marked: bool = True) -> bytes:
    """An absence note; without `marked`, one of those that no header tells apart."""
    mail = _mail(message, sender, at, f"Automatic reply: {message.subject}")
    _thread(mail, message)
    if marked:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Precedence"] = "bulk"
    mail.set_content(f"{text}\n")
    return mail.as_bytes(policy=SMTP)


def new_mail(sender: str, to: str, subject: str, text: str, at: datetime) -> bytes:
    """A mail that answers nothing."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), _message_id(sender, at, subject)
    mail.set_content(f"{text}\n")
    return mail.as_bytes(policy=SMTP)


def delivery_report(message: ReceivedMessage, recipient: str, status: str, reason: str, at: datetime) -> bytes:
    """A report that `recipient` has not got `message`: `status` is an enhanced code, 4.x.x for a delay."""
    to, host = report_address(message), recipient.rpartition("@")[2]
    delayed = status.startswith("4")
    boundary = f"sandbox_{int(at.timestamp())}/{_SERVER}"
    report = MIMEMultipart("report", boundary=boundary, policy=SMTP)
    report.set_param("report-type", "delivery-status")
    words = "Delayed Mail (still being retried)" if delayed else "Undelivered Mail Returned to Sender"
    report["Return-Path"], report["From"] = "<>", f"MAILER-DAEMON@{_SERVER} (Mail Delivery System)"
    report["To"], report["Subject"], report["Date"] = to, words, format_datetime(at)
    report["Message-ID"], report["Auto-Submitted"] = _message_id(_SERVER, at, recipient), "auto-replied"
    report.preamble = "This is a MIME-encapsulated message."
    report.attach(MIMEText(_EXPLANATION.format(server=_SERVER, recipient=recipient, host=host, reason=reason), "plain"))
    report.attach(_status_part(message, recipient, status, reason, "delayed" if delayed else "failed"))
    report.attach(_returned_headers(message))
    return report.as_bytes()


def report_address(message: ReceivedMessage) -> str:
    """Where reports go: the sender of the envelope, which the sandbox takes from the mail."""
    return parseaddr(header(message, "Return-Path") or message.sender)[1]


def _status_part(message: ReceivedMessage, recipient: str, status: str, reason: str, action: str) -> Message:
    host = recipient.rpartition("@")[2]
    of_message, of_recipient = Message(), Message()
    of_message["Reporting-MTA"] = f"dns; {_SERVER}"
    of_message["X-Postfix-Queue-ID"] = message.id
    of_message["X-Postfix-Sender"] = f"rfc822; {report_address(message)}"
    of_message["Arrival-Date"] = format_datetime(message.arrived_at)
    of_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    of_recipient["Original-Recipient"] = f"rfc822;{recipient}"
    of_recipient["Action"] = action
    of_recipient["Status"] = status
    of_recipient["Remote-MTA"] = f"dns; {host}"
    of_recipient["Diagnostic-Code"] = f"smtp; {reason}"
    part = Message()
    part["Content-Description"] = "Delivery report"
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([of_message, of_recipient])
    return part


def _returned_headers(message: ReceivedMessage) -> Message:
    part = Message()
    part["Content-Description"] = "Undelivered Message Headers"
    part["Content-Type"] = "text/rfc822-headers"
    returned = EmailMessage(policy=SMTP)
    for name, value in message.headers.items():
        if not name.lower().startswith("content-") and name.lower() != "mime-version":
            returned[name] = value
    part.set_payload(returned.as_bytes().decode("ascii", "replace"))
    return part


def _mail(message: ReceivedMessage, sender: str, at: datetime, subject: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Return-Path"] = f"<{parseaddr(sender)[1]}>"
    mail["From"], mail["To"], mail["Subject"] = sender, answer_address(message), subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), _message_id(sender, at, message.id)
    return mail


def _thread(mail: EmailMessage, message: ReceivedMessage) -> None:
    """As a mail program does that keeps to RFC 5322, 3.6.4."""
    answered = header(message, "Message-ID")
    if answered:
        mail["In-Reply-To"] = answered
        mail["References"] = " ".join(f"{header(message, 'References')} {answered}".split())


def _message_id(sender: str, at: datetime, about: str) -> str:
    host = parseaddr(sender)[1].rpartition("@")[2] or _SERVER
    word = "".join(c for c in about if c.isascii() and c.isalnum())[:20]
    return f"<{int(at.timestamp())}.{word}@{host}>"
