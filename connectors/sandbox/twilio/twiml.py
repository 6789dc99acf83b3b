"""What a call says, and where what a person presses is sent: the little of TwiML that announcements need."""

from typing import NamedTuple
from xml.etree import ElementTree

_SPOKEN = {"Say"}


class Gather(NamedTuple):
    """A question that is answered by pressing keys. `action` is empty where the call's own address is meant."""

    action: str
    method: str
    digits: int | None


def spoken(twiml: str) -> str:
    """All that is said, a line for each announcement; nothing for a document that Twilio could not read either."""
    root = _root(twiml)
    if root is None:
        return ""
    lines = (" ".join("".join(part.itertext()).split()) for part in root.iter() if part.tag in _SPOKEN)
    return "\n".join(line for line in lines if line)


def gather(twiml: str) -> Gather | None:
    """The first question of the document."""
    root = _root(twiml)
    found = root.find("Gather") if root is not None else None
    if found is None:
        return None
    digits = found.get("numDigits", "")
    return Gather(found.get("action", ""), found.get("method", "POST"), int(digits) if digits.isdecimal() else None)


def _root(twiml: str) -> ElementTree.Element | None:
    if "<!DOCTYPE" in twiml or "<!ENTITY" in twiml:
        return None
    try:
        root = ElementTree.fromstring(twiml)  # noqa: S314  # no entities: see above
    except ElementTree.ParseError:
        return None
    return root if root.tag == "Response" else None
