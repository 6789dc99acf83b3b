"""One letter at a time from the mailbox into the store: what it is, whose it is, and what follows from it.

A letter is one transaction: the reply, the holds it places and the position in the mailbox are kept together or not at
all. So a crash repeats a letter and doubles nothing, and no reply is known whose customer is not held.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Protocol

from msgspec import Struct, field, structs

from connector.replies.classify import (
    AutoReply,
    Bounce,
    Complaint,
    Delayed,
    Human,
    OutOfOffice,
    Verdict,
    classify,
)
from connector.replies.mail import Mail, read_mail
from connector.replies.match import Match, find_message, match
from connector.replies.quoted import new_text
from connector.replies.reports import Failure, returned_ids
from connector.report import Problem
from connectors.channels.delivery import DeliveryFact, DeliveryKind
from connectors.mailbox.letter import Cursor, Letter
from state.clock import Clock, has_passed
from state.correspondence import MatchedBy, ReplyDraft, ReplyKind
from state.deliveries import Delivery, WhySuppressed
from state.model import ContactId, MessageId
from state.phones import is_e164
from state.store import TenantStore

HOLD_REASON = "reply"
BOUNCES_SOURCE = "mailbox"
SKEW = timedelta(hours=1)  # how far a mail server's or carrier's clock may be behind ours
_STRANGERS_TEXT = 400  # characters kept of mail that belongs to no customer
_WHY: dict[DeliveryKind, WhySuppressed] = {
    "bounced": "bounced",
    "returned": "bounced",
    "opened_complaint": "complaint",
}

_KINDS: dict[type[Verdict], ReplyKind] = {
    Human: "human",
    AutoReply: "auto_reply",
    OutOfOffice: "out_of_office",
    Bounce: "bounce",
    Complaint: "complaint",
}

About = tuple[MessageId, ContactId, MatchedBy]


class LetterSource(Protocol):
    def letters(self, after: Cursor | None, since: date) -> Iterator[Letter]:
        """See Mailbox.letters."""
        ...

    def check(self) -> None:
        """See Mailbox.check."""
        ...


class FactSource(Protocol):
    def since(self, start: datetime) -> Iterator[DeliveryFact]:
        """See SendGridFacts.since."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a tenant's correspondence is looked for. `name` tells its mailbox from every other."""

    name: str = ""
    mailbox: LetterSource | None = None
    facts: FactSource | None = None
    own: frozenset[str] = frozenset()  # the tenant's addresses, in lower case
    every: timedelta = timedelta(0)  # how long to leave the sources alone between two looks


class CorrespondenceReport(Struct, kw_only=True):
    """The tally of one look. Numbers and words for the cycle's report; no address in it."""

    letters: int = 0
    replies: int = 0  # of persons, matched or not
    unmatched: int = 0  # of these, without a customer
    shared: int = 0  # of these, from an address of several customers
    held: int = 0  # customers
    automatic: int = 0
    bounced: int = 0
    complaints: int = 0
    facts: int = 0
    problems: list[Problem] = field(default_factory=list)


class Desk:
    """One look: its stores, its tally, and the customers by address, read when first needed."""

    def __init__(self, store: TenantStore, clock: Clock, sources: Sources) -> None:
        self.store = store
        self.clock = clock
        self.sources = sources
        self.report = CorrespondenceReport()

    @cached_property
    def customers(self) -> dict[str, tuple[ContactId, ...]]:
        return self.store.correspondence.customers_by_address()

    def contact_of(self, message_id: MessageId) -> ContactId | None:
        return self.store.correspondence.contact_of(message_id)

    def contacts_at(self, address: str) -> tuple[ContactId, ...]:
        return self.customers.get(address, ())

    def is_due(self, source: str) -> bool:
        position = self.store.correspondence.position(source)
        return has_passed(self.sources.every, position.read_at if position else None, self.clock.now())


def take_letter(desk: Desk, letter: Letter) -> None:
    """Keep what the letter means, once, and remember that it was read."""
    mail = read_mail(letter.head, letter.body, letter.arrived_at, whole=letter.whole)
    verdict = classify(mail, desk.sources.own)
    found = match(mail, desk) if isinstance(verdict, Human | AutoReply | OutOfOffice) else None
    correspondence, name = desk.store.correspondence, desk.sources.name
    with desk.store.transaction():
        desk.report.letters += 1
        if not correspondence.knows(mail.key):
            if found is not None:
                _take_reply(desk, letter, mail, verdict, found)
            else:
                _take_report(desk, letter, mail, verdict)
        before = correspondence.position(name)
        read_at = before.read_at if before else letter.arrived_at
        correspondence.move(name, letter.cursor.validity, letter.cursor.uid, read_at)


def take_fact(store: TenantStore, fact: DeliveryFact, source: str, message_id: MessageId | None, at: datetime) -> bool:
    """Keep what a carrier tells of a message; False if it is known. What it blames is not used again."""
    told = Delivery(
        message_id=message_id,
        kind=fact.kind,
        at=fact.at,
        detail=fact.detail,
        recipient=fact.recipient,
        source=source,
    )
    with store.transaction():
        new = store.deliveries.record(told, at)
        why = "invalid" if fact.texts_alone else _WHY.get(fact.kind)
        if new and why and fact.recipient and ("@" in fact.recipient or is_e164(fact.recipient)):
            store.deliveries.suppress(fact.recipient, why, fact.at)
    return new


