"""How a tenant's file came to be, step by step. A step that has been released is never edited; a new one follows it.

All tables are STRICT, amounts are integers of minor units, and what must never happen is refused here rather than in
Python, so that a hand-made UPDATE in the `sqlite3` shell meets the same refusal.
"""

from typing import Any

from sqlite_utils import Database

from state.agreement_tables import AGREEMENTS
from state.charge_tables import CHARGES
from state.contact_tables import CONTACT_DETAILS
from state.correspondence_tables import CORRESPONDENCE
from state.database import Kind
from state.edited_tables import EDITED
from state.keeping_tables import KEEPING
from state.month_views import MONTH_VIEWS
from state.phone_tables import PHONES
from state.policy_tables import CHANNELS
from state.rate_tables import RATES
from state.task_tables import TASKS
from state.views import VIEWS
from state.ways_out_tables import WAYS_OUT

# Words are compared one by one: for IN with three words or more SQLite builds a table of them anew for every row, which
# is half of what inserting an invoice costs.
_MIRROR = (
    """
    CREATE TABLE organisation (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        ledger TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        currency TEXT NOT NULL,
        zone TEXT,
        country TEXT,
        short_code TEXT,
        demo INTEGER NOT NULL,
        own_reminders_on INTEGER,
        read_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE invoice (
        id TEXT PRIMARY KEY NOT NULL,
        number TEXT,
        contact_id TEXT NOT NULL,
        status TEXT NOT NULL CHECK (
            status = 'paid' OR status = 'open' OR status = 'void' OR status = 'draft' OR status = 'deleted'
            OR status = 'gone'
        ),
        currency TEXT NOT NULL,
        total_minor INTEGER NOT NULL,
        due_minor INTEGER NOT NULL,
        issued_on TEXT,
        due_on TEXT,
        expected_on TEXT,
        payment_scheduled INTEGER NOT NULL,
        disputed INTEGER NOT NULL,
        reference TEXT,
        billed_to TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        version TEXT NOT NULL,
        allocations TEXT,
        round INTEGER NOT NULL DEFAULT 1,
        gone_at TEXT,
        pay_url TEXT
    ) STRICT
    """,
    # The key is the same for every row, so entries lie in the order of the table: cheap to add to and to follow.
    "CREATE INDEX invoice_open ON invoice (status) WHERE status = 'open' AND due_minor > 0",
    """
    CREATE TABLE contact (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('active', 'archived')),
        email TEXT,
        cc TEXT NOT NULL,
        first_name TEXT,
        country TEXT,
        parent_id TEXT,
        merged_into TEXT,
        updated_at TEXT NOT NULL,
        version TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX contact_related ON contact (id, merged_into, parent_id)
    WHERE merged_into IS NOT NULL OR parent_id IS NOT NULL
    """,
    """
    CREATE TABLE payment (
        id TEXT PRIMARY KEY NOT NULL,
        contact_id TEXT,
        status TEXT NOT NULL CHECK (status = 'valid' OR status = 'void' OR status = 'deleted'),
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        unapplied_minor INTEGER NOT NULL,
        paid_on TEXT,
        updated_at TEXT NOT NULL,
        version TEXT NOT NULL,
        allocations TEXT
    ) STRICT
    """,
    "CREATE INDEX payment_with_rest ON payment (contact_id) WHERE status = 'valid' AND unapplied_minor > 0",
    """
    CREATE TABLE credit (
        id TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('credit_note', 'overpayment', 'prepayment', 'unapplied_payment')),
        contact_id TEXT NOT NULL,
        number TEXT,
        status TEXT NOT NULL CHECK (status = 'valid' OR status = 'void' OR status = 'deleted'),
        currency TEXT NOT NULL,
        total_minor INTEGER NOT NULL,
        remaining_minor INTEGER NOT NULL,
        dated_on TEXT,
        updated_at TEXT NOT NULL,
        version TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX credit_with_rest ON credit (contact_id) WHERE status = 'valid' AND remaining_minor > 0",
    """
    CREATE TABLE quarantine (
        entity TEXT NOT NULL CHECK (entity IN ('invoice', 'contact', 'payment', 'credit')),
        key TEXT NOT NULL,
        id TEXT,
        contact_id TEXT,
        reason TEXT NOT NULL,
        payload TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        PRIMARY KEY (entity, key)
    ) STRICT
    """,
    "CREATE TABLE stream (name TEXT PRIMARY KEY NOT NULL, cursor TEXT, pulled_at TEXT NOT NULL) STRICT",
)

_REMINDERS = (
    """
    CREATE TABLE message (
        id TEXT PRIMARY KEY NOT NULL,
        contact_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        stage TEXT NOT NULL,
        subject TEXT NOT NULL,
        recipients TEXT NOT NULL,
        text TEXT NOT NULL,
        totals TEXT NOT NULL,
        owner TEXT NOT NULL,
        claimed_at TEXT NOT NULL,
        business_day TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('sending', 'sent', 'refused', 'not_sent', 'unsure')),
        reason TEXT,
        provider_id TEXT,
        settled_at TEXT
    ) STRICT
    """,
    "CREATE INDEX message_of_contact ON message (contact_id, claimed_at)",
    "CREATE INDEX message_by_time ON message (claimed_at)",
    """
    CREATE TABLE reminder (
        id TEXT PRIMARY KEY NOT NULL,
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        contact_id TEXT NOT NULL,
        stage TEXT NOT NULL,
        round INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (
            state IN ('planned', 'verified', 'sending', 'sent', 'noted', 'failed', 'unknown', 'skipped')
        ),
        planned_for TEXT NOT NULL,
        approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
        approved_by TEXT,
        approved_minor INTEGER,
        approved_contact TEXT,
        reason TEXT,
        message_id TEXT REFERENCES message (id),
        proof TEXT,
        verified_at TEXT,
        sent_at TEXT,
        sent_on TEXT,
        note_attempts INTEGER NOT NULL DEFAULT 0,
        changed_at TEXT NOT NULL,
        UNIQUE (invoice_id, stage, round),
        CHECK (state NOT IN ('verified', 'sending', 'sent', 'noted') OR proof IS NOT NULL),
        CHECK ((proof IS NULL) = (verified_at IS NULL)),
        CHECK (state NOT IN ('sending', 'sent', 'noted', 'failed', 'unknown') OR message_id IS NOT NULL),
        CHECK ((state IN ('sent', 'noted')) = (sent_at IS NOT NULL AND sent_on IS NOT NULL))
    ) STRICT
    """,
    "CREATE INDEX reminder_of_message ON reminder (message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX reminder_unfinished ON reminder (state) WHERE state NOT IN ('noted', 'skipped')",
    """
    CREATE TABLE reminder_event (
        id INTEGER PRIMARY KEY,
        reminder_id TEXT NOT NULL REFERENCES reminder (id),
        from_state TEXT,
        to_state TEXT NOT NULL,
        at TEXT NOT NULL,
        reason TEXT,
        message_id TEXT
    ) STRICT
    """,
    "CREATE INDEX event_of_reminder ON reminder_event (reminder_id)",
    # INSERT OR REPLACE would delete the old row without asking any other trigger.
    """
    CREATE TRIGGER reminder_begins BEFORE INSERT ON reminder BEGIN
        SELECT RAISE(ABORT, 'a reminder begins as planned') WHERE NEW.state <> 'planned';
        SELECT RAISE(ABORT, 'this stage of this invoice has its reminder already') WHERE EXISTS (
            SELECT 1 FROM reminder WHERE id = NEW.id
            UNION ALL
            SELECT 1 FROM reminder
            WHERE invoice_id = NEW.invoice_id AND stage = NEW.stage AND round = NEW.round
        );
    END
    """,
    """
    CREATE TRIGGER reminder_moves BEFORE UPDATE OF state ON reminder
    WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'planned>verified', 'planned>skipped',
        'verified>planned', 'verified>sending', 'verified>skipped',
        'sending>sent', 'sending>failed', 'sending>unknown', 'sending>planned',
        'sent>noted',
        'unknown>sent', 'unknown>skipped',
        'failed>planned'
    )
    BEGIN
        SELECT RAISE(ABORT, 'a reminder does not move this way');
    END
    """,
    """
    CREATE TRIGGER reminder_stays_itself BEFORE UPDATE OF id, invoice_id, stage, round ON reminder
    WHEN (OLD.id, OLD.invoice_id, OLD.stage, OLD.round) IS NOT (NEW.id, NEW.invoice_id, NEW.stage, NEW.round)
    BEGIN
        SELECT RAISE(ABORT, 'a reminder stays with its invoice, stage and round');
    END
    """,
    """
    CREATE TRIGGER reminder_stays BEFORE DELETE ON reminder BEGIN
        SELECT RAISE(ABORT, 'a reminder is never deleted');
    END
    """,
    """
    CREATE TRIGGER reminder_begun AFTER INSERT ON reminder BEGIN
        INSERT INTO reminder_event (reminder_id, from_state, to_state, at, reason)
        VALUES (NEW.id, NULL, NEW.state, NEW.changed_at, NEW.reason);
    END
    """,
    """
    CREATE TRIGGER reminder_moved AFTER UPDATE ON reminder
    WHEN OLD.state <> NEW.state OR OLD.approved <> NEW.approved OR OLD.reason IS NOT NEW.reason
    BEGIN
        INSERT INTO reminder_event (reminder_id, from_state, to_state, at, reason, message_id)
        VALUES (
            NEW.id, OLD.state, NEW.state, NEW.changed_at,
            CASE WHEN NEW.approved > OLD.approved THEN 'approved by ' || coalesce(NEW.approved_by, 'hand')
                 ELSE NEW.reason END,
            coalesce(NEW.message_id, OLD.message_id)
        );
    END
    """,
    """
    CREATE TRIGGER history_is_not_rewritten BEFORE UPDATE ON reminder_event BEGIN
        SELECT RAISE(ABORT, 'history is not rewritten');
    END
    """,
    """
    CREATE TRIGGER history_is_not_erased BEFORE DELETE ON reminder_event BEGIN
        SELECT RAISE(ABORT, 'history is not erased');
    END
    """,
)

_DECISIONS = (
    """
    CREATE TABLE hold (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL CHECK (scope IN ('invoice', 'contact', 'tenant')),
        target TEXT NOT NULL CHECK ((scope = 'tenant') = (target = '*')),
        reason TEXT NOT NULL,
        until TEXT,
        note TEXT,
        placed_at TEXT NOT NULL,
        released_at TEXT
    ) STRICT
    """,
    "CREATE INDEX hold_unreleased ON hold (scope, target) WHERE released_at IS NULL",
    """
    CREATE TABLE decision (
        invoice_id TEXT PRIMARY KEY NOT NULL,
        action TEXT NOT NULL,
        stage TEXT,
        reasons TEXT NOT NULL,
        next_on TEXT,
        decided_on TEXT NOT NULL,
        decided_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE decision_event (
        id INTEGER PRIMARY KEY,
        invoice_id TEXT NOT NULL,
        action TEXT NOT NULL,
        stage TEXT,
        reasons TEXT NOT NULL,
        next_on TEXT,
        decided_on TEXT NOT NULL,
        decided_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX event_of_decision ON decision_event (invoice_id)",
    """
    CREATE TRIGGER decision_replaced AFTER UPDATE ON decision BEGIN
        INSERT INTO decision_event (invoice_id, action, stage, reasons, next_on, decided_on, decided_at)
        VALUES (OLD.invoice_id, OLD.action, OLD.stage, OLD.reasons, OLD.next_on, OLD.decided_on, OLD.decided_at);
    END
    """,
    """
    CREATE TABLE cycle (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL,
        business_day TEXT NOT NULL,
        finished_at TEXT,
        report TEXT
    ) STRICT
    """,
)


def _run(database: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.conn.execute(statement)


def m001_mirror(database: Any) -> None:
    _run(database, _MIRROR)


def m002_reminders(database: Any) -> None:
    _run(database, _REMINDERS)


def m003_decisions(database: Any) -> None:
    _run(database, _DECISIONS)


def m004_views(database: Any) -> None:
    _run(database, VIEWS)


def m005_keeping(database: Any) -> None:
    _run(database, KEEPING)


def m006_channels(database: Any) -> None:
    _run(database, CHANNELS)


def m007_tasks(database: Any) -> None:
    _run(database, TASKS)


def m008_phones(database: Any) -> None:
    _run(database, PHONES)


def m009_agreements(database: Any) -> None:
    _run(database, AGREEMENTS)


def m010_contact_details(database: Any) -> None:
    _run(database, CONTACT_DETAILS)


def m011_correspondence(database: Any) -> None:
    _run(database, CORRESPONDENCE)


def m012_edited(database: Any) -> None:
    _run(database, EDITED)


def m013_charges(database: Any) -> None:
    _run(database, CHARGES)


def m014_ways_out(database: Any) -> None:
    _run(database, WAYS_OUT)


def m015_month_views(database: Any) -> None:
    _run(database, MONTH_VIEWS)


def m016_rates(database: Any) -> None:
    _run(database, RATES)


TENANT_FILE = Kind(
    "tenant's file",
    0x44554E54,  # "DUNT"
    (
        m001_mirror,
        m002_reminders,
        m003_decisions,
        m004_views,
        m005_keeping,
        m006_channels,
        m007_tasks,
        m008_phones,
        m009_agreements,
        m010_contact_details,
        m011_correspondence,
        m012_edited,
        m013_charges,
        m014_ways_out,
        m015_month_views,
        m016_rates,
    ),
)
