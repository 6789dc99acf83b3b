"""What is asked besides invoices, as a bookkeeper types it, on both ledgers over real HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from connected_office import SLUGS, Office, connected_office
from pdf_pages import text_of

from connector.cli import main
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault
from state.model import LedgerName

CHARGES = '\n[charges]\nterms = "uk"\ncustomers = "business"\naccount = "270"\nitem = "1"\n'


class Desk:
    """`dun` at one firm's desk, and the firm's true books."""

    def __init__(self, office: Office, ledger: LedgerName) -> None:
        self.office, self.ledger, self.slug = office, ledger, SLUGS[ledger]
        self.raise_options = ["--as-issued"] if ledger == "quickbooks" else []

    @property
    def books(self) -> Books:
        return self.office.world.companies[self.ledger]

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["--config", str(self.office.folder / "config.toml"), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def data(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def late(self) -> Invoice:
        """A new invoice a month past its due date, synchronised."""
        with self.office.world.lock:
            customer = self.books.add_customer(f"Buyer {len(self.books.customers)} Ltd", email="buyer@example.com")
            today = self.books.clock.now().date()
            lines = next(iter(self.books.invoices.values())).lines
            invoice = self.books.add_invoice(
                customer, lines, issued=today - timedelta(days=60), due=today - timedelta(days=30)
            )
        assert self.run("sync").exit_code == 0
        return invoice

    def raised(self) -> list[Invoice]:
        return [each for each in self.books.invoices.values() if each.by_app]


@pytest.fixture(scope="module", params=["xero", "quickbooks"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("money")
    with connected_office(folder, request.param, customers=4) as office:
        with (folder / "config.toml").open("a") as config:
            config.write(CHARGES)
        yield Desk(office, request.param)


def test_the_reckoning_is_shown_to_the_day(desk: Desk) -> None:
    invoice = desk.late()

    [shown] = desk.data("charges", "show", invoice.number)["charges"]

    assert sum(period["interest_minor"] for period in shown["periods"]) == shown["interest_minor"] > 0
    assert {period["percent"] for period in shown["periods"]} == {"11.75"}
    assert invoice.number in desk.run("charges", "show", invoice.number).stdout


def test_a_customers_reckonings_have_a_running_total(desk: Desk) -> None:
    invoice = desk.late()

    shown = desk.data("charges", "show", "--customer", desk.books.customers[invoice.customer_id].name)

    [one] = shown["charges"]
    assert shown["running"][invoice.currency]["total_minor"] == one["total_minor"]


def test_charges_go_from_the_proposal_into_the_ledger_once(desk: Desk) -> None:
    invoice, before = desk.late(), len(desk.raised())
    record = desk.data("charges", "propose", invoice.number)["proposed"]
    assert len(desk.raised()) == before

    [outcome] = desk.data("charges", "approve", invoice.number, *desk.raise_options)["charges"]

    document = desk.raised()[-1]
    assert outcome["result"] == "raised"
    assert outcome["document_id"] == (document.guid if desk.ledger == "xero" else str(document.id))
    minor = record["charge"]["interest_minor"] + record["charge"]["fixed_minor"]
    assert document.total * 100 == minor
    assert document.state == ("draft" if desk.ledger == "xero" else "open")
    assert desk.run("charges", "approve", invoice.number, *desk.raise_options).exit_code == 2
    assert len(desk.raised()) == before + 1


def test_an_answer_that_was_lost_is_told_and_mended_by_the_same_command(desk: Desk) -> None:
    invoice, before = desk.late(), len(desk.raised())
    desk.run("charges", "propose", invoice.number)
    path = "/api.xro/2.0/Invoices" if desk.ledger == "xero" else "/invoice"
    method = "PUT" if desk.ledger == "xero" else "POST"
    with desk.office.world.lock:
        raise_fault(desk.office.world, Fault(desk.ledger, "drop_after", path=path, method=method, times=1))

    lost = desk.run("charges", "approve", invoice.number, *desk.raise_options)
    assert (lost.exit_code, "waiting" in lost.stdout) == (1, True)
    assert invoice.number in desk.run("charges", "list").stdout
    again = desk.run("charges", "approve", invoice.number, *desk.raise_options)

    assert (again.exit_code, "raised in the ledger" in again.stdout) == (0, True)
    assert len(desk.raised()) == before + 1


def test_charges_are_followed_into_the_ledger_and_proposed_anew_once_their_document_is_deleted(desk: Desk) -> None:
    invoice = desk.late()
    desk.run("charges", "propose", invoice.number)
    desk.run("charges", "approve", invoice.number, *desk.raise_options)
    desk.run("sync")
    [shown] = desk.data("charges", "show", invoice.number)["charges"]
    assert shown["drafted_minor" if desk.ledger == "xero" else "raised_minor"] > 0

    with desk.office.world.lock:
        desk.books.delete_invoice(desk.raised()[-1])
    desk.run("sync")

    listed = desk.data("charges", "list", "--all")["charges"]
    assert listed[-1]["charge"]["document_status"] == "deleted"
    assert "proposed anew" in " ".join(desk.run("charges", "list", "--all").stdout.split())
    assert desk.run("charges", "propose", invoice.number).exit_code == 0


def test_quickbooks_is_asked_for_a_word_more(desk: Desk) -> None:
    if desk.ledger == "xero":
        pytest.skip("Xero has drafts")
    invoice, before = desk.late(), len(desk.raised())
    desk.run("charges", "propose", invoice.number)

    refused = desk.run("charges", "approve", invoice.number)

    assert (refused.exit_code, "QuickBooks has no drafts" in refused.stderr) == (2, True)
    assert len(desk.raised()) == before
    assert desk.run("charges", "refuse", invoice.number).exit_code == 0


def test_a_statement_is_written_in_both_forms_and_says_how_old_it_is(desk: Desk, tmp_path: Path) -> None:
    invoice = desk.late()
    name = desk.books.customers[invoice.customer_id].name
    pdf, page = tmp_path / "s.pdf", tmp_path / "s.html"

    told = desk.run("statement", name, "--pdf", str(pdf), "--html", str(page))

    assert "As the ledger was at 2026-03-0" in told.stdout
    assert invoice.number in text_of(pdf.read_bytes())
    assert invoice.number in page.read_text()


def test_a_statement_is_sent_when_a_person_says_so(desk: Desk) -> None:
    invoice = desk.late()
    customer = desk.books.customers[invoice.customer_id]

    sent = desk.data("statement", customer.name, "--send")

    mail = [each for each in desk.office.world.messages if each.attempt == sent["sent"]]
    assert [(each.recipients, each.stage) for each in mail] == [(("buyer@example.com",), "statement")]


def test_a_statement_of_somebody_nobody_knows_is_refused(desk: Desk) -> None:
    refused = desk.run("statement", "Nobody & Sons")

    assert (refused.exit_code, "is not in the mirror" in refused.stderr) == (2, True)


def test_a_file_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    name = desk.books.customers[desk.late().customer_id].name

    refused = desk.run("statement", name, "--pdf", str(tmp_path / "nowhere" / "s.pdf"))

    assert (refused.exit_code, "cannot be written" in refused.stderr) == (2, True)


def test_credit_in_hand_is_listed_with_what_it_would_settle(desk: Desk) -> None:
    invoice = desk.late()
    customer = desk.books.customers[invoice.customer_id]
    with desk.office.world.lock:
        desk.books.credit(customer, invoice.due_amount, on=invoice.issued)
    desk.run("sync")

    [credit] = desk.data("credits", "--customer", customer.name)["credits"]

    assert [(use["number"], use["settles"]) for use in credit["uses"]] == [(invoice.number, True)]
    assert credit["unused_minor"] == 0
    assert "settled" in " ".join(desk.run("credits", "--customer", customer.name).stdout.split())
