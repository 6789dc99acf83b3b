"""What people at the firms do besides: they take promises down, give debts up, and charge for late payment.

Each is one thing a day, about an overdue invoice of a firm that is drawn. Whoever is told no, since the invoice was
paid or is given up already, lets it be.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from drill.kills.journal import is_charge
from drill.kills.lives import Errand
from state.model import TenantSlug

PATIENT_DAYS = 4
LATE_DAYS = 10
CONFIGURATION = """
[policy]
note_agreements = true

[policy.write_off]
account = "404"
item = "2"

[charges]
terms = "contract"
customers = "business"
percent = "8"
account = "270"
item = "1"

[policy.sequences.ways]
[[policy.sequences.ways.stages]]
name = "soft"
offset_days = 1
channels = ["sms", "letter", "email"]

[[policy.sequences.ways.stages]]
name = "firm"
offset_days = 8
channels = ["letter", "sms", "email"]

[[policy.sequences.ways.stages]]
name = "final"
offset_days = 21
"""


class Desk:
    """The people of all firms."""

    def __init__(self, firms: Mapping[TenantSlug, Books], draw: Random) -> None:
        self._firms = firms
        self._draw = draw
        self._used: set[tuple[TenantSlug, str]] = set()

    def errands(self, day: int) -> Iterator[Errand]:
        """A promise every day; by turns a debt that is given up, and charges that are raised."""
        yield from self._promise()
        yield from self._charge() if day % 2 else self._give_up()

    def _promise(self) -> Iterator[Errand]:
        for slug, invoice in self._some(days=1):
            on = self._firms[slug].clock.now().date() + timedelta(days=PATIENT_DAYS)
            yield ("promise", invoice.number, "--on", on.isoformat(), "--tenant", slug)

    def _give_up(self) -> Iterator[Errand]:
        for slug, invoice in self._some(days=LATE_DAYS):
            yield ("write-off", "propose", invoice.number, "--reason", "it is no more", "--tenant", slug)
            yield ("write-off", "approve", invoice.number, "--tenant", slug)

    def _charge(self) -> Iterator[Errand]:
        for slug, invoice in self._some(days=LATE_DAYS):
            yield ("charges", "propose", invoice.number, "--tenant", slug)
            yield ("charges", "approve", invoice.number, "--as-issued", "--tenant", slug)

    def _some(self, days: int) -> Iterator[tuple[TenantSlug, Invoice]]:
        """One overdue invoice, if there is one about which nobody has done anything yet."""
        slug = self._draw.choice(list(self._firms))
        books = self._firms[slug]
        before = books.clock.now().date() - timedelta(days=days)
        late = [each for each in books.invoices.values() if each.due is not None and each.due < before]
        found = [each for each in late if self._is_free(slug, each)]
        if found:
            chosen = self._draw.choice(found)
            self._used.add((slug, chosen.number))
            yield slug, chosen

    def _is_free(self, slug: TenantSlug, invoice: Invoice) -> bool:
        living = invoice.state == "open" and not invoice.bill and invoice.due_amount > 0
        return living and not is_charge(invoice) and (slug, invoice.number) not in self._used
