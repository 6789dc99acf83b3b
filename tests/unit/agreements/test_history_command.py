"""`dun history` at the terminal: a message about many invoices is still a line or two."""

from contextlib import closing

from unit.agreements.conftest import FILE, Office
from unit.policy.test_rewind_command import known
from unit.state.examples import AT, a_draft, verified

from state.model import MessageId
from state.store import TenantStore

__all__ = ["known"]


def test_of_many_invoices_four_are_named_and_the_others_counted(known: Office) -> None:
    with closing(TenantStore.open(known.folder / FILE)) as store:
        reminders = [verified(store, f"inv-{number}") for number in range(10, 17)]
        assert store.reminders.claim(reminders, a_draft("msg-1"), "worker", AT, AT)
        assert store.reminders.sent(MessageId("msg-1"), "provider-1", AT) == 7

    told = known.told("history")
    assert "and 3 more" in told
    assert told.count("INV-") == 4
    assert len(known.data("history")["messages"][0]["invoices"]) == 7
