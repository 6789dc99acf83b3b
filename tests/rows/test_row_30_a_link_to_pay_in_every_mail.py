"""Row 30: every mail has, for each of its invoices, the link at which that invoice can be paid."""

import re
from collections.abc import Callable

from rows_stage import RowsStage

PAGES = {"xero": r"https?://\S*?in\.xero\.com/(\w+)", "quickbooks": r"https?://\S*?/t/scs-v1-(\w+)"}


def test_each_mail_links_to_its_own_invoices_and_to_no_other(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    both = stage.customer()
    first, second, other = stage.invoice(both, overdue=8), stage.invoice(both, overdue=1), stage.invoice(overdue=1)
    stage.run()
    stage.sleep(7)
    stage.run()

    for message in stage.messages():
        named = [invoice for invoice in (first, second, other) if invoice.number in message.text]
        wanted = {invoice.guid.replace("-", "") for invoice in named}
        assert set(re.findall(PAGES[stage.ledger], message.text)) == wanted
        assert set(re.findall(PAGES[stage.ledger], message.html)) == wanted
    assert [message.stage for message in stage.messages()] == ["soft", "soft", "firm", "firm"]
