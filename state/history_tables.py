"""Where the history finds what happened by its instant, so that its newest page takes no longer in the tenth year."""

HISTORY = (
    # Which of these there are is asked with every page.
    "CREATE INDEX message_sort ON message (channel, stage, outcome)",
    "CREATE INDEX reply_by_time ON reply (received_at)",
    "CREATE INDEX audit_by_time ON audit (at)",
    "CREATE INDEX delivery_by_time ON delivery (at)",
    "CREATE INDEX note_by_time ON ledger_note (written_at) WHERE written_at IS NOT NULL",
    "CREATE INDEX reminder_noted ON reminder_event (at) WHERE to_state = 'noted' AND from_state <> 'noted'",
    "CREATE INDEX payment_changed ON payment (updated_at)",
    "CREATE INDEX payment_of_contact ON payment (contact_id)",
    """
    CREATE INDEX credit_that_came_in ON credit (updated_at) WHERE kind = 'overpayment' OR kind = 'prepayment'
    """,
)
