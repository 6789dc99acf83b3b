"""Row 19: what the law of the customers' country forbids is refused when the file is read, and nobody is written to."""

from collections.abc import Callable

import pytest
from rows_stage import RowsStage

LAWFUL = """
[charges]
terms = "uk"
customers = "business"

[[policy.stages]]
name = "soft"
offset_days = 1
charges = "claim"
"""
BRITISH = 'locale = "en_GB"'


@pytest.mark.parametrize("ledger", ["xero"])
@pytest.mark.parametrize(
    ("old", "new", "law"),
    [
        ('"business"', '"consumer"', "Late Payment of Commercial Debts (Interest) Act 1998, s. 2(1)"),
        ("offset_days = 1", "offset_days = 0", "begin on the day after the due date"),
    ],
    ids=["charges that only businesses owe", "charges before anything is late"],
)
def test_a_policy_that_asks_for_what_is_not_owed_sends_nothing(
    firm: Callable[..., RowsStage], old: str, new: str, law: str
) -> None:
    stage = firm(LAWFUL)
    invoice = stage.invoice(overdue=1)
    config = stage.folder / "config.toml"
    lawful = config.read_text()
    config.write_text(lawful.replace(old, new))

    said = stage.refused("dun run --once")
    assert law in " ".join(said.split())
    assert stage.messages() == []

    config.write_text(lawful)
    stage.told("dun run --once")
    assert stage.stages(invoice) == ["soft"]


@pytest.mark.parametrize("ledger", ["xero"])
def test_too_many_messages_a_week_are_doubted_with_their_source(firm: Callable[..., RowsStage]) -> None:
    names = ("friendly", "soft", "firm", "final")
    stages = [f'[[policy.stages]]\nname = "{n}"\noffset_days = {day}\n' for day, n in enumerate(names, 1)]
    stage = firm("[policy]\nminimum_gap_days = 1\n" + "".join(stages))

    said = stage.json("dun policy check")["tenants"][0]["findings"]

    assert any("Protection from Harassment Act 1997" in finding["words"] for finding in said)
