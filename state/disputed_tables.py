"""What credit notes had taken off an invoice before a dispute about it began: what they take off later lowers it.

Part of m028. Of disputes that are open already nobody knows it, so nothing lowers those.
"""

DISPUTED = (
    "ALTER TABLE dispute ADD COLUMN credited_before_minor INTEGER",
    """
    CREATE TRIGGER dispute_keeps_what_was_before BEFORE UPDATE OF credited_before_minor ON dispute BEGIN
        SELECT RAISE(ABORT, 'a dispute is not rewritten');
    END
    """,
)
