"""Whom a message goes to: one answer for the message that is written and for the approval that stands for it."""

from state.agreed import Preference
from state.phones import callable_of, mobile_of

Addresses = tuple[str, ...]


def mailed_to(
    rule: str, *, own: Addresses, copied: Addresses, billed_to: Addresses, escalation: Addresses
) -> tuple[Addresses, Addresses]:
    """To whom an e-mail goes, and to whom a copy, by a stage's `rule` (its `recipients`)."""
    match rule:
        case "primary":
            return own, ()
        case "billed_to":
            return billed_to or own, ()
        case "escalation" if escalation:
            return escalation, own
        case _:
            return own, copied


def escalation_of(preference: Preference | None) -> Addresses:
    """What a firm has been told of whom to write to when it becomes serious, as it was typed."""
    email = preference.escalation_email if preference is not None else None
    return (email,) if email else ()


def number_for(channel: str, phones: Addresses, country: str | None) -> str | None:
    """The telephone number that a message on `channel` goes to; None where none does."""
    if channel == "sms":
        return mobile_of(phones, country)
    return callable_of(phones, country) if channel in ("voice", "call") else None
