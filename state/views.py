"""The views people read (docs/reference/database.md), as first released; part of migration m004 and frozen with it.

They use nothing but what every SQLite since 3.38 has built in, so any database browser shows them. "Today" is the
business day of the latest cycle, or failing that the day of the latest pull: a file opened a year later, on another
machine, still says what Dun saw.
"""

_DIGITS = (
    ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0),
    ("BHD IQD JOD KWD LYD OMR TND", 3),
    ("CLF UYW", 4),
)


def amount(minor: str) -> str:
    """SQL for the column or sum `minor` as exact decimal text; `digits` and `scale` come from currency_scale."""
    return (
        f"CASE WHEN {minor} < 0 THEN '-' ELSE '' END || (abs({minor}) / scale)"
        f" || CASE digits WHEN 0 THEN '' ELSE printf('.%0*d', digits, abs({minor}) % scale) END"
    )


def _bucket(condition: str) -> str:
    return amount(f"coalesce(sum(due_minor) FILTER (WHERE {condition}), 0)")


VIEWS = (
    """
    CREATE TABLE currency_digits (currency TEXT PRIMARY KEY NOT NULL, digits INTEGER NOT NULL) STRICT
    """,
    *(
        f"INSERT INTO currency_digits VALUES ('{code}', {digits})"  # noqa: S608 - codes from above
        for codes, digits in _DIGITS
        for code in codes.split()
    ),
    """
    CREATE VIEW today AS
    SELECT coalesce(
        (SELECT business_day FROM cycle ORDER BY id DESC LIMIT 1),
        (SELECT substr(max(pulled_at), 1, 10) FROM stream)
    ) AS business_day
    """,
    """
    CREATE VIEW allocation AS
    SELECT 'invoice' AS told_by, part.value ->> 'source' AS source, part.value ->> 'source_id' AS source_id,
           part.value ->> 'invoice_id' AS invoice_id, part.value ->> 'amount_minor' AS amount_minor,
           part.value ->> 'applied_on' AS applied_on
    FROM invoice, json_each(invoice.allocations) AS part
    WHERE invoice.allocations IS NOT NULL AND invoice.status NOT IN ('void', 'deleted')
    UNION ALL
    SELECT 'payment', part.value ->> 'source', part.value ->> 'source_id', part.value ->> 'invoice_id',
           part.value ->> 'amount_minor', part.value ->> 'applied_on'
    FROM payment, json_each(payment.allocations) AS part
    WHERE payment.allocations IS NOT NULL AND payment.status = 'valid'
    """,
    # A merged contact's documents belong to the last in its chain; a loop of merges ends after twenty steps.
    """
    CREATE VIEW customer AS
    WITH RECURSIVE chain (contact_id, customer_id, steps) AS (
        SELECT id, coalesce(merged_into, id), 0 FROM contact
        UNION ALL
        SELECT chain.contact_id, contact.merged_into, chain.steps + 1
        FROM chain JOIN contact ON contact.id = chain.customer_id
        WHERE contact.merged_into IS NOT NULL AND chain.steps < 20
    )
    SELECT chain.contact_id, chain.customer_id, coalesce(winner.name, own.name) AS name, max(chain.steps) AS steps
    FROM chain JOIN contact AS own ON own.id = chain.contact_id
    LEFT JOIN contact AS winner ON winner.id = chain.customer_id
    GROUP BY chain.contact_id
    """,
    """
    CREATE VIEW open_receivable AS
    SELECT invoice.*,
           coalesce(customer.customer_id, invoice.contact_id) AS customer_id,
           coalesce(customer.name, invoice.contact_id) AS customer,
           today.business_day AS as_of,
           CAST(julianday(today.business_day) - julianday(invoice.due_on) AS INTEGER) AS days_overdue,
           coalesce(currency_digits.digits, 2) AS digits,
           CASE coalesce(currency_digits.digits, 2)
               WHEN 0 THEN 1 WHEN 2 THEN 100 WHEN 3 THEN 1000 ELSE 10000 END AS scale
    FROM invoice
    CROSS JOIN today
    LEFT JOIN customer ON customer.contact_id = invoice.contact_id
    LEFT JOIN currency_digits ON currency_digits.currency = invoice.currency
    WHERE invoice.status = 'open' AND invoice.due_minor > 0
    """,
    f"""
    CREATE VIEW open_invoices AS
    SELECT customer, number, currency, {amount("due_minor")} AS due, {amount("total_minor")} AS total,
           issued_on, due_on, days_overdue, expected_on, disputed, payment_scheduled, reference, as_of,
           id AS invoice_id, customer_id
    FROM open_receivable
    ORDER BY due_on IS NULL, due_on, number
    """,  # noqa: S608 - text from above
    f"""
    CREATE VIEW ageing AS
    SELECT customer, currency,
           {_bucket("days_overdue <= 0")} AS current,
           {_bucket("days_overdue BETWEEN 1 AND 30")} AS days_1_30,
           {_bucket("days_overdue BETWEEN 31 AND 60")} AS days_31_60,
           {_bucket("days_overdue BETWEEN 61 AND 90")} AS days_61_90,
           {_bucket("days_overdue > 90")} AS days_over_90,
           {_bucket("days_overdue IS NULL")} AS no_due_date,
           {amount("sum(due_minor)")} AS total,
           count(*) AS invoices, as_of, customer_id
    FROM open_receivable
    GROUP BY customer_id, currency
    ORDER BY customer, currency
    """,  # noqa: S608 - text from above
    """
    CREATE VIEW reminder_history AS
    SELECT event.at, coalesce(customer.name, reminder.contact_id) AS customer, invoice.number, reminder.stage,
           reminder.round, event.from_state, event.to_state, event.reason, message.channel, message.subject,
           message.recipients, reminder.invoice_id, reminder.id AS reminder_id, event.message_id
    FROM reminder_event AS event
    JOIN reminder ON reminder.id = event.reminder_id
    JOIN invoice ON invoice.id = reminder.invoice_id
    LEFT JOIN customer ON customer.contact_id = reminder.contact_id
    LEFT JOIN message ON message.id = event.message_id
    ORDER BY event.id
    """,
    f"""
    CREATE VIEW decisions AS
    SELECT customer, number, currency, {amount("due_minor")} AS due, due_on, days_overdue, action, stage, reasons,
           next_on, decided_on, as_of, invoice_id, customer_id
    FROM decision JOIN open_receivable ON open_receivable.id = decision.invoice_id
    ORDER BY customer, due_on, number
    """,  # noqa: S608 - text from above
)
