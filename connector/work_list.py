"""Calls: a stage that goes by telephone becomes a task on somebody's list, with number, script and open items.

The list is in the tenant's own file, so putting a call on it either happens or does not; after a kill the file itself
says which, and nobody has to be asked.
"""

from connectors.channels.channel import Message, NotSent, Receipt
from state.clock import Clock
from state.errors import StateError
from state.model import ContactId, MessageId
from state.store import TenantStore
from state.tasks import NewTask

NAME = "work-list"


NO_NUMBER = "No telephone number of this customer is in the ledger: find one, and enter it there for the next time."


def script_for(phone: str | None, script: str) -> str:
    """What is to be said, and before it that there is no number to say it to."""
    return script if phone else f"{NO_NUMBER}\n{script}"


class WorkList:
    """The channel of calls."""

    def __init__(self, store: TenantStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def name(self) -> str:
        return NAME

    def send(self, message: Message) -> Receipt:
        """Put the call on its owner's list; the same message twice is one call."""
        now = self._clock.now()
        reminders = self._store.reminders.for_message(MessageId(message.id))
        task = NewTask(
            kind="call",
            subject=message.id,
            contact_id=reminders[0].contact_id if reminders else ContactId(""),
            message_id=MessageId(message.id),
            stage=message.stage,
            owner=message.owner,
            phone=message.phone,
            script=script_for(message.phone, message.text),
            blocks=message.blocks,
        )
        try:
            self._store.tasks.open([task], now)
        except StateError as error:
            raise NotSent(f"the call could not be put on the list: {error}") from None
        return Receipt(channel=NAME, provider_id=None, accepted_at=now)
