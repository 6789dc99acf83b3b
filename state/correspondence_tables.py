"""Tables for what comes back: replies, facts about deliveries, and addresses that take no mail. One migration step."""

CORRESPONDENCE = (
    # `key` recognises the same mail when a mailbox is numbered anew; `validity` and `uid` say where it lay.
    """
    CREATE TABLE reply (
        id TEXT PRIMARY KEY NOT NULL,
        key TEXT NOT NULL UNIQUE,
        mail_id TEXT NOT NULL,
        validity INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        received_at TEXT NOT NULL,
        read_at TEXT NOT NULL,
        sender TEXT NOT NULL,
        sender_name TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (
            kind IN ('human', 'auto_reply', 'out_of_office', 'bounce', 'complaint')
        ),
        doubt TEXT NOT NULL,
        matched_by TEXT NOT NULL CHECK (matched_by IN ('thread', 'reference', 'sender', 'recipient', 'nothing')),
        message_id TEXT REFERENCES message (id),
        handled_at TEXT,
        handled_by TEXT,
        outcome TEXT CHECK (outcome IN ('answered', 'paid_says', 'dispute', 'promise', 'not_ours')),
        CHECK ((handled_at IS NULL) = (outcome IS NULL) AND (handled_at IS NULL) = (handled_by IS NULL))
    ) STRICT
    """,
    "CREATE INDEX reply_unhandled ON reply (received_at) WHERE handled_at IS NULL",
    # A real reply holds each of its customers; what a machine wrote holds nobody.
    """
    CREATE TABLE reply_contact (
        reply_id TEXT NOT NULL REFERENCES reply (id),
        contact_id TEXT NOT NULL,
        hold_id INTEGER REFERENCES hold (id),
        PRIMARY KEY (reply_id, contact_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER reply_of_a_person_holds BEFORE INSERT ON reply_contact
    WHEN (NEW.hold_id IS NULL) = (SELECT kind = 'human' FROM reply WHERE id = NEW.reply_id)
    BEGIN
        SELECT RAISE(ABORT, 'a real reply holds its customers, and nothing else does');
    END
    """,
    """
    CREATE TRIGGER reply_stays BEFORE DELETE ON reply BEGIN
        SELECT RAISE(ABORT, 'a reply is never deleted');
    END
    """,
    """
    CREATE TRIGGER reply_stays_itself BEFORE UPDATE OF id, key, kind, received_at, matched_by, message_id ON reply
    BEGIN
        SELECT RAISE(ABORT, 'a reply stays what it was');
    END
    """,
    """
    CREATE TRIGGER reply_is_handled_once BEFORE UPDATE OF handled_at, handled_by, outcome ON reply
    WHEN OLD.handled_at IS NOT NULL
    BEGIN
        SELECT RAISE(ABORT, 'this reply has been handled already');
    END
    """,
    """
    CREATE TABLE delivery (
        id INTEGER PRIMARY KEY,
        message_id TEXT REFERENCES message (id),
        kind TEXT NOT NULL CHECK (
            kind IN ('delivered', 'bounced', 'failed', 'opened_complaint', 'returned', 'in_transit')
        ),
        at TEXT NOT NULL,
        detail TEXT NOT NULL,
        recipient TEXT,
        source TEXT NOT NULL,
        told_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX delivery_once
    ON delivery (coalesce(message_id, ''), kind, at, coalesce(recipient, ''), source)
    """,
    """
    CREATE TRIGGER delivery_stays BEFORE DELETE ON delivery BEGIN
        SELECT RAISE(ABORT, 'what a carrier told is never deleted');
    END
    """,
    """
    CREATE TABLE suppressed_address (
        id INTEGER PRIMARY KEY,
        address TEXT NOT NULL CHECK (address = lower(address)),
        reason TEXT NOT NULL CHECK (reason IN ('bounced', 'invalid', 'complaint')),
        since TEXT NOT NULL,
        released_at TEXT,
        CHECK (released_at IS NOT NULL OR address <> '')
    ) STRICT
    """,
    "CREATE UNIQUE INDEX suppressed_once ON suppressed_address (address) WHERE released_at IS NULL",
    """
    CREATE TABLE read_position (
        source TEXT PRIMARY KEY NOT NULL,
        validity INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        read_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
