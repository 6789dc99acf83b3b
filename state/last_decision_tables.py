"""Keeps the last decision on an invoice that is settled, which the sweep of what is in force would lose."""

LAST_DECISION = (
    """
    CREATE TRIGGER decision_ended AFTER DELETE ON decision BEGIN
        INSERT INTO decision_event (invoice_id, action, stage, reasons, next_on, decided_on, decided_at)
        VALUES (OLD.invoice_id, OLD.action, OLD.stage, OLD.reasons, OLD.next_on, OLD.decided_on, OLD.decided_at);
    END
    """,
)
