"""Tells the ledger what was agreed: each new entry of the audit trail about an agreement becomes one note.

The trail is read on from where it was left, and the notes are owed in the transaction that moves the place, so that a
kill neither loses one nor doubles one. What was agreed before this was switched on is not told.
"""

from collections.abc import Callable, Mapping
from datetime import date

from connector.tenant import Tenant
from state.audit import AuditEntry
from state.clock import business_day
from state.model import InvoiceId
from state.money import Money, MoneyError

_STREAM = "agreements-noted"
_Details = Mapping[str, object]


def owe_notes(tenant: Tenant) -> int:
    """How many notes are owed anew."""
    store, now = tenant.store, tenant.clock.now()
    with store.transaction():
        latest, read_to = store.audit.last(), store.mirror.cursor(_STREAM)
        owed = 0
        for entry in store.audit.after(int(read_to)) if read_to is not None else ():
            for invoice_id in _invoices(tenant, entry):
                store.ledger_notes.owe(invoice_id, _text(tenant, entry), now)
                owed += 1
        store.mirror.move_cursor(_STREAM, str(latest), now)
    return owed


def _invoices(tenant: Tenant, entry: AuditEntry) -> list[InvoiceId]:
    """Whose history tells of it: the invoice, or all that is open of the customer."""
    if entry.action not in _WORDS:
        return []
    if entry.scope == "invoice":
        return [InvoiceId(entry.target)]
    return [
        receivable.invoice_id
        for account in tenant.accounts()
        if account.contact_id == entry.target
        for receivable in account.receivables
    ]


def _text(tenant: Tenant, entry: AuditEntry) -> str:
    day = business_day(entry.at, tenant.zone)
    return f"{_WORDS[entry.action](entry.details)} on {day:%d %b %Y}."


def _promise(details: _Details) -> str:
    return f"Promise to pay {_money(details)} by {_day(details['promised_on'])} taken down"


def _plan(details: _Details) -> str:
    return f"Payment plan of {details['instalments']} instalments over {_money(details, 'balance_minor')} agreed"


def _dispute(details: _Details) -> str:
    part = "Disputed" if details.get("amount_minor") is None else f"Disputed in part ({_money(details)})"
    return f"{part} ({details['reason']}), taken down"


def _outcome(kind: str) -> Callable[[_Details], str]:
    return lambda details: f"{kind} {details.get('outcome', 'ended')}"


def _money(details: _Details, name: str = "amount_minor") -> str:
    minor, currency = int(str(details[name])), str(details["currency"])
    try:
        return str(Money(minor, currency))
    except MoneyError:
        return f"{minor} minor units of {currency}"


def _day(text: object) -> str:
    return f"{date.fromisoformat(str(text)):%d %b %Y}"


_WORDS: dict[str, Callable[[_Details], str]] = {
    "promise": _promise,
    "promise withdrawn": lambda _: "Promise to pay withdrawn",
    "promise settled": _outcome("Promise to pay"),
    "plan": _plan,
    "plan cancelled": lambda _: "Payment plan cancelled",
    "plan settled": _outcome("Payment plan"),
    "dispute": _dispute,
    "dispute settled": _outcome("Dispute settled,"),
    "handover": lambda details: f"Handed over to {details['to']} with {_money(details, 'due_minor')} due",
    "handover returned": lambda _: "Taken back from whoever had it",
    "write-off approved": lambda details: f"Write-off of {_money(details)} approved",
}
