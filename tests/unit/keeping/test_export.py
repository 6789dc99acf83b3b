"""What leaves with a client can be read by every program, adds up, and does no harm in a spreadsheet."""

import csv
import json
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenant_bench import TenantBench
from unit.state.examples import a_contact, a_credit, a_fact, a_payment, a_reply, an_invoice

from connector.keeping.export import ExportError, export
from connectors.sandbox.documents import Invoice
from state.agreed import Instalment, Preference, Share
from state.charges import ProposedCharge
from state.courtesies import NewCourtesy
from state.edits import NewEdit
from state.export import TABLES
from state.model import Allocation, ContactId, InvoiceId, Organisation, ReminderId
from state.money import Money
from state.store import TenantStore

NAMES = [table.name for table in TABLES]
# In others below, or where they come about: what was drawn by lot stands in the tests of the groups.
DRAWN = "trial_members timing_draws timing_ends".split()
NOT_HERE = [*"payments credits allocations tasks replies deliveries suppressed_addresses".split(), *DRAWN]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    """One reminder was sent, another invoice is held."""
    made = TenantBench.open(tmp_path)
    invoice = made.invoice(amount="120.50")
    held = made.invoice()
    made.store.holds.place("invoice", held.guid, "dispute", None, "=not ours", made.now)
    agree(made, held)
    made.pay(invoice, "20.25")
    made.run()
    go_ways_out(made, held)
    propose_charges(made, held)
    made.store.opt_outs.opt_out("+447700900123", made.now, "text")
    [message] = made.store.reminders.messages(None, 1)
    made.store.costs.record(message.draft.id, Decimal("0.00750"), "USD", made.now)
    yield made
    made.store.close()


def agree(bench: TenantBench, invoice: Invoice) -> None:
    """Everything that can be agreed about the invoice, and 120.00 GBP of it in a plan."""
    store, at, key, contact = bench.store, bench.now, InvoiceId(invoice.guid), ContactId(bench.owner_of(invoice).guid)
    shares = [Share(key, 120_00)]
    store.promises.make(key, None, bench.today, 50_50, "GBP", shares, "=rang", "ada", at)
    store.plans.make(contact, "GBP", shares, [Instalment(1, bench.today, 120_00)], "ada", at)
    store.disputes.open(key, "broken", "ada", 10_00, "GBP", "ada", at)
    store.discounts.offer(key, None, 5_00, "GBP", bench.today, "ada", at)
    store.preferences.save(Preference(contact_id=contact, language="de"), "ada", at)
    store.ledger_notes.owe(key, "Promised.", at)
    store.audit.record("ada", "promise", "invoice", key, {}, at)
    store.edits.keep(an_edit(contact), at)
    store.forewarnings.claim(bench.today, at)


def an_edit(contact: ContactId) -> NewEdit:
    return NewEdit(
        contact_id=contact,
        reminders=(ReminderId("A"),),
        kind="email",
        basis="0" * 64,
        reference="dun:a",
        subject="=Hello",
        text="Words.",
        edited_by="ada",
    )


def propose_charges(bench: TenantBench, invoice: Invoice) -> None:
    charge = ProposedCharge(
        invoice_id=InvoiceId(invoice.guid),
        number="x",
        up_to=bench.today,
        currency="GBP",
        interest_minor=3_21,
        fixed_minor=40_00,
        source="the contract",
    )
    bench.store.charges.propose(charge, "ada", bench.now)


def go_ways_out(bench: TenantBench, invoice: Invoice) -> None:
    """Every way out of a sequence, all for the same invoice, which nobody would do."""
    store, at, key = bench.store, bench.now, InvoiceId(invoice.guid)
    store.last_letters.decide(key, "ada", at)
    store.handovers.record([key], "Northern Collections", "0" * 64, "ada", at)
    store.write_offs.propose(key, "=insolvent", "ada", at)
    thanks = NewCourtesy(
        invoice_id=key, occasion="paid", amount_minor=120_00, paid_on=bench.today, planned_for=bench.today
    )
    store.courtesies.plan([thanks], at)


@pytest.fixture
def folder(bench: TenantBench, tmp_path: Path) -> Path:
    export(bench.store, tmp_path / "export")
    return tmp_path / "export"


