"""Row 8: a debt is given up by a proposal and an approval; Dun books it in the ledger, and nobody is reminded."""

import csv
from collections.abc import Callable
from decimal import Decimal

from rows_stage import RowsStage

from connectors.sandbox.documents import Invoice

BOOKED = """
[policy.write_off]
account = "404"
item = "2"
"""
REASON = "the firm is insolvent"


def proposed(stage: RowsStage) -> Invoice:
    """120 pounds, reminded of once, and then proposed to be given up."""
    invoice = stage.invoice()
    stage.days(1)
    stage.told(f'dun write-off propose {invoice.number} --reason "{REASON}"')
    return invoice


def test_what_is_approved_is_booked_with_the_next_cycle(firm: Callable[..., RowsStage]) -> None:
    stage = firm(BOOKED)
    invoice = proposed(stage)
    stage.told(f"dun write-off approve {invoice.number}")

    stage.days(1)
    assert invoice.settled
    stage.days(1)

    [credit] = stage.books.credits.values()
    assert (credit.kind, credit.amount, credit.customer_id) == ("credit_note", Decimal("120.00"), invoice.customer_id)
    assert credit.remaining == 0
    known = stage.mirrored(invoice)
    assert known is not None
    assert known.due_minor == 0


def test_it_is_booked_once(firm: Callable[..., RowsStage]) -> None:
    stage = firm(BOOKED)
    invoice = proposed(stage)
    stage.told(f"dun write-off approve {invoice.number}")

    stage.days(10)

    assert len(stage.books.credits) == 1
    assert stage.stages(invoice) == ["soft"]


def test_without_an_approval_nothing_is_booked_and_nothing_asked_for(firm: Callable[..., RowsStage]) -> None:
    stage = firm(BOOKED)
    invoice = proposed(stage)

    stage.days(25)

    assert (list(stage.books.credits), invoice.due_amount) == ([], Decimal("120.00"))
    assert stage.stages(invoice) == ["soft"]


def test_a_refused_proposal_goes_on_where_it_was(firm: Callable[..., RowsStage]) -> None:
    stage = firm(BOOKED)
    invoice = proposed(stage)
    stage.told(f'dun write-off refuse {invoice.number} --reason "they have been sold"')

    stage.days(10)

    assert stage.stages(invoice) == ["soft", "firm"]


def test_without_an_account_it_is_exported_for_whoever_does_the_books(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = proposed(stage)
    stage.told(f"dun write-off approve {invoice.number}")
    file = stage.folder / "writeoffs.csv"

    stage.told(f"dun write-off list --export {file}")
    stage.days(25)

    with file.open(encoding="utf-8-sig", newline="") as sheet:
        [row] = csv.DictReader(sheet)
    assert {invoice.number, "120.00", REASON} <= set(row.values())
    assert list(stage.books.credits) == []
    assert stage.stages(invoice) == ["soft"]
