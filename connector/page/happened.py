"""What happened, in the reader's words; and as a row for whoever takes the history along."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from connector.agreements.details import details_in_words
from connector.agreements.subject import money
from connector.page.words import Words
from connector.printing import in_words
from state.happenings import Happening

COLUMNS = (
    "at", "kind", "id", "customer_ids", "customers", "invoices", "amounts", "who", "what", "words", "day", "channel",
    "stage", "recipients", "reason", "delivery", "noted",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_CODE = re.compile(r"[a-z_]+")
_FAMILY = {"automatic": "deed"}
# What a deed's details say to machines: its rows, and what stands in the columns beside them.
_UNSAID = frozenset(
    {"id", "hold", "holds", "task", "reply", "reminder", "reminders", "currency", "scope", "target", "case_file", "was"}
)


def in_short(words: Words, happening: Happening) -> str:
    """What kind of thing it was: `Hold placed`. What has no words of ours stays as it was stored."""
    key = f"history.{_FAMILY.get(happening.kind, happening.kind)}_{re.sub(r'[^a-z]', '_', happening.what)}"
    return words(key) if words.has(key) else in_words(happening.what)


def at_length(words: Words, happening: Happening) -> str:
    """What was said about it: free text, days and amounts."""
    if happening.what == "customer":  # whose details are named by what they change
        return details_in_words(happening.details)
    if happening.details:
        return ", ".join(_told(words, happening.details))
    if happening.on is not None:
        return words("history.of_day", day=words.day(happening.on))
    return happening.words


def as_row(happening: Happening) -> dict[str, object]:
    """In English, as it was stored."""
    sent = happening.message
    values = (
        happening.at,
        happening.kind,
        happening.place[2],
        [each.id for each in happening.customers],
        [each.name for each in happening.customers],
        [each.name for each in happening.invoices],
        [money(*each) for each in happening.amounts],
        happening.who,
        happening.what,
        details_in_words(happening.details) if happening.details else happening.words,
        sent.business_day if sent else happening.on,
        sent.channel if sent else None,
        sent.stage if sent else None,
        sent.recipients if sent else (),
        sent.reason if sent else None,
        sent.fate if sent else None,
        sent.noted if sent else None,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _told(words: Words, details: Mapping[str, Any]) -> Iterator[str]:
    currency = details.get("currency")
    for name, value in details.items():
        if name in _UNSAID or value in (None, "", False):
            continue
        if name.endswith("_minor") and isinstance(value, int) and isinstance(currency, str):
            yield words.amount(value, currency)
        elif isinstance(value, str) and not _INSTANT.fullmatch(value):
            yield _said(words, value)


def _said(words: Words, text: str) -> str:
    if _DAY.fullmatch(text):
        try:
            return words.day(date.fromisoformat(text))
        except ValueError:
            return text
    return in_words(text) if _CODE.fullmatch(text) else text
