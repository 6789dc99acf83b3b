"""What reminders did, as views: what became of each message, what followed each reminder, and chases of paid debts.

A message of the dry channel reached nobody, and of one that is known from the ledger's notes alone (after a restore)
neither the words nor the proof is left: both are left out. The unit of payment is the reminder, one invoice in one
message. Money counts from the day on which it came, not from the day on which it was put against the invoice.

A chase was false where money that bears an earlier day than the message had not been shown by the live read before it.
The proof says what was due then, so what was settled then is known, and payments of earlier days beyond that have
surfaced since. A payment whose own stamp is not later than the read had surfaced before, and is held against us. Xero
tells payments only inside the invoice that took them: there the invoice's stamp is the latest that they can have. If it
is later than the read, what was due then says that they were not on the invoice yet.
"""

_TEMPLATE = "ALTER TABLE message ADD COLUMN template TEXT"

_DELIVERY = """
    CREATE VIEW message_delivery AS
    WITH of_recipient AS (
        SELECT message_id, max(kind IN ('bounced', 'failed', 'returned')) AS failed,
               max(kind IN ('delivered', 'opened_complaint')) AS arrived, max(kind = 'opened_complaint') AS complained,
               max(at) AS at
        FROM delivery WHERE message_id IS NOT NULL GROUP BY message_id, coalesce(recipient, '')
    )
    SELECT message_id,
           CASE WHEN max(failed) AND max(arrived AND NOT failed) THEN 'partly_delivered'
                WHEN max(failed) THEN 'undelivered' WHEN max(arrived) THEN 'delivered' ELSE 'under_way' END AS state,
           max(complained) AS complained, max(at) AS at
    FROM of_recipient GROUP BY message_id
"""

# A reply that names no message answers the latest one its customer had got, if that is not too long ago.
_REPLY = """
    CREATE VIEW message_reply AS
    WITH answer AS (
        SELECT reply.received_at, coalesce(reply.message_id, (
            SELECT id FROM message
            WHERE contact_id = reply_contact.contact_id AND outcome = 'sent' AND claimed_at <= reply.received_at
            AND julianday(reply.received_at) - julianday(claimed_at) <= 14
            ORDER BY claimed_at DESC, message.rowid DESC LIMIT 1
        )) AS message_id
        FROM reply LEFT JOIN reply_contact ON reply_contact.reply_id = reply.id
        WHERE reply.kind = 'human'
    )
    SELECT message_id, min(received_at) AS replied_at FROM answer WHERE message_id IS NOT NULL GROUP BY message_id
"""


