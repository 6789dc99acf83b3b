"""What carriers told about messages after taking them, and the addresses that take no mail.

A bounce blames one address: it is not written to until a person releases it, and nothing else of the customer stops.
"""

import sqlite3
from collections.abc import Collection
from datetime import date, datetime, tzinfo
from typing import Literal

from msgspec import Struct

from state.clock import business_day
from state.columns import ids_text, instant_text, read_instant, read_list
from state.database import immediate
from state.errors import explaining
from state.model import ContactId, MessageId, RefusedMail

Kind = Literal["delivered", "bounced", "failed", "opened_complaint", "returned", "in_transit"]
WhySuppressed = Literal["bounced", "invalid", "complaint"]
State = Literal["delivered", "partly_delivered", "undelivered", "under_way"]
_UNTOLD = """
    SELECT DISTINCT message_id FROM delivery
    WHERE kind IN ('bounced', 'failed', 'returned', 'opened_complaint') AND message_id IS NOT NULL
    AND message_id NOT IN (SELECT subject FROM task WHERE kind = 'delivery')
"""
_FAILED = """
    SELECT message.id, contact_id, stage, channel, business_day, recipients, state
    FROM message_delivery AS fate JOIN message ON message.id = fate.message_id
    WHERE fate.message_id IN (SELECT value FROM json_each(?))
    AND (state = 'undelivered' OR message.id || '/part' NOT IN (SELECT subject FROM task WHERE kind = 'delivery'))
    ORDER BY message.rowid
"""
_FAILURES = """
    SELECT recipient, kind, detail, max(at) FROM delivery
    WHERE message_id = ? AND kind IN ('bounced', 'failed', 'returned', 'opened_complaint')
    GROUP BY lower(coalesce(recipient, '')) ORDER BY min(id)
"""
_SUPPRESSED = "SELECT address, reason, since FROM suppressed_address WHERE released_at IS NULL"


class Delivery(Struct, frozen=True, kw_only=True):
    """One fact about a message, or about an address alone. `source` is who told: sendgrid, mailbox, twilio-sms ..."""

    message_id: MessageId | None
    kind: Kind
    at: datetime
    detail: str
    recipient: str | None
    source: str


class Fate(Struct, frozen=True):
    """What carriers told about a message in all. `complained`: a recipient called it unwanted."""

    state: State
    complained: bool


class Failure(Struct, frozen=True):
    """What was last told of one recipient that a message failed to reach, or that wanted none. None: not told whom."""

    recipient: str | None
    kind: Kind
    detail: str


class Failed(Struct, frozen=True, kw_only=True):
    """A message that did not arrive, or not everywhere, or was unwanted."""

    message_id: MessageId
    contact_id: ContactId
    stage: str
    carrier: str
    sent_on: date
    recipients: tuple[str, ...]
    state: State
    failures: tuple[Failure, ...]


class SuppressedAddress(Struct, frozen=True):
    """An address, in lower case, or a telephone number that is not used."""

    address: str
    reason: WhySuppressed
    since: datetime


