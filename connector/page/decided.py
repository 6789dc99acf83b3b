"""Stored decisions and stored events in sentences, as the page shows them."""

from msgspec import DecodeError

from connector.dunning.explain import together
from connector.dunning.reasons import Action, reasons_from_json
from connector.saying.kept import reason_name
from connector.saying.names import name, stage_name
from connector.saying.said import say


def decided(action: str, stage: str | None, reasons: str) -> str:
    """`not chased: 600.00 GBP unapplied credit would settle it`."""
    try:
        why: str = together(reasons_from_json(reasons))
    except (DecodeError, KeyError):  # of a version with other reasons
        why = name(action)
    if action == Action.SEND:
        return say("{stage} reminder: {why}", stage=stage_name(str(stage)), why=why)
    return say("not chased: {why}", why=why)


def moved(to_state: object, reason: object, stage: object) -> str:
    """One move of a reminder: `soft reminder skipped (paid)`."""
    told = say("{stage} reminder {state}", stage=stage_name(str(stage)), state=name(str(to_state)))
    return say("{words} ({why})", words=told, why=reason_name(str(reason))) if reason else told
