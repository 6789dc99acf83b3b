"""A debt given up, as a credit memo over the configured item and a payment of nothing that puts it on the invoice.

QuickBooks has no other way to apply a memo: a Payment with TotalAmt 0 whose lines link both. Two writes, and the
process may die between them. Each has a requestid of its own, for which QuickBooks gives the first answer again however
late; the memo's number is made of our key as well, so that it is found even where requestids are not remembered.
(Intuit: CreditMemo, Payment, and `requestid` in its best practices.)
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, HalfWritten, InvoiceReading, Outage, Refused, WriteOffOrder, check_owed
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import QueryAnswer, envelope
from connectors.quickbooks.items import booked_on
from connectors.quickbooks.query import numbered, select
from connectors.unreadable import NOT_JSON
from state.model import InvoiceId
from state.money import Money, to_minor

Read = Callable[[Sequence[InvoiceId]], InvoiceReading]


class _Memo(Struct, rename="pascal", kw_only=True):
    id: str
    balance: Decimal | None = None
    total_amt: Decimal | None = None


class _Memos(Struct, rename="pascal"):
    credit_memo: list[_Memo] = []


class _MadeMemo(Struct, rename="pascal"):
    credit_memo: _Memo


class _Payment(Struct, rename="pascal"):
    id: str


class _MadePayment(Struct, rename="pascal"):
    payment: _Payment


def write_off(client: QuickBooksClient, order: WriteOffOrder, read: Read, *, tried: bool) -> str:
    """The id of the credit memo. See connectors.ledger.Ledger.write_off."""
    memo = _find(client, order) if tried else None
    if memo is None:
        check_owed(read([order.invoice_id]), order)
        memo = _create(client, order)
    if _rest(memo, order) > 0:
        _apply(client, order, memo.id)
    return memo.id


def _find(client: QuickBooksClient, order: WriteOffOrder) -> _Memo | None:
    memos = client.query(select("CreditMemo", (numbered(order.number),)), _rows)
    if memos and not any(memo.total_amt for memo in memos):
        raise Refused(f"the credit memo {order.number} was voided in QuickBooks; the debt was not written off")
    return memos[0] if memos else None


def _create(client: QuickBooksClient, order: WriteOffOrder) -> _Memo:
    line = {
        "Amount": _amount(order),
        "Description": order.words,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": order.account}},
    }
    memo = {
        "DocNumber": order.number,
        "CustomerRef": {"value": order.contact_id},
        "TxnDate": order.day.isoformat(),
        "CurrencyRef": {"value": order.currency},
        "GlobalTaxCalculation": "NotApplicable",
        "PrivateNote": f"{order.words} [dun:{order.key}]",
        "Line": [line],
    }
    with booked_on(order.account, "policy.write_off"):
        body = client.create("CreditMemo", memo, request_id=f"dun-wo-{order.key}")
    try:
        return envelope(body, _MadeMemo).credit_memo
    except (BadData, RecursionError):
        raise Outage("QuickBooks did not confirm the credit memo; it may or may not be there") from None


def _apply(client: QuickBooksClient, order: WriteOffOrder, memo_id: str) -> None:
    links = (("Invoice", order.invoice_id), ("CreditMemo", memo_id))
    payment = {
        "CustomerRef": {"value": order.contact_id},
        "TotalAmt": 0,
        "TxnDate": order.day.isoformat(),
        "CurrencyRef": {"value": order.currency},
        "PrivateNote": f"[dun:{order.key}]",
        "Line": [
            {"Amount": _amount(order), "LinkedTxn": [{"TxnId": number, "TxnType": kind}]} for kind, number in links
        ],
    }
    try:
        body = client.create("Payment", payment, request_id=f"dun-wo-{order.key}-apply")
        envelope(body, _MadePayment)
    except Refused:
        raise HalfWritten(
            f"QuickBooks refused to put the credit memo {order.number} on the invoice; do it there by hand"
        ) from None
    except (BadData, RecursionError):
        raise Outage("QuickBooks did not confirm that the credit memo was applied; it may or may not be") from None


def _rest(memo: _Memo, order: WriteOffOrder) -> int:
    """What is not applied yet; of a memo that does not say, everything."""
    return order.amount_minor if memo.balance is None else to_minor(memo.balance, order.currency)


def _amount(order: WriteOffOrder) -> Decimal:
    return Money(order.amount_minor, order.currency).amount


def _rows(body: bytes) -> list[_Memo]:
    answer = envelope(body, QueryAnswer)
    try:
        return msgspec.json.decode(answer.query_response, type=_Memos).credit_memo
    except NOT_JSON as error:
        raise BadData(f"QuickBooks sent credit memos of an unexpected shape: {error}") from None
