"""What is asked of Twilio in between: who answered STOP, what arrived, what it cost. Each may be asked twice."""

from datetime import date, datetime, timedelta

from connector.phone_costs import CHANNELS, month_of
from connectors.channels.delivery import DeliveryFact
from connectors.channels.twilio_facts import Standing, TwilioReports
from connectors.channels.twilio_inbox import InboundText, TwilioInbox, wish_in
from state.message_costs import Unpriced
from state.store import TenantStore

_STREAM = "twilio-texts"  # a row among the streams, without cursor: Twilio filters by days
_FIRST_LOOK = timedelta(days=30)
_OVERLAP = timedelta(days=1)


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


def learn_fates(store: TenantStore, reports: TwilioReports, today: date, now: datetime) -> tuple[DeliveryFact, ...]:
    """Ask about every text and call of this month and the last whose price is not known, and note down what it cost.

    Raises NoAnswer; what was learnt before stays.
    """
    first = month_of(month_of(today)[0] - timedelta(days=1))[0]
    facts = []
    for message in store.costs.unpriced(CHANNELS, first, month_of(today)[1]):
        if message.provider_id is not None:
            standing = _ask(reports, message, message.provider_id)
            facts.append(standing.fact)
            if standing.cost is not None:
                store.costs.record(message.message_id, standing.cost.amount, standing.cost.currency, now)
    return tuple(facts)


def _ask(reports: TwilioReports, message: Unpriced, sid: str) -> Standing:
    return reports.call(sid) if message.channel == "twilio-voice" else reports.text(sid)


def _take_down(store: TenantStore, text: InboundText) -> None:
    wish = wish_in(text.body)
    if wish == "stop":
        store.opt_outs.opt_out(text.sender, text.at, "text")
    elif wish == "start":
        store.opt_outs.opt_in(text.sender, text.at)
