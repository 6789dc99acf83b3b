"""The fields that people fill in: a form that was not obeyed is shown again with them, each under its own words.

What a form carries beside them, such as which message it is about, goes along unseen: nobody could mend it.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Kind = Literal["text", "date", "number", "lines"]


class Field(Struct, frozen=True):
    """Of a form that is shown again; without a label it is carried along. `label` is a key of the page's words."""

    name: str
    value: str
    label: str = ""
    kind: Kind = "text"


_TYPED: dict[str, tuple[str, Kind]] = {
    "until": ("outbox.until", "date"),
    "reason": ("outbox.reason", "text"),
    "note": ("customer.note", "lines"),
    "subject": ("outbox.subject", "text"),
    "text": ("outbox.text", "lines"),
    "on": ("customer.pays_by", "date"),
    "promised": ("customer.pays_by", "date"),
    "amount": ("customer.amount_or_all", "text"),
    "parts": ("customer.instalments", "number"),
    "first": ("customer.first", "date"),
    "owner": ("customer.owner", "text"),
    "do_not_chase": ("customer.do_not_chase", "text"),
    "escalate": ("customer.escalate", "text"),
    "outcome": ("morning.came_of_it", "text"),
    "to": ("morning.hand_over_to", "text"),
    "tenant": ("connecting.name", "text"),
    "zone": ("connecting.zone", "text"),
}
# In these forms the field is a choice, or the button that was pressed.
_CHOSEN = {"reason": ("/hold",), "to": ("/decide",), "outcome": ("/task", "/reply", "/resolve")}


def fields_of(path: str, typed: Iterable[tuple[str, str]]) -> list[Field]:
    """What was sent to `path`, in the order of the form."""
    return [_field(path, name, value) for name, value in typed]


def _field(path: str, name: str, value: str) -> Field:
    if name not in _TYPED or path.endswith(_CHOSEN.get(name, ())):
        return Field(name, value)
    label, kind = _TYPED[name]
    return Field(name, value, label, kind)
