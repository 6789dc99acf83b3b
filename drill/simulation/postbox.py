"""The carrier and the customers' mailboxes, which outlive every process that writes to them."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from connector.work_list import WorkList
from connectors.channels.channel import (
    Kind,
    Message,
    NotSent,
    Receipt,
    RecipientOptedOut,
    RefusedMessage,
    Unsure,
)
from connectors.channels.letter_folder import LetterFolderChannel
from connectors.sandbox.books import WorldClock
from drill.simulation.moments import Moments

SLOW = timedelta(seconds=170)  # every phase of a slow carrier keeps within its own time-out
LATENCY = timedelta(milliseconds=350)
LONGEST = SLOW + LATENCY  # that a carrier takes from the first byte to its answer

NAMES: dict[Kind, str] = {
    "email": "smtp",
    "sms": "twilio-sms",
    "voice": "twilio-voice",
    "letter": "letter-folder",
    "call": "work-list",
}
Fate = Literal["not_reached", "refuses", "answer_lost", "message_lost", "slow", "crash_after"]


class Delivery(Struct):
    """A message that reached its customer."""

    message: Message
    at: datetime
    known: int = 0  # the latest agreement when it was claimed
    customer: str = ""  # the ledger's name for whom it went to; filled in when it is judged


class Postbox:
    """Takes messages along, unless the script says what becomes of the next one."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self.fates: deque[Fate] = deque()
        self.delivered: list[Delivery] = []
        self.next_call_kills = False  # the process that puts it on the list
        self.met: list[Fate] = []
        self.lost_answers: set[str] = set()  # messages of which the sender cannot know whether they arrived
        self.on_delivery: Callable[[Delivery], None] = lambda _: None
        self.on_attempt: Callable[[Message], int] = lambda _: 0  # returns the number of the latest agreement
        self.opted_out: Callable[[str], bool] = lambda _: False  # as the carrier itself knows

    def hand_over(
        self, message: Message, moments: Moments, carry: Callable[[Message], object] = lambda _: None
    ) -> Receipt:
        """`carry` is what happens to the message itself on the way, if it gets so far."""
        known = self.on_attempt(message)
        moments.boundary()
        fate = self.fates.popleft() if self.fates else None
        self.met += [fate] if fate else []
        if fate == "not_reached":
            raise NotSent("there was no connection")
        if fate == "refuses":
            raise RefusedMessage("the carrier does not take this")
        if message.kind == "sms" and self.opted_out(message.phone or ""):
            raise RecipientOptedOut("this number wants no texts")
        self._clock.advance(SLOW if fate == "slow" else LATENCY)
        if fate == "message_lost":
            self.lost_answers.add(message.id)
            raise Unsure("no answer came")
        carry(message)
        self._deliver(Delivery(message, self._clock.now(), known))
        if fate == "answer_lost":
            self.lost_answers.add(message.id)
            raise Unsure("no answer came")
        if fate == "crash_after":
            moments.die()
        moments.boundary()
        return Receipt(NAMES[message.kind], self._name_of(message), self._clock.now())

    def listed(self, message: Message, known: int) -> None:
        """A call has been put on the list of work."""
        self._deliver(Delivery(message, self._clock.now(), known))

    def _deliver(self, delivery: Delivery) -> None:
        self.delivered.append(delivery)
        self.on_delivery(delivery)

    @staticmethod
    def _name_of(message: Message) -> str | None:
        """The telephone service's own name, by which it is asked what became of a text or call."""
        return f"SM{message.id}" if message.kind in ("sms", "voice") else None


class Channel:
    """One process's way to the postbox."""

    def __init__(self, postbox: Postbox, moments: Moments, kind: Kind = "email") -> None:
        self._postbox = postbox
        self._moments = moments
        self.name = NAMES[kind]

    def send(self, message: Message) -> Receipt:
        return self._postbox.hand_over(message, self._moments)


class Outbox:
    """The firm's own folder of letters, which somebody posts from."""

    def __init__(self, postbox: Postbox, folder: LetterFolderChannel, moments: Moments) -> None:
        self._postbox = postbox
        self._moments = moments
        self._folder = folder
        self.name = folder.name

    def send(self, message: Message) -> Receipt:
        return self._postbox.hand_over(message, self._moments, self._folder.send)


class CallList:
    """The list of work in the firm's own file, and the drill beside it."""

    def __init__(self, postbox: Postbox, list_of_work: WorkList, moments: Moments) -> None:
        self._postbox = postbox
        self._moments = moments
        self._list = list_of_work
        self.name = list_of_work.name

    def send(self, message: Message) -> Receipt:
        known = self._postbox.on_attempt(message)
        receipt = self._list.send(message)
        self._postbox.listed(message, known)
        if self._postbox.next_call_kills:
            self._postbox.next_call_kills = False
            self._moments.die()
        return receipt
