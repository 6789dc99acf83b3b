"""Stored decisions and stored events in sentences, as the page shows them."""

from msgspec import DecodeError

from connector.dunning.explain import sentence
from connector.dunning.reasons import Action, reasons_from_json
from connector.printing import in_words


def decided(action: str, stage: str | None, reasons: str) -> str:
    """`not chased: 600.00 GBP unapplied credit would settle it`."""
    lead = f"{stage} reminder" if action == Action.SEND else "not chased"
    try:
        return f"{lead}: {'; '.join(sentence(reason) for reason in reasons_from_json(reasons))}"
    except (DecodeError, KeyError):  # of a version with other reasons
        return f"{lead}: {in_words(action)}"


def moved(to_state: object, reason: object, stage: object) -> str:
    """One move of a reminder: `soft reminder skipped (paid)`."""
    why = f" ({in_words(str(reason))})" if reason else ""
    return f"{stage} reminder {to_state}{why}"
