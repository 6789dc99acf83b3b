"""Everything that must never be written down, as the sandbox knows it, and a search that would find it.

The services' faces are listened to while they give codes and tokens away; customers and letters are in their books.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from connectors.sandbox.quickbooks.tokens import TokenStore
from connectors.sandbox.world import World
from connectors.sandbox.xero.identity import Identity
from connectors.sandbox.xero.jwt import Mint

_GIVING_AWAY = ((Mint, "issue"), (Identity, "consent"), (TokenStore, "issue_bearer"), (TokenStore, "issue_code"))
_SHORTEST_LINE = 30  # of a letter: shorter ones, such as a greeting, may stand anywhere


@contextmanager
def recorded() -> Iterator[set[str]]:
    """Codes and access tokens that are given away inside this block; refresh tokens are read from memory later."""
    given: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in _GIVING_AWAY:
            patch.setattr(owner, name, _listening(getattr(owner, name), given))
        yield given


def _listening(give: Callable[..., str], given: set[str]) -> Callable[..., str]:
    def heard(*arguments: Any, **more: Any) -> str:
        text = give(*arguments, **more)
        given.add(text)
        return text

    return heard


def refresh_tokens(world: World) -> set[str]:
    """All that were ever given away."""
    xero, quickbooks = world.grants["xero"], world.grants["quickbooks"]
    return {*xero._refresh, *quickbooks._grants, *quickbooks._replaced}


def addresses(world: World) -> set[str]:
    found = {customer.email for books in world.companies.values() for customer in books.customers.values()}
    return {each.strip() for email in found if email for each in email.split(",")} - {""}


def lines_of_letters(world: World) -> set[str]:
    """What is so long and so particular that it can only come from a letter."""
    lines = {line.strip() for message in world.messages for line in message.text.splitlines()}
    return {line for line in lines if len(line) >= _SHORTEST_LINE}


def found_in(blob: bytes, secrets: set[str]) -> set[str]:
    """Which of the secrets are in `blob`, as they are, in an address, in base64 or in hex."""
    return {secret for secret in secrets if any(form in blob for form in _forms(secret.encode()))}


def _forms(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield quote(secret, safe="").encode()
    yield secret.hex().encode()
    for start in range(3):  # wherever it begins inside of what was encoded
        encoded = base64.b64encode(bytes(start) + secret)
        yield encoded[(0, 2, 3)[start] : len(encoded) - 4]
