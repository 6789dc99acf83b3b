"""The tables of the ways out of a sequence, as first released; part of migration m014 and frozen with it.

A case is with an agency once at a time, a write-off goes from a proposal over a person's word into the ledger once, and
thanks for a payment are said once. Each of these is refused here when it would happen a second time.
"""

_LAST_LETTERS = (
    """
    CREATE TABLE last_letter (
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        round INTEGER NOT NULL,
        decided_at TEXT NOT NULL,
        decided_by TEXT NOT NULL CHECK (decided_by <> ''),
        PRIMARY KEY (invoice_id, round)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER last_letter_stays BEFORE DELETE ON last_letter BEGIN
        SELECT RAISE(ABORT, 'what was decided is never deleted');
    END
    """,
)

_HANDOVERS = (
    """
    CREATE TABLE handover (
        id INTEGER PRIMARY KEY,
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        round INTEGER NOT NULL,
        handed_to TEXT NOT NULL CHECK (handed_to <> ''),
        currency TEXT NOT NULL,
        due_minor INTEGER NOT NULL CHECK (due_minor > 0),
        case_file TEXT NOT NULL,
        handed_at TEXT NOT NULL,
        handed_by TEXT NOT NULL CHECK (handed_by <> ''),
        returned_at TEXT,
        returned_by TEXT,
        CHECK ((returned_at IS NULL) = (returned_by IS NULL))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX handover_out ON handover (invoice_id) WHERE returned_at IS NULL",
    """
    CREATE TRIGGER handover_begins BEFORE INSERT ON handover BEGIN
        SELECT RAISE(ABORT, 'a handover begins by being out') WHERE NEW.returned_at IS NOT NULL;
        SELECT RAISE(ABORT, 'this invoice is handed over already') WHERE EXISTS (
            SELECT 1 FROM handover
            WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND returned_at IS NULL)
        );
    END
    """,
    """
    CREATE TRIGGER handover_returns_once BEFORE UPDATE ON handover
    WHEN OLD.returned_at IS NOT NULL
    OR (OLD.id, OLD.invoice_id, OLD.round, OLD.handed_to, OLD.currency, OLD.due_minor, OLD.case_file, OLD.handed_at,
        OLD.handed_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.round, NEW.handed_to, NEW.currency, NEW.due_minor, NEW.case_file,
            NEW.handed_at, NEW.handed_by)
    BEGIN
        SELECT RAISE(ABORT, 'a handover stays as it was, and returns once');
    END
    """,
    """
    CREATE TRIGGER handover_stays BEFORE DELETE ON handover BEGIN
        SELECT RAISE(ABORT, 'a handover is never deleted');
    END
    """,
)

_WRITE_OFFS = (
    """
    CREATE TABLE write_off (
        id TEXT PRIMARY KEY NOT NULL,
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        round INTEGER NOT NULL,
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        reason TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'proposed'
            CHECK (state = 'proposed' OR state = 'approved' OR state = 'written' OR state = 'refused'),
        proposed_at TEXT NOT NULL,
        proposed_by TEXT NOT NULL CHECK (proposed_by <> ''),
        approved_at TEXT,
        approved_by TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        exported_at TEXT,
        words TEXT,
        document_id TEXT,
        settled_at TEXT,
        CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
        CHECK (state NOT IN ('approved', 'written') OR approved_at IS NOT NULL),
        CHECK ((state IN ('written', 'refused')) = (settled_at IS NOT NULL))
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX write_off_pending ON write_off (invoice_id) WHERE state = 'proposed' OR state = 'approved'
    """,
    """
    CREATE TRIGGER write_off_begins BEFORE INSERT ON write_off BEGIN
        SELECT RAISE(ABORT, 'a write-off begins as a proposal') WHERE NEW.state <> 'proposed' OR NEW.attempts <> 0;
        SELECT RAISE(ABORT, 'this write-off is known already') WHERE EXISTS (
            SELECT 1 FROM write_off WHERE id = NEW.id
            OR (invoice_id = NEW.invoice_id AND round = NEW.round AND state <> 'refused')
        );
    END
    """,
    """
    CREATE TRIGGER write_off_moves BEFORE UPDATE ON write_off
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'proposed>approved', 'proposed>refused', 'approved>written', 'approved>refused'
    ))
    OR NEW.attempts < OLD.attempts
    OR (OLD.reason <> NEW.reason AND NEW.reason <> '')
    OR (OLD.id, OLD.invoice_id, OLD.round, OLD.currency, OLD.amount_minor, OLD.proposed_at, OLD.proposed_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.round, NEW.currency, NEW.amount_minor, NEW.proposed_at, NEW.proposed_by)
    OR (OLD.approved_at IS NOT NULL
        AND (OLD.approved_at, OLD.approved_by) IS NOT (NEW.approved_at, NEW.approved_by))
    OR (OLD.settled_at IS NOT NULL
        AND (OLD.settled_at, OLD.document_id) IS NOT (NEW.settled_at, NEW.document_id))
    BEGIN
        SELECT RAISE(ABORT, 'a write-off does not move this way');
    END
    """,
    """
    CREATE TRIGGER write_off_stays BEFORE DELETE ON write_off BEGIN
        SELECT RAISE(ABORT, 'a write-off is never deleted');
    END
    """,
)

_COURTESIES = (
    """
    CREATE TABLE courtesy_message (
        id TEXT PRIMARY KEY NOT NULL,
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        contact_id TEXT NOT NULL,
        round INTEGER NOT NULL,
        occasion TEXT NOT NULL CHECK (occasion <> ''),
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        paid_on TEXT NOT NULL,
        planned_for TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'planned'
            CHECK (state IN ('planned', 'sending', 'sent', 'failed', 'unknown', 'skipped')),
        reason TEXT,
        message_id TEXT REFERENCES message (id),
        proof TEXT,
        changed_at TEXT NOT NULL,
        UNIQUE (invoice_id, round, occasion),
        CHECK (state IN ('planned', 'skipped') OR (message_id IS NOT NULL AND proof IS NOT NULL))
    ) STRICT
    """,
    """
    CREATE INDEX courtesy_unfinished ON courtesy_message (state) WHERE state = 'planned' OR state = 'sending'
    """,
    "CREATE INDEX reminder_by_day ON reminder (sent_on) WHERE sent_on IS NOT NULL",
    """
    CREATE TRIGGER courtesy_begins BEFORE INSERT ON courtesy_message BEGIN
        SELECT RAISE(ABORT, 'a courtesy begins as planned') WHERE NEW.state <> 'planned';
        SELECT RAISE(ABORT, 'this courtesy is known already') WHERE EXISTS (
            SELECT 1 FROM courtesy_message WHERE id = NEW.id
            OR (invoice_id = NEW.invoice_id AND round = NEW.round AND occasion = NEW.occasion)
        );
    END
    """,
    """
    CREATE TRIGGER courtesy_moves BEFORE UPDATE ON courtesy_message
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'planned>sending', 'planned>skipped',
        'sending>sent', 'sending>failed', 'sending>unknown', 'sending>planned'
    ))
    OR (OLD.id, OLD.invoice_id, OLD.round, OLD.occasion, OLD.currency, OLD.amount_minor)
    IS NOT (NEW.id, NEW.invoice_id, NEW.round, NEW.occasion, NEW.currency, NEW.amount_minor)
    BEGIN
        SELECT RAISE(ABORT, 'a courtesy does not move this way');
    END
    """,
    """
    CREATE TRIGGER courtesy_stays BEFORE DELETE ON courtesy_message BEGIN
        SELECT RAISE(ABORT, 'a courtesy is never deleted');
    END
    """,
)

WAYS_OUT = (*_LAST_LETTERS, *_HANDOVERS, *_WRITE_OFFS, *_COURTESIES)
