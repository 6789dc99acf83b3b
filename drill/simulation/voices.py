"""What comes back from customers and carriers: texts, replies by mail, bounces, and what became of texts and calls.

The sources stand where the telephone service's and the mailbox's clients stand in life, and fail now and then as they
do. What a source has handed out counts as heard once the cycle that asked goes on; of a cycle that was killed nothing
is asked for that it heard.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from connector.intake import Sources
from connector.tenant import Telephone
from connectors.channels.delivery import DeliveryFact
from connectors.channels.sendgrid_facts import FactsUnavailable
from connectors.channels.twilio_facts import Cost, Standing
from connectors.channels.twilio_inbox import InboundText
from connectors.channels.twilio_rest import NoAnswer
from connectors.mailbox.errors import MailboxUnreachable
from connectors.mailbox.letter import Cursor, Letter
from connectors.sandbox.books import WorldClock
from drill.simulation.moments import Moments

_MAILBOX = "imap:firm"
_DEAD_ONES = 7  # of so many messages one is not delivered


class Told(Struct):
    """One thing that somebody has said: `what` about `whom`, as number, address or customer."""

    what: str  # stop, start, sentence, reply, bounce
    whom: str
    about: str = ""  # the customer, by the ledger's name for it


class Voices:
    """Everything said to one firm so far, and what of it the firm has heard for certain."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self.texts: list[tuple[InboundText, Told]] = []
        self.letters: list[tuple[Letter, Told]] = []
        self.facts: list[tuple[DeliveryFact, Told]] = []
        self.silent = 0  # so many further questions are not answered
        self.stopped_at_the_carrier: set[str] = set()
        self.opted_out: set[str] = set()  # numbers
        self.suppressed: set[str] = set()  # addresses
        self.writing: dict[str, list[str]] = {}  # replies that nobody has handled, by customer
        self._heard: dict[int, Told] = {}
        self._just_now: list[Told] = []

    # -- customers and carriers --------------------------------------------------------------------------------------

    def text(self, number: str, body: str, told: Told) -> None:
        sid = f"SM{len(self.texts):032d}"
        self.texts.append((InboundText(sid, number, body, self._clock.now()), told))
        if told.what == "stop":
            self.stopped_at_the_carrier.add(number)
        elif told.what == "start":
            self.stopped_at_the_carrier.discard(number)

    def reply(self, sender: str, message_id: str, customer: str) -> None:
        number = len(self.letters) + 1
        words = f"Call me, said for the {number}. time."
        head = (
            f"From: <{sender}>\r\nTo: <accounts@firm.example>\r\nSubject: Re: your reminder\r\n"
            f"Message-ID: <reply{number}@customer.example>\r\nIn-Reply-To: <{message_id}@firm.example>\r\n\r\n"
        )
        letter = Letter(
            cursor=Cursor(1, number),
            arrived_at=self._clock.now(),
            size=len(head) + len(words) + 2,
            head=head.encode(),
            body=f"{words}\r\n".encode(),
        )
        self.letters.append((letter, Told("reply", words, customer)))

    def bounce(self, address: str, told: Told) -> None:
        fact = DeliveryFact("", "bounced", self._clock.now(), "no such mailbox", address)
        self.facts.append((fact, told))

    def forget(self) -> None:
        """The company was reset: numbers and addresses stay closed, customers are others."""
        self.writing.clear()

    def handled(self, text: str) -> None:
        """Somebody has read the reply."""
        for waiting in self.writing.values():
            waiting[:] = [words for words in waiting if words not in text]

    # -- what is known of it -----------------------------------------------------------------------------------------

    def hand_out(self, told: Told) -> None:
        self._just_now.append(told)

    def begin(self) -> None:
        """A process begins a cycle, or has died in one."""
        self._just_now.clear()

    def heard(self) -> None:
        """The process that asked goes on: what it was told stands in its file."""
        for told in self._just_now:
            if id(told) not in self._heard:
                self._heard[id(told)] = told
                self._take_down(told)
        self._just_now.clear()

    def _take_down(self, told: Told) -> None:
        match told.what:
            case "stop":
                self.opted_out.add(told.whom)
            case "start":
                self.opted_out.discard(told.whom)
            case "bounce":
                self.suppressed.add(told.whom)
            case "reply":
                self.writing.setdefault(told.about, []).append(told.whom)

    # -- sources, for one process ------------------------------------------------------------------------------------

    def sources(self, moments: Moments) -> Sources:
        return Sources(
            name=_MAILBOX,
            mailbox=_Mailbox(self, moments),
            facts=_Facts(self, moments),
            own=frozenset({"accounts@firm.example"}),
        )

    def telephone(self, moments: Moments) -> Telephone:
        return Telephone(_Inbox(self, moments), _Reports(self, moments))  # type: ignore[arg-type]

    def answer(self, moments: Moments) -> bool:
        """A call to one of the services; False if it is not answered."""
        moments.boundary()
        self._clock.advance(timedelta(milliseconds=120))
        if self.silent:
            self.silent -= 1
            return False
        return True

    @property
    def now(self) -> datetime:
        return self._clock.now()


class _Inbox:
    def __init__(self, voices: Voices, moments: Moments) -> None:
        self._voices = voices
        self._moments = moments

    def since(self, number: str, day: datetime) -> Iterator[InboundText]:  # noqa: ARG002 - one number has all
        if not self._voices.answer(self._moments):
            raise NoAnswer("no answer")
        for text, told in self._voices.texts:
            if text.at.date() >= day.date():
                self._voices.hand_out(told)
                yield text


class _Reports:
    """Some messages arrive nowhere, by the carrier's own name for them. Prices come at once."""

    def __init__(self, voices: Voices, moments: Moments) -> None:
        self._voices = voices
        self._moments = moments

    def text(self, provider_id: str) -> Standing:
        return self._standing(provider_id)

    def call(self, provider_id: str) -> Standing:
        return self._standing(provider_id)

    def _standing(self, provider_id: str) -> Standing:
        if not self._voices.answer(self._moments):
            raise NoAnswer("no answer")
        dead = int(provider_id[-6:], 16) % _DEAD_ONES == 0
        fact = DeliveryFact(provider_id, "bounced" if dead else "delivered", self._voices.now, "", None)
        return Standing(fact, Cost(Decimal("0.0075"), "USD"))


class _Mailbox:
    def __init__(self, voices: Voices, moments: Moments) -> None:
        self._voices = voices
        self._moments = moments

    def letters(self, after: Cursor | None, since: date) -> Iterator[Letter]:  # noqa: ARG002 - the cursor says it
        if not self._voices.answer(self._moments):
            raise MailboxUnreachable("no answer")
        for letter, told in self._voices.letters:
            if after is None or letter.cursor > after:
                self._voices.hand_out(told)
                yield letter

    def check(self) -> None:
        pass


class _Facts:
    def __init__(self, voices: Voices, moments: Moments) -> None:
        self._voices = voices
        self._moments = moments

    def since(self, start: datetime) -> Iterator[DeliveryFact]:
        if not self._voices.answer(self._moments):
            raise FactsUnavailable("no answer")
        for fact, told in self._voices.facts:
            if fact.at >= start:
                self._voices.hand_out(told)
                yield fact
