"""Row 7: one command gives an agency the whole case on paper and as data, and nobody is reminded any more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rows_stage import RowsStage

from connectors.sandbox.documents import Invoice
from connectors.sandbox.pdf_text import text_of

POLICY = """
[policy]
handover_days = 21

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
offset_days = 8

[[policy.stages]]
name = "final"
offset_days = 15
"""
AGENCY = "Northern Collections"


@pytest.fixture
def stage(firm: Callable[..., RowsStage]) -> RowsStage:
    return firm(POLICY)


@pytest.fixture
def overdue(stage: RowsStage) -> Invoice:
    """600 pounds, of which 150 were paid; reminded of twice, with a promise that was not kept."""
    invoice = stage.invoice(amount="600.00")
    stage.days(2)
    stage.pay(invoice, "150.00")
    stage.days(1)
    stage.told(f"dun promise {invoice.number} --on 2026-03-06")
    stage.days(8)
    assert stage.stages(invoice) == ["soft", "firm"]
    return invoice


def handed_over(stage: RowsStage, invoice: Invoice) -> Path:
    """Where the case file is."""
    found = stage.json(f'dun handover {invoice.number} --to "{AGENCY}"')["handed_over"]
    return Path(found["folder"])


def case(folder: Path) -> Any:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def test_the_case_file_has_the_invoice_its_pdf_and_every_contact(stage: RowsStage, overdue: Invoice) -> None:
    folder = handed_over(stage, overdue)

    found = case(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"Invoice-{overdue.number}.pdf",
        "case.json",
        "case.pdf",
    ]
    assert (folder / f"Invoice-{overdue.number}.pdf").read_bytes().startswith(b"%PDF")
    assert [(one["stage"], one["text"].split()) for one in found["messages"]] == [
        (one.stage, one.text.split()) for one in stage.messages(overdue)
    ]
    assert found["debtor"]["name"] == stage.owner(overdue).name
    assert [(one["number"], one["due_minor"]) for one in found["invoices"]] == [(overdue.number, 450_00)]
    assert [one["proof"] is not None for one in found["reminders"]] == [True, True]
    assert "promise" in json.dumps(found["contact_log"])


def test_people_read_the_same_on_paper(stage: RowsStage, overdue: Invoice) -> None:
    paper = text_of((handed_over(stage, overdue) / "case.pdf").read_bytes())

    for words in (stage.owner(overdue).name, overdue.number, "450.00", "150.00", AGENCY, "Perhaps this was simply"):
        assert "".join(words.split()) in "".join(paper.split()), words


def test_nobody_is_reminded_any_more(stage: RowsStage, overdue: Invoice) -> None:
    """Not of this one: what falls due later is not with the agency."""
    before = len(stage.messages(overdue))
    handed_over(stage, overdue)
    later = stage.invoice(stage.owner(overdue), "80.00")

    stage.days(20)

    assert len(stage.messages(overdue)) == before
    assert stage.stages(later) == ["soft", "firm", "final"]
    assert "on hold (handed over)" in stage.told(f"dun why {overdue.number}")


def test_money_that_comes_later_is_told(stage: RowsStage, overdue: Invoice) -> None:
    handed_over(stage, overdue)
    stage.days(3)
    stage.pay(overdue)

    stage.days(1)

    [task] = stage.tasks()
    assert (task.new.kind, task.new.invoice_id) == ("late_payment", stage.key(overdue))


def test_what_is_paid_or_disputed_is_not_handed_over(stage: RowsStage, overdue: Invoice) -> None:
    paid = stage.invoice(stage.owner(overdue), overdue=30)
    stage.pay(paid)
    stage.told("dun sync")
    stage.told(f'dun dispute {overdue.number} --reason "cracked boards"')

    for invoice in (paid, overdue):
        assert stage.refused(f'dun handover {invoice.number} --to "{AGENCY}"')
    assert not (stage.folder / "cases").exists()
