"""The carrier and the customers' mailboxes, which outlive every process that writes to them."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from connectors.channels.channel import Message, NotSent, Receipt, RefusedMessage, Unsure
from connectors.sandbox.books import WorldClock
from drill.simulation.moments import Moments

SLOW = timedelta(seconds=170)  # every phase of a slow carrier keeps within its own time-out
LATENCY = timedelta(milliseconds=350)
LONGEST = SLOW + LATENCY  # that a carrier takes from the first byte to its answer

Fate = Literal["not_reached", "refuses", "answer_lost", "message_lost", "slow", "crash_after"]


class Delivery(Struct):
    """A message that reached its customer."""

    message: Message
    at: datetime


class Postbox:
    """Takes messages along, unless the script says what becomes of the next one."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self.fates: deque[Fate] = deque()
        self.delivered: list[Delivery] = []
        self.met: list[Fate] = []
        self.lost_answers: set[str] = set()  # messages of which the sender cannot know whether they arrived
        self.on_delivery: Callable[[Delivery], None] = lambda _: None

    def hand_over(self, message: Message, moments: Moments) -> Receipt:
        moments.boundary()
        fate = self.fates.popleft() if self.fates else None
        self.met += [fate] if fate else []
        if fate == "not_reached":
            raise NotSent("there was no connection")
        if fate == "refuses":
            raise RefusedMessage("the carrier does not take this")
        self._clock.advance(SLOW if fate == "slow" else LATENCY)
        if fate == "message_lost":
            self.lost_answers.add(message.id)
            raise Unsure("no answer came")
        delivery = Delivery(message, self._clock.now())
        self.delivered.append(delivery)
        self.on_delivery(delivery)
        if fate == "answer_lost":
            self.lost_answers.add(message.id)
            raise Unsure("no answer came")
        if fate == "crash_after":
            moments.die()
        moments.boundary()
        return Receipt("smtp", None, self._clock.now())


class Channel:
    """One process's way to the postbox."""

    name: Literal["smtp"] = "smtp"

    def __init__(self, postbox: Postbox, moments: Moments) -> None:
        self._postbox = postbox
        self._moments = moments

    def send(self, message: Message) -> Receipt:
        return self._postbox.hand_over(message, self._moments)
