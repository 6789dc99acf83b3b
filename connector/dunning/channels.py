"""By which of a stage's channels a customer can be reached.

The policy names them in order, and the first that works is taken: no e-mail address, then a letter; no letter, then
somebody phones. A call is a person's task, so it always works: without a number it is left to the last, and says so.
"""

from collections.abc import Collection, Iterable
from typing import Literal, get_args

from connector.dunning.policy import Channel, Stage
from state.countries import alpha2
from state.model import NO_TEXTS, TEXTS_STOPPED, Account, PostalAddress, RefusedMail
from state.phones import callable_of, mobile_of
from state.postal import missing_parts

_BY_NUMBER = frozenset(("sms", "voice"))
EVERY_CHANNEL: frozenset[Channel] = frozenset(get_args(Channel))
BLIND_CALL: Literal["blind_call"] = "blind_call"  # a call of somebody whose number nobody knows
Reach = frozenset[Channel | Literal["blind_call"]]


def reach(account: Account, asked: frozenset[Channel] = EVERY_CHANNEL, *, numbers: bool = False) -> Reach:
    """Those of the channels `asked` that would reach `account`; with `numbers`, a call without one is a blind call.

    Reading phone numbers is dear, so ask for few.
    """
    found = frozenset(c for c in asked if c not in account.closed_channels and _reaches(c, account))
    if numbers and "call" in found and callable_of(account.phones, account.country) is None:
        return (found - {"call"}) | {BLIND_CALL}
    return found


def numbers_matter(stages: Iterable[Stage]) -> bool:
    """Whether some stage has another channel to take instead of a call that has no number."""
    return any("call" in stage.channels[:-1] for stage in stages)


def _reaches(channel: Channel, account: Account) -> bool:
    match channel:
        case "email":
            return bool(account.addresses)
        case "sms":
            return mobile_of(account.phones, account.country) is not None
        case "voice":
            return callable_of(account.phones, account.country) is not None
        case "letter":
            return is_complete(account.postal)
        case "call":
            return True


def is_complete(postal: PostalAddress | None) -> bool:
    """Whether a letter to this address would arrive: all parts that its country uses, and no country nobody knows."""
    if postal is None or missing_parts(postal):
        return False
    return not (postal.country or "").strip() or alpha2(postal.country) is not None


def channel_for(stage: Stage, reached_by: Reach, preferred: str | None = None) -> Channel | None:
    """The customer's preferred one of the stage's channels, else the first that works; None if none does."""
    working = [channel for channel in stage.channels if channel in reached_by]
    if not working and "call" in stage.channels and BLIND_CALL in reached_by:
        return "call"
    return next((channel for channel in working if channel == preferred), working[0] if working else None)


def shut(ways: Collection[str], account: Account) -> dict[str, str]:
    """For a reason: those of `ways` that are closed, that which only the customer itself can open, and refused mail."""
    closed, refused, dead = (
        [way for way in ways if way in account.closed_channels],
        account.refused_mail,
        _dead(account),
    )
    closed = [way for way in closed if way != "sms" or dead is None or dead.why != NO_TEXTS]
    told: dict[str, str] = {"closed": ", ".join(closed)} if closed else {}
    if "sms" in closed and TEXTS_STOPPED in account.closed_channels:
        told["stopped"] = "sms"
    if refused is not None and "email" in ways and "email" not in closed:
        told |= {"refused": refused.why, "refused_on": refused.since.isoformat()}
    if _BY_NUMBER.intersection(ways):
        told |= _about_numbers(account, dead)
    return told


def _about_numbers(account: Account, dead: RefusedMail | None) -> dict[str, str]:
    """That the number is not in use; or that there is something in its field which is none."""
    if dead is not None:
        return {"dead": dead.why, "dead_on": dead.since.isoformat()}
    written = any(text.strip() for text in account.phones)
    return {"unread": "phone"} if written and callable_of(account.phones, account.country) is None else {}


def _dead(account: Account) -> RefusedMail | None:
    """Why the customer's number is not used; what its STOP has closed is told as that."""
    return None if TEXTS_STOPPED in account.closed_channels else account.refused_phone
