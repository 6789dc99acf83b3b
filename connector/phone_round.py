"""What is asked of Twilio in between: who answered STOP, what arrived, what it cost. Each may be asked twice.

How far the texts were read is told by Twilio's own times: after a machine's clock that was weeks ahead for a day, a
position by that clock would leave every STOP unread until the date has come.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from connector.config.phone import NumbersSection
from connector.phone_costs import CHANNELS, month_of
from connectors.channels.delivery import DeliveryFact
from connectors.channels.twilio_facts import Cost, Standing, TwilioReports
from connectors.channels.twilio_inbox import InboundText, TwilioInbox, wish_in
from connectors.channels.twilio_rest import NoAnswer, Silent
from state.message_costs import Unpriced
from state.model import MessageId
from state.store import TenantStore

_STREAM = "twilio-texts"  # a row among the streams, whose cursor is the instant of the last text
_FIRST_LOOK = timedelta(days=30)
_OVERLAP = timedelta(days=1)
_PRICES_COME_WITHIN = timedelta(days=3)


class Fates(Struct, frozen=True):
    """What became of texts and calls, and for which of them Twilio had no answer, with the reason."""

    facts: tuple[DeliveryFact, ...]
    unanswered: tuple[tuple[MessageId, str], ...]


def new_texts(
    store: TenantStore, inbox: TwilioInbox, numbers: tuple[str, ...], now: datetime
) -> tuple[InboundText, ...]:
    """What came in, oldest first, until it is remembered as read. Raises NoAnswer.

    What came up to a day before the last text comes again and is known by its SID.
    """
    last = store.mirror.cursor(_STREAM)
    start = datetime.fromisoformat(last) if last else now - _FIRST_LOOK
    arrived = [text for number in numbers for text in inbox.since(number, start - _OVERLAP)]
    return tuple(sorted(arrived, key=lambda text: text.at))


def take_wish(store: TenantStore, text: InboundText) -> bool:
    """Take down who wants no more texts, or texts again; False if it is a sentence, which is for a person to read."""
    match wish_in(text.body):
        case "stop":
            store.opt_outs.opt_out(text.sender, text.at, "text")
        case "start":
            store.opt_outs.opt_in(text.sender, text.at)
        case None:
            return False
    return True


def remember_read(store: TenantStore, texts: Sequence[InboundText], now: datetime) -> None:
    """Ask from the last of `texts` on in future; for when all of them are kept."""
    last = texts[-1].at.isoformat() if texts else store.mirror.cursor(_STREAM)
    store.mirror.move_cursor(_STREAM, last, now)


def learn_fates(
    store: TenantStore, reports: TwilioReports, numbers: NumbersSection, today: date, now: datetime
) -> Fates:
    """Ask about every text and call of this month and the last whose price is not known, and note down what it cost.

    One that Twilio cannot tell about keeps nobody from the others. Raises Silent; what was learnt before stays.
    """
    first = month_of(month_of(today)[0] - timedelta(days=1))[0]
    facts, unanswered = [], []
    for message in store.costs.unpriced(CHANNELS, first, month_of(today)[1]):
        try:
            standing = _standing(reports, message)
        except Silent:
            raise
        except NoAnswer as error:
            unanswered.append((message.message_id, str(error)))
            continue
        if standing is not None:
            facts.append(standing.fact)
            _note_cost(store, message, _charged(standing, message, numbers, today), now)
    return Fates(tuple(facts), tuple(unanswered))


def _standing(reports: TwilioReports, message: Unpriced) -> Standing | None:
    """None for one whose name at Twilio is not known, since nobody knows whether it left."""
    if message.provider_id is None:
        return None
    ask = reports.call if message.channel == "twilio-voice" else reports.text
    return ask(message.provider_id)


def _charged(standing: Standing, message: Unpriced, numbers: NumbersSection, today: date) -> Cost | None:
    """The price; nothing, where a text or call ended days ago and still has none, as those that never left."""
    ended = standing.fact.kind != "in_transit" and today - message.day > _PRICES_COME_WITHIN
    return standing.cost or (Cost(Decimal(0), numbers.currency) if ended else None)


def _note_cost(store: TenantStore, message: Unpriced, cost: Cost | None, now: datetime) -> None:
    if cost is not None:
        store.costs.record(message.message_id, cost.amount, cost.currency, now)