@pytest.fixture
def mirror_only(tmp_path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(tmp_path / "mirror.db") as store:
        yield store


def sheet(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_bytes().split(b"\n") if line]


def test_every_table_comes_in_both_forms(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {f"{name}.{form}" for name in NAMES for form in ("csv", "jsonl")}


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_have_the_same_rows(folder: Path, name: str) -> None:
    assert len(sheet(folder, name)) == len(lines(folder, name))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_HERE])
def test_what_happened_is_in_it(folder: Path, name: str) -> None:
    assert lines(folder, name)


def test_amounts_of_agreements_are_exact_decimal_text(folder: Path) -> None:
    amounts = {
        name: [(row[column], row["currency"]) for row in lines(folder, name)]
        for name, column in (
            ("promises", "amount"),
            ("plans", "baseline"),
            ("plan_invoices", "baseline"),
            ("instalments", "amount"),
            ("disputes", "amount"),
            ("discount_offers", "amount"),
            ("handovers", "due"),
            ("write_offs", "amount"),
            ("courtesy_messages", "amount"),
        )
    }

    assert amounts == {
        "promises": [("50.50", "GBP")],
        "plans": [("120.00", "GBP")],
        "plan_invoices": [("120.00", "GBP")],
        "instalments": [("120.00", "GBP")],
        "disputes": [("10.00", "GBP")],
        "discount_offers": [("5.00", "GBP")],
        "handovers": [("120.00", "GBP")],
        "write_offs": [("120.00", "GBP")],
        "courtesy_messages": [("120.00", "GBP")],
    }


def test_a_price_keeps_its_fractions_of_a_cent(folder: Path) -> None:
    assert [(row["cost"], row["currency"]) for row in lines(folder, "message_costs")] == [("0.00750", "USD")]


def test_amounts_are_exact_decimal_text_next_to_their_currency(folder: Path) -> None:
    amounts = {(row["due"], row["total"], row["currency"]) for row in lines(folder, "invoices")}

    assert amounts == {("100.25", "120.50", "GBP"), ("120.00", "120.00", "GBP")}


@pytest.mark.parametrize(
    ("currency", "minor", "text"), [("JPY", 1234, "1234"), ("KWD", -5, "-0.005"), ("GBP", -5, "-0.05")]
)
def test_amounts_have_the_digits_of_their_currency(
    mirror_only: TenantStore, tmp_path: Path, currency: str, minor: int, text: str
) -> None:
    mirror_only.mirror.save_invoices([an_invoice(currency=currency, total_minor=minor)])

    export(mirror_only, tmp_path / "out")

    assert lines(tmp_path / "out", "invoices")[0]["total"] == text
    assert sheet(tmp_path / "out", "invoices")[0]["total"] == text


def test_a_sum_in_the_currency_of_the_books_can_be_made_again(mirror_only: TenantStore, tmp_path: Path) -> None:
    books = Organisation(ledger="xero", id="o", name="Firm", currency="GBP", zone="Europe/London", country="GB")
    mirror_only.mirror.save_organisation(books, datetime(2026, 3, 12, tzinfo=UTC))
    mirror_only.mirror.save_invoices([an_invoice(currency="EUR", total_minor=115_00, rate=Decimal("1.15"))])

    export(mirror_only, tmp_path / "out")

    [firm], [invoice] = lines(tmp_path / "out", "organisation"), lines(tmp_path / "out", "invoices")
    assert (firm["ledger"], firm["currency"]) == ("xero", "GBP")
    assert Decimal(invoice["total"]) / Decimal(invoice["rate"]) == 100


def test_payments_credits_and_allocations_are_in_it(mirror_only: TenantStore, tmp_path: Path) -> None:
    part = Allocation("payment", "pay-1", InvoiceId("inv-1"), 250_00)
    mirror_only.mirror.save_invoices([an_invoice()])
    mirror_only.mirror.save_payments([a_payment(allocations=(part,))])
    mirror_only.mirror.save_credits([a_credit()])

    export(mirror_only, tmp_path / "out")

    assert lines(tmp_path / "out", "payments")[0]["amount"] == "300.00"
    assert lines(tmp_path / "out", "allocations")[0]["amount"] == "250.00"
    assert len(lines(tmp_path / "out", "credits")) == 1


