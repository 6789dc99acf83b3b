"""What is asked of Twilio in between: who answered STOP, what arrived, what it cost. Each may be asked twice."""

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

_STREAM = "twilio-texts"  # a row among the streams, without cursor: Twilio filters by days
_FIRST_LOOK = timedelta(days=30)
_OVERLAP = timedelta(days=1)
_PRICES_COME_WITHIN = timedelta(days=3)


class Fates(Struct, frozen=True):
    """What became of texts and calls, and for which of them Twilio had no answer, with the reason."""

    facts: tuple[DeliveryFact, ...]
    unanswered: tuple[tuple[MessageId, str], ...]


def learn_wishes(
    store: TenantStore, inbox: TwilioInbox, numbers: tuple[str, ...], now: datetime
) -> tuple[InboundText, ...]:
    """Take down who wants no more texts, or texts again; what else came in, oldest first, for a person to read.

    What came a day before the last look comes again and is known by its SID. Raises NoAnswer, and is then asked anew.
    """
    looked = store.mirror.pulled_at(_STREAM) or now - _FIRST_LOOK
    arrived = [text for number in numbers for text in inbox.since(number, looked - _OVERLAP)]
    arrived.sort(key=lambda text: text.at)
    for text in arrived:
        _take_down(store, text)
    store.mirror.move_cursor(_STREAM, None, now)
    return tuple(text for text in arrived if wish_in(text.body) is None)


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


def _take_down(store: TenantStore, text: InboundText) -> None:
    wish = wish_in(text.body)
    if wish == "stop":
        store.opt_outs.opt_out(text.sender, text.at, "text")
    elif wish == "start":
        store.opt_outs.opt_in(text.sender, text.at)
