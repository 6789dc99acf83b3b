"""Row 4: whoever has not answered is told more firmly, and told the very charges that the firm has configured."""

from collections.abc import Callable

import pytest
from rows_stage import RowsStage

POLICY = """
[policy]

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
offset_days = 8
charges = "mention"
"""
CONTRACT = """
[charges]
terms = "contract"
customers = "business"
percent = "9.75"
per_invoice = { GBP = "25.00" }
"""
ACT = """
[charges]
terms = "uk"
customers = "business"
"""


def the_two_reminders(stage: RowsStage) -> tuple[str, str]:
    stage.invoice(amount="1200.00")
    stage.days(8)
    soft, firm = stage.messages()
    assert (soft.stage, firm.stage) == ("soft", "firm")
    return soft.text, firm.text


@pytest.mark.parametrize(
    ("charges", "named"),
    [
        pytest.param(CONTRACT, ("£2.56", "£0.32", "£25.00"), id="by contract"),
        pytest.param(
            CONTRACT.replace("9.75", "4.20").replace("25.", "12."), ("£1.10", "£0.14", "£12.00"), id="by another"
        ),
        pytest.param(ACT, ("£3.09", "£0.39", "£70.00", "Late Payment of Commercial Debts"), id="by law"),
    ],
)
def test_it_names_what_is_configured(firm: Callable[..., RowsStage], charges: str, named: tuple[str, ...]) -> None:
    """Eight days of 1,200 pounds at 9.75 %, at 4.2 %, and by law at 8 points over the Bank Rate of 3.75 %; what each
    further day adds; and the fixed sum."""
    soft, second = the_two_reminders(firm(POLICY + charges))

    for each in named:
        assert each in second, second
        assert each not in soft


def test_without_charges_it_threatens_none(firm: Callable[..., RowsStage]) -> None:
    _, second = the_two_reminders(firm(POLICY.replace('charges = "mention"\n', "")))

    assert "interest" not in second.lower()
    assert "%" not in second


def test_its_words_are_firmer(firm: Callable[..., RowsStage]) -> None:
    soft, second = the_two_reminders(firm(POLICY + CONTRACT))

    assert "Perhaps this was simply overlooked" in soft
    assert "Please pay the amount shown without delay" in second
    assert "Perhaps" not in second


def test_whoever_has_answered_does_not_get_it(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY + CONTRACT)
    invoice = stage.invoice()
    stage.days()
    stage.reply(stage.messages()[0], "Thank you, I will look into it.")

    stage.days(20)

    assert stage.stages(invoice) == ["soft"]
