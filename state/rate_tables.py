"""The rate that a document in another currency bears, as its ledger states it; part of migration m016.

Xero writes how much of the document's currency one unit of the company's is worth, QuickBooks the other way round. Both
are kept as they were told; `state.debts` says which it is.
"""

RATES = ("ALTER TABLE invoice ADD COLUMN rate TEXT CHECK (rate NOT GLOB '*[^0-9.]*' AND CAST(rate AS REAL) > 0)",)
