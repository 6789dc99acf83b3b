"""What happens in the demo because people do it: money at the last moment, and a bookkeeper with a telephone."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from connector.demo.cases import NUMBERED
from connector.demo.script import BOOKKEEPER
from connector.dunning.reasons import Action
from connector.wiring import Installation
from connectors.ledger import InvoiceReading, Ledger
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.world import World
from state.clock import business_day
from state.model import InvoiceId
from state.store import TenantStore

EVERY_NTH = 9  # of the live reads of an invoice meet money that has just come in
HOLD_EVERY_DAYS = 10
HOLD_FOR = timedelta(days=7)


class LastMinuteMoney:
    """A ledger whose customers sometimes pay while Dun is on its way: after it has decided, before it reads live."""

    def __init__(self, ledger: Ledger, world: World) -> None:
        self._ledger = ledger
        self._lock = world.lock
        self._books = world.companies[ledger.name]
        self._told_elsewhere = world.lives[ledger.name].told_elsewhere

    @classmethod
    def before(cls, ledger: Ledger, world: World) -> Ledger:
        """`ledger`, with customers who pay at the last moment."""
        return cast("Ledger", cls(ledger, world))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        with self._lock:
            for invoice_id in ids:
                self._maybe_pay(invoice_id)
        return self._ledger.read_invoices(ids)

    def _maybe_pay(self, invoice_id: InvoiceId) -> None:
        invoice = self._books.by_guid.get(invoice_id) or self._books.invoices.get(_number(invoice_id))
        if isinstance(invoice, Invoice) and self._pays_now(invoice):
            customer, amount = self._books.customers[invoice.customer_id], invoice.due_amount
            self._books.pay(customer, amount, on=_today(self._books), against={invoice.id: amount})

    def _pays_now(self, invoice: Invoice) -> bool:
        owes = invoice.state == "open" and invoice.due_amount > 0 and not invoice.bill
        owes = owes and invoice.customer_id not in self._told_elsewhere
        return owes and (invoice.id + _today(self._books).toordinal()) % EVERY_NTH == 0


def bookkeeper_holds(installation: Installation, day: int) -> None:
    """Every few days somebody has talked to a customer and holds one invoice for a week."""
    if day % HOLD_EVERY_DAYS:
        return
    for settings in installation.config.tenants.values():
        today = business_day(installation.clock.now(), ZoneInfo(settings.zone))
        with installation.store(settings.slug) as store:
            waiting = [row for row in store.decisions.current(Action.WAIT) if not _is_told(store, row.invoice_id)]
            if waiting:
                chosen = waiting[day % len(waiting)].invoice_id
                store.holds.place(
                    "invoice",
                    chosen,
                    reason="promise",
                    until=today + HOLD_FOR,
                    note="said on the telephone that the transfer is on its way",
                    at=installation.clock.now(),
                    owner=BOOKKEEPER,
                )


def _is_told(store: TenantStore, invoice_id: InvoiceId) -> bool:
    """Whether the invoice is one of the named customers'."""
    invoice = store.mirror.invoice(invoice_id)
    return invoice is not None and (invoice.number or "").startswith(NUMBERED)


def _number(invoice_id: InvoiceId) -> int:
    return int(invoice_id) if invoice_id.isdigit() else 0


def _today(books: Books) -> date:
    return business_day(books.clock.now(), ZoneInfo(books.company.zone))
