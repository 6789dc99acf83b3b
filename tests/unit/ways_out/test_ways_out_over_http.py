"""The ways out on served books of both ledgers, from the cycle down to the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from quickbooks_stage import OurClock
from tenant_bench import COMPANY, MONDAY, RecordingChannel, TenantBench

from connector.agreements.subject import AtHand
from connector.config.settings import load
from connector.config.write_off import WriteOffSection
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.holding import Target
from connector.sandbox_config import write_sandbox_config
from connector.tenant import Tenant
from connector.ways_out.giving_up import approve, propose
from connector.ways_out.handing import Wanted, hand_over
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World
from connectors.transport import CallMeter
from state.model import InvoiceId, InvoiceStatus

WRITES = {
    "xero": [("/CreditNotes", "PUT"), ("/Allocations", "PUT")],
    "quickbooks": [("/creditmemo", "POST"), ("/payment", "POST")],
}


class Served(TenantBench):
    """The bench with a wire, for either ledger."""

    name: str
    clock: Any

    @property
    def books(self) -> Books:
        return self.world.companies[self.name]

    @property
    def tenant(self) -> Tenant:
        return replace(super().tenant, clock=self.clock, meter=CallMeter())

    def key(self, invoice: Invoice) -> InvoiceId:
        return InvoiceId(invoice.guid if self.name == "xero" else str(invoice.id))

    def hand(self, invoice: Invoice) -> AtHand:
        target = Target(self.settings.slug, "invoice", self.key(invoice), f"invoice {invoice.number}")
        return AtHand(target=target, store=self.store, now=self.now, today=self.today)


@contextmanager
def served(name: str, folder: Path) -> Iterator[Served]:
    world = World(WorldClock(MONDAY))
    world.companies[name] = Books(replace(COMPANY), world.clock)
    clock = OurClock(world.clock)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url)
        with Installation(load(folder / "config.toml"), clock) as installation:
            [settings] = installation.config.tenants.values()
            settings = replace(
                settings,
                mode="auto",
                attach_pdf=False,
                thanks="email",
                write_off=WriteOffSection(account="404", item="2"),
            )
            connect(installation, settings, agree, lambda found: found[0])
            ledger: Any = installation.ledger(settings, CallMeter())
            store = installation.store(settings.slug)
            made = Served(world, ledger, RecordingChannel(world), store, settings)
            made.name, made.clock = name, clock
            yield made
            ledger.close()
            store.close()


@pytest.fixture(params=["xero", "quickbooks"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with served(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def reminded(bench: Served) -> Invoice:
    document = bench.invoice(overdue=60)
    bench.run()
    assert [message.stage for message in bench.channel.accepted] == ["soft"]
    return document


def test_a_write_off_settles_the_invoice_in_the_books_and_in_the_mirror(bench: Served, reminded: Invoice) -> None:
    propose(bench.hand(reminded), "insolvent", "ada")
    approve(bench.hand(reminded), "grace")

    report = bench.run()
    bench.let_pass(timedelta(hours=1))
    bench.live(10)

    [written] = bench.store.write_offs.all()
    assert (report.written_off, written.state) == (1, "written")
    assert [(c.amount, c.remaining) for c in bench.books.credits.values()] == [(Decimal("120.00"), Decimal("0.00"))]
    known = bench.store.mirror.invoice(bench.key(reminded))
    assert known is not None
    assert known.status is InvoiceStatus.PAID
    assert [message.stage for message in bench.channel.accepted] == ["soft"]  # and no thanks
    assert bench.judgement() == {}


@pytest.mark.parametrize("write", [0, 1], ids=["document", "application"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_lost_answer_leaves_one_credit_in_the_books(bench: Served, reminded: Invoice, write: int, kind: str) -> None:
    propose(bench.hand(reminded), "insolvent", "ada")
    approve(bench.hand(reminded), "grace")
    path, method = WRITES[bench.name][write]
    raise_fault(bench.world, Fault(bench.name, kind, 1, path, method))

    first = bench.run()
    bench.let_pass(timedelta(hours=1))
    second = bench.run()

    assert (first.written_off, second.written_off) == (0, 1)
    assert [(c.amount, c.remaining) for c in bench.books.credits.values()] == [(Decimal("120.00"), Decimal("0.00"))]
    assert reminded.settled


def test_a_payment_is_thanked_for_once_and_only_when_it_is_there(bench: Served, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day()

    bench.live(5)

    assert [message.stage for message in bench.channel.accepted] == ["soft", "thanks"]
    assert "120.00" in bench.channel.accepted[-1].text
    assert verdict(bench.world)["thanked_for_nothing"] == 0
    assert bench.judgement() == {}


def test_a_credit_that_settles_the_invoice_is_not_thanked_for(bench: Served, reminded: Invoice) -> None:
    bench.books.write_off(reminded, on=bench.today)
    bench.next_day()

    bench.live(5)

    assert [message.stage for message in bench.channel.accepted] == ["soft"]


def test_a_case_is_handed_over_with_the_invoice_and_its_payments(
    bench: Served, reminded: Invoice, tmp_path: Path
) -> None:
    bench.pay(reminded, "20.00")
    bench.run()

    found = hand_over(bench.tenant, Wanted(invoices=(bench.key(reminded),)), "Agency", tmp_path / "cases", "ada")
    bench.live(40)

    assert (found.without_document, found.claims) == ((), ("100.00 GBP",))
    assert b'"amount_minor": 2000' in (found.folder / "case.json").read_bytes()
    assert [message.stage for message in bench.channel.accepted] == ["soft"]


def test_a_payment_after_the_handover_is_noticed(bench: Served, reminded: Invoice, tmp_path: Path) -> None:
    hand_over(bench.tenant, Wanted(invoices=(bench.key(reminded),)), "Agency", tmp_path / "cases", "ada")
    bench.pay(reminded)

    bench.live(3)

    [task] = bench.store.tasks.open_ones()
    assert (task.new.kind, "from 120.00 GBP to 0.00 GBP" in task.new.script) == ("late_payment", True)
    assert [message.stage for message in bench.channel.accepted] == ["soft"]  # who paid the agency is not thanked
