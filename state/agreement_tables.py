"""The tables of what was agreed, as first released; part of migration m009 and frozen with it.

An agreement begins in one state and ends in one other; what was agreed is never rewritten and never deleted, however
the row is reached. Only free text may be emptied, for customers who are to be forgotten. A plan is put together as a
draft and becomes active in one move, which is refused unless its parts sum to the balance.
"""

_AUDIT = (
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        who TEXT NOT NULL CHECK (who <> ''),
        action TEXT NOT NULL CHECK (action <> ''),
        scope TEXT NOT NULL CHECK (scope = 'invoice' OR scope = 'contact' OR scope = 'tenant'),
        target TEXT NOT NULL CHECK ((scope = 'tenant') = (target = '*')),
        details TEXT NOT NULL CHECK (json_valid(details))
    ) STRICT
    """,
    "CREATE INDEX audit_of_target ON audit (scope, target)",
    """
    CREATE TRIGGER audit_is_added_to BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) BEGIN
        SELECT RAISE(ABORT, 'the audit trail is not rewritten');
    END
    """,
    """
    CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
    WHEN NEW.details <> '{}'
    OR (OLD.id, OLD.at, OLD.who, OLD.action, OLD.scope, OLD.target)
    IS NOT (NEW.id, NEW.at, NEW.who, NEW.action, NEW.scope, NEW.target)
    OR NOT EXISTS (
        SELECT 1 FROM forgotten WHERE (NEW.scope = 'contact' AND contact_id = NEW.target) OR (
            NEW.scope = 'invoice'
            AND contact_id = (SELECT invoice.contact_id FROM invoice WHERE invoice.id = NEW.target)
        )
    )
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is not rewritten');
    END
    """,
    """
    CREATE TRIGGER audit_is_not_erased BEFORE DELETE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit trail is not erased');
    END
    """,
)

_HOLDS = (
    "ALTER TABLE hold ADD COLUMN owner TEXT",
    "ALTER TABLE hold ADD COLUMN released_by TEXT",
    "UPDATE hold SET owner = 'operator' WHERE until IS NULL",
    """
    CREATE TRIGGER hold_has_an_end_or_an_owner BEFORE INSERT ON hold WHEN NEW.until IS NULL AND NEW.owner IS NULL BEGIN
        SELECT RAISE(ABORT, 'a hold has an end or an owner');
    END
    """,
    """
    CREATE TRIGGER hold_keeps_its_end_or_owner BEFORE UPDATE OF until, owner ON hold
    WHEN NEW.until IS NULL AND NEW.owner IS NULL
    BEGIN
        SELECT RAISE(ABORT, 'a hold has an end or an owner');
    END
    """,
)

_PROMISES = (
    """
    CREATE TABLE promise (
        id INTEGER PRIMARY KEY,
        invoice_id TEXT,
        contact_id TEXT,
        promised_on TEXT NOT NULL CHECK (promised_on IS date(promised_on)),
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        baseline_minor INTEGER NOT NULL CHECK (baseline_minor >= amount_minor),
        shares TEXT NOT NULL CHECK (json_valid(shares)),
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL CHECK (made_by <> ''),
        note TEXT,
        state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'broken', 'withdrawn')),
        settled_at TEXT,
        CHECK ((invoice_id IS NULL) <> (contact_id IS NULL)),
        CHECK ((state = 'open') = (settled_at IS NULL))
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX promise_open_of_invoice ON promise (invoice_id)
    WHERE state = 'open' AND invoice_id IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX promise_open_of_contact ON promise (contact_id, currency)
    WHERE state = 'open' AND contact_id IS NOT NULL
    """,
    # INSERT OR REPLACE would delete the old row without asking any other trigger.
    """
    CREATE TRIGGER promise_begins BEFORE INSERT ON promise BEGIN
        SELECT RAISE(ABORT, 'a promise begins open') WHERE NEW.state <> 'open';
        SELECT RAISE(ABORT, 'there is an open promise already') WHERE EXISTS (
            SELECT 1 FROM promise WHERE id = NEW.id OR (state = 'open' AND (
                invoice_id = NEW.invoice_id OR (contact_id = NEW.contact_id AND currency = NEW.currency)
            ))
        );
        SELECT RAISE(ABORT, 'the baseline of a promise is the sum of its invoices') WHERE NEW.baseline_minor IS NOT (
            SELECT sum(value ->> 'baseline_minor') FROM json_each(NEW.shares)
        );
    END
    """,
    """
    CREATE TRIGGER promise_moves BEFORE UPDATE OF state ON promise
    WHEN OLD.state <> NEW.state AND OLD.state <> 'open'
    BEGIN
        SELECT RAISE(ABORT, 'a settled promise stays settled');
    END
    """,
    """
    CREATE TRIGGER promise_stays_itself BEFORE UPDATE ON promise
    WHEN (OLD.id, OLD.invoice_id, OLD.contact_id, OLD.promised_on, OLD.amount_minor, OLD.currency, OLD.baseline_minor,
          OLD.shares, OLD.made_at, OLD.made_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.contact_id, NEW.promised_on, NEW.amount_minor, NEW.currency,
            NEW.baseline_minor, NEW.shares, NEW.made_at, NEW.made_by)
    OR (OLD.note IS NOT NEW.note AND NEW.note IS NOT NULL)
    OR (OLD.state <> 'open' AND OLD.settled_at IS NOT NEW.settled_at)
    BEGIN
        SELECT RAISE(ABORT, 'what was promised is not rewritten');
    END
    """,
    """
    CREATE TRIGGER promise_stays BEFORE DELETE ON promise BEGIN
        SELECT RAISE(ABORT, 'a promise is never deleted');
    END
    """,
)

_PLANS = (
    """
    CREATE TABLE plan (
        id INTEGER PRIMARY KEY,
        contact_id TEXT NOT NULL,
        currency TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('draft', 'active', 'kept', 'broken', 'cancelled')),
        baseline_minor INTEGER NOT NULL CHECK (baseline_minor > 0),
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL CHECK (made_by <> ''),
        settled_at TEXT,
        CHECK ((state = 'draft' OR state = 'active') = (settled_at IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE plan_invoice (
        plan_id INTEGER NOT NULL REFERENCES plan (id),
        invoice_id TEXT NOT NULL,
        baseline_minor INTEGER NOT NULL CHECK (baseline_minor > 0),
        PRIMARY KEY (plan_id, invoice_id)
    ) STRICT
    """,
    "CREATE INDEX plan_of_invoice ON plan_invoice (invoice_id)",
    """
    CREATE TABLE instalment (
        plan_id INTEGER NOT NULL REFERENCES plan (id),
        number INTEGER NOT NULL CHECK (number > 0),
        due_on TEXT NOT NULL CHECK (due_on IS date(due_on)),
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        PRIMARY KEY (plan_id, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER plan_begins BEFORE INSERT ON plan BEGIN
        SELECT RAISE(ABORT, 'a plan begins as a draft') WHERE NEW.state <> 'draft';
        SELECT RAISE(ABORT, 'a plan is not replaced') WHERE EXISTS (SELECT 1 FROM plan WHERE id = NEW.id);
    END
    """,
    """
    CREATE TRIGGER plan_moves BEFORE UPDATE OF state ON plan
    WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'draft>active', 'active>kept', 'active>broken', 'active>cancelled', 'broken>cancelled'
    )
    BEGIN
        SELECT RAISE(ABORT, 'a plan does not move this way');
    END
    """,
    """
    CREATE TRIGGER plan_sums BEFORE UPDATE OF state ON plan WHEN OLD.state = 'draft' AND NEW.state = 'active' BEGIN
        SELECT RAISE(ABORT, 'the instalments of a plan sum to its balance') WHERE NEW.baseline_minor IS NOT (
            SELECT sum(amount_minor) FROM instalment WHERE plan_id = NEW.id
        );
        SELECT RAISE(ABORT, 'the balance of a plan is what is due on its invoices') WHERE NEW.baseline_minor IS NOT (
            SELECT sum(baseline_minor) FROM plan_invoice WHERE plan_id = NEW.id
        );
        SELECT RAISE(ABORT, 'the instalments of a plan are numbered by day') WHERE EXISTS (
            SELECT 1 FROM instalment AS one LEFT JOIN instalment AS before
            ON before.plan_id = one.plan_id AND before.number = one.number - 1
            WHERE one.plan_id = NEW.id AND one.number > 1 AND (before.due_on IS NULL OR before.due_on >= one.due_on)
        ) OR NOT EXISTS (SELECT 1 FROM instalment WHERE plan_id = NEW.id AND number = 1);
        SELECT RAISE(ABORT, 'an invoice is in one active plan at most') WHERE EXISTS (
            SELECT 1 FROM plan_invoice AS own JOIN plan_invoice AS taken ON taken.invoice_id = own.invoice_id
            JOIN plan AS other ON other.id = taken.plan_id
            WHERE own.plan_id = NEW.id AND other.id <> NEW.id AND other.state = 'active'
        );
    END
    """,
    """
    CREATE TRIGGER plan_stays_itself BEFORE UPDATE ON plan
    WHEN (OLD.id, OLD.contact_id, OLD.currency, OLD.baseline_minor, OLD.made_at, OLD.made_by)
    IS NOT (NEW.id, NEW.contact_id, NEW.currency, NEW.baseline_minor, NEW.made_at, NEW.made_by)
    BEGIN
        SELECT RAISE(ABORT, 'what a plan says is not rewritten');
    END
    """,
    """
    CREATE TRIGGER plan_stays BEFORE DELETE ON plan BEGIN
        SELECT RAISE(ABORT, 'a plan is never deleted');
    END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_is_drafted_{word} BEFORE {word} ON {table}
        WHEN (SELECT state FROM plan WHERE id = {row}.plan_id) IS NOT 'draft'
        BEGIN
            SELECT RAISE(ABORT, 'what a plan says is not rewritten');
        END
        """  # noqa: S608 - words from below
        for table in ("plan_invoice", "instalment")
        for word, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
    ),
)

_DISPUTES = (
    """
    CREATE TABLE dispute (
        id INTEGER PRIMARY KEY,
        invoice_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        owner TEXT NOT NULL CHECK (owner <> ''),
        amount_minor INTEGER CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        opened_by TEXT NOT NULL CHECK (opened_by <> ''),
        closed_at TEXT,
        closed_by TEXT,
        outcome TEXT,
        CHECK ((closed_at IS NULL) = (outcome IS NULL)),
        CHECK ((closed_at IS NULL) = (closed_by IS NULL))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX dispute_open ON dispute (invoice_id) WHERE closed_at IS NULL",
    """
    CREATE TRIGGER dispute_begins BEFORE INSERT ON dispute BEGIN
        SELECT RAISE(ABORT, 'a dispute begins open') WHERE NEW.closed_at IS NOT NULL;
        SELECT RAISE(ABORT, 'there is an open dispute already') WHERE EXISTS (
            SELECT 1 FROM dispute WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND closed_at IS NULL)
        );
    END
    """,
    """
    CREATE TRIGGER dispute_stays_itself BEFORE UPDATE ON dispute
    WHEN (OLD.id, OLD.invoice_id, OLD.owner, OLD.amount_minor, OLD.currency, OLD.opened_at, OLD.opened_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.owner, NEW.amount_minor, NEW.currency, NEW.opened_at, NEW.opened_by)
    OR (OLD.reason <> NEW.reason AND NEW.reason <> '')
    OR (OLD.closed_at IS NOT NULL AND ((OLD.closed_at, OLD.closed_by) IS NOT (NEW.closed_at, NEW.closed_by)
        OR (OLD.outcome IS NOT NEW.outcome AND NEW.outcome IS NOT '')))
    BEGIN
        SELECT RAISE(ABORT, 'a dispute is not rewritten');
    END
    """,
    """
    CREATE TRIGGER dispute_stays BEFORE DELETE ON dispute BEGIN
        SELECT RAISE(ABORT, 'a dispute is never deleted');
    END
    """,
)

_DISCOUNTS = (
    """
    CREATE TABLE discount_offer (
        id INTEGER PRIMARY KEY,
        invoice_id TEXT NOT NULL,
        percent_hundredths INTEGER CHECK (percent_hundredths BETWEEN 1 AND 9999),
        amount_minor INTEGER CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        until TEXT NOT NULL CHECK (until IS date(until)),
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL CHECK (made_by <> ''),
        withdrawn_at TEXT,
        CHECK ((percent_hundredths IS NULL) <> (amount_minor IS NULL))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX discount_standing ON discount_offer (invoice_id) WHERE withdrawn_at IS NULL",
    """
    CREATE TRIGGER discount_begins BEFORE INSERT ON discount_offer BEGIN
        SELECT RAISE(ABORT, 'an offer begins by standing') WHERE NEW.withdrawn_at IS NOT NULL;
        SELECT RAISE(ABORT, 'there is a standing offer already') WHERE EXISTS (
            SELECT 1 FROM discount_offer WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND withdrawn_at IS NULL)
        );
    END
    """,
    """
    CREATE TRIGGER discount_stays_itself BEFORE UPDATE ON discount_offer
    WHEN (OLD.id, OLD.invoice_id, OLD.percent_hundredths, OLD.amount_minor, OLD.currency, OLD.until, OLD.made_at,
          OLD.made_by)
    IS NOT (NEW.id, NEW.invoice_id, NEW.percent_hundredths, NEW.amount_minor, NEW.currency, NEW.until, NEW.made_at,
            NEW.made_by)
    OR (OLD.withdrawn_at IS NOT NULL AND OLD.withdrawn_at IS NOT NEW.withdrawn_at)
    BEGIN
        SELECT RAISE(ABORT, 'what was offered is not rewritten');
    END
    """,
    """
    CREATE TRIGGER discount_stays BEFORE DELETE ON discount_offer BEGIN
        SELECT RAISE(ABORT, 'an offer is never deleted');
    END
    """,
)

_PREFERENCES = (
    """
    CREATE TABLE preference (
        contact_id TEXT PRIMARY KEY NOT NULL,
        do_not_chase TEXT,
        owner TEXT CHECK (owner <> ''),
        language TEXT,
        kind TEXT CHECK (kind = 'business' OR kind = 'consumer'),
        escalation_name TEXT,
        escalation_email TEXT,
        channel TEXT,
        opted_out TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(opted_out)),
        segment TEXT,
        changed_at TEXT NOT NULL,
        changed_by TEXT NOT NULL CHECK (changed_by <> ''),
        CHECK (do_not_chase IS NULL OR owner IS NOT NULL)
    ) STRICT, WITHOUT ROWID
    """,
)

_LEDGER_NOTES = (
    """
    CREATE TABLE ledger_note (
        id TEXT PRIMARY KEY NOT NULL,
        invoice_id TEXT NOT NULL,
        text TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state = 'owed' OR state = 'written'),
        attempts INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        owed_at TEXT NOT NULL,
        written_at TEXT,
        CHECK ((state = 'owed') = (written_at IS NULL))
    ) STRICT
    """,
    "CREATE INDEX ledger_note_owed ON ledger_note (state) WHERE state = 'owed'",
    """
    CREATE TRIGGER ledger_note_begins BEFORE INSERT ON ledger_note BEGIN
        SELECT RAISE(ABORT, 'a note begins by being owed') WHERE NEW.state <> 'owed' OR NEW.attempts <> 0;
        SELECT RAISE(ABORT, 'a note is owed once') WHERE EXISTS (SELECT 1 FROM ledger_note WHERE id = NEW.id);
    END
    """,
    """
    CREATE TRIGGER ledger_note_moves BEFORE UPDATE ON ledger_note
    WHEN (OLD.state = 'written' AND NEW.state <> 'written')
    OR NEW.attempts < OLD.attempts
    OR (OLD.id, OLD.invoice_id, OLD.owed_at) IS NOT (NEW.id, NEW.invoice_id, NEW.owed_at)
    OR (OLD.text <> NEW.text AND NEW.text <> '')
    BEGIN
        SELECT RAISE(ABORT, 'a written note stays written, and where it is');
    END
    """,
    """
    CREATE TRIGGER ledger_note_stays BEFORE DELETE ON ledger_note BEGIN
        SELECT RAISE(ABORT, 'a note is never deleted');
    END
    """,
)

AGREEMENTS = (*_AUDIT, *_HOLDS, *_PROMISES, *_PLANS, *_DISPUTES, *_DISCOUNTS, *_PREFERENCES, *_LEDGER_NOTES)
