"""What a customer can be given of an invoice: the page where it can be seen and paid, and the PDF."""

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Outage
from connectors.unreadable import NOT_JSON


class _OnlineInvoice(Struct, kw_only=True):
    OnlineInvoiceUrl: str | None = None


class _OnlineInvoices(Struct):
    OnlineInvoices: list[_OnlineInvoice]


def read_url(body: bytes) -> str | None:
    """The address of the online invoice; None if Xero offers none."""
    try:
        offers = msgspec.json.decode(body, type=_OnlineInvoices).OnlineInvoices
    except msgspec.ValidationError:
        raise BadData("Xero's answer claims success but names no online invoice") from None
    except NOT_JSON:
        raise Outage("Xero's answer is not JSON, or ends too early") from None
    url = offers[0].OnlineInvoiceUrl if offers else None
    return url if url and url.startswith(("https://", "http://")) else None


def read_pdf(body: bytes) -> bytes:
    """`body`, if it is a PDF; Outage if it is something else (error pages come with status 200, too)."""
    if not body.startswith(b"%PDF-"):
        raise Outage("Xero sent something else than a PDF")
    return body
