"""Every field that somebody fills in comes back, under words, when its form is refused."""

import re

import pytest

from connector.page.showing import TEMPLATES
from connector.page.typed import fields_of
from connector.page.words import catalogue

# Of forms whose answer shows them again itself, what nobody else may read, and what is searched for.
_ELSEWHERE = {"address", "username", "password", "old", "new", "q", "name", "days", "last", "as_of", "month", "by"}
_CHOICES = {"checkbox", "hidden", "radio", "submit"}


def filled_in() -> set[str]:
    found = set()
    for path in TEMPLATES.glob("*.html"):
        for tag, attributes in re.findall(r"<(input|textarea)\b([^>]*)", path.read_text(encoding="utf-8")):
            name, kind = re.search(r'name="([a-z_]+)"', attributes), re.search(r'type="([a-z]+)"', attributes)
            if name and (tag == "textarea" or kind is None or kind[1] not in _CHOICES):
                found.add(name[1])
    return found - _ELSEWHERE


def test_every_field_has_its_words() -> None:
    fields = fields_of("/somewhere", [(name, "") for name in filled_in()])

    assert [field.name for field in fields if field.label not in catalogue("en")] == []


@pytest.mark.parametrize(("path", "typed"), [("/t/x/outbox/hold", False), ("/t/x/outbox/skip", True)])
def test_what_is_a_choice_in_one_form_and_typed_in_another_is_told_apart(path: str, typed: bool) -> None:
    [field] = fields_of(path, [("reason", "dispute")])

    assert bool(field.label) is typed