class Deliveries:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, fact: Delivery, told_at: datetime) -> bool:
        """False if the same was told before by the same source."""
        with immediate(self._connection) as connection:
            kept = connection.execute(
                "INSERT INTO delivery (message_id, kind, at, detail, recipient, source, told_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    fact.message_id,
                    fact.kind,
                    instant_text(fact.at),
                    fact.detail,
                    fact.recipient,
                    fact.source,
                    instant_text(told_at),
                ),
            ).rowcount
        return kept == 1

    @explaining()
    def of_message(self, message_id: MessageId) -> list[Delivery]:
        """In the order of their instants."""
        rows = self._connection.execute(
            "SELECT message_id, kind, at, detail, recipient, source FROM delivery WHERE message_id = ? ORDER BY at, id",
            (message_id,),
        )
        return [
            Delivery(
                message_id=row[0], kind=row[1], at=read_instant(row[2]), detail=row[3], recipient=row[4], source=row[5]
            )
            for row in rows
        ]

    @explaining()
    def fates(self, messages: Collection[MessageId]) -> dict[MessageId, Fate]:
        """Those of `messages` of which any carrier told anything."""
        rows = self._connection.execute(
            "SELECT message_id, state, complained FROM message_delivery"
            " WHERE message_id IN (SELECT value FROM json_each(?))",
            (ids_text(messages),),
        )
        return {MessageId(key): Fate(state, bool(complained)) for key, state, complained in rows}

    @explaining()
    def failed(self) -> list[Failed]:
        """Every message of which a carrier says so and for which no task was opened."""
        untold = [MessageId(key) for (key,) in self._connection.execute(_UNTOLD)]
        rows = self._connection.execute(_FAILED, (ids_text(untold),)).fetchall() if untold else ()
        return [self._failed(*row) for row in rows]

    def _failed(
        self, message: str, contact: str, stage: str, carrier: str, day: str, recipients: str, state: State
    ) -> Failed:
        told = self._connection.execute(_FAILURES, (message,))
        return Failed(
            message_id=MessageId(message),
            contact_id=ContactId(contact),
            stage=stage,
            carrier=carrier,
            sent_on=date.fromisoformat(day),
            recipients=read_list(recipients),
            state=state,
            failures=tuple(Failure(recipient, kind, detail) for recipient, kind, detail, _ in told),
        )

    @explaining()
    def message_named(self, name: str) -> MessageId | None:
        """The message that the carrier, or we, call `name`."""
        row = self._connection.execute(
            "SELECT id FROM message WHERE id = ?1 UNION ALL SELECT id FROM message WHERE provider_id = ?1 LIMIT 1",
            (name,),
        ).fetchone()
        return MessageId(row[0]) if row else None

    @explaining()
    def last_message_to(self, address: str, before: datetime) -> MessageId | None:
        """The latest message that left, or may have left, for the address up to `before`."""
        row = self._connection.execute(
            "SELECT message.id FROM message, json_each(message.recipients) AS recipient"
            " WHERE lower(recipient.value) = ? AND claimed_at <= ? AND outcome IN ('sending', 'sent', 'unsure')"
            " ORDER BY claimed_at DESC, message.rowid DESC LIMIT 1",
            (address, instant_text(before)),
        ).fetchone()
        return MessageId(row[0]) if row else None

    def suppress(self, address: str, reason: WhySuppressed, since: datetime) -> bool:
        """Do not write to the address; False if that is so already, or was released after `since`.

        What a carrier tells again of an old bounce does not undo a person's release.
        """
        with immediate(self._connection) as connection:
            return (
                connection.execute(
                    "INSERT INTO suppressed_address (address, reason, since) SELECT ?1, ?2, ?3"
                    " WHERE NOT EXISTS (SELECT 1 FROM suppressed_address"
                    " WHERE address = ?1 AND (released_at IS NULL OR released_at >= ?3))",
                    (address.lower(), reason, instant_text(since)),
                ).rowcount
                == 1
            )

    def release(self, address: str, at: datetime) -> bool:
        """Write to the address again; False if it was not suppressed."""
        with immediate(self._connection) as connection:
            return (
                connection.execute(
                    "UPDATE suppressed_address SET released_at = ? WHERE address = ? AND released_at IS NULL",
                    (instant_text(at), address.lower()),
                ).rowcount
                == 1
            )

    @explaining()
    def under_way(self, channel: str, since: datetime) -> list[tuple[MessageId, str]]:
        """Messages that went by `channel` after `since` and of whose end nobody has told, with the carrier's names."""
        rows = self._connection.execute(
            "SELECT id, provider_id FROM message WHERE channel = ? AND outcome = 'sent' AND claimed_at >= ?"
            " AND provider_id IS NOT NULL AND id NOT IN ("
            "SELECT message_id FROM delivery WHERE message_id IS NOT NULL AND kind <> 'in_transit')",
            (channel, instant_text(since)),
        )
        return [(MessageId(message), provider) for message, provider in rows]

    @explaining()
    def suppressed(self) -> list[SuppressedAddress]:
        """Oldest first."""
        rows = self._connection.execute(f"{_SUPPRESSED} ORDER BY id")
        return [SuppressedAddress(address, reason, read_instant(since)) for address, reason, since in rows]


def read_suppressed(connection: sqlite3.Connection, zone: tzinfo) -> dict[str, RefusedMail]:
    """The addresses that are not written to, in lower case, each with why and since which day in `zone`."""
    return {
        address: RefusedMail(why, business_day(read_instant(since), zone))
        for address, why, since in connection.execute(_SUPPRESSED)
    }
