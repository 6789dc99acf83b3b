"""Whether an approval still stands for what would leave: the one place that reckons terms, and that compares them.

A yes is for a language, a way, the people a message goes to, its words, what is disputed, what was agreed, and a sum.
Less may be asked than was approved, as after a payment; anything else has to be approved again.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Literal, get_args

import msgspec

from connector.addressees import mailed_to, number_for
from connector.config.settings import TenantSettings
from connector.dunning.agreements import discounted
from connector.dunning.plan_steps import INSTALMENT_REMINDER, is_instalment
from connector.dunning.policy import Stage
from connector.messages.locales import language_of
from connector.saying.said import Said, say
from state.agreed import PromiseState
from state.model import ContactId, ReminderId
from state.planned_facts import PlannedFacts
from state.stage_names import stage_of
from state.store import TenantStore
from state.terms import Terms

Aspect = Literal["amount", "words", "language", "channel", "addressees", "dispute", "agreement"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
DUN = "dun"  # who takes an approval back in the audit trail
EDITED_SINCE = "edited_since_approved"
CHANGED_SINCE = "changed_since_approved"  # more is asked, or somebody else
_IN_WORDS: dict[Aspect, Said] = {
    "amount": say("the amount"),
    "words": say("the words"),
    "language": say("the language"),
    "channel": say("the way it goes"),
    "addressees": say("whom it goes to"),
    "dispute": say("what is disputed"),
    "agreement": say("what was agreed"),
}
# Why an approval was taken back, as the reminder keeps it.
REASONS: dict[Aspect, str] = {
    aspect: f"{aspect}_changed_since_approved" for aspect in ASPECTS if aspect not in ("amount", "words")
} | {"amount": CHANGED_SINCE, "words": EDITED_SINCE}
_ENDED = {reason: aspect for aspect, reason in REASONS.items()}
_SAME: tuple[Aspect, ...] = tuple(aspect for aspect in ASPECTS if aspect != "amount")
_STANDING = (PromiseState.OPEN, PromiseState.BROKEN)
Family = tuple[ContactId, str]  # its head, and a currency


def ended_for(reason: str) -> Aspect | None:
    """What has changed since the approval that `reason` says was taken back; None for any other reason."""
    return _ENDED.get(reason)


def aspect_in_words(aspect: Aspect) -> Said:
    """As people say it."""
    return _IN_WORDS[aspect]


def terms_of(settings: TenantSettings, planned: Iterable[PlannedFacts], today: date) -> dict[ReminderId, Terms]:
    """Under which each would be approved on `today`, without the sum of its family: see `given_terms`."""
    stages = settings.book.stages
    return {each.reminder_id: _terms(settings, each, _rule(stages, each.stage), today) for each in planned}


def given_terms(
    store: TenantStore, settings: TenantSettings, chosen: Collection[ReminderId], today: date
) -> dict[ReminderId, Terms]:
    """The terms of `chosen` if they are approved now, beside what is approved already."""
    planned = store.planned_facts(today)
    together = [each for each in planned if each.approved or each.reminder_id in chosen]
    terms = terms_of(settings, together, today)
    sums = _net(settings, together, terms)
    return {
        each.reminder_id: msgspec.structs.replace(terms[each.reminder_id], net_minor=sums[_family(each)])
        for each in together
        if each.reminder_id in chosen
    }


def withdraw_changed(store: TenantStore, settings: TenantSettings, now: datetime) -> None:
    """Take back every approval that does not stand for what would leave now, with what has changed as the reason.

    Where one was taken back and all is again as it was approved, the reason goes; the reminder still waits.
    """
    today = settings.today_at(now)
    with store.transaction():
        planned = store.planned_facts(today, once_approved=True)
        approved = [each for each in planned if each.approved]
        ended = [each for each in planned if not each.approved and ended_for(each.reason)]
        terms = terms_of(settings, (*approved, *ended), today)
        for each, aspect in _compared(settings, approved, approved, terms):
            if aspect is not None:
                end_approvals(store, [each.reminder_id], REASONS[aspect], DUN, now)
        for each, aspect in _compared(settings, ended, (*approved, *ended), terms):
            if aspect is None:
                store.reminders.forget_reason([each.reminder_id], each.reason, now)


def end_approvals(
    store: TenantStore, ids: Iterable[ReminderId], reason: str, person: str, now: datetime
) -> list[ReminderId]:
    """Within a transaction: what was approved of `ids` and has not left waits again. The trail says by whom."""
    taken = store.reminders.take_back(ids, reason, now)
    for reminder in filter(None, map(store.reminders.get, taken)):
        details = {"stage": reminder.stage, "reminder": reminder.id, "reason": reason}
        store.audit.record(person, "approval taken back", "invoice", reminder.invoice_id, details, now)
    return taken


def _compared(
    settings: TenantSettings,
    some: Iterable[PlannedFacts],
    together: Collection[PlannedFacts],
    terms: Mapping[ReminderId, Terms],
) -> Iterator[tuple[PlannedFacts, Aspect | None]]:
    """Each of `some` with what is not as it was approved, if it is asked for with all of `together`."""
    sums, given = _net(settings, together, terms), _given(together)
    for each in some:
        family = _family(each)
        asks_more = _is_others(each) or sums[family] > given.get(family, sums[family])
        yield each, _changed(each.terms, terms[each.reminder_id]) or ("amount" if asks_more else None)


def _is_others(each: PlannedFacts) -> bool:
    """Whether the debt is another customer's than was approved, or more is due on it."""
    return each.contact_id != each.approved_contact or each.due_minor > (each.approved_minor or 0)


