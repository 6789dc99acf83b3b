"""What a piece of mail is: a person's reply, a machine's, or a report about one of ours.

Only what standards and mail programs write for machines counts: RFC 3834 (Auto-Submitted), RFC 3464 (delivery
reports), RFC 5965 (complaints), RFC 2369 (lists). What merely looks automatic is taken for a person's: a pause too
many costs a day, a reply overlooked costs a customer.
"""

from msgspec import Struct

from connector.replies.mail import Mail
from connector.replies.reports import Failure, complained_by, delays, failures
from state.addresses import ascii_address

_AWAY = (
    "out of office|out of the office|away from|on leave|on holiday|on vacation|abwesen|nicht im büro|absence|absent|"
    "hors du bureau|fuera de la oficina|ausente|afwezig|niet aanwezig|fuori ufficio"
).split("|")
_AUTOMATIC = (
    "auto:|automatic reply|automatische antwort|automatisch antwoord|réponse automatique|respuesta automática|autoreply"
    "|auto reply|auto-reply|autoresponse|ticket received|we have received your"
).split("|")
_EXCHANGE_AWAY = "x-ms-exchange-inbox-rules-loop"
_MACHINES = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
_MACHINE_PRECEDENCE = frozenset(("auto_reply", "auto-reply"))
_BULK_PRECEDENCE = frozenset(("bulk", "junk", "list"))
_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list")
_EMPTY_PATH = frozenset(("<>", ""))


class Human(Struct, frozen=True):
    """Somebody wrote. `doubt` says why it is probably automatic all the same; empty if nothing does."""

    doubt: str = ""


class AutoReply(Struct, frozen=True):
    """A machine wrote; `because` says which header tells."""

    because: str


class OutOfOffice(Struct, frozen=True):
    """A machine wrote that its person is away."""

    because: str


class Bounce(Struct, frozen=True):
    """A message did not arrive; one failure for each recipient, at least one."""

    failures: tuple[Failure, ...]


class Delayed(Struct, frozen=True):
    """A mail server goes on trying."""

    failures: tuple[Failure, ...]


class Complaint(Struct, frozen=True):
    """A recipient has reported a message as unwanted; `recipient` is empty where the report withholds it."""

    recipient: str


class Own(Struct, frozen=True):
    """Our own mail, such as a copy to ourselves."""


Verdict = Human | AutoReply | OutOfOffice | Bounce | Delayed | Complaint | Own


def classify(mail: Mail, own: frozenset[str] = frozenset()) -> Verdict:
    """What `mail` is. `own` are the tenant's addresses, in lower case: it does not answer itself."""
    if mail.sender in own or mail.header("x-dun-message"):
        return Own()
    if report := _report(mail):
        return report
    if because := _machine(mail) or _bulk(mail, own):
        away = mail.header(_EXCHANGE_AWAY) or _says(mail, _AWAY)
        return OutOfOffice(because) if away else AutoReply(because)
    return Human(_doubt(mail))


def _report(mail: Mail) -> Bounce | Delayed | Complaint | AutoReply | None:
    if any(part.content_type == "message/feedback-report" for part in mail.parts):
        return Complaint(complained_by(mail))
    if failed := failures(mail):
        return Bounce(failed)
    if late := delays(mail):
        return Delayed(late)
    if mail.report_type in ("delivery-status", "disposition-notification"):
        return AutoReply(mail.report_type)
    return _report_of_exim(mail)


def _report_of_exim(mail: Mail) -> Bounce | None:
    """Exim's header for machines, in reports that are sentences otherwise; it is written for final failures only."""
    listed = mail.header("x-failed-recipients")
    addresses = [usable.lower() for text in listed.split(",") if (usable := ascii_address(text.strip()))]
    if not addresses or not _has_empty_path(mail):
        return None
    return Bounce(
        tuple(
            Failure(recipient=address, original_recipient="", status="", permanent=True, detail="")
            for address in addresses[:50]
        )
    )


def _machine(mail: Mail) -> str:
    """The header by which a machine says that it is one; empty if none does."""
    submitted = mail.header("auto-submitted").split("(")[0].split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted[:40]}"
    if name := next((name for name in _MACHINES if mail.header(name) and mail.header(name).lower() != "no"), ""):
        return name.title()
    if mail.header("precedence").lower() in _MACHINE_PRECEDENCE:
        return "Precedence: auto_reply"
    return "Return-Path: <>" if _has_empty_path(mail) else ""


def _has_empty_path(mail: Mail) -> bool:
    paths = mail.headers.get("return-path")
    return paths is not None and paths[0].strip() in _EMPTY_PATH


def _bulk(mail: Mail, own: frozenset[str]) -> str:
    """Mail to many. Whatever answers one of ours is no such mail, nor what our own group address hands on to us."""
    if mail.replies_to or _through_our_own_list(mail, own):
        return ""
    if mail.header("precedence").lower() in _BULK_PRECEDENCE:
        return f"Precedence: {mail.header('precedence').lower()}"
    return next((name.title() for name in _LISTS if mail.header(name)), "")


def _through_our_own_list(mail: Mail, own: frozenset[str]) -> bool:
    domains = {address.rpartition("@")[2] for address in own}
    told = " ".join(mail.header(name) for name in _LISTS).lower()
    return any(domain in told for domain in domains if domain)


def _doubt(mail: Mail) -> str:
    if "all" in (words := mail.header("x-auto-response-suppress").lower()) or "autoreply" in words:
        return "X-Auto-Response-Suppress"
    if mail.header("precedence").lower() in _BULK_PRECEDENCE:
        return "Precedence"
    return "its subject" if _says(mail, (*_AWAY, *_AUTOMATIC)) else ""


def _says(mail: Mail, words: tuple[str, ...] | list[str]) -> bool:
    subject = mail.subject.lower()
    return any(word in subject for word in words)
