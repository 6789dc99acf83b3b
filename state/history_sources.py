"""The tables in which what happened stands, each as a small SELECT of instants and keys, newest first.

Each stops by itself at the rows that a page can need, so that putting the seven kinds together costs no more than
reading one page of each. The sources of one kind have keys that begin differently, so that no two rows share a place.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from state.history_names import FEW, Named

HappeningKind = Literal["message", "reply", "deed", "automatic", "money", "note", "delivery"]
KINDS: tuple[HappeningKind, ...] = ("message", "reply", "deed", "automatic", "money", "note", "delivery")


class Source(Struct, frozen=True, kw_only=True):
    """Where rows of one kind are. `at` and `key` are expressions of their place; `of` says which are about `Named`."""

    kind: HappeningKind
    table: str
    at: str
    key: str
    where: str = "1"
    words: tuple[str, ...] = ()  # columns in which a text is looked for besides
    of: Callable[[Named], str]


def _of_audit(named: Named) -> str:
    return f"(scope = 'contact' AND {named.contact('target')}) OR (scope = 'invoice' AND {named.invoice('target')})"


def _of_reply(named: Named) -> str:
    theirs = named.contact("reply_contact.contact_id")
    return f"EXISTS (SELECT 1 FROM reply_contact WHERE reply_id = reply.id AND {theirs})"  # noqa: S608 - as said above


_BY_DUN = "'dun'"  # in the trail, where no person did it
_NUMBERED = "printf('%019d', id)"


def _of_trail(kind: HappeningKind, where: str) -> Source:
    words = ("who", "action", "details")
    return Source(kind=kind, table="audit", at="at", key=_NUMBERED, where=where, words=words, of=_of_audit)


SOURCES = (
    Source(
        kind="message",
        table="message",
        at="claimed_at",
        key="message.id",
        words=("subject", "recipients", "text"),
        of=lambda named: named.message("message.id"),
    ),
    Source(
        kind="reply",
        table="reply",
        at="received_at",
        key="reply.id",
        words=("sender", "sender_name", "subject", "text"),
        of=_of_reply,
    ),
    _of_trail("deed", f"who <> {_BY_DUN}"),
    _of_trail("automatic", f"who = {_BY_DUN}"),
    Source(
        kind="money",
        table="payment",
        at="updated_at",
        key="'payment ' || payment.id",
        where="status = 'valid' AND amount_minor > 0",
        of=lambda named: named.payment("payment.id"),
    ),
    Source(
        kind="money",
        table="credit",
        at="updated_at",
        key="'credit ' || credit.id",
        where="(kind = 'overpayment' OR kind = 'prepayment') AND status = 'valid' AND total_minor > 0",
        words=("number",),
        of=lambda named: named.contact("credit.contact_id"),
    ),
    # A part of a payment that a payment itself tells is never told again from an invoice. QuickBooks tells all of them,
    # so its half a million invoices need not be looked through.
    Source(
        kind="money",
        table="invoice, json_each(invoice.allocations) AS part",
        at="invoice.updated_at",
        key="'invoice ' || invoice.id || ' ' || part.key",
        where="""invoice.allocations IS NOT NULL AND (invoice.status = 'open' OR invoice.status = 'paid')
            AND part.value ->> 'source' = 'payment' AND part.value ->> 'amount_minor' > 0
            AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.id = part.value ->> 'source_id')
            AND NOT EXISTS (SELECT 1 FROM organisation WHERE ledger = 'quickbooks')""",
        of=lambda named: named.invoice("invoice.id"),
    ),
    Source(
        kind="note",
        table="ledger_note",
        at="written_at",
        key="'sentence ' || ledger_note.id",
        where="written_at IS NOT NULL",
        words=("text",),
        of=lambda named: named.invoice("ledger_note.invoice_id"),
    ),
    Source(
        kind="note",
        table="reminder_event",
        at="at",
        key=f"'reminder ' || {_NUMBERED}",
        where="to_state = 'noted' AND from_state <> 'noted'",
        of=lambda named: named.reminder("reminder_event.reminder_id"),
    ),
    Source(
        kind="delivery",
        table="delivery",
        at="at",
        key=_NUMBERED,
        words=("recipient", "detail", "source"),
        of=lambda named: named.message("delivery.message_id"),
    ),
)


def places(sources: Iterable[Source], named: Named | None, of_messages: str) -> str:
    """SQL for the places behind (:at, :kind, :key), newest first; `named` if a :text is looked for.

    `of_messages` is a condition for messages alone.
    """
    arms = "\nUNION ALL\n".join(_arm(each, named, of_messages) for each in sources)
    return f"{arms}\nORDER BY at DESC, kind DESC, key DESC LIMIT :limit"


def _arm(source: Source, named: Named | None, of_messages: str) -> str:
    # Where only names can lead to a row, a few of them do so quicker than all rows in order of time.
    at = f"+{source.at}" if named is FEW and not source.words else source.at
    conditions = [source.where, f"{at} >= :since"]
    if named is not None:
        conditions.append(" OR ".join((source.of(named), *(f"{each} LIKE :text ESCAPE '!'" for each in source.words))))
    if source.kind == "message":
        conditions.append(of_messages)
    place, wanted = f"{at}, '{source.kind}', {source.key}", " AND ".join(f"({each})" for each in conditions)
    return f"""
        SELECT * FROM (
            SELECT {source.at} AS at, '{source.kind}' AS kind, {source.key} AS key FROM {source.table}
            WHERE ({place}) < (:at, :kind, :key) AND {wanted}
            ORDER BY {at} DESC, 3 DESC LIMIT :limit
        )
    """  # noqa: S608 - constants from above
