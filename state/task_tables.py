"""The work list: what only a person can do, and what came of it."""

TASKS = (
    """
    CREATE TABLE task (
        id TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('call', 'decision', 'delivery', 'late_payment', 'text')),
        subject TEXT NOT NULL,
        contact_id TEXT NOT NULL,
        invoice_id TEXT REFERENCES invoice (id),
        message_id TEXT REFERENCES message (id),
        stage TEXT,
        owner TEXT NOT NULL,
        phone TEXT,
        script TEXT NOT NULL,
        blocks INTEGER NOT NULL CHECK (blocks IN (0, 1)),
        opened_at TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
        outcome TEXT,
        note TEXT,
        closed_at TEXT,
        closed_by TEXT,
        UNIQUE (kind, subject),
        CHECK ((state = 'done') = (outcome IS NOT NULL AND closed_at IS NOT NULL AND closed_by IS NOT NULL))
    ) STRICT
    """,
    "CREATE INDEX task_open ON task (contact_id) WHERE state = 'open'",
    "CREATE INDEX task_of_message ON task (message_id) WHERE message_id IS NOT NULL",
    """
    CREATE TRIGGER task_begins BEFORE INSERT ON task WHEN NEW.state <> 'open' BEGIN
        SELECT RAISE(ABORT, 'a task begins as open');
    END
    """,
    """
    CREATE TRIGGER task_ends_once BEFORE UPDATE ON task WHEN OLD.state = 'done' BEGIN
        SELECT RAISE(ABORT, 'a task that is done stays as it was written down')
        WHERE (NEW.id, NEW.kind, NEW.subject, NEW.contact_id, NEW.state, NEW.outcome, NEW.closed_at)
            IS NOT (OLD.id, OLD.kind, OLD.subject, OLD.contact_id, OLD.state, OLD.outcome, OLD.closed_at);
    END
    """,
    """
    CREATE TRIGGER task_stays BEFORE DELETE ON task BEGIN
        SELECT RAISE(ABORT, 'a task is never deleted');
    END
    """,
)
