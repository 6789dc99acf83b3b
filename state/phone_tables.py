"""Who wants no more texts, and what texts and calls have cost.

An opt-out outlives everything: it is never deleted, and when a person is erased the number goes while its fingerprint
stays, so that the wish is still known when another customer turns up with the same number. Prices have fractions of a
cent, so they are decimal text and not minor units.
"""

PHONES = (
    """
    CREATE TABLE phone_opt_out (
        fingerprint TEXT PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 64),
        number TEXT UNIQUE CHECK (number GLOB '+[1-9]*' AND number NOT GLOB '+*[^0-9]*'),
        opted_out_at TEXT NOT NULL,
        told_by TEXT NOT NULL CHECK (told_by IN ('text', 'carrier', 'person')),
        ended_at TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER opt_out_stays BEFORE DELETE ON phone_opt_out BEGIN
        SELECT RAISE(ABORT, 'an opt-out is never deleted; it ends when the person opts in again');
    END
    """,
    """
    CREATE TRIGGER opt_out_is_not_rewritten BEFORE UPDATE OF fingerprint, number ON phone_opt_out
    WHEN OLD.fingerprint <> NEW.fingerprint OR (NEW.number IS NOT NULL AND OLD.number IS NOT NEW.number)
    BEGIN
        SELECT RAISE(ABORT, 'an opt-out stays with its number');
    END
    """,
    """
    CREATE TABLE message_cost (
        message_id TEXT PRIMARY KEY NOT NULL REFERENCES message (id),
        amount TEXT NOT NULL CHECK (
            amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*' AND length(amount) <= 20
        ),
        currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
        at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
