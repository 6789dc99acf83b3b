"""What became of each message, told by recipients: it did not arrive where every one of them has failed.

Most carriers never say that something arrived. So one address that failed says nothing of the others, unless it was
the only one; a failure that names nobody concerns the only recipient, or nobody knows whom.
"""

BY_RECIPIENTS = (
    "DROP VIEW message_delivery",
    """
    CREATE VIEW message_delivery AS
    WITH of_recipient AS (
        SELECT message_id, lower(coalesce(recipient, '')) AS recipient,
               max(kind IN ('bounced', 'failed', 'returned')) AS failed,
               max(kind IN ('delivered', 'opened_complaint')) AS arrived, max(kind = 'opened_complaint') AS complained,
               max(at) AS at
        FROM delivery WHERE message_id IS NOT NULL GROUP BY message_id, lower(coalesce(recipient, ''))
    ),
    of_message AS (
        SELECT message_id, max(failed) AS failed, max(arrived) AS arrived, max(arrived AND NOT failed) AS reached,
               sum(failed AND recipient <> '') AS failures, max(complained) AS complained, max(at) AS at
        FROM of_recipient GROUP BY message_id
    )
    SELECT message_id,
           CASE WHEN failed AND (reached OR failures < written_to AND written_to > 1) THEN 'partly_delivered'
                WHEN failed THEN 'undelivered' WHEN arrived THEN 'delivered' ELSE 'under_way' END AS state,
           complained, at
    FROM of_message JOIN (SELECT id, json_array_length(recipients) AS written_to FROM message) ON id = message_id
    """,
)
