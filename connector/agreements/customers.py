"""What is known of a customer beside the ledger, and who may change it."""

from collections.abc import Mapping
from email.utils import parseaddr

import msgspec
from babel import Locale
from babel.core import UnknownLocaleError

from connector.agreements.subject import AgreementError, AtHand, living_contact
from state.addresses import usable_addresses
from state.agreed import Preference
from state.model import ContactId

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

    Raises AgreementError if the owner of such a customer were to be emptied, or a preferred channel is opted out of.
    """
    before = known_preference(hand)
    after = msgspec.structs.replace(before, **changes)
    if after.do_not_chase is not None and after.owner is None:
        if before.owner is not None:
            raise AgreementError(f"{hand.target.words} is not chased and needs an owner; use --chase, or name another")
        after = msgspec.structs.replace(after, owner=person)
    if after.channel in after.opted_out:
        raise AgreementError(f"{hand.target.words} cannot prefer {after.channel} and be spared it")
    with hand.store.transaction():
        hand.store.preferences.save(after, person, hand.now)
        hand.store.audit.record(person, "customer", "contact", after.contact_id, _told(changes), hand.now)
    return after


def _told(changes: Mapping[str, object]) -> dict[str, object]:
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
        raise AgreementError(f"{text!r} is not a language; write it like de or de-CH") from None


def escalation_contact(text: str) -> tuple[str | None, str]:
    """Name and address of `Name <address>`. AgreementError unless there is exactly one usable address."""
    name, address = parseaddr(text)
    if usable_addresses(address) != (address,):
        raise AgreementError("--escalate-to takes one address, like: Jo Bloggs <jo@buyer.example>")
    return name or None, address