def _take_reply(desk: Desk, letter: Letter, mail: Mail, verdict: Verdict, found: Match) -> None:
    """A person's is kept whoever it is from; a machine's if it concerns a customer."""
    human, matched = isinstance(verdict, Human), bool(found.contacts)
    if not human and not matched:
        return
    draft = _draft(letter, mail, verdict, found.by, found.message_id)
    if not matched:
        draft = structs.replace(draft, text=draft.text[:_STRANGERS_TEXT])
    _keep(desk, draft, found.contacts, hold=human)
    report = desk.report
    report.replies += human
    report.automatic += not human
    report.unmatched += not matched
    report.shared += human and len(found.contacts) > 1


def _take_report(desk: Desk, letter: Letter, mail: Mail, verdict: Verdict) -> None:
    if isinstance(verdict, Bounce | Delayed):
        about = [_take_failure(desk, letter, mail, failure, verdict) for failure in verdict.failures]
        if isinstance(verdict, Bounce):
            _keep_report(desk, letter, mail, verdict, filter(None, about))
    elif isinstance(verdict, Complaint):
        _take_complaint(desk, letter, mail, verdict)


def _take_failure(desk: Desk, letter: Letter, mail: Mail, failure: Failure, verdict: Bounce | Delayed) -> About | None:
    """A failure of one of our messages, None if it is none; mail that others have sent is nothing to us."""
    about = _about(desk, mail, failure)
    if about is None:
        return None
    blamed = _blamed(desk, about[0], (failure.original_recipient, failure.recipient))
    final = isinstance(verdict, Bounce)
    kind: DeliveryKind = "in_transit" if not final else "bounced" if failure.permanent else "failed"
    new = _tell(desk, letter, about[0], kind, blamed, f"{failure.status} {failure.detail}".strip())
    desk.report.bounced += final and new
    return about


def _take_complaint(desk: Desk, letter: Letter, mail: Mail, complaint: Complaint) -> None:
    found = find_message((*returned_ids(mail), *mail.replies_to), desk)
    if found is None:
        return
    message_id, contact = found
    blamed = _blamed(desk, message_id, (complaint.recipient,))
    desk.report.complaints += _tell(desk, letter, message_id, "opened_complaint", blamed, "reported as unwanted")
    _keep_report(desk, letter, mail, complaint, [(message_id, contact, "thread")])


def _about(desk: Desk, mail: Mail, failure: Failure) -> About | None:
    """Which message failed: by what was returned of it, else the last one to this recipient."""
    if found := find_message((*returned_ids(mail), *mail.replies_to), desk):
        return (*found, "thread")
    for address in filter(None, (failure.original_recipient, failure.recipient)):
        message_id = desk.store.deliveries.last_message_to(address, mail.arrived_at + SKEW)
        contact = desk.contact_of(message_id) if message_id else None
        if message_id and contact:
            return message_id, contact, "recipient"
    return None


def _blamed(desk: Desk, message_id: MessageId, named: Iterable[str]) -> str | None:
    """The address that the report is about, if we have written to it: reports are easily forged.

    One that we do not know was forwarded to; then it is the only recipient, or nobody can say which.
    """
    written_to = [address.lower() for address in desk.store.reminders.recipients(message_id)]
    known = next((address for address in named if address in written_to), None)
    return known or (written_to[0] if len(written_to) == 1 else None)


def _tell(
    desk: Desk, letter: Letter, message_id: MessageId, kind: DeliveryKind, blamed: str | None, detail: str
) -> bool:
    fact = DeliveryFact(provider_id="", kind=kind, at=letter.arrived_at, detail=detail, recipient=blamed)
    return take_fact(desk.store, fact, BOUNCES_SOURCE, message_id, desk.clock.now())


def _keep_report(desk: Desk, letter: Letter, mail: Mail, verdict: Verdict, about: Iterable[About]) -> None:
    found = list(about)
    if found:
        message_id, _, by = found[0]
        contacts = tuple(dict.fromkeys(contact for _, contact, _ in found))
        _keep(desk, _draft(letter, mail, verdict, by, message_id), contacts, hold=False)


def _keep(desk: Desk, draft: ReplyDraft, contacts: Sequence[ContactId], *, hold: bool) -> None:
    now, store = desk.clock.now(), desk.store
    reply_id = store.correspondence.save(draft, contacts, now)
    note = f"reply {reply_id}" + (f", from an address of {len(contacts)} customers" if len(contacts) > 1 else "")
    for contact in contacts:
        hold_id = None
        if hold:
            hold_id = store.holds.place("contact", contact, reason=HOLD_REASON, until=None, note=note, at=now).id
            desk.report.held += 1
        store.correspondence.concern(reply_id, contact, hold_id)


def _draft(letter: Letter, mail: Mail, verdict: Verdict, by: MatchedBy, message_id: MessageId | None) -> ReplyDraft:
    return ReplyDraft(
        key=mail.key,
        mail_id=mail.id,
        validity=letter.cursor.validity,
        uid=letter.cursor.uid,
        received_at=letter.arrived_at,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        text=new_text(mail.text),
        kind=_KINDS[type(verdict)],
        doubt=verdict.doubt if isinstance(verdict, Human) else "",
        matched_by=by,
        message_id=message_id,
    )
