"""The page about decisions knows every action and every reason, and no others."""

from pathlib import Path

from connector.dunning.reasons import Action, ReasonCode

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "decisions.md"


def test_every_action_and_reason_has_a_heading() -> None:
    headings = [
        line.removeprefix("## ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")
    ]

    assert sorted(headings) == sorted([*Action, *ReasonCode])