def reminder_effects(condition: str = "") -> str:
    """SQL for what followed each reminder that left; `condition` is SQL that narrows the reminders."""
    return f"""
    WITH
    asked AS MATERIALIZED (
        SELECT reminder.id AS reminder_id, reminder.message_id, reminder.invoice_id, reminder.contact_id,
               message.stage, message.template, reminder.channel, reminder.round, reminder.sent_on, reminder.sent_at,
               reminder.verified_at AS read_at, reminder.state = 'noted' AS noted, message.totals,
               CASE WHEN json_valid(reminder.proof) THEN reminder.proof ->> 'due_minor' END AS asked_minor
        FROM reminder JOIN message ON message.id = reminder.message_id
        WHERE reminder.state IN ('sent', 'noted') AND message.channel <> 'dry' AND message.channel <> 'restored'
        {condition}
    ),
    reminded AS MATERIALIZED (SELECT DISTINCT invoice_id FROM asked),
    part AS (
        SELECT invoice.id AS invoice_id, told.value ->> 'source' AS source, told.value ->> 'source_id' AS source_id,
               told.value ->> 'amount_minor' AS minor, told.value ->> 'applied_on' AS applied_on,
               invoice.updated_at AS told_at
        FROM reminded JOIN invoice ON invoice.id = reminded.invoice_id, json_each(invoice.allocations) AS told
        WHERE invoice.allocations IS NOT NULL AND invoice.status NOT IN ('void', 'deleted')
        UNION ALL
        SELECT told.value ->> 'invoice_id', told.value ->> 'source', told.value ->> 'source_id',
               told.value ->> 'amount_minor', told.value ->> 'applied_on', payment.updated_at
        FROM payment, json_each(payment.allocations) AS told
        WHERE payment.allocations IS NOT NULL AND payment.status = 'valid'
        AND told.value ->> 'invoice_id' IN (SELECT invoice_id FROM reminded)
    ),
    money AS MATERIALIZED (
        SELECT part.invoice_id, part.source = 'payment' AS paid, part.minor, payment.updated_at AS stamp,
               coalesce(payment.updated_at, part.told_at) AS known_at,
               min(coalesce(part.applied_on, payment.paid_on, credit.dated_on),
                   coalesce(payment.paid_on, credit.dated_on, part.applied_on)) AS day
        FROM part
        LEFT JOIN payment ON payment.id = part.source_id AND part.source = 'payment'
        LEFT JOIN credit ON credit.id = part.source_id AND part.source <> 'payment'
    ),
    tally AS (
        SELECT asked.reminder_id,
               max(money.day) FILTER (WHERE paid) AS paid_on,
               total(minor) FILTER (WHERE paid) AS paid_minor,
               count(*) FILTER (WHERE paid AND day IS NULL) AS undated,
               total(minor) FILTER (WHERE paid AND day < sent_on AND known_at > read_at) AS late,
               total(minor) FILTER (WHERE paid AND day < sent_on AND known_at <= read_at) AS known,
               total(minor) FILTER (WHERE NOT paid AND day < sent_on) AS credited,
               min(day) FILTER (WHERE paid AND day < sent_on AND known_at > read_at) AS late_day,
               min(day) FILTER (WHERE paid AND day < sent_on) AS early_day,
               max(stamp) FILTER (WHERE paid AND day < sent_on) AS stamp,
               count(*) FILTER (WHERE paid AND day < sent_on AND stamp IS NULL) AS unstamped,
               max(paid AND day = sent_on) AS same_day
        FROM asked JOIN money ON money.invoice_id = asked.invoice_id GROUP BY asked.reminder_id
    ),
    judged AS (
        SELECT asked.*, invoice.number, invoice.currency,
               CASE WHEN invoice.round <> asked.round OR invoice.total_minor <= 0 THEN 'unknown'
                    WHEN invoice.status = 'open' THEN 'open'
                    WHEN invoice.status <> 'paid' THEN 'unknown'
                    WHEN tally.undated = 0 AND tally.paid_minor >= invoice.total_minor THEN 'paid'
                    ELSE 'unknown' END AS outcome,
               tally.paid_on, tally.late_day, tally.early_day, tally.stamp, tally.unstamped,
               coalesce(tally.same_day, 0) AS same_day,
               CASE WHEN asked_minor <= invoice.total_minor THEN invoice.total_minor - asked_minor END AS settled,
               coalesce(late, 0) AS late, coalesce(known, 0) AS known, coalesce(credited, 0) AS credited
        FROM asked JOIN invoice ON invoice.id = asked.invoice_id
        LEFT JOIN tally ON tally.reminder_id = asked.reminder_id
    ),
    convicted AS (
        SELECT *, min(asked_minor, max(0, min(late, late + known + credited - settled)) + max(0, known - settled))
                   AS come
        FROM judged
    ),
    netted AS MATERIALIZED (
        SELECT *, CASE WHEN come > 0 THEN CAST(max(0, come - max(0, coalesce((
            SELECT sum(other.proof ->> 'due_minor') - json_extract(totals, '$.' || convicted.currency)
            FROM reminder AS other JOIN invoice ON invoice.id = other.invoice_id
            WHERE other.message_id = convicted.message_id AND invoice.currency = convicted.currency
        ), 0))) AS INTEGER) ELSE come END AS surfaced_minor
        FROM convicted
    )
    SELECT reminder_id, message_id, invoice_id, contact_id, number, stage, template, channel, sent_on, sent_at, read_at,
           currency, asked_minor, outcome,
           CASE outcome WHEN 'paid' THEN paid_on END AS paid_on,
           CASE outcome WHEN 'paid' THEN CAST(julianday(paid_on) - julianday(sent_on) AS INTEGER) END AS days,
           surfaced_minor,
           CASE WHEN surfaced_minor > 0 THEN coalesce(late_day, early_day) END AS surfaced_day,
           CASE WHEN surfaced_minor > 0 THEN stamp END AS surfaced_at,
           CASE WHEN surfaced_minor > 0 THEN
               CASE WHEN known > settled THEN 'shown_as_owed' WHEN unstamped THEN 'shown_later' ELSE 'entered_later' END
           END AS cause,
           same_day, noted
    FROM netted
"""  # noqa: S608 - conditions are ours


