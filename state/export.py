"""A tenant's file as plain tables for people and other programs: what leaves with a client who leaves.

Rows are read while they are written out, all of one moment, so that a large firm needs no more memory than a small one.
Columns are documented in docs/how-to/leave-with-your-data.md; a test keeps both in step.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from state.database import snapshot
from state.errors import explaining
from state.money import Money, MoneyError

Row = tuple[str | int | None, ...]


class Table(Struct, frozen=True):
    """One file of the export. Amounts in `amounts` come as minor units of the currency in the column `currency`."""

    name: str
    columns: tuple[str, ...]
    amounts: frozenset[str]
    query: str


def _table(name: str, query: str, columns: str, amounts: str = "") -> Table:
    return Table(name, tuple(columns.split()), frozenset(amounts.split()), query)


TABLES = (
    _table(
        "organisation",
        "SELECT ledger, id, name, currency, zone, country, read_at FROM organisation",
        "ledger id name currency zone country read_at",
    ),
    _table(
        "contacts",
        "SELECT id, name, status, email, cc, first_name, country, phones, postal, groups, parent_id, merged_into,"
        " updated_at FROM contact ORDER BY id",
        "id name status email cc first_name country phones postal groups parent_id merged_into updated_at",
    ),
    _table(
        "invoices",
        "SELECT id, number, contact_id, status, currency, total_minor, due_minor, issued_on, due_on, expected_on,"
        " payment_scheduled, disputed, reference, billed_to, round, updated_at, gone_at, pay_url, rate"
        " FROM invoice ORDER BY id",
        "id number contact_id status currency total due issued_on due_on expected_on payment_scheduled disputed"
        " reference billed_to round updated_at gone_at pay_url rate",
        "total due",
    ),
    _table(
        "payments",
        "SELECT id, contact_id, status, currency, amount_minor, unapplied_minor, paid_on, entered_at, updated_at"
        " FROM payment ORDER BY id",
        "id contact_id status currency amount unapplied paid_on entered_at updated_at",
        "amount unapplied",
    ),
    _table(
        "allocations",
        "SELECT told_by, source, source_id, allocation.invoice_id, currency, amount_minor, applied_on FROM allocation"
        " LEFT JOIN invoice ON invoice.id = allocation.invoice_id",
        "told_by source source_id invoice_id currency amount applied_on",
        "amount",
    ),
    _table(
        "credits",
        "SELECT id, kind, contact_id, number, status, currency, total_minor, remaining_minor, dated_on, updated_at"
        " FROM credit ORDER BY id",
        "id kind contact_id number status currency total remaining dated_on updated_at",
        "total remaining",
    ),
    _table(
        "reminders",
        "SELECT id, invoice_id, contact_id, stage, round, state, planned_for, approved, approved_by, reason,"
        " message_id, proof, verified_at, sent_at, sent_on, changed_at, channel FROM reminder ORDER BY rowid",
        "id invoice_id contact_id stage round state planned_for approved approved_by reason message_id proof"
        " verified_at sent_at sent_on changed_at channel",
    ),
    _table(
        "history",
        "SELECT at, reminder_id, reminder.invoice_id, reminder.stage, from_state, to_state, event.reason,"
        " event.message_id FROM reminder_event AS event JOIN reminder ON reminder.id = event.reminder_id"
        " ORDER BY event.id",
        "at reminder_id invoice_id stage from_state to_state reason message_id",
    ),
    _table(
        "messages",
        "SELECT id, contact_id, channel, stage, subject, recipients, text, totals, claimed_at, business_day, outcome,"
        " reason, provider_id, settled_at, template FROM message ORDER BY rowid",
        "id contact_id channel stage subject recipients text totals claimed_at business_day outcome reason"
        " provider_id settled_at template",
    ),
    _table(
        "reminder_effects",
        "SELECT reminder_id, message_id, invoice_id, stage, template, channel, sent_on, currency, asked_minor, outcome,"
        " paid_on, days, surfaced_minor, surfaced_day, surfaced_at, cause FROM reminder_effects"
        " ORDER BY sent_on, reminder_id",
        "reminder_id message_id invoice_id stage template channel sent_on currency asked outcome paid_on days surfaced"
        " surfaced_day surfaced_at cause",
        "asked surfaced",
    ),
    _table(
        "message_effects",
        "SELECT message.id, delivery.state, delivery.complained, delivery.at, reply.replied_at FROM message"
        " LEFT JOIN message_delivery AS delivery ON delivery.message_id = message.id"
        " LEFT JOIN message_reply AS reply ON reply.message_id = message.id ORDER BY message.rowid",
        "message_id delivery complained delivery_at replied_at",
    ),
    _table(
        "trial_members",
        "SELECT contact_id, percent, held_back, drawn_on FROM trial_member ORDER BY drawn_on, contact_id, percent",
        "contact_id percent held_back drawn_on",
    ),
    _table(
        "timing_draws",
        "SELECT invoice_id, stage, round, contact_id, own, free_on, chosen_on, hour FROM timing_draw"
        " ORDER BY free_on, invoice_id, stage, round",
        "invoice_id stage round contact_id own_time free_on chosen_on hour",
    ),
    _table("timing_ends", "SELECT ended_on, reason FROM timing_end ORDER BY ended_on", "ended_on reason"),
    _table(
        "notes",
        "SELECT '[dun:' || reminder.id || ']', reminder.invoice_id, reminder.stage, min(event.at)"
        " FROM reminder_event AS event JOIN reminder ON reminder.id = event.reminder_id"
        " WHERE event.to_state = 'noted' GROUP BY reminder.id ORDER BY min(event.id)",
        "marker invoice_id stage noted_at",
    ),
    _table(
        "decisions",
        "SELECT invoice_id, action, stage, reasons, next_on, decided_on, decided_at, 1 FROM decision UNION ALL"
        " SELECT invoice_id, action, stage, reasons, next_on, decided_on, decided_at, 0 FROM decision_event"
        " ORDER BY 7, 1",
        "invoice_id action stage reasons next_on decided_on decided_at in_force",
    ),
    _table(
        "holds",
        "SELECT scope, target, reason, until, note, placed_at, released_at, owner, released_by FROM hold ORDER BY id",
        "scope target reason until note placed_at released_at owner released_by",
    ),
    _table(
        "promises",
        "SELECT id, invoice_id, contact_id, promised_on, currency, amount_minor, baseline_minor, made_at, made_by,"
        " note, state, settled_at FROM promise ORDER BY id",
        "id invoice_id contact_id promised_on currency amount baseline made_at made_by note state settled_at",
        "amount baseline",
    ),
    _table(
        "plans",
        "SELECT id, contact_id, currency, state, baseline_minor, made_at, made_by, settled_at FROM plan ORDER BY id",
        "id contact_id currency state baseline made_at made_by settled_at",
        "baseline",
    ),
    _table(
        "plan_invoices",
        "SELECT plan_id, invoice_id, currency, plan_invoice.baseline_minor FROM plan_invoice"
        " JOIN plan ON plan.id = plan_id ORDER BY plan_invoice.rowid",
        "plan_id invoice_id currency baseline",
        "baseline",
    ),
    _table(
        "instalments",
        "SELECT plan_id, number, due_on, currency, amount_minor FROM instalment JOIN plan ON plan.id = plan_id"
        " ORDER BY plan_id, number",
        "plan_id number due_on currency amount",
        "amount",
    ),
    _table(
        "disputes",
        "SELECT id, invoice_id, reason, owner, currency, amount_minor, opened_at, opened_by, closed_at, closed_by,"
        " outcome, credited_before_minor FROM dispute ORDER BY id",
        "id invoice_id reason owner currency amount opened_at opened_by closed_at closed_by outcome credited_before",
        "amount credited_before",
    ),
    _table(
        "discount_offers",
        "SELECT id, invoice_id, percent_hundredths, currency, amount_minor, until, made_at, made_by, withdrawn_at"
        " FROM discount_offer ORDER BY id",
        "id invoice_id percent_hundredths currency amount until made_at made_by withdrawn_at",
        "amount",
    ),
    _table(
        "preferences",
        "SELECT contact_id, do_not_chase, owner, language, kind, escalation_name, escalation_email, channel, opted_out,"
        " segment, changed_at, changed_by FROM preference ORDER BY contact_id",
        "contact_id do_not_chase owner language kind escalation_name escalation_email channel opted_out segment"
        " changed_at changed_by",
    ),
    _table(
        "audit",
        "SELECT id, at, who, action, scope, target, details FROM audit ORDER BY id",
        "id at who action scope target details",
    ),
    _table(
        "ledger_notes",
        "SELECT '[dun-note:' || id || ']', invoice_id, text, state, owed_at, written_at FROM ledger_note"
        " ORDER BY rowid",
        "marker invoice_id text state owed_at written_at",
    ),
    _table(
        "tasks",
        "SELECT id, kind, subject, contact_id, invoice_id, message_id, stage, owner, phone, script, blocks, opened_at,"
        " state, outcome, note, closed_at, closed_by FROM task ORDER BY rowid",
        "id kind subject contact_id invoice_id message_id stage owner phone script blocks opened_at state outcome"
        " note closed_at closed_by",
    ),
    _table(
        "last_letters",
        "SELECT invoice_id, round, decided_at, decided_by FROM last_letter ORDER BY invoice_id, round",
        "invoice_id round decided_at decided_by",
    ),
    _table(
        "handovers",
        "SELECT id, invoice_id, round, handed_to, currency, due_minor, case_file, handed_at, handed_by, returned_at,"
        " returned_by FROM handover ORDER BY id",
        "id invoice_id round handed_to currency due case_file handed_at handed_by returned_at returned_by",
        "due",
    ),
    _table(
        "write_offs",
        "SELECT id, invoice_id, round, currency, amount_minor, reason, state, proposed_at, proposed_by, approved_at,"
        " approved_by, exported_at, words, document_id, settled_at FROM write_off ORDER BY rowid",
        "id invoice_id round currency amount reason state proposed_at proposed_by approved_at approved_by exported_at"
        " words document_id settled_at",
        "amount",
    ),
    _table(
        "courtesy_messages",
        "SELECT id, invoice_id, contact_id, round, occasion, currency, amount_minor, paid_on, planned_for, state,"
        " reason, message_id, proof, changed_at FROM courtesy_message ORDER BY rowid",
        "id invoice_id contact_id round occasion currency amount paid_on planned_for state reason message_id proof"
        " changed_at",
        "amount",
    ),
    _table(
        "replies",
        "SELECT id, received_at, sender, sender_name, subject, text, kind, doubt, matched_by, message_id,"
        " (SELECT json_group_array(contact_id) FROM reply_contact WHERE reply_id = reply.id),"
        " handled_at, handled_by, outcome FROM reply ORDER BY rowid",
        "id received_at sender sender_name subject text kind doubt matched_by message_id contact_ids handled_at"
        " handled_by outcome",
    ),
    _table(
        "deliveries",
        "SELECT message_id, kind, at, detail, recipient, source, told_at FROM delivery ORDER BY id",
        "message_id kind at detail recipient source told_at",
    ),
    _table(
        "suppressed_addresses",
        "SELECT address, reason, since, released_at FROM suppressed_address ORDER BY id",
        "address reason since released_at",
    ),
    _table(
        "phone_opt_outs",
        "SELECT number, opted_out_at, told_by, ended_at FROM phone_opt_out ORDER BY opted_out_at, fingerprint",
        "number opted_out_at told_by ended_at",
    ),
    _table(
        "charges",
        "SELECT id, invoice_id, up_to, currency, interest_minor, fixed_minor, source, state, proposed_at, proposed_by,"
        " approved_at, approved_by, document_id, words, settled_at FROM charge ORDER BY rowid",
        "id invoice_id up_to currency interest fixed source state proposed_at proposed_by approved_at approved_by"
        " document_id words settled_at",
        "interest fixed",
    ),
    _table(
        "message_costs",
        "SELECT message_id, amount, currency, at FROM message_cost ORDER BY message_id",
        "message_id cost currency at",
    ),
    _table(
        "edited_messages",
        "SELECT id, contact_id, reminders, kind, subject, text, edited_by, edited_at, state, ended_at"
        " FROM edited_message ORDER BY id",
        "id contact_id reminders kind subject text edited_by edited_at state ended_at",
    ),
    _table(
        "forewarnings",
        "SELECT day, claimed_at, outcome, tries, reason FROM forewarning ORDER BY day",
        "day claimed_at outcome tries reason",
    ),
)


class Exporter:
    """The tables of one file as they are at one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of `table`; amounts as decimal text with the digits of their currency, nothing else changed."""
        with explaining():
            for row in self._connection.execute(table.query):
                yield _with_amounts(table, row)


@contextmanager
def exporting(connection: sqlite3.Connection) -> Iterator[Exporter]:
    """All that is read inside is of one moment."""
    with snapshot(connection):
        yield Exporter(connection)


def _with_amounts(table: Table, row: tuple[Any, ...]) -> Row:
    if not table.amounts:
        return row
    currency = row[table.columns.index("currency")]
    return tuple(
        _decimal(value, currency) if column in table.amounts else value
        for column, value in zip(table.columns, row, strict=True)
    )


def _decimal(minor: int | None, currency: str | None) -> str | None:
    """None where the invoice that would tell the currency is not in the mirror."""
    if minor is None or currency is None:
        return None
    try:
        return str(Money(minor, currency).amount)
    except MoneyError:
        return None
