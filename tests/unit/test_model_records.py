"""The records: frozen, with `None` for unknown, and silent about secrets."""

from datetime import UTC, datetime

import msgspec
import pytest
from unit.state.examples import a_credit, an_invoice

from state.model import TokenSet
from state.money import Money


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        an_invoice().due_minor = 0  # type: ignore[misc]


def test_what_is_due_carries_its_currency() -> None:
    assert an_invoice(due_minor=5, currency="JPY").due == Money(5, "JPY")
    assert a_credit(remaining_minor=7).remaining == Money(7, "GBP")


def test_what_a_ledger_did_not_say_is_unknown() -> None:
    invoice = an_invoice()

    assert invoice.expected_on is None
    assert invoice.allocations is None


def test_tokens_are_never_printed() -> None:
    tokens = TokenSet(
        access_token="secret-access",
        refresh_token="secret-refresh",
        expires_at=datetime(2026, 3, 1, tzinfo=UTC),
        scope="everything",
    )

    assert "secret" not in f"{tokens} {tokens!r} {[tokens]} {(tokens,)!s}"
    assert msgspec.json.decode(msgspec.json.encode(tokens), type=TokenSet) == tokens
