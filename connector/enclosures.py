"""What goes along with a message: the link to pay online and the invoice itself.

Fetched before the live read, because it is slow and the live read must be fresh. A message never leaves with an
enclosure missing that the ledger would have given: it waits, with its reason.
"""

from collections.abc import Iterable

from msgspec import Struct

from connector.tenant import Tenant
from connectors.ledger import BadData, NotFound, Outage, Refused
from state.model import InvoiceId

OUTAGES_IN_A_ROW = 3


class Enclosure(Struct, frozen=True):
    """Of one invoice. None: the ledger has none to give."""

    pay_url: str | None
    pdf: bytes | None


def fetch_enclosures(
    tenant: Tenant, invoice_ids: Iterable[InvoiceId], *, documents: bool = True
) -> dict[InvoiceId, Enclosure]:
    """Enclosures by invoice; an invoice whose enclosures could not be fetched is missing from the answer.

    What concerns one invoice is passed over. Limits, dead connections and `OUTAGES_IN_A_ROW` concern all and reach the
    caller as LedgerError. Without `documents`, links only.
    """
    fetched: dict[InvoiceId, Enclosure] = {}
    outages = 0
    for invoice_id in invoice_ids:
        try:
            fetched[invoice_id] = Enclosure(
                _pay_url(tenant, invoice_id), _pdf(tenant, invoice_id) if documents else None
            )
            outages = 0
        except (NotFound, Refused, BadData):
            continue
        except Outage:
            outages += 1
            if outages == OUTAGES_IN_A_ROW:
                raise
    return fetched


def _pay_url(tenant: Tenant, invoice_id: InvoiceId) -> str | None:
    """The link never changes, so it is asked for once in an invoice's life."""
    known = tenant.store.mirror.pay_url(invoice_id)
    if known is not None:
        return known or None
    url = tenant.ledger.online_invoice_url(invoice_id)
    tenant.store.mirror.save_pay_url(invoice_id, url or "")
    return url


def _pdf(tenant: Tenant, invoice_id: InvoiceId) -> bytes | None:
    return tenant.ledger.invoice_pdf(invoice_id) if tenant.settings.attach_pdf else None
