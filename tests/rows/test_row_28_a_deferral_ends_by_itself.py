"""Row 28: a debt is left alone until a day, with a reason, and asked for again without anybody's doing."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage


def test_nothing_is_asked_until_the_day_is_over_and_then_it_goes_on(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    deferred, other = stage.invoice(overdue=1), stage.invoice(overdue=1)
    stage.told("dun sync")
    stage.told(f'dun defer {deferred.number} --until 2026-03-05 --reason "flood in their warehouse"')

    stage.run()
    said = stage.json(f"dun why {deferred.number}")["found"][0]
    assert said["reasons"] == ["held"]
    assert "up to and including 2026-03-05" in said["summary"]
    stage.days(3)
    assert [stage.stages(invoice) for invoice in (deferred, other)] == [[], ["soft"]]

    stage.days(1)
    [message] = stage.messages(deferred)
    assert (message.stage, message.on) == ("soft", date(2026, 3, 6))
