"""What the search box finds invoices and customers by: an index of three letters each, and what waits to enter it.

A first synchronisation must not pay for the index: triggers write down the ids of what is new or named anew, which
costs a tenth of putting the words in, and the cycle enters them after the pull. An entry is never changed: a document
that is named anew gets another one, and an entry that says something else than its document does is not shown.
The words are entered without accents too where they have any, so that either way of typing them is found.
"""

INVOICE_WORDS = "char(10) || coalesce(number, '') || char(10) || coalesce(reference, '') || char(10)"
CONTACT_WORDS = "char(10) || name || char(10) || coalesce(email, '') || char(10) || cc || char(10)"

SEARCH = (
    """
    CREATE TABLE search_queue (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind = 'invoice' OR kind = 'contact'),
        key TEXT NOT NULL
    ) STRICT
    """,
    "CREATE VIRTUAL TABLE invoice_index USING fts5 (key UNINDEXED, words, tokenize = 'trigram')",
    "CREATE VIRTUAL TABLE contact_index USING fts5 (key UNINDEXED, words, tokenize = 'trigram')",
    """
    CREATE TRIGGER invoice_is_found AFTER INSERT ON invoice BEGIN
        INSERT INTO search_queue (kind, key) VALUES ('invoice', NEW.id);
    END
    """,
    """
    CREATE TRIGGER invoice_is_found_anew AFTER UPDATE OF number, reference ON invoice
    WHEN OLD.number IS NOT NEW.number OR OLD.reference IS NOT NEW.reference
    BEGIN
        INSERT INTO search_queue (kind, key) VALUES ('invoice', NEW.id);
    END
    """,
    """
    CREATE TRIGGER contact_is_found AFTER INSERT ON contact BEGIN
        INSERT INTO search_queue (kind, key) VALUES ('contact', NEW.id);
    END
    """,
    """
    CREATE TRIGGER contact_is_found_anew AFTER UPDATE OF name, email, cc ON contact
    WHEN OLD.name <> NEW.name OR OLD.email IS NOT NEW.email OR OLD.cc <> NEW.cc
    BEGIN
        INSERT INTO search_queue (kind, key) VALUES ('contact', NEW.id);
    END
    """,
    "INSERT INTO search_queue (kind, key) SELECT 'contact', id FROM contact",
    "INSERT INTO search_queue (kind, key) SELECT 'invoice', id FROM invoice",
)

# Everything enters anew with the next cycle or search, customers first.
SEARCH_WITHOUT_ACCENTS = (
    "DROP TABLE invoice_index",
    "DROP TABLE contact_index",
    "CREATE VIRTUAL TABLE invoice_index USING fts5 (key UNINDEXED, words, unaccented, tokenize = 'trigram')",
    "CREATE VIRTUAL TABLE contact_index USING fts5 (key UNINDEXED, words, unaccented, tokenize = 'trigram')",
    "DELETE FROM search_queue",
    *SEARCH[-2:],
)
