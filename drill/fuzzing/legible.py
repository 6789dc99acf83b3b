"""What a record says to a reader who has never seen the adapters: the measure for what they made of it.

Deliberately dumb, and in nobody's debt: JSON by the standard library, the few members that decide about money by hand.
None always means: this cannot be read, so nobody may be asked for money because of it.
"""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from state.money import MoneyError, to_minor

_XERO_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CUSTOMERS = {"ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "AROVERPAYMENT", "RECEIVE-PREPAYMENT", "ARPREPAYMENT"}


class Owed(Struct, frozen=True):
    """Somebody owes this, or has this to their credit."""

    contact: str
    currency: str
    minor: int
    due_on: date | None = None


def whole(text: str) -> str:
    """Half a character is kept as the sign for what cannot be read."""
    return _HALF.sub("\ufffd", text)


def rows_in(body: bytes, names: set[str]) -> list[tuple[str, Any]] | None:
    """Every record of the named lists, in order; None if `body` is no JSON at all."""
    try:
        document = json.loads(body.decode("utf-8", "replace"), parse_float=Decimal, strict=False)
    except (ValueError, RecursionError):
        return None
    found: list[tuple[str, Any]] = []
    _search(document, names, found)
    return found


def _search(node: Any, names: set[str], found: list[tuple[str, Any]]) -> None:
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key in names and isinstance(inner, list):
            found += [(str(key), row) for row in inner]
        else:
            _search(inner, names, found)


def owed(row: Any) -> Owed | None:
    """What a sales invoice asks for, if it says so beyond doubt."""
    if not isinstance(row, dict):
        return None
    return _owed_in_xero(row) if "InvoiceID" in row else _owed_in_quickbooks(row)


def credit(row: Any) -> Owed | None:
    """What a credit or a payment leaves to its customer; zero if it says that nothing is left."""
    if not isinstance(row, dict):
        return None
    return _credit_in_xero(row) if "Contact" in row or "Type" in row else _credit_in_quickbooks(row)


def active(row: Any) -> bool:
    return isinstance(row, dict) and (row.get("ContactStatus") == "ACTIVE" or row.get("Active") is True)


def stamped(row: Any) -> datetime | None:
    """When the record says it was changed."""
    if not isinstance(row, dict):
        return None
    meta = row.get("MetaData")
    text = row.get("UpdatedDateUTC") or (meta.get("LastUpdatedTime") if isinstance(meta, dict) else None)
    if not isinstance(text, str):
        return None
    try:
        return _moment(text) if text.startswith("/") else datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _owed_in_xero(row: dict[str, Any]) -> Owed | None:
    contact = _member(row.get("Contact"), "ContactID")
    currency, due = row.get("CurrencyCode"), _minor(row.get("AmountDue"), row.get("CurrencyCode"))
    total = _minor(row.get("Total"), currency)
    if row.get("Type") != "ACCREC" or row.get("Status") != "AUTHORISED" or not row["InvoiceID"] or not contact:
        return None
    if due is None or total is None or not 0 < due <= total:
        return None
    try:
        return Owed(contact, str(currency), due, _xero_day(row.get("DueDate")))
    except (ValueError, TypeError, OverflowError):
        return None


def _owed_in_quickbooks(row: dict[str, Any]) -> Owed | None:
    contact, currency = _member(row.get("CustomerRef"), "value"), _member(row.get("CurrencyRef"), "value")
    due, total = _minor(row.get("Balance"), currency), _minor(row.get("TotalAmt"), currency)
    if row.get("status") == "Deleted" or not contact or not row.get("Id") or not row.get("SyncToken"):
        return None
    if due is None or total is None or not 0 < due <= total:
        return None
    day = row.get("DueDate")
    if day is not None and not (isinstance(day, str) and _DAY.fullmatch(day)):
        return None
    try:
        return Owed(contact, str(currency), due, date.fromisoformat(day) if day else None)
    except ValueError:
        return None


def _credit_in_xero(row: dict[str, Any]) -> Owed | None:
    contact, currency = _member(row.get("Contact"), "ContactID"), row.get("CurrencyCode")
    left = _minor(row.get("RemainingCredit"), currency) if row.get("Status") == "AUTHORISED" else 0
    known = row.get("Status") in ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED")
    suppliers = isinstance(row.get("Type"), str) and row["Type"] not in _CUSTOMERS
    if suppliers or not known or left is None or not contact or left < 0:
        return None
    return Owed(contact, str(currency), left)


def _credit_in_quickbooks(row: dict[str, Any]) -> Owed | None:
    contact, currency = _member(row.get("CustomerRef"), "value"), _member(row.get("CurrencyRef"), "value")
    rest = row.get("UnappliedAmt") if "UnappliedAmt" in row else row.get("RemainingCredit")
    left = _minor(row.get("Balance") if rest is None else rest, currency)
    if not contact or left is None or left < 0 or not row.get("Id"):
        return None
    return Owed(contact, str(currency), left)


def _member(node: Any, key: str) -> str | None:
    value = node.get(key) if isinstance(node, dict) else None
    return whole(value) if isinstance(value, str) and value else None


def _minor(value: Any, currency: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)) or not isinstance(currency, str):
        return None
    try:
        amount = Decimal(value)
        return None if amount.is_finite() and abs(amount.adjusted()) > 40 else to_minor(amount, currency)
    except (MoneyError, InvalidOperation, ValueError):
        return None


def _moment(text: str) -> datetime | None:
    found = _XERO_DATE.fullmatch(text)
    return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None


def _xero_day(text: Any) -> date | None:
    """None for a day that is not told; ValueError for one that cannot be read."""
    if text is None:
        return None
    moment = _moment(text)
    if moment is None:
        raise ValueError(text)
    return moment.date()
