"""Whom SendGrid no longer writes to, and what it tells of every message: the lists and the events behind its faces."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from connectors.sandbox.mailbox import ReceivedMessage

List = Literal["bounces", "blocks", "invalid_emails", "spam_reports"]
MailEnd = Literal["delivered", "bounce", "block", "invalid", "spam"]

LISTS: tuple[List, ...] = ("bounces", "blocks", "invalid_emails", "spam_reports")
LIST_OF: dict[MailEnd, List] = {
    "bounce": "bounces",
    "block": "blocks",
    "invalid": "invalid_emails",
    "spam": "spam_reports",
}
_NOT_DROPPED: frozenset[List] = frozenset({"blocks"})  # a block is tried again with the next message
_WHY_DROPPED = {
    "bounces": "Bounced Address",
    "invalid_emails": "Invalid",
    "spam_reports": "Spam Reporting Address",
}
_REASONS: dict[MailEnd, tuple[str, str]] = {
    "bounce": ("5.1.1", "550 5.1.1 The email account that you tried to reach does not exist."),
    "block": ("4.7.1", "550 5.7.1 Message rejected due to the reputation of the sending address."),
    "invalid": ("", "Known bad domain"),
    "spam": ("", ""),
}


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One entry of a list."""

    email: str
    created: datetime
    reason: str
    status: str


@dataclass(slots=True)
class Suppressions:
    """Entries by list and address in lower case, and every event so far, oldest first."""

    lists: dict[List, dict[str, Suppressed]] = field(default_factory=lambda: {name: {} for name in LISTS})
    fates: dict[str, MailEnd] = field(default_factory=dict)  # by address in lower case: also for mail by SMTP
    events: list[dict[str, Any]] = field(default_factory=list)

    def fate_of(self, address: str) -> MailEnd:
        return self.fates.get(address.lower(), "delivered")

    def accept(self, message: ReceivedMessage) -> None:
        """What becomes of a message that was taken, recipient by recipient. It is told in events."""
        for recipient in message.recipients:
            dropped = self._why_dropped(recipient)
            if dropped is not None:
                message.unreached.add(recipient)
                self._tell(message, recipient, "dropped", reason=dropped)
                continue
            self._tell(message, recipient, "processed")
            fate = self.fate_of(recipient)
            if fate in {"delivered", "spam"}:
                self._tell(message, recipient, "delivered", response="250 OK")
            if fate != "delivered":
                self.suppress(message, recipient, fate)

    def suppress(self, message: ReceivedMessage, recipient: str, fate: MailEnd, at: datetime | None = None) -> None:
        """The recipient's server, or the recipient, turns the message down: the address goes on a list."""
        status, reason = _REASONS[fate]
        when = at or message.arrived_at
        self.lists[LIST_OF[fate]][recipient.lower()] = Suppressed(recipient.lower(), when, reason, status)
        if fate == "spam":
            self._tell(message, recipient, "spamreport", at=when)
            return
        message.unreached.add(recipient)
        if fate == "invalid":
            self._tell(message, recipient, "dropped", at=when, reason="Invalid")
            return
        kind = "blocked" if fate == "block" else "bounce"
        self._tell(message, recipient, "bounce", at=when, type=kind, status=status, reason=reason)

    def _why_dropped(self, recipient: str) -> str | None:
        for name, entries in self.lists.items():
            if recipient.lower() in entries and name not in _NOT_DROPPED:
                return _WHY_DROPPED[name]
        return None

    def _tell(
        self, message: ReceivedMessage, recipient: str, event: str, at: datetime | None = None, **facts: str
    ) -> None:
        """Custom arguments stand beside SendGrid's own members, and category is a word or a list of them."""
        number = hashlib.sha256(f"{len(self.events)}".encode()).hexdigest()[:22]
        category = {"category": _one_or_many(message.categories)} if message.categories else {}
        self.events.append(
            {
                **message.custom_args,
                "email": recipient,
                "timestamp": int((at or message.arrived_at).timestamp()),
                "smtp-id": message.headers.get("Message-ID", ""),
                "event": event,
                **category,
                "sg_event_id": number,
                "sg_message_id": f"{message.id.partition('.')[0]}.recvd-sandbox-1-{message.id.rpartition('.')[2]}",
                **facts,
            }
        )


def _one_or_many(categories: tuple[str, ...]) -> str | list[str]:
    return categories[0] if len(categories) == 1 else list(categories)


def entry_view(name: List, entry: Suppressed) -> Mapping[str, Any]:
    """An entry as SendGrid lists it: which members there are depends on the list."""
    shown = {"created": int(entry.created.timestamp()), "email": entry.email}
    if name == "spam_reports":
        return {**shown, "ip": "192.0.2.25"}
    return {**shown, "reason": entry.reason} | ({} if name == "invalid_emails" else {"status": entry.status})
