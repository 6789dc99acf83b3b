"""Which messages were to leave at their customer's own time, and which at the usual one. One migration step.

The row names the foremost reminder of the message and is written when the lot is drawn, before anything is sent: a
customer who pays while the message still waits belongs to its group all the same.
"""

_DRAW = (
    """
    CREATE TABLE timing_draw (
        invoice_id TEXT NOT NULL REFERENCES invoice (id),
        stage TEXT NOT NULL,
        round INTEGER NOT NULL,
        contact_id TEXT NOT NULL,
        own INTEGER NOT NULL CHECK (own IN (0, 1)),
        free_on TEXT NOT NULL,
        chosen_on TEXT NOT NULL CHECK (chosen_on >= free_on),
        hour INTEGER CHECK (hour BETWEEN 0 AND 23),
        PRIMARY KEY (invoice_id, stage, round),
        CHECK (chosen_on > free_on OR hour IS NOT NULL)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX timing_draw_by_day ON timing_draw (free_on)",
    """
    CREATE TRIGGER timing_draw_stays BEFORE DELETE ON timing_draw BEGIN
        SELECT RAISE(ABORT, 'what was drawn is never forgotten');
    END
    """,
    """
    CREATE TRIGGER timing_draw_stays_itself BEFORE UPDATE ON timing_draw BEGIN
        SELECT RAISE(ABORT, 'a lot is drawn once');
    END
    """,
)

# Where own times did not help: from that day on they rest, and once they return, what was drawn before counts no more.
_END = (
    "CREATE TABLE timing_end (ended_on TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TRIGGER timing_end_stays BEFORE DELETE ON timing_end BEGIN
        SELECT RAISE(ABORT, 'that own times were given up is never forgotten');
    END
    """,
    """
    CREATE TRIGGER timing_end_stays_itself BEFORE UPDATE ON timing_end BEGIN
        SELECT RAISE(ABORT, 'that own times were given up stays as it was');
    END
    """,
)

# Paid counts from the day on which the message could have gone, whichever group it is in.
_OUTCOME = """
    CREATE VIEW timing_outcomes AS
    WITH
    drawn AS MATERIALIZED (SELECT DISTINCT invoice_id FROM timing_draw),
    part AS (
        SELECT invoice.id AS invoice_id, told.value ->> 'source' AS source, told.value ->> 'source_id' AS source_id,
               told.value ->> 'amount_minor' AS minor, told.value ->> 'applied_on' AS applied_on
        FROM drawn JOIN invoice ON invoice.id = drawn.invoice_id, json_each(invoice.allocations) AS told
        WHERE invoice.allocations IS NOT NULL
        UNION ALL
        SELECT told.value ->> 'invoice_id', told.value ->> 'source', told.value ->> 'source_id',
               told.value ->> 'amount_minor', told.value ->> 'applied_on'
        FROM payment, json_each(payment.allocations) AS told
        WHERE payment.allocations IS NOT NULL AND payment.status = 'valid'
        AND told.value ->> 'invoice_id' IN (SELECT invoice_id FROM drawn)
    ),
    money AS (
        SELECT part.invoice_id, part.minor,
               min(coalesce(part.applied_on, payment.paid_on), coalesce(payment.paid_on, part.applied_on)) AS day
        FROM part LEFT JOIN payment ON payment.id = part.source_id WHERE part.source = 'payment'
    ),
    settled AS (
        SELECT invoice_id, total(minor) AS minor, max(day) AS day, count(*) = count(day) AS dated
        FROM money GROUP BY invoice_id
    ),
    judged AS (
        SELECT draw.*, reminder.id AS reminder_id, reminder.message_id, reminder.sent_on,
               CASE WHEN invoice.round <> draw.round OR invoice.total_minor <= 0 THEN 'unknown'
                    WHEN invoice.status = 'open' THEN 'open'
                    WHEN invoice.status = 'paid' AND dated AND minor >= total_minor AND day >= free_on THEN 'paid'
                    ELSE 'unknown' END AS outcome,
               settled.day AS paid_on
        FROM timing_draw AS draw JOIN invoice ON invoice.id = draw.invoice_id
        LEFT JOIN settled ON settled.invoice_id = draw.invoice_id
        LEFT JOIN reminder ON reminder.invoice_id = draw.invoice_id AND reminder.stage = draw.stage
            AND reminder.round = draw.round
    )
    SELECT invoice_id, stage, round, contact_id, own, free_on, chosen_on, hour, reminder_id, message_id, sent_on,
           outcome,
           CASE outcome WHEN 'paid' THEN paid_on END AS paid_on,
           CASE outcome WHEN 'paid' THEN CAST(julianday(paid_on) - julianday(free_on) AS INTEGER) END AS days
    FROM judged
"""

TIMINGS = (*_DRAW, *_END, _OUTCOME)
