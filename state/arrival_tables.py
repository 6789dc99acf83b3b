"""Where money that came in is found quickly: the invoices that changed lately, and those of one customer.

Xero tells a payment only inside the invoice that took it, so a page that shows what came in has to find such invoices
among half a million.
"""

ARRIVALS = (
    "CREATE INDEX invoice_changed ON invoice (updated_at)",
    "CREATE INDEX invoice_of_contact ON invoice (contact_id)",
)
# Unknown for every payment that was read before, until the ledger tells of it again.
ENTERED = ("ALTER TABLE payment ADD COLUMN entered_at TEXT",)