def _changed(given: Terms | None, now: Terms) -> Aspect | None:
    if given is None:
        return None
    different = (aspect for aspect in _SAME if getattr(given, aspect) != getattr(now, aspect))
    return next(different, "amount" if now.asked_minor > given.asked_minor else None)


def _given(approved: Iterable[PlannedFacts]) -> dict[Family, int]:
    """The most that anybody has approved to be asked of each family: who approved the last one saw all of them."""
    most: dict[Family, int] = {}
    for each in approved:
        if each.terms is not None:
            most[_family(each)] = max(most.get(_family(each), 0), each.terms.net_minor)
    return most


def _net(
    settings: TenantSettings, together: Iterable[PlannedFacts], terms: Mapping[ReminderId, Terms]
) -> Counter[Family]:
    """What is asked of each family on all of `together`, less its credit where the firm's policy deducts it."""
    asked, credit = Counter[Family](), dict[Family, int]()
    for each in together:
        asked[_family(each)] += terms[each.reminder_id].asked_minor
        credit[_family(each)] = each.credit_minor if settings.policy.credit != "ignore" else 0
    return Counter({family: max(minor - credit[family], 0) for family, minor in asked.items()})


def _family(each: PlannedFacts) -> Family:
    return each.head, each.currency


def _rule(stages: Mapping[str, Stage], name: str) -> str:
    stage = INSTALMENT_REMINDER if is_instalment(name) else stages.get(stage_of(name))
    return stage.recipients if stage is not None else ""


def _terms(settings: TenantSettings, each: PlannedFacts, rule: str, today: date) -> Terms:
    asked = each.due_minor - each.disputed_minor
    offer = discounted(each.discount, asked, today)
    own = each.preference.language if each.preference is not None else None
    return Terms(
        words=each.words,
        language=language_of(own, each.country, settings.locale),
        channel=each.channel,
        addressees=_digest(_addressees(each, rule)),
        dispute=_dispute(each),
        agreement=_agreement(each),
        asked_minor=offer.pay_minor if offer is not None else asked,
    )


def _dispute(each: PlannedFacts) -> str:
    if each.disputed:
        return "marked in the ledger"
    return f"dispute {each.dispute.id}" if each.dispute is not None else ""


def _agreement(each: PlannedFacts) -> str:
    promise = each.promise if each.promise is not None and each.promise.state in _STANDING else None
    parts = ((promise, "promise"), (each.plan, "plan"))
    return ", ".join(f"{word} {agreed.id} {agreed.state}" for agreed, word in parts if agreed is not None)


def _addressees(each: PlannedFacts, rule: str) -> object:
    if each.channel == "letter":
        return each.customer, each.postal
    if each.channel != "email":
        return number_for(each.channel, each.phones, each.country)
    return mailed_to(rule, own=each.addresses, copied=each.copied, billed_to=each.billed_to, escalation=each.escalation)


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:16]
