"""Whether a further text or call may leave this month."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.state.examples import a_draft, verified

from connector.config.phone import NumbersSection
from connector.phone_costs import beyond, estimate, month_of, over_cap
from state.message_costs import Unpriced
from state.model import MessageId
from state.store import TenantStore

NUMBERS = NumbersSection(monthly_cap="1.00", currency="USD", price_per_segment="0.10", price_per_call="0.30")
TEXT = Decimal("0.10")
FIRST = date(2026, 3, 1)
UNPRICED_TEXT = Unpriced(MessageId("m"), "twilio-sms", FIRST, "SM1")
UNPRICED_CALL = Unpriced(MessageId("m"), "twilio-voice", FIRST, None)


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2026, 2, 14), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2028, 2, 29), (date(2028, 2, 1), date(2028, 2, 29))),
        (date(2026, 12, 31), (date(2026, 12, 1), date(2026, 12, 31))),
    ],
)
def test_a_month_has_its_first_and_its_last_day(day, month) -> None:
    assert month_of(day) == month


def test_a_text_leaves_as_long_as_the_cap_holds_it() -> None:
    assert beyond(NUMBERS, {"USD": Decimal("0.90")}, [], TEXT) is None


def test_a_text_that_would_exceed_the_cap_does_not_leave() -> None:
    assert beyond(NUMBERS, {"USD": Decimal("0.90001")}, [], TEXT) == (
        "texts and calls of this month would cost 1.00001 USD, 1.00 is the cap"
    )


def test_what_has_no_price_yet_counts_with_the_estimate() -> None:
    """A text of unknown length counts as the longest that is sent: three segments."""
    assert beyond(NUMBERS, {}, [UNPRICED_TEXT] * 3, TEXT) is None
    assert beyond(NUMBERS, {}, [UNPRICED_TEXT] * 3 + [UNPRICED_CALL], TEXT) is not None


def test_what_is_charged_in_another_currency_cannot_be_reckoned_and_is_not_spent() -> None:
    words = beyond(NUMBERS, {"EUR": Decimal("0.01")}, [], TEXT)
    assert words is not None
    assert "EUR" in words


def test_a_cap_of_zero_lets_nothing_leave() -> None:
    none = NumbersSection(monthly_cap="0")
    assert beyond(none, {}, [], TEXT) is not None


@pytest.mark.parametrize(
    ("kind", "text", "price"),
    [("sms", "a" * 160, "0.10"), ("sms", "a" * 161, "0.20"), ("sms", "ш" * 71, "0.20"), ("voice", "a" * 900, "0.30")],
)
def test_a_text_is_reckoned_by_segments_and_a_call_as_one(kind, text, price) -> None:
    assert estimate(NUMBERS, kind, text) == Decimal(price)


@given(st.lists(st.decimals(min_value=0, max_value=2, places=5), max_size=20))
def test_whatever_the_prices_the_cap_is_kept_if_estimates_are_not_too_low(prices) -> None:
    spent = Decimal(0)
    for price in prices:
        if beyond(NUMBERS, {"USD": spent}, [], price) is None:
            spent += price
    assert spent <= NUMBERS.cap


def test_the_store_tells_what_the_month_has_cost(tmp_path: Path) -> None:
    at = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    with TenantStore.open(tmp_path / "dun.db") as store:
        draft = a_draft("msg-1", channel="twilio-sms")
        store.reminders.claim([verified(store)], draft, "worker", at, at)
        store.reminders.sent(draft.id, "SM1", at)
        store.costs.record(draft.id, Decimal("0.95"), "USD", at)

        assert over_cap(store.costs, NUMBERS, date(2026, 3, 31), TEXT) is not None
        assert over_cap(store.costs, NUMBERS, date(2026, 4, 1), TEXT) is None
