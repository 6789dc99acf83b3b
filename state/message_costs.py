"""What carriers charged for messages, and which messages have no price yet."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from state.columns import day_text, ids_text, instant_text
from state.database import immediate
from state.errors import explaining
from state.model import MessageId

_MAY_COST = "outcome IN ('sending', 'sent', 'unsure')"
_OF_MONTH = "message.business_day BETWEEN :first AND :last"
_SPENT = f"""
    SELECT currency, amount FROM message_cost JOIN message ON message.id = message_cost.message_id WHERE {_OF_MONTH}
"""  # noqa: S608 - a constant from above
_UNPRICED = f"""
    SELECT message.id, message.channel, message.business_day, message.provider_id FROM message
    LEFT JOIN message_cost ON message_cost.message_id = message.id
    WHERE message.channel IN (SELECT value FROM json_each(:channels)) AND message.{_MAY_COST}
        AND message_cost.message_id IS NULL AND {_OF_MONTH} ORDER BY message.rowid
"""  # noqa: S608 - constants from above


class Unpriced(Struct, frozen=True):
    """A message that may cost something, and nobody knows yet what. `provider_id` is None if nobody knows its fate."""

    message_id: MessageId
    channel: str
    day: date  # the business day on which it left
    provider_id: str | None


class MessageCosts:
    """Amounts are in major units, exact to fractions of a cent. A month is one of the tenant's business days."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, message_id: MessageId, amount: Decimal, currency: str, at: datetime) -> None:
        """What `message_id` cost, zero or more; the last price told counts."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO message_cost (message_id, amount, currency, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (message_id) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,"
                " at = excluded.at",
                (message_id, f"{amount:f}", currency, instant_text(at)),
            )

    @explaining()
    def spent_in_month(self, first: date, last: date) -> dict[str, Decimal]:
        """What messages of the days from `first` to `last` cost, by currency, as far as prices are known."""
        spent: defaultdict[str, Decimal] = defaultdict(Decimal)
        for currency, amount in self._connection.execute(_SPENT, {"first": day_text(first), "last": day_text(last)}):
            spent[currency] += Decimal(amount)
        return dict(spent)

    @explaining()
    def unpriced(self, channels: Collection[str], first: date, last: date) -> list[Unpriced]:
        """Messages of these channels and days whose price is not known, oldest first."""
        days = {"first": day_text(first), "last": day_text(last)}
        rows = self._connection.execute(_UNPRICED, {"channels": ids_text(channels), **days})
        return [Unpriced(key, channel, date.fromisoformat(day), sid) for key, channel, day, sid in rows]
