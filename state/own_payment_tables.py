"""What an invoice's own payments come to, beside the list that tells them: nine reports in ten never open the list.

Three columns of the invoice, written with the list by the same statement: the sum of the payments, the first day of
them and the last. They are there where the list has nothing but payments that each bear a day, as nearly all have, or
is empty. Of any other list they are null, and whoever asks reads the list. A list that is changed by another hand
than Dun's loses them.
"""

_SUM = "ALTER TABLE invoice ADD COLUMN payments_minor INTEGER"
_FIRST = "ALTER TABLE invoice ADD COLUMN first_payment_on TEXT"
_LAST = """
    ALTER TABLE invoice ADD COLUMN last_payment_on TEXT CHECK (
        (last_payment_on IS NULL AND first_payment_on IS NULL AND coalesce(payments_minor, 0) = 0)
        OR (payments_minor IS NOT NULL AND first_payment_on <= last_payment_on)
    )
"""
_ADD_UP = """
    UPDATE invoice SET (payments_minor, first_payment_on, last_payment_on) = (
        SELECT iif(plain, CAST(minor AS INTEGER), NULL), iif(plain, first, NULL), iif(plain, last, NULL)
        FROM (
            SELECT count(*) = count(*) FILTER (
                       WHERE part.value ->> 'source' = 'payment' AND part.value ->> 'applied_on' IS NOT NULL
                   ) AND total(abs(part.value ->> 'amount_minor')) < 9007199254740992 AS plain,
                   total(part.value ->> 'amount_minor') AS minor, min(part.value ->> 'applied_on') AS first,
                   max(part.value ->> 'applied_on') AS last
            FROM json_each(invoice.allocations) AS part
        )
    )
"""
_FORGET = """
    CREATE TRIGGER payments_are_added_up_anew AFTER UPDATE OF allocations ON invoice
    WHEN OLD.allocations IS NOT NEW.allocations AND NEW.payments_minor IS NOT NULL
    AND (OLD.payments_minor, OLD.first_payment_on, OLD.last_payment_on)
        IS (NEW.payments_minor, NEW.first_payment_on, NEW.last_payment_on)
    BEGIN
        UPDATE invoice SET payments_minor = NULL, first_payment_on = NULL, last_payment_on = NULL WHERE id = NEW.id;
    END
"""

_OTHERS = "CREATE INDEX invoice_with_others_in_it ON invoice (status) WHERE payments_minor IS NULL"

OWN_PAYMENTS = (_SUM, _FIRST, _LAST, _ADD_UP, _OTHERS, _FORGET)
