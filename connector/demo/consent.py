"""Presses the first button of a consent page, as a person would who agrees. For the demo's own sandbox only."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

_TIMEOUT_SECONDS = 10


class _Form(HTMLParser):
    """The fields of the page's form as a browser would send them: hidden ones, first choices, first button."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._select: str | None = None
        self._pressed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = facts.get("action", "")
        elif tag == "select":
            self._select = facts.get("name")
        elif tag == "option" and self._select is not None:
            self.fields.setdefault(self._select, facts.get("value", ""))
        elif tag == "input":
            self._input(facts)
        elif tag == "button" and "name" in facts and not self._pressed:
            self._pressed = True
            self.fields[facts["name"]] = facts.get("value", "")

    def _input(self, facts: dict[str, str]) -> None:
        kind, name = facts.get("type", "text"), facts.get("name")
        unchosen = kind in {"radio", "checkbox"} and "checked" not in facts
        if name and kind != "submit" and not (unchosen and name in self.fields):
            self.fields[name] = facts.get("value", "on")


def agree(url: str) -> None:
    """Open the consent page at `url` and press its first button; the redirect goes to the waiting callback."""
    page = requests.get(url, timeout=_TIMEOUT_SECONDS)
    page.raise_for_status()
    form = _Form()
    form.feed(page.text)
    answer = requests.post(urljoin(page.url, form.action), data=form.fields, timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
