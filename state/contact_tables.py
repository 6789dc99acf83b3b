"""How customers are reached by post and phone, and which groups they are in: columns of `contact`, added later.

Contacts that were read before have empty ones until the ledger's stream of all customers, which is then pulled for the
first time, has brought them again.
"""

CONTACT_DETAILS = (
    "ALTER TABLE contact ADD COLUMN phones TEXT NOT NULL DEFAULT '[]' CHECK (json_type(phones) = 'array')",
    "ALTER TABLE contact ADD COLUMN postal TEXT CHECK (postal IS NULL OR json_type(postal) = 'object')",
    "ALTER TABLE contact ADD COLUMN groups TEXT NOT NULL DEFAULT '[]' CHECK (json_type(groups) = 'array')",
)
