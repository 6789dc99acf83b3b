"""Charges raised in a ledger: once by their mark, whoever was killed in between, and a draft is owed by nobody."""

from datetime import date, timedelta

import pytest
from conformance import Bench

from connectors.ledger import ChargeLine, LedgerError, NewCharge, Refused
from state.model import ContactId, InvoiceId, InvoiceStatus

DAY = date(2026, 3, 2)


def account(bench: Bench) -> str:
    return "1" if bench.ledger.name == "quickbooks" else "270"


def charge(bench: Bench, key: str = "ABCDEFGHIJKL", **changes: object) -> NewCharge:
    contact = next(key for key, contact in bench.contacts().items() if contact.name == bench.customer.name)
    facts: dict[str, object] = {
        "mark": f"[dun-charge:{key}]",
        "key": f"dun-charge-{key}",
        "contact_id": contact,
        "currency": "GBP",
        "day": DAY,
        "lines": (ChargeLine("Interest for late payment", 643), ChargeLine("Fixed sum", 4000)),
        "account": account(bench),
    }
    return NewCharge(**{**facts, **changes})  # type: ignore[arg-type]


def read(bench: Bench, invoice_id: InvoiceId) -> tuple[InvoiceStatus, int]:
    invoice = bench.ledger.read_invoices([invoice_id]).found[invoice_id]
    return invoice.status, invoice.total_minor


def test_a_charge_becomes_a_document_of_its_sum(bench: Bench) -> None:
    made = bench.ledger.raise_charge(charge(bench))

    expected = InvoiceStatus.OPEN if bench.ledger.name == "quickbooks" else InvoiceStatus.DRAFT
    assert read(bench, made) == (expected, 4643)


def test_the_books_hold_it_with_its_mark_and_its_lines(bench: Bench) -> None:
    bench.ledger.raise_charge(charge(bench))

    [document] = bench.books.invoices.values()
    assert "[dun-charge:ABCDEFGHIJKL]" in (document.reference, document.private_note)
    assert [(line.description, str(line.amount), line.tax) for line in document.lines] == [
        ("Interest for late payment", "6.43", 0),
        ("Fixed sum", "40.00", 0),
    ]
    assert (document.issued, document.customer_id, document.currency) == (DAY, bench.customer.id, "GBP")


def test_raised_again_at_once_it_is_the_same_document(bench: Bench) -> None:
    wanted = charge(bench)

    assert {bench.ledger.raise_charge(wanted) for _ in range(3)} == {InvoiceId(_only(bench))}


def test_raised_again_after_every_key_is_forgotten_it_is_found_by_its_mark(bench: Bench) -> None:
    wanted = charge(bench)
    first = bench.ledger.raise_charge(wanted)
    bench.let_pass(timedelta(days=1))

    assert bench.ledger.raise_charge(NewCharge(**{**_facts(wanted), "key": "another"})) == first
    assert len(bench.books.invoices) == 1


def test_two_charges_on_one_day_are_two_documents(bench: Bench) -> None:
    assert bench.ledger.raise_charge(charge(bench)) != bench.ledger.raise_charge(charge(bench, "MNOPQRSTUVWX"))


def test_a_charge_on_a_customer_nobody_knows_is_an_error_in_words_and_no_document(bench: Bench) -> None:
    unknown = ContactId(bench.unknown_id)

    with pytest.raises(LedgerError) as caught:
        bench.ledger.raise_charge(charge(bench, contact_id=unknown))
    assert str(caught.value)
    assert not bench.books.invoices


def test_a_draft_is_owed_by_nobody(bench: Bench) -> None:
    made = bench.ledger.raise_charge(charge(bench))
    owed = [invoice.id for page in bench.ledger.open_invoices() for invoice in page.invoices]

    assert (made in owed) == (bench.ledger.name == "quickbooks")


def test_an_account_that_the_ledger_does_not_have_is_refused(bench: Bench) -> None:
    if type(bench.ledger).__name__ == "MemoryLedger":
        pytest.skip("the books without a wire keep no accounts")

    key = "item" if bench.ledger.name == "quickbooks" else "account"
    with pytest.raises(Refused, match=rf"999 \(`{key}` in \[charges\]\)"):
        bench.ledger.raise_charge(charge(bench, account="999"))
    assert not bench.books.invoices


def _only(bench: Bench) -> str:
    [document] = bench.books.invoices.values()
    return str(document.id) if bench.ledger.name == "quickbooks" else document.guid


def _facts(wanted: NewCharge) -> dict[str, object]:
    return {name: getattr(wanted, name) for name in wanted.__struct_fields__}
