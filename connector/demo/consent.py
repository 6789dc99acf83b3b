"""Presses the first button of a consent page, as a person would who agrees. For the demo's own sandbox only."""

from collections.abc import Collection
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

_TIMEOUT_SECONDS = 10


class _Form(HTMLParser):
    """The page's form: what a browser would send anyway, what there is to choose from, the first button."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self._select = ""
        self._pressed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = facts.get("action", "")
        elif tag == "select":
            self._select = facts.get("name", "")
        elif tag == "option" and self._select:
            self.choices.setdefault(self._select, []).append(facts.get("value", ""))
        elif tag == "input":
            self._input(facts)
        elif tag == "button" and "name" in facts and not self._pressed:
            self._pressed = True
            self.fields[facts["name"]] = facts.get("value", "")

    def filled(self, companies: Collection[str]) -> dict[str, str | list[str]]:
        """The fields with `companies` chosen, or with the first of each choice. ValueError if they are not offered."""
        chosen: dict[str, str | list[str]] = {}
        for name, values in self.choices.items():
            wanted = [value for value in values if value in companies] if companies else values[:1]
            if not wanted:
                raise ValueError(f"the consent page offers none of {', '.join(companies)}")
            chosen[name] = wanted
        return {**self.fields, **chosen}

    def _input(self, facts: dict[str, str]) -> None:
        kind, name = facts.get("type", "text"), facts.get("name")
        if name and kind in {"radio", "checkbox"}:
            self.choices.setdefault(name, []).append(facts.get("value", "on"))
        elif name and kind != "submit":
            self.fields[name] = facts.get("value", "")


def agree(url: str, *, companies: Collection[str] = ()) -> None:
    """Open the consent page at `url` and press its first button; the redirect goes to the waiting callback.

    `companies` are the ids to choose (organisation guids, realms); without any, the page's first company is chosen.
    """
    page = requests.get(url, timeout=_TIMEOUT_SECONDS)
    page.raise_for_status()
    form = _Form()
    form.feed(page.text)
    answer = requests.post(urljoin(page.url, form.action), data=form.filled(companies), timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
