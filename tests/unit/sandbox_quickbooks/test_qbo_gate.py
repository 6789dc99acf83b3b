"""The gate in front of the service: tokens, realms and limits."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from truth.quickbooks_truth import Wire, company, connected

from connectors.sandbox.quickbooks.limits import Limits


@pytest.fixture
def limited() -> Iterator[Wire]:
    world = company()
    world.rate_limits = True
    world.switches |= {"quickbooks.per_minute": "5", "quickbooks.batches_per_minute": "2"}
    with connected(world) as wire:
        yield wire


def test_without_a_token_nothing_is_told(wire: Wire) -> None:
    answer = requests.get(f"{wire.company_url}/invoice/1", timeout=5)
    assert answer.status_code == 401
    assert answer.headers["intuit-tid"]


def test_a_realm_the_token_does_not_fit_is_403(wire: Wire) -> None:
    url = f"{wire.base}/v3/company/1/invoice/1"
    assert requests.get(url, headers={"Authorization": f"Bearer {wire.token}"}, timeout=5).status_code == 403


def test_the_minute_is_the_worlds_minute(limited: Wire) -> None:
    assert [limited.get("/preferences").status_code for _ in range(6)] == [200] * 5 + [429]
    limited.world.clock.advance(timedelta(seconds=60))
    assert limited.get("/preferences").status_code == 200


def test_batches_have_a_smaller_limit_of_their_own(limited: Wire) -> None:
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Invoice"}]}
    assert [limited.post("/batch", body).status_code for _ in range(3)] == [200, 200, 429]
    assert limited.get("/preferences").status_code == 200


@pytest.mark.parametrize(("shape", "media"), [("xml", "application/xml"), ("json", "application/json")])
def test_the_throttle_speaks_xml_unless_switched(limited: Wire, shape: str, media: str) -> None:
    limited.world.switches |= {"quickbooks.per_minute": "0", "quickbooks.throttle_shape": shape}
    answer = limited.get("/preferences")
    assert answer.status_code == 429
    assert answer.headers["content-type"].startswith(media)
    assert "003001" in answer.text


def test_the_month_quota_blocks_reads_until_next_month_and_never_writes(limited: Wire) -> None:
    limited.world.switches |= {"quickbooks.month_quota": "2", "quickbooks.per_minute": "500"}
    assert [limited.get("/preferences").status_code for _ in range(3)] == [200, 200, 429]
    assert limited.post("/attachable", {"Note": "free"}).status_code == 200
    limited.world.clock.advance(timedelta(minutes=5))
    assert limited.get("/preferences").status_code == 429


def test_a_new_month_has_a_new_quota() -> None:
    world = company()
    world.rate_limits = True
    world.switches["quickbooks.month_quota"] = "1"
    limits = Limits(world)
    assert limits.refusal("1", "app", batch=False, metered=1) is None
    assert limits.refusal("1", "app", batch=False, metered=1) == "month"
    world.clock.advance(timedelta(days=31))
    assert limits.refusal("1", "app", batch=False, metered=1) is None


def test_the_second_is_a_real_one_and_limited_only_by_switch() -> None:
    world = company()
    world.rate_limits = True
    seconds = iter([0.0, 0.1, 0.2, 1.05])
    limits = Limits(world, monotonic=lambda: next(seconds))
    assert limits.refusal("1", "app", batch=False, metered=1) is None
    world.switches["quickbooks.per_second"] = "2"
    refusals = [limits.refusal("1", "app", batch=False, metered=1) for _ in range(4)]
    assert refusals == [None, None, "second", None]


def test_without_rate_limits_nothing_is_counted(wire: Wire) -> None:
    wire.world.switches["quickbooks.per_minute"] = "0"
    assert wire.get("/preferences").status_code == 200


def test_books_that_are_swapped_for_others_are_seen_at_once(wire: Wire) -> None:
    """Stale answers and a world built anew both change the books under the face."""
    wire.books.add_customer("Before")
    assert len(wire.rows("select * from Customer")) == 1
    wire.world.companies["quickbooks"] = company().companies["quickbooks"]
    assert wire.rows("select * from Customer") == []
