"""Charges for late payment that a person lets into the ledger: proposed, approved, raised once. Part of m013."""

CHARGES = (
    """
    CREATE TABLE charge (
        id TEXT PRIMARY KEY NOT NULL,
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        number TEXT NOT NULL,
        up_to TEXT NOT NULL CHECK (up_to IS date(up_to)),
        currency TEXT NOT NULL,
        interest_minor INTEGER NOT NULL CHECK (interest_minor >= 0),
        fixed_minor INTEGER NOT NULL CHECK (fixed_minor >= 0),
        source TEXT NOT NULL CHECK (source <> ''),
        proposed_at TEXT NOT NULL,
        proposed_by TEXT NOT NULL CHECK (proposed_by <> ''),
        state TEXT NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'raised', 'refused')),
        approved_at TEXT,
        approved_by TEXT,
        tried_at TEXT,
        document_id TEXT,
        words TEXT,
        settled_at TEXT,
        CHECK (interest_minor + fixed_minor > 0),
        CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
        CHECK (state NOT IN ('approved', 'raised') OR approved_at IS NOT NULL),
        CHECK ((state IN ('raised', 'refused')) = (settled_at IS NOT NULL)),
        CHECK ((state = 'raised') = (document_id IS NOT NULL))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX charge_pending ON charge (invoice_id) WHERE state = 'proposed' OR state = 'approved'",
    "CREATE UNIQUE INDEX charge_up_to ON charge (invoice_id, up_to) WHERE state <> 'refused'",
    # INSERT OR REPLACE would delete the old row without asking any other trigger.
    """
    CREATE TRIGGER charge_begins BEFORE INSERT ON charge BEGIN
        SELECT RAISE(ABORT, 'a charge begins as a proposal') WHERE NEW.state <> 'proposed' OR NEW.tried_at IS NOT NULL;
        SELECT RAISE(ABORT, 'charges on this invoice are proposed or raised up to that day already') WHERE EXISTS (
            SELECT 1 FROM charge WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND (
                state IN ('proposed', 'approved') OR (state = 'raised' AND up_to >= NEW.up_to)
            ))
        );
    END
    """,
    """
    CREATE TRIGGER charge_moves BEFORE UPDATE ON charge
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'proposed>approved', 'proposed>refused', 'approved>raised', 'approved>refused'
    ))
    OR (OLD.tried_at IS NOT NULL AND (NEW.tried_at IS NULL OR NEW.tried_at < OLD.tried_at))
    OR (OLD.id, OLD.invoice_id, OLD.number, OLD.up_to, OLD.currency, OLD.interest_minor, OLD.fixed_minor,
        OLD.source, OLD.proposed_at, OLD.proposed_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.number, NEW.up_to, NEW.currency, NEW.interest_minor, NEW.fixed_minor,
            NEW.source, NEW.proposed_at, NEW.proposed_by)
    OR (OLD.approved_at IS NOT NULL AND (OLD.approved_at, OLD.approved_by) IS NOT (NEW.approved_at, NEW.approved_by))
    OR (OLD.settled_at IS NOT NULL AND (OLD.settled_at, OLD.document_id) IS NOT (NEW.settled_at, NEW.document_id))
    BEGIN
        SELECT RAISE(ABORT, 'a charge does not move this way');
    END
    """,
    """
    CREATE TRIGGER charge_stays BEFORE DELETE ON charge BEGIN
        SELECT RAISE(ABORT, 'a charge is never deleted');
    END
    """,
)
