"""Row 10: what was overdue before and after each month, told from the mirror alone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pdf_pages import text_of
from rows_stage import RowsStage


def told(stage: RowsStage, currency: str = "GBP") -> dict[str, tuple[Any, Any, int]]:
    """By month: what was overdue at its beginning and at its end, and how many messages left."""
    return {
        row["month"]: (row["overdue_before"], row["overdue_after"], row["messages"])
        for row in stage.view("overdue_by_month")
        if row["currency"] == currency
    }


def test_each_month_tells_what_was_overdue_when_it_began_and_ended(firm: Callable[..., RowsStage]) -> None:
    """On 2 March: 300 due on 16 December, paid on 20 February; 120 due on 15 February, half of it paid on 1 March."""
    stage = firm()
    early, late = stage.invoice(amount="300.00", overdue=76), stage.invoice(amount="120.00", overdue=15)
    stage.pay(early, on=date(2026, 2, 20))
    stage.pay(late, "60.00", on=date(2026, 3, 1))

    stage.days(30)

    assert told(stage) == {
        "2025-12": ("0.00", "300.00", 0),
        "2026-01": ("300.00", "300.00", 0),
        "2026-02": ("300.00", "120.00", 0),
        "2026-03": ("120.00", "60.00", 3),
        "2026-04": ("60.00", "60.00", 0),
    }


def test_it_falls_when_reminded_customers_pay(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoices = [stage.invoice(amount="100.00", overdue=10) for _ in range(3)]
    stage.days(5)
    for invoice in invoices[:2]:
        stage.pay(invoice)
    stage.days(1)

    assert told(stage)["2026-03"] == ("300.00", "100.00", 3)


def test_it_is_what_the_books_say_in_every_currency(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice(stage.customer(currency="EUR", country="DE"), "500.00", overdue=3)
    stage.invoice(amount="80.00", overdue=3)
    stage.invoice(amount="70.00", overdue=-30)

    stage.told("dun sync")

    assert told(stage) == {"2026-02": ("0.00", "80.00", 0), "2026-03": ("80.00", "80.00", 0)}
    assert told(stage, "EUR") == {"2026-02": ("0.00", "500.00", 0), "2026-03": ("500.00", "500.00", 0)}


def test_the_owner_gets_the_month_on_one_page(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice(amount="300.00", overdue=10)
    stage.days(2)
    stage.pay(invoice, "120.00")
    stage.days(40)

    told = stage.told(f"dun report monthly --month 2026-03 --pdf {stage.folder / 'march.pdf'}")
    [report] = stage.json("dun report monthly --month 2026-03")["reports"]
    tables = {table["name"]: table["rows"] for table in report["tables"]}
    aged = {row["age"]: row["amount"]["amount"] for row in tables["aged_debt"]}
    assert {age: amount for age, amount in aged.items() if float(amount)} == {"31-60": "180.00"}
    assert tables["money"][-1]["asked_for"] == {"amount": "300.00", "currency": "GBP"}
    assert tables["money"][-1]["came_in"] == {"amount": "120.00", "currency": "GBP"}
    shown = text_of((stage.folder / "march.pdf").read_bytes())
    assert "March 2026" in shown
    assert "£180.00" in shown
    assert "Written to" in told


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("monthly --month March", "is no month"),
        ("monthly --month 2030-01", "has not begun"),
        ("monthly --month 2026-03 --as-of 2026-03-01", "one of them"),
        ("reminders --pdf x.pdf", "monthly report"),
        ("monthly --pdf no/such/folder/x.pdf", "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(firm: Callable[..., RowsStage], asked: str, words: str) -> None:
    assert words in firm().refused(f"dun report {asked}")


BY_RATING = """
[[policy.segments]]
name = "slow"
sequence = "slow"
rating = ["D", "E", "F"]

[[policy.sequences.slow.stages]]
name = "slow-firm"
offset_days = 2
template = "firm"
"""


@pytest.mark.parametrize("ledger", ["xero"])
def test_the_command_tells_what_is_owed_by_segment_and_by_owner(firm: Callable[..., RowsStage]) -> None:
    """Segments by rating too, and the owners that people have named."""
    stage = firm(BY_RATING)
    slow, other = stage.customer(), stage.customer()
    stage.has_paid_before(slow, days_late=25)
    stage.has_paid_before(other, days_late=1)
    stage.invoice(slow, "300.00", overdue=40)
    stage.invoice(other, "50.00", overdue=40)
    stage.told("dun sync")
    stage.told(f"dun customer '{other.name}' --owner Ada")

    def by(group: str) -> dict[str | None, Any]:
        [report] = stage.json(f"dun report aged-debt --by {group}")["reports"]
        return {row[group]: row["total"]["amount"] for row in report["tables"][0]["rows"]}

    assert by("segment") == {"slow": "300.00", "standard": "50.00"}
    assert by("owner") == {"Ada": "50.00", None: "300.00"}
    assert "slow" in stage.told("dun report aged-debt --by segment")


@pytest.mark.parametrize("ledger", ["xero"])
def test_the_forecast_is_of_today_alone_and_says_so(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice(overdue=3)
    stage.told("dun sync")

    words = stage.refused("dun report forecast --as-of 2026-02-01")

    assert "is of today alone, 2026-03-02, and not of 2026-02-01" in words
    assert "is of today alone" in stage.refused("dun report forecast --month 2026-02")
    assert stage.told("dun report forecast --as-of 2026-03-02") == stage.told("dun report forecast")
