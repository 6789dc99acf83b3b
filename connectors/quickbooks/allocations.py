"""Which invoice got how much of a payment.

QuickBooks writes one line per linked document and does not say which credit memo went to which invoice: a credit that
a bookkeeper applies becomes a payment whose lines link invoices and credit memos side by side. Where the lines pair
beyond doubt the allocation names the memo; otherwise it names the payment document, which did the applying.
"""

from collections.abc import Sequence
from datetime import date

from connectors.quickbooks.wire import Line
from state.model import Allocation, InvoiceId
from state.money import to_minor

LARGEST = 2**53  # minor units: more than any company is owed, and what every reader of the mirror can hold exactly


class AmbiguousLine(ValueError):
    """A payment line that cannot be read as one amount for one document."""


def allocations(lines: Sequence[Line], payment_id: str, currency: str, paid_on: date | None) -> tuple[Allocation, ...]:
    """Allocations of one payment; amounts are positive minor units of `currency`."""
    if len(lines) == 1:  # nearly every payment
        invoice = _only_invoice(lines[0])
        if invoice is not None:
            return (Allocation("payment", payment_id, invoice, _minor(lines[0], currency), paid_on),)
    invoices, memos = _sorted_out(lines, currency)
    parts = _paired(invoices, memos) if memos else [(None, invoice, amount) for invoice, amount in invoices.items()]
    return tuple(
        Allocation("payment", payment_id, InvoiceId(invoice), amount, paid_on)
        if memo is None
        else Allocation("credit_note", memo, InvoiceId(invoice), amount, paid_on)
        for memo, invoice, amount in parts
    )


_Part = tuple[str | None, str, int]  # credit memo or None, invoice, minor units


def _only_invoice(line: Line) -> InvoiceId | None:
    links = line.linked_txn
    if links and len(links) == 1 and links[0].txn_type == "Invoice" and links[0].txn_id:
        return InvoiceId(links[0].txn_id)
    return None


def _sorted_out(lines: Sequence[Line], currency: str) -> tuple[dict[str, int], dict[str, int]]:
    """Minor units per invoice and per credit memo; lines of other kinds (journals, deposits) belong to no invoice."""
    invoices: dict[str, int] = {}
    memos: dict[str, int] = {}
    for line in lines:
        for kind, document in _links(line):
            found = invoices if kind == "Invoice" else memos
            found[document] = found.get(document, 0) + _minor(line, currency)
    return invoices, memos


def _links(line: Line) -> list[tuple[str, str]]:
    """At most one invoice and one credit memo per line; anything else would leave the amount's owner in doubt."""
    found = []
    for link in line.linked_txn or ():
        if link.txn_type is None or link.txn_id is None:
            raise AmbiguousLine("a payment line links a document without saying which")
        if link.txn_type in {"Invoice", "CreditMemo"}:
            found.append((link.txn_type, link.txn_id))
    if len({kind for kind, _ in found}) != len(found):
        raise AmbiguousLine("a payment line links several documents of one kind")
    return found


def _minor(line: Line, currency: str) -> int:
    if line.amount is None:
        raise AmbiguousLine("a payment line has no Amount")
    minor = abs(to_minor(line.amount, currency))
    if minor >= LARGEST:
        raise AmbiguousLine("a payment line is too large to be true")
    return minor


def _paired(invoices: dict[str, int], memos: dict[str, int]) -> list[_Part]:
    if len(invoices) == 1:
        return _one_invoice(invoices, memos)
    if len(memos) == 1 and sum(invoices.values()) == sum(memos.values()):
        (memo,) = memos
        return [(memo, invoice, amount) for invoice, amount in invoices.items()]
    return _equal_amounts(invoices, memos)


def _one_invoice(invoices: dict[str, int], memos: dict[str, int]) -> list[_Part]:
    """Every credit went to the one invoice; what they leave of it was money."""
    ((invoice, amount),) = invoices.items()
    money = amount - sum(memos.values())
    if money < 0:
        return [(None, invoice, amount)]
    credits: list[_Part] = [(memo, invoice, part) for memo, part in memos.items()]
    return [*credits, (None, invoice, money)] if money else credits


def _equal_amounts(invoices: dict[str, int], memos: dict[str, int]) -> list[_Part]:
    """An invoice and a memo pair when no other document of this payment has their amount."""
    amounts = list(invoices.values())
    by_amount = {amount: memo for memo, amount in memos.items()}
    unique = {amount for amount in by_amount if amounts.count(amount) == list(memos.values()).count(amount) == 1}
    return [(by_amount[amount] if amount in unique else None, invoice, amount) for invoice, amount in invoices.items()]
