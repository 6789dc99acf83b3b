"""Two views that count by months: what was overdue, and how much of the work people still did themselves.

What was overdue is reckoned from the mirror as it is now: every debt becomes overdue on one day and is paid off on
others, so the sum of all such changes up to a day is what was overdue then. That is one pass over the documents,
however many months are asked for.
"""

from state.views import amount

_OVERDUE = f"""
    CREATE VIEW overdue_by_month AS
    WITH RECURSIVE
    money AS (
        SELECT allocation.invoice_id, allocation.amount_minor AS minor,
               coalesce(allocation.applied_on, payment.paid_on, credit.dated_on) AS day
        FROM allocation
        LEFT JOIN payment ON payment.id = allocation.source_id AND allocation.source = 'payment'
        LEFT JOIN credit ON credit.id = allocation.source_id AND allocation.source <> 'payment'
    ),
    traced AS (SELECT invoice_id, sum(minor) AS minor FROM money WHERE day IS NOT NULL GROUP BY invoice_id),
    debt AS (
        SELECT invoice.id, invoice.currency, invoice.total_minor AS minor,
               max(date(invoice.due_on, '+1 day'), invoice.issued_on) AS late_on,
               invoice.total_minor - CASE invoice.status WHEN 'paid' THEN 0 ELSE invoice.due_minor END
                   - coalesce(traced.minor, 0) AS untraced,
               substr(invoice.updated_at, 1, 10) AS seen_on
        FROM invoice LEFT JOIN traced ON traced.invoice_id = invoice.id
        WHERE invoice.status IN ('open', 'paid') AND invoice.due_on IS NOT NULL AND invoice.issued_on IS NOT NULL
    ),
    change AS (
        SELECT currency, late_on AS day, minor FROM debt
        UNION ALL
        SELECT debt.currency, max(debt.late_on, money.day), -money.minor
        FROM money JOIN debt ON debt.id = money.invoice_id WHERE money.day IS NOT NULL
        UNION ALL
        SELECT currency, max(late_on, seen_on), -untraced FROM debt WHERE untraced > 0
    ),
    change_by_month AS (
        SELECT currency, substr(day, 1, 7) AS month, sum(minor) AS minor
        FROM change CROSS JOIN today WHERE day <= today.business_day GROUP BY currency, substr(day, 1, 7)
    ),
    every_month AS (
        SELECT currency, min(month) AS month FROM change_by_month GROUP BY currency
        UNION ALL
        SELECT currency, substr(date(month || '-01', '+1 month'), 1, 7) FROM every_month CROSS JOIN today
        WHERE date(month || '-01', '+1 month') <= today.business_day
    ),
    overdue AS (
        SELECT every_month.month, every_month.currency,
               coalesce(currency_digits.digits, 2) AS digits,
               CASE coalesce(currency_digits.digits, 2)
                   WHEN 0 THEN 1 WHEN 2 THEN 100 WHEN 3 THEN 1000 ELSE 10000 END AS scale,
               coalesce(change_by_month.minor, 0) AS moved,
               sum(coalesce(change_by_month.minor, 0))
                   OVER (PARTITION BY every_month.currency ORDER BY every_month.month) AS minor
        FROM every_month
        LEFT JOIN change_by_month USING (currency, month)
        LEFT JOIN currency_digits ON currency_digits.currency = every_month.currency
    )
    SELECT month, currency, {amount("(minor - moved)")} AS overdue_before, {amount("minor")} AS overdue_after,
           (
               SELECT count(*) FROM message
               WHERE message.outcome = 'sent' AND substr(message.business_day, 1, 7) = overdue.month
               AND json_extract(message.totals, '$.' || overdue.currency) IS NOT NULL
           ) AS messages,
           today.business_day AS as_of
    FROM overdue CROSS JOIN today
    ORDER BY month, overdue.currency
"""  # noqa: S608 - text from above

_ACTIONS = """
    CREATE VIEW actions_by_month AS
    SELECT month, action, sum(automatic) AS automatic, sum(1 - automatic) AS manual
    FROM (
        SELECT substr(business_day, 1, 7) AS month, 'message' AS action, 1 AS automatic
        FROM message WHERE outcome = 'sent'
        UNION ALL
        SELECT substr(at, 1, 7), 'note', 1 FROM reminder_event WHERE to_state = 'noted' AND from_state <> 'noted'
        UNION ALL
        SELECT substr(at, 1, 7), action, who = 'dun' FROM audit
        UNION ALL
        SELECT substr(closed_at, 1, 7), 'task', closed_by = 'dun' FROM task WHERE closed_at IS NOT NULL
        UNION ALL
        SELECT substr(handled_at, 1, 7), 'reply', handled_by = 'dun' FROM reply WHERE handled_at IS NOT NULL
    )
    GROUP BY month, action
    ORDER BY month, action
"""

MONTH_VIEWS = (_OVERDUE, _ACTIONS)
