"""Charges for late payment as a draft that a bookkeeper looks at before Xero makes an invoice of it.

A draft is looked for by our mark before it is written: the key is remembered for six minutes only, and a second draft
would be a second demand. The reference is one of the fields that Xero filters quickly.
"""

from typing import Any

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, NewCharge, Outage, Refused
from connectors.unreadable import NOT_JSON
from connectors.xero.decode import Sheet
from state.model import Invoice, InvoiceId
from state.money import Money


class _Row(Struct, kw_only=True):
    InvoiceID: str | None = None
    HasErrors: bool | None = None
    ValidationErrors: list[dict[str, object]] | None = None


class _Written(Struct):
    Invoices: list[_Row]


def where(mark: str) -> str:
    """The filter that finds what bears `mark`, which holds no quotes; deleted and voided ones too."""
    return f'Type=="ACCREC" AND Reference=="{mark}"'


def known(sheet: Sheet[Invoice]) -> InvoiceId | None:
    """The document found by its mark. BadData if it cannot be read: then nobody knows that there is none."""
    if sheet.rejected:
        raise BadData("Xero has an invoice with our mark that cannot be read")
    return sheet.records[0].id if sheet.records else None


def request(charge: NewCharge) -> dict[str, object]:
    """The body that creates the draft. Without a due date: the bookkeeper sets it with the approval.

    The SDK makes floats of decimals; with at most fifteen digits they are written as they were.
    """
    lines: list[dict[str, Any]] = [
        {
            "Description": line.text,
            "Quantity": 1,
            "UnitAmount": Money(line.amount_minor, charge.currency).amount,
            "AccountCode": charge.account,
        }
        for line in charge.lines
    ]
    draft = {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": charge.contact_id},
        "Date": charge.day.isoformat(),
        "LineAmountTypes": "NoTax",
        "CurrencyCode": charge.currency,
        "Reference": charge.mark,
        "LineItems": lines,
    }
    return {"Invoices": [draft]}


def account_of(charge: NewCharge) -> str:
    """What a person can look at where Xero refuses, since its own words may name a customer and are not repeated."""
    return f"see that account {charge.account} (`account` in [charges]) is active there, then propose it anew"


def confirm(body: bytes, charge: NewCharge) -> InvoiceId:
    """The id of the draft that stands now. Refused if it does not stand; Outage if that cannot be told."""
    try:
        written = msgspec.json.decode(body, type=_Written).Invoices
    except NOT_JSON:
        raise Outage("Xero's answer to a draft is unreadable; it may or may not be there") from None
    if any(row.HasErrors or row.ValidationErrors for row in written):
        raise Refused(f"Xero refused the draft (validation); {account_of(charge)}")
    if not written or not written[0].InvoiceID:
        raise Outage("Xero's answer to a draft is empty; it may or may not be there")
    return InvoiceId(written[0].InvoiceID)
