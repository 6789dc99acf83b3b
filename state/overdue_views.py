"""The view of what was overdue by months, once more: what aged debt leaves out, it leaves out as well (migration m034).

An invoice for less than nothing is credit and no debt; one that by the dates had got more than it asks for owed nothing
then, and not less; and today it is what the ledger says is due, whatever days its money bears.
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
    untold AS (
        SELECT id, max(currency) AS currency, max(late_on) AS late_on, max(seen_on) AS seen_on, sum(minor) AS minor
        FROM (
            SELECT id, currency, max(date(due_on, '+1 day'), issued_on) AS late_on,
                   substr(updated_at, 1, 10) AS seen_on,
                   total_minor - CASE status WHEN 'paid' THEN 0 ELSE due_minor END AS minor
            FROM invoice
            WHERE status IN ('open', 'paid') AND due_on IS NOT NULL AND issued_on IS NOT NULL AND total_minor >= 0
            UNION ALL
            SELECT invoice_id, NULL, NULL, NULL, -minor FROM money WHERE day IS NOT NULL
        )
        GROUP BY id HAVING max(currency) IS NOT NULL AND sum(minor) <> 0
    ),
    change AS (
        SELECT id, currency, max(date(due_on, '+1 day'), issued_on) AS day, total_minor AS minor
        FROM invoice
        WHERE status IN ('open', 'paid') AND due_on IS NOT NULL AND issued_on IS NOT NULL AND total_minor >= 0
        UNION ALL
        SELECT invoice.id, invoice.currency, max(date(invoice.due_on, '+1 day'), invoice.issued_on, money.day),
               -money.minor
        FROM money CROSS JOIN invoice ON invoice.id = money.invoice_id
        WHERE money.day IS NOT NULL AND invoice.status IN ('open', 'paid')
        AND invoice.due_on IS NOT NULL AND invoice.issued_on IS NOT NULL AND invoice.total_minor >= 0
        UNION ALL
        SELECT id, currency, max(late_on, seen_on), -minor FROM untold WHERE minor > 0
    ),
    running AS (
        SELECT currency, day, minor, sum(minor) OVER (PARTITION BY id ORDER BY day) AS after
        FROM (
            SELECT id, currency, day, sum(minor) AS minor FROM change
            WHERE id IN (SELECT id FROM untold WHERE minor < 0) GROUP BY id, day
        )
    ),
    before_today AS (
        SELECT currency, substr(day, 1, 7) AS month, sum(minor) AS minor
        FROM (
            SELECT currency, day, minor FROM change
            UNION ALL
            SELECT currency, day, min(after - minor, 0) - min(after, 0) FROM running
        ) CROSS JOIN today
        WHERE day < today.business_day GROUP BY currency, substr(day, 1, 7)
    ),
    change_by_month AS (
        SELECT currency, month, sum(minor) AS minor
        FROM (
            SELECT currency, month, minor FROM before_today
            UNION ALL
            SELECT currency, substr(today.business_day, 1, 7), -minor FROM before_today CROSS JOIN today
            UNION ALL
            SELECT currency, substr(today.business_day, 1, 7), due_minor FROM invoice CROSS JOIN today
            WHERE status = 'open' AND due_minor > 0 AND total_minor >= 0
            AND issued_on <= today.business_day AND due_on < today.business_day
        )
        GROUP BY currency, month
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

OVERDUE_VIEWS = ("DROP VIEW overdue_by_month", _OVERDUE)
