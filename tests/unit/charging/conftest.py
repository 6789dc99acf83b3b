"""A firm that charges by British law, with books that can be changed by hand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tenant_bench import SETTINGS, TenantBench

from connector.config.charges import Charging
from connector.cycle import refresh
from connector.dunning.late_terms import UNITED_KINGDOM
from connector.law.published_rates import published_rates
from connectors.sandbox.documents import Invoice
from state.model import Invoice as Mirrored
from state.model import InvoiceId

BRITISH = Charging(terms=UNITED_KINGDOM, customers="business", rates=published_rates(), account="270", item="1")


class Firm(TenantBench):
    """With words for what these tests do again and again."""

    def charging(self, **changes: object) -> None:
        self.set(charges=BRITISH.__class__(**{**_facts(BRITISH), **changes}))

    def mirrored(self, invoice: Invoice) -> Mirrored:
        """As the mirror has it after a pull."""
        refresh(self.tenant)
        found = self.store.mirror.invoice(InvoiceId(invoice.guid))
        assert found is not None
        return found

    def late(self, amount: str = "1000.00") -> Invoice:
        """Due on 2 March 2026; 400.00 came on the 22nd, and it is 11 April: 10.30 of interest and 70.00 are owed."""
        invoice = self.invoice(amount=amount, overdue=0)
        self.next_day(20)
        self.pay(invoice, "400.00")
        self.next_day(20)
        return invoice


def _facts(charging: Charging) -> dict[str, object]:
    return {name: getattr(charging, name) for name in charging.__struct_fields__}


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    bench = Firm.open(tmp_path)
    bench.settings = replace(SETTINGS, charges=BRITISH)
    yield bench  # type: ignore[misc]
    bench.store.close()
