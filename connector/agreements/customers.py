"""What is known of a customer beside the ledger, and who may change it."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import get_args

import msgspec
from babel import Locale
from babel.core import UnknownLocaleError

from connector.agreements.subject import AgreementError, AtHand, living_contact
from connector.dunning.channels import is_complete
from connector.dunning.policy import Channel
from connector.dunning.reaching import NEEDS
from connector.dunning.segments import STANDARD, PolicyBook
from connector.saying.said import say
from state.addresses import usable_addresses
from state.agreed import Preference
from state.model import ContactId
from state.phones import callable_of, mobile_of

LONGEST_OWNER = 64  # characters
CLEARABLE = {
    "owner": ("owner",),
    "language": ("language",),
    "kind": ("kind",),
    "escalation": ("escalation_name", "escalation_email"),
    "channel": ("channel",),
    "segment": ("segment",),
}


def known_preference(hand: AtHand) -> Preference:
    """What is known of the customer; empty if nothing is."""
    return hand.store.preferences.of(living_contact(hand.store, ContactId(hand.target.id)))


def change_preference(hand: AtHand, changes: Mapping[str, object], person: str) -> Preference:
    """Set the fields in `changes`, None empties one. Whoever is not to be chased belongs to somebody: else to you.

    Raises AgreementError if the owner of such a customer were to be emptied, or a preferred channel is opted out of or
    stopped.
    """
    before = known_preference(hand)
    _refuse_odd(changes)
    after = msgspec.structs.replace(before, **changes)
    if after.do_not_chase is not None and after.owner is None:
        if before.owner is not None:
            raise AgreementError(
                say(
                    "{target} is not chased and needs an owner; name another, or let it be chased again",
                    target=hand.target.words,
                )
            )
        after = msgspec.structs.replace(after, owner=person)
    if changes.get("channel") == "sms":
        refuse_stopped(hand)
    if after.channel in after.opted_out:
        raise AgreementError(
            say(
                "{target} cannot prefer {channel} and be spared it",
                target=hand.target.words,
                channel=str(after.channel),
            )
        )
    with hand.store.transaction():
        hand.store.preferences.save(after, person, hand.now)
        hand.store.audit.record(person, "customer", "contact", after.contact_id, _for_the_trail(changes), hand.now)
    return after


def _refuse_odd(changes: Mapping[str, object]) -> None:
    """What no list offers and no form takes, whoever sends it."""
    channel, owner = changes.get("channel"), changes.get("owner")
    if channel is not None and channel not in get_args(Channel):
        raise AgreementError(
            say("there is no channel {text}, but {known}", text=repr(channel), known=", ".join(get_args(Channel)))
        )
    if isinstance(owner, str) and len(owner) > LONGEST_OWNER:
        raise AgreementError(say("the owner has more than {n} characters", n=LONGEST_OWNER))


def lacking(hand: AtHand, channel: str) -> str | None:
    """What the ledger would have to know of the customer for `channel` to reach it; None if it knows that.

    Nothing is said of e-mail: addresses stand on invoices too.
    """
    contact = hand.store.mirror.contact(living_contact(hand.store, ContactId(hand.target.id)))
    if contact is None:
        return None
    known = {
        "sms": mobile_of(contact.phones, contact.country) is not None,
        "voice": callable_of(contact.phones, contact.country) is not None,
        "letter": is_complete(contact.postal),
    }
    return None if known.get(channel, True) else NEEDS[channel]


def has_stopped(hand: AtHand) -> bool:
    """Whether the customer answered STOP to a text."""
    contact = hand.store.mirror.contact(living_contact(hand.store, ContactId(hand.target.id)))
    number = mobile_of(contact.phones, contact.country) if contact else None
    return number is not None and hand.store.opt_outs.opted_out(number)


def refuse_stopped(hand: AtHand) -> None:
    """AgreementError if the customer answered STOP to a text: nobody can take that back but itself."""
    if has_stopped(hand):
        raise AgreementError(
            say(
                "{target} has answered STOP to a text; only its own START, texted to the same number, ends that",
                target=hand.target.words,
            )
        )


def check_known(changes: Mapping[str, object], book: PolicyBook) -> None:
    """Refuse a segment that the policy has not, and a preferred channel by which none of its stages goes."""
    segment, channel = changes.get("segment"), changes.get("channel")
    segments = [STANDARD, *(each.name for each in book.segments)]
    if segment is not None and segment not in segments:
        raise AgreementError(
            say("the policy has no segment {text}; there are: {known}", text=repr(segment), known=", ".join(segments))
        )
    used = [channel for channel in get_args(Channel) if channel in book.channels]
    if channel is not None and channel not in used:
        raise AgreementError(
            say(
                "a customer cannot prefer {channel}: no stage of the policy goes by it, but by {ways}",
                channel=str(channel),
                ways=", ".join(used),
            )
        )


def stages_without(channel: str, book: PolicyBook) -> list[str]:
    """The stages that do not go by `channel`, so that a preference for it changes nothing about them."""
    stages = (stage for policy in book.policies for stage in policy.stages)
    return list(dict.fromkeys(stage.name for stage in stages if channel not in stage.channels))


def _for_the_trail(changes: Mapping[str, object]) -> dict[str, object]:
    """For the trail, which people print: that there is an address now, not which."""
    return {name: bool(value) if name == "escalation_email" else value for name, value in changes.items()}


def opted_out(before: Preference, wishes: Mapping[str, bool | None]) -> tuple[str, ...]:
    """Channels never to be used, after `wishes`: True allows one again, False rules it out, None leaves it."""
    ruled_out = set(before.opted_out) | {name for name, allowed in wishes.items() if allowed is False}
    return tuple(sorted(ruled_out - {name for name, allowed in wishes.items() if allowed}))


def language_code(text: str) -> str:
    """de, de-CH and the like. AgreementError for what is no language."""
    try:
        return str(Locale.parse(text, sep="-" if "-" in text else "_")).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        raise AgreementError(say("{text} is not a language; write it like de or de-CH", text=repr(text))) from None


def escalation_contact(text: str) -> tuple[str | None, str]:
    """Name and address of `Name <address>`. AgreementError unless there is exactly one usable address."""
    name, address = parseaddr(text)
    if usable_addresses(address) != (address,):
        raise AgreementError(say("late stages may go to one address more, like: Jo Bloggs <jo@buyer.example>"))
    return name or None, address