_FALSE = """
    CREATE VIEW false_chases AS
    SELECT sent_on, coalesce(customer.name, effect.contact_id) AS customer, number, stage, channel,
           surfaced_day AS paid_on, surfaced_minor, currency, surfaced_at, read_at, cause, invoice_id, reminder_id,
           message_id
    FROM reminder_effects AS effect LEFT JOIN customer ON customer.contact_id = effect.contact_id
    WHERE surfaced_minor > 0 ORDER BY sent_on, reminder_id
"""

_BY_STAGE = """
    CREATE VIEW effects_by_stage AS
    WITH effect AS MATERIALIZED (SELECT * FROM reminder_effects),
    sent AS (
        SELECT message_id, stage, template, channel, count(*) AS invoices,
               sum(outcome = 'paid' AND days BETWEEN 0 AND 3) AS paid_within_3,
               sum(outcome = 'paid' AND days BETWEEN 0 AND 7) AS paid_within_7,
               sum(outcome = 'paid' AND days BETWEEN 0 AND 14) AS paid_within_14,
               sum(outcome = 'open') AS unpaid, sum(outcome = 'unknown') AS unknown,
               sum(coalesce(surfaced_minor > 0, 0)) AS false
        FROM effect GROUP BY message_id
    )
    SELECT stage, template, channel, count(*) AS messages,
           sum(coalesce(delivery.state = 'delivered', 0)) AS delivered,
           sum(coalesce(delivery.state = 'partly_delivered', 0)) AS partly_delivered,
           sum(coalesce(delivery.state = 'undelivered', 0)) AS undelivered,
           sum(reply.message_id IS NOT NULL) AS replied, sum(invoices) AS invoices, sum(paid_within_3) AS paid_within_3,
           sum(paid_within_7) AS paid_within_7, sum(paid_within_14) AS paid_within_14, sum(unpaid) AS unpaid,
           sum(unknown) AS unknown, sum(false) AS false_chases
    FROM sent
    LEFT JOIN message_delivery AS delivery ON delivery.message_id = sent.message_id
    LEFT JOIN message_reply AS reply ON reply.message_id = sent.message_id
    GROUP BY stage, template, channel ORDER BY min(sent.message_id)
"""

# Drawn once for a share, and never changed: it is what the comparison of the two groups rests on.
_TRIAL = (
    """
    CREATE TABLE trial_member (
        contact_id TEXT NOT NULL,
        percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 50),
        held_back INTEGER NOT NULL CHECK (held_back IN (0, 1)),
        drawn_on TEXT NOT NULL,
        PRIMARY KEY (contact_id, percent)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER trial_member_stays BEFORE DELETE ON trial_member BEGIN
        SELECT RAISE(ABORT, 'who was in the control group is never forgotten');
    END
    """,
    """
    CREATE TRIGGER trial_member_stays_itself BEFORE UPDATE ON trial_member BEGIN
        SELECT RAISE(ABORT, 'nobody changes groups');
    END
    """,
)

_EFFECT = f"CREATE VIEW reminder_effects AS {reminder_effects()}"

EFFECTS = (
    _TEMPLATE,
    _DELIVERY,
    _REPLY,
    _EFFECT,
    _FALSE,
    _BY_STAGE,
    *_TRIAL,
)
# Part of m036: files from before it called the cause of every false chase of a Xero firm unknown.
SHOWN_LATER = ("DROP VIEW reminder_effects", _EFFECT)
