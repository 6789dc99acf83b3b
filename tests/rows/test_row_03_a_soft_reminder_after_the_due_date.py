"""Row 3: an invoice that passes its due date unpaid brings one polite mail, in the next hour that mail may leave."""

import re
from collections.abc import Callable
from datetime import date, time

from rows_stage import RowsStage

POLICY = """
[policy]
handover_days = 60

[[policy.stages]]
name = "soft"
offset_days = 1
"""
HARSH = re.compile(r"\b(court|legal|collection|agency|solicitor|penalt|interest|final|must|demand)", re.IGNORECASE)


def test_one_mail_leaves_on_the_day_after(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice()

    stage.run()
    assert stage.messages() == []
    stage.days(20)

    [mail] = stage.messages()
    assert (mail.kind, mail.on, mail.to) == ("email", date(2026, 3, 3), stage.owner(invoice).email)


def test_after_a_weekend_it_leaves_when_the_office_opens(firm: Callable[..., RowsStage]) -> None:
    """Due on Friday, 6 March: Saturday is no day for it, and seven on Monday is too early."""
    stage = firm(POLICY)
    stage.invoice(overdue=-4)
    stage.until(date(2026, 3, 8))
    stage.sleep(1, at=time(7))
    stage.run()
    assert stage.messages() == []

    stage.sleep(0, at=time(9, 5))
    stage.run()
    stage.run()

    assert [(mail.stage, mail.on) for mail in stage.messages()] == [("soft", date(2026, 3, 9))]


def test_it_is_polite(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    stage.invoice()
    stage.days()

    [mail] = stage.messages()
    assert "Perhaps this was simply overlooked" in mail.text
    assert HARSH.findall(mail.text) == []


def test_whoever_pays_in_time_hears_nothing(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    stage.pay(stage.invoice())

    stage.days(5)

    assert stage.messages() == []
