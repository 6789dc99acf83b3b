"""Everything the decision pass has to know, read in a handful of queries and grouped by customer.

Nothing here is stored as a flag: what is owed, who may be written to and how far a sequence has come are derived from
the mirror and the reminders each time. Grouping happens in Python, which beats both a query per customer and a sort
of all open invoices in SQLite.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, date, tzinfo
from functools import lru_cache
from sys import intern
from typing import Any

from msgspec import Struct

from state.addresses import usable_addresses
from state.agreements import Agreements, read_agreements
from state.columns import ids_text, read_day, read_list
from state.database import sweep
from state.deliveries import read_suppressed
from state.documents import read_postal
from state.families import Families, read_families
from state.holds import read_active
from state.in_hand import read_credits
from state.last_letters import read_last_letters
from state.missed import read_missed
from state.model import (
    TEXTS_STOPPED,
    Account,
    ContactId,
    ContactStatus,
    Hold,
    InvoiceId,
    Missed,
    PayerHistory,
    Receivable,
    RefusedMail,
    ReminderState,
    StageProgress,
)
from state.numbers_in_use import dead_numbers, in_use
from state.opt_outs import fingerprint_of, read_opted_out
from state.payer_history import read_histories
from state.phones import mobile_of
from state.quarantine import Unreadable, unreadable
from state.reminders import last_contacted
from state.stage_names import attempt_of, stage_of
from state.tasks import pending_calls

Row = tuple[Any, ...]

_OPEN = """
    SELECT id, number, contact_id, currency, due_minor, due_on, expected_on, payment_scheduled, disputed, round,
           billed_to
    FROM invoice WHERE status = 'open' AND due_minor > 0
"""
_CONTACTS = """
    SELECT id, name, status, email, cc, country, phones, postal, groups FROM contact
    WHERE id IN (SELECT value FROM json_each(?))
"""
_UNKNOWN = (ContactStatus.ACTIVE, None, "[]", None, "[]", None, "[]")
_PROGRESS = """
    SELECT reminder.invoice_id, reminder.message_id, reminder.stage, reminder.state, reminder.sent_on,
           message.template, message.channel
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id AND invoice.round = reminder.round
        LEFT JOIN message ON message.id = reminder.message_id
    WHERE invoice.status = 'open' AND invoice.due_minor > 0
    ORDER BY reminder.rowid
"""


class _Facts(Struct, frozen=True):
    """What is known besides the invoices, all of one moment."""

    families: Families
    credits: dict[ContactId, dict[str, int]]  # by head of the family
    progress: dict[InvoiceId, tuple[StageProgress, ...]]
    holds: dict[tuple[str, str], tuple[Hold, ...]]
    contacted: dict[ContactId, date]
    suppressed: dict[str, RefusedMail]  # addresses that take no mail
    dead_numbers: dict[str, RefusedMail]  # in E.164 form
    opted_out: frozenset[str]  # fingerprints of numbers that take no text messages
    unreadable: Unreadable
    histories: dict[ContactId, PayerHistory]
    calls: dict[InvoiceId, tuple[str, ...]]
    agreements: Agreements
    last_letters: frozenset[InvoiceId]


class _Open(Struct):
    """What one customer owes. `billed_to` are the addresses on its invoices, for customers who have none."""

    receivables: list[Receivable]
    billed_to: list[str]


class Receivables:
    """Reads for the decision pass."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def accounts(self, today: date, *, histories: bool = True, zone: tzinfo = UTC) -> Iterator[Account]:
        """Every customer with something due, by name, each with its receivables, the oldest due first.

        `today` is the business day for which holds count; `histories` are dear, and few policies ask for them; in
        `zone` a mail's refusal has its day. All is read at the moment of the call; the records are built one customer
        at a time. A customer whom the mirror does not know is unreadable, hence not written to.
        """
        with sweep(self._connection) as connection:
            facts = _read_facts(connection, today, zone, histories=histories)
            owing = _read_open(connection, facts)
            contacts = {row[0]: row for row in connection.execute(_CONTACTS, (ids_text(owing),))}
        return _accounts(facts, contacts, owing)


def _read_facts(connection: sqlite3.Connection, today: date, zone: tzinfo, *, histories: bool) -> _Facts:
    families, suppressed = read_families(connection), read_suppressed(connection, zone)
    return _Facts(
        families=families,
        credits=read_credits(connection, families),
        progress=_progress(connection),
        holds=_holds(connection, families, today),
        contacted=_contacted(connection, families),
        suppressed=suppressed,
        dead_numbers=dead_numbers(suppressed),
        opted_out=read_opted_out(connection),
        unreadable=unreadable(connection, families),
        histories=read_histories(connection, families) if histories else {},
        calls=pending_calls(connection),
        agreements=read_agreements(connection, families, today),
        last_letters=read_last_letters(connection),
    )


