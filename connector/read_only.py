"""A ledger of a client who lets Dun look and no more.

QuickBooks has no right that is narrower than reading and writing, and a Xero app may hold more than was asked for
today; so the promise to write nothing is kept here, whatever the tokens would allow.
"""

from typing import cast

from connectors.ledger import Forbidden, Ledger, NewCharge, WriteOffOrder
from state.model import InvoiceId


class _ReadOnlyLedger:
    """Everything of `ledger` but its ways of writing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:  # noqa: ARG002 - the protocol's names
        raise Forbidden("this client is read-only (read_only = true), so no note is written")

    def raise_charge(self, charge: NewCharge) -> InvoiceId:  # noqa: ARG002 - as above
        raise Forbidden("this client is read-only (read_only = true), so no charges are raised in its ledger")

    def write_off(self, order: WriteOffOrder, *, tried: bool) -> str:  # noqa: ARG002 - the protocol's names
        raise Forbidden("this client is read-only (read_only = true), so no debt is written off in the ledger")


def read_only(ledger: Ledger) -> Ledger:
    """`ledger`, refusing to write."""
    return cast("Ledger", _ReadOnlyLedger(ledger))  # what is passed on by name is not seen by the type checker
