"""What a file knows of its own past: restores, what was read anew since, and who was forgotten; part of m005."""

KEEPING = (
    """
    CREATE TABLE restoration (
        id INTEGER PRIMARY KEY,
        backed_up_at TEXT NOT NULL,
        restored_at TEXT NOT NULL,
        learned_at TEXT
    ) STRICT
    """,
    "CREATE TABLE history_read (invoice_id TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE forgotten (
        contact_id TEXT PRIMARY KEY NOT NULL,
        forgotten_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
