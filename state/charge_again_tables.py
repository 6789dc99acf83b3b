"""Charges whose document was voided or deleted may be proposed anew, up to the same day too. Part of m028.

Whether a document still stands is read from the mirror, so an index cannot say it: the trigger does.
"""

CHARGES_AGAIN = (
    "DROP INDEX charge_up_to",
    "DROP TRIGGER charge_begins",
    # INSERT OR REPLACE would delete the old row without asking any other trigger.
    """
    CREATE TRIGGER charge_begins BEFORE INSERT ON charge BEGIN
        SELECT RAISE(ABORT, 'a charge begins as a proposal') WHERE NEW.state <> 'proposed' OR NEW.tried_at IS NOT NULL;
        SELECT RAISE(ABORT, 'charges on this invoice are proposed or raised up to that day already') WHERE EXISTS (
            SELECT 1 FROM charge WHERE id = NEW.id OR (invoice_id = NEW.invoice_id AND (
                state IN ('proposed', 'approved')
                OR (state = 'raised' AND up_to >= NEW.up_to AND NOT EXISTS (
                    SELECT 1 FROM invoice WHERE invoice.id = charge.document_id
                    AND invoice.status IN ('void', 'deleted', 'gone')
                ))
            ))
        );
    END
    """,
)