def test_what_came_back_is_in_it(mirror_only: TenantStore, tmp_path: Path) -> None:
    at = datetime(2026, 3, 12, tzinfo=UTC)
    with mirror_only.transaction():
        reply = mirror_only.correspondence.save(a_reply(), [ContactId("customer")], at)
        hold = mirror_only.holds.place("contact", "customer", "reply", None, None, at)
        mirror_only.correspondence.concern(reply, ContactId("customer"), hold.id)
    mirror_only.deliveries.record(a_fact(), at)
    mirror_only.deliveries.suppress("ap@buyer.example", "bounced", at)

    export(mirror_only, tmp_path / "out")

    [row] = lines(tmp_path / "out", "replies")
    assert (row["text"], row["contact_ids"]) == ("we paid", '["customer"]')
    assert lines(tmp_path / "out", "deliveries")[0]["kind"] == "bounced"
    assert lines(tmp_path / "out", "suppressed_addresses")[0]["address"] == "ap@buyer.example"


@settings(max_examples=20, deadline=None)
@given(minors=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5))
def test_the_exported_amounts_add_up(tmp_path_factory: pytest.TempPathFactory, minors: list[int]) -> None:
    folder = tmp_path_factory.mktemp("sums")
    with TenantStore.open(folder / "dun.db") as store:
        store.mirror.save_invoices([an_invoice(f"i{n}", total_minor=minor) for n, minor in enumerate(minors)])
        export(store, folder / "out")

    exported = [Money.of(row["total"], "GBP").minor for row in lines(folder / "out", "invoices")]
    assert sum(exported) == sum(minors)


def test_a_cell_that_looks_like_a_formula_is_made_harmless(folder: Path) -> None:
    assert [row["note"] for row in sheet(folder, "holds")] == ["'=not ours"]
    assert [row["note"] for row in lines(folder, "holds")] == ["=not ours"]


@settings(max_examples=20, deadline=None)
@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8).map(
        lambda text: f"{text[0]}{text}"
    )
)
def test_no_name_can_become_a_formula(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("names")
    with TenantStore.open(folder / "dun.db") as store:
        store.mirror.save_contacts([a_contact(name=name)])
        export(store, folder / "out")

    [row] = sheet(folder / "out", "contacts")
    assert not row["name"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert lines(folder / "out", "contacts")[0]["name"] == name


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        " =1+1",
        "\u00a0=1+1",
        "\ufeff=1+1",
        "\x00=1+1",
        '"=1+1',
        "\uff1d1+1",
        "\uff20SUM(1)",
        "x;=1+1",
        "\t@SUM(1)",
    ],
)
def test_a_formula_is_seen_behind_what_a_spreadsheet_passes_over(tmp_path: Path, name: str) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        store.mirror.save_contacts([a_contact(name=name)])
        export(store, tmp_path / "out")

    [row] = sheet(tmp_path / "out", "contacts")
    assert re.fullmatch(r"'.*|x;'=1\+1", row["name"], re.DOTALL)


@pytest.mark.parametrize("name", ["Bo & Sons", "3-M", "a=b", "e@mail", "O'Neil"])
def test_what_is_no_formula_stays_as_it_is(tmp_path: Path, name: str) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        store.mirror.save_contacts([a_contact(name=name)])
        export(store, tmp_path / "out")

    [row] = sheet(tmp_path / "out", "contacts")
    assert row["name"] == name


def test_it_is_for_its_owner_alone(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_is_there_is_refused(bench: TenantBench, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}

    with pytest.raises(ExportError, match="exists already"):
        export(bench.store, folder)

    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_an_export_that_fails_leaves_nothing_behind(bench: TenantBench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ExportError):
        export(bench.store, tmp_path / "file" / "out")


def test_it_does_not_keep_a_cycle_waiting(bench: TenantBench, tmp_path: Path) -> None:
    """All tables are of one moment, whatever is written meanwhile."""
    with TenantStore.open(tmp_path / "dun.db") as reader, reader.exporting() as exporter:
        before = sum(1 for _ in exporter.rows(TABLES[NAMES.index("invoices")]))
        bench.invoice()
        bench.next_day()
        bench.run()

        assert sum(1 for _ in exporter.rows(TABLES[NAMES.index("invoices")])) == before
