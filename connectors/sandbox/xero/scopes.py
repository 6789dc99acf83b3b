"""Which permissions exist, and which of them an endpoint takes.

Apps registered since March 2026 get only the granular scopes; older ones may still use the broad ones.
"""

_READ_WRITE = ("invoices", "payments", "contacts", "settings", "attachments", "banktransactions", "manualjournals")
_PLAIN = frozenset({"openid", "profile", "email", "offline_access", "files", "files.read", "assets", "assets.read"})
_REPORTS = frozenset(
    f"accounting.reports.{name}.read"
    for name in ("aged", "balancesheet", "banksummary", "budgetsummary", "profitandloss", "taxreports", "trialbalance")
)
GRANULAR = _PLAIN | _REPORTS | {f"accounting.{area}{mode}" for area in _READ_WRITE for mode in ("", ".read")}
BROAD = frozenset(
    {"accounting.transactions", "accounting.transactions.read", "accounting.journals.read", "accounting.reports.read"}
)

INVOICES_WRITE = frozenset({"accounting.invoices", "accounting.transactions"})
INVOICES = INVOICES_WRITE | {"accounting.invoices.read", "accounting.transactions.read"}
PAYMENTS = frozenset(
    {
        "accounting.payments",
        "accounting.payments.read",
        "accounting.transactions",
        "accounting.transactions.read",
    }
)
CONTACTS = frozenset({"accounting.contacts", "accounting.contacts.read"})
SETTINGS = frozenset({"accounting.settings", "accounting.settings.read"})