def _read_open(connection: sqlite3.Connection, facts: _Facts) -> dict[ContactId, _Open]:
    """By winner. The records are built while SQLite reads, since 50,000 waiting rows would cost as much again.

    Words that many rows have in common are kept once: they would be a fifth of all that is read.
    """
    winner, quarantined = facts.families.winner, facts.unreadable.invoices
    progress, holds, calls = facts.progress, facts.holds, facts.calls
    agreed, last_letters = facts.agreements.invoices, facts.last_letters
    by_winner: dict[ContactId, _Open] = {}
    for (
        key,
        number,
        named,
        code,
        due,
        due_on,
        expected_on,
        scheduled,
        disputed,
        turn,
        billed_to,
    ) in connection.execute(_OPEN):
        contact, currency = winner(ContactId(intern(named))), intern(code)
        owed = by_winner.get(contact)
        if owed is None:
            owed = by_winner[contact] = _Open([], [])
        if billed_to != "[]":
            owed.billed_to.append(billed_to)
        owed.receivables.append(
            Receivable(
                invoice_id=key,
                contact_id=contact,
                number=number,
                currency=currency,
                due_minor=due,
                due_on=read_day(due_on),
                expected_on=read_day(expected_on),
                payment_scheduled=scheduled == 1,
                disputed=disputed == 1,
                unreadable=key in quarantined,
                round=turn,
                progress=progress.get(key, ()),
                holds=holds.get(("invoice", key), ()),
                calls_pending=calls.get(key, ()),
                last_letter=key in last_letters,
            )
        )
        if key in agreed:
            owed.receivables[-1] = facts.agreements.about_invoice(owed.receivables[-1])
    return by_winner


def _progress(connection: sqlite3.Connection) -> dict[InvoiceId, tuple[StageProgress, ...]]:
    stages: dict[InvoiceId, tuple[StageProgress, ...]] = {}
    missed = read_missed(connection)
    step = lru_cache(maxsize=4096)(_step)  # of one day there are many, and most invoices have had no other
    for invoice, message, *told in connection.execute(_PROGRESS):
        steps = step(*told, missed.get(message))
        stages[invoice] = stages[invoice] + steps if invoice in stages else steps
    return stages


def _step(
    name: str, state: str, sent_on: str | None, template: str | None, carrier: str | None, missed: Missed | None
) -> tuple[StageProgress]:
    sent = read_day(sent_on)
    lost = missed if sent is not None else None
    return (StageProgress(stage_of(name), ReminderState(state), sent, template, carrier, attempt_of(name), lost),)


def _holds(connection: sqlite3.Connection, families: Families, today: date) -> dict[tuple[str, str], tuple[Hold, ...]]:
    holds: dict[tuple[str, str], tuple[Hold, ...]] = {}
    for hold in read_active(connection, today):
        target = families.winner(ContactId(hold.target)) if hold.scope == "contact" else hold.target
        holds[hold.scope, target] = (*holds.get((hold.scope, target), ()), hold)
    return holds


def _contacted(connection: sqlite3.Connection, families: Families) -> dict[ContactId, date]:
    latest: dict[ContactId, date] = {}
    for contact, day in last_contacted(connection).items():
        winner = families.winner(contact)
        latest[winner] = max(day, latest.get(winner, day))
    return latest


def _accounts(facts: _Facts, contacts: dict[ContactId, Row], owing: dict[ContactId, _Open]) -> Iterator[Account]:
    names = {contact: contacts[contact][1] if contact in contacts else contact for contact in owing}
    for contact in sorted(owing, key=lambda key: (names[key], key)):
        yield _account(facts, contact, contacts.get(contact), owing.pop(contact))


def _account(facts: _Facts, contact: ContactId, known: Row | None, owed: _Open) -> Account:
    _, name, status, email, cc, country, phones, postal, groups = known or (contact, contact, *_UNKNOWN)
    if len(owed.receivables) > 1:
        owed.receivables.sort(key=_by_due_date)
    addresses, refused = written_to(email, cc, owed.billed_to, facts.suppressed)
    numbers, dead = in_use(read_list(phones), country, facts.dead_numbers)
    account = Account(
        contact_id=contact,
        family=facts.families.top(contact),
        name=name,
        status=ContactStatus(status),
        addresses=addresses,
        refused_mail=refused,
        country=country,
        phones=numbers,
        refused_phone=dead,
        postal=read_postal(postal),
        groups=read_list(groups),
        history=facts.histories.get(contact),
        closed_channels=_no_texts(facts, numbers, country),
        unreadable=known is None or facts.unreadable.blocks(contact, facts.families),
        credits=facts.credits.get(facts.families.top(contact), {}),
        last_contacted_on=facts.contacted.get(contact),
        holds=facts.holds.get(("contact", contact), ()) + facts.holds.get(("tenant", "*"), ()),
        receivables=tuple(owed.receivables),
    )
    return facts.agreements.about_customer(account)


def _no_texts(facts: _Facts, phones: tuple[str, ...], country: str | None) -> frozenset[str]:
    number = mobile_of(phones, country) if facts.opted_out or facts.dead_numbers else None
    if number and fingerprint_of(number) in facts.opted_out:
        return frozenset({"sms", TEXTS_STOPPED})
    return frozenset({"sms"}) if number in facts.dead_numbers else frozenset()


def written_to(
    email: str | None, cc: str, billed_to: list[str], suppressed: Mapping[str, RefusedMail]
) -> tuple[tuple[str, ...], RefusedMail | None]:
    """The customer's own address, else the persons included in e-mails, else whoever the invoices were sent to.

    An address that takes no mail counts as none, so that the next one gets it; where none is left, it says why.
    """
    own = () if email is None else (email,)
    refused: RefusedMail | None = None
    for texts in (own, read_list(cc), (text for listed in billed_to for text in read_list(listed))):
        found = dict.fromkeys(address for text in texts for address in usable_addresses(text))
        if usable := tuple(address for address in found if address.lower() not in suppressed):
            return usable, None
        refused = refused or next((suppressed[address.lower()] for address in found), None)
    return (), refused


def _by_due_date(receivable: Receivable) -> tuple[date, str]:
    return receivable.due_on or date.max, receivable.number or ""
