"""Messages that a person has worded anew before they leave, and the forewarnings that have been sent.

An edited text belongs to exactly the reminders and amounts it was written for (`basis` is a digest of them). It is
never rewritten; only the words of customers who are to be forgotten may be emptied. A forewarning is claimed by its day
before it leaves, so that no crash can double it.
"""

EDITED = (
    """
    CREATE TABLE edited_message (
        id INTEGER PRIMARY KEY,
        contact_id TEXT NOT NULL,
        reminders TEXT NOT NULL CHECK (json_valid(reminders) AND json_array_length(reminders) > 0),
        kind TEXT NOT NULL CHECK (kind IN ('email', 'sms', 'voice', 'letter', 'call')),
        basis TEXT NOT NULL CHECK (length(basis) = 64),
        reference TEXT NOT NULL,
        subject TEXT NOT NULL CHECK (length(subject) <= 240),
        text TEXT NOT NULL CHECK (length(text) <= 20000),
        edited_by TEXT NOT NULL CHECK (edited_by <> ''),
        edited_at TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'in_force' CHECK (state IN ('in_force', 'withdrawn', 'dropped', 'answered')),
        ended_at TEXT,
        CHECK ((state = 'in_force') = (ended_at IS NULL))
    ) STRICT
    """,
    "CREATE INDEX edited_in_force ON edited_message (contact_id) WHERE state = 'in_force' OR state = 'dropped'",
    """
    CREATE TRIGGER edited_begins BEFORE INSERT ON edited_message
    WHEN NEW.state <> 'in_force' OR EXISTS (SELECT 1 FROM edited_message WHERE id = NEW.id) BEGIN
        SELECT RAISE(ABORT, 'an edited message begins in force');
    END
    """,
    """
    CREATE TRIGGER edited_moves BEFORE UPDATE OF state ON edited_message
    WHEN NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        VALUES ('in_force', 'withdrawn'), ('in_force', 'dropped'), ('dropped', 'answered')
    )
    BEGIN
        SELECT RAISE(ABORT, 'an edited message that has ended stays ended');
    END
    """,
    """
    CREATE TRIGGER edited_is_not_rewritten BEFORE UPDATE ON edited_message
    WHEN (OLD.id, OLD.contact_id, OLD.reminders, OLD.kind, OLD.basis, OLD.reference, OLD.edited_by, OLD.edited_at)
    IS NOT (NEW.id, NEW.contact_id, NEW.reminders, NEW.kind, NEW.basis, NEW.reference, NEW.edited_by, NEW.edited_at)
    OR (NEW.subject NOT IN (OLD.subject, '')) OR (NEW.text NOT IN (OLD.text, ''))
    BEGIN
        SELECT RAISE(ABORT, 'an edited message is not rewritten');
    END
    """,
    """
    CREATE TRIGGER edited_stays BEFORE DELETE ON edited_message BEGIN
        SELECT RAISE(ABORT, 'an edited message is never deleted');
    END
    """,
    """
    CREATE TABLE forewarning (
        day TEXT PRIMARY KEY NOT NULL,
        claimed_at TEXT NOT NULL,
        outcome TEXT NOT NULL DEFAULT 'sending' CHECK (outcome IN ('sending', 'sent', 'unsure', 'failed')),
        tries INTEGER NOT NULL DEFAULT 1 CHECK (tries BETWEEN 1 AND 20),
        reason TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER forewarning_is_told_once BEFORE UPDATE ON forewarning
    WHEN OLD.outcome IN ('sent', 'unsure') OR NEW.day <> OLD.day
    OR (OLD.outcome = 'sending' AND NEW.outcome = 'sending')
    BEGIN
        SELECT RAISE(ABORT, 'a forewarning is told once');
    END
    """,
    """
    CREATE TRIGGER forewarning_stays BEFORE DELETE ON forewarning BEGIN
        SELECT RAISE(ABORT, 'a forewarning is never taken back');
    END
    """,
)
