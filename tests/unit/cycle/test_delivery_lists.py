"""What a carrier's own lists say of addresses and messages is asked for again and again, and taken once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tenant_bench import TenantBench

from connector.correspondence import CorrespondenceReport, Sources, read_correspondence
from connectors.channels.delivery import DeliveryFact
from connectors.channels.sendgrid_facts import FactsUnavailable
from connectors.sandbox.documents import Invoice
from state.clock import ManualClock


class Lists:
    """SendGrid's lists, as told."""

    def __init__(self, *facts: DeliveryFact, error: FactsUnavailable | None = None) -> None:
        self.facts = facts
        self.error = error
        self.asked: list[datetime] = []

    def since(self, start: datetime) -> Iterator[DeliveryFact]:
        self.asked.append(start)
        yield from self.facts
        if self.error:
            raise self.error


@pytest.fixture
def invoice(bench: TenantBench) -> Invoice:
    """Asked for once."""
    made = bench.invoice(bench.customer(name="Buyer plc", email="ap@buyer.example"))
    bench.run()
    return made


def suppressed(bench: TenantBench) -> list[tuple[str, str]]:
    return [(address.address, address.reason) for address in bench.store.deliveries.suppressed()]


def listed(bench: TenantBench, address: str = "ap@buyer.example", **fields: object) -> DeliveryFact:
    return DeliveryFact(
        **{
            "provider_id": "",
            "kind": "bounced",
            "at": bench.now,
            "detail": "550 unknown",
            "recipient": address,
            **fields,
        }
    )


def look_at(bench: TenantBench, lists: Lists, **changes: timedelta) -> CorrespondenceReport:
    return read_correspondence(bench.store, bench.tenant.clock, Sources(facts=lists, **changes))


def test_an_address_on_sendgrids_list_is_not_written_to(bench: TenantBench, invoice: Invoice) -> None:
    lists = Lists(listed(bench))

    reports = [look_at(bench, lists), look_at(bench, lists)]

    assert [(report.facts, report.bounced) for report in reports] == [(1, 1), (0, 0)]
    assert suppressed(bench) == [("ap@buyer.example", "bounced")]
    assert len(bench.store.deliveries.of_message(bench.messages()[0].draft.id)) == 1


def test_addresses_of_others_on_the_list_are_not_kept(bench: TenantBench, invoice: Invoice) -> None:
    assert look_at(bench, Lists(listed(bench, "somebody@else.example"))).facts == 0
    assert suppressed(bench) == []


def test_a_block_blames_the_message_and_not_the_address(bench: TenantBench, invoice: Invoice) -> None:
    look_at(bench, Lists(listed(bench, kind="failed")))

    assert suppressed(bench) == []
    assert len(bench.store.deliveries.of_message(bench.messages()[0].draft.id)) == 1


def test_the_lists_are_asked_for_what_is_new_with_some_overlap(bench: TenantBench, invoice: Invoice) -> None:
    known = listed(bench, "somebody@else.example")
    lists = Lists(known)

    look_at(bench, lists)
    bench.let_pass(timedelta(hours=5))
    look_at(bench, lists)

    assert lists.asked == [datetime(2000, 1, 1, tzinfo=UTC), known.at.replace(microsecond=0) - timedelta(hours=1)]


def test_what_was_listed_while_the_clock_was_weeks_ahead_is_asked_for(bench: TenantBench, invoice: Invoice) -> None:
    known = listed(bench)
    lists = Lists(known)
    ahead = ManualClock(bench.now + timedelta(days=40))

    read_correspondence(bench.store, ahead, Sources(facts=lists, every=timedelta(hours=1)))
    bench.let_pass(timedelta(hours=5))
    look_at(bench, lists, every=timedelta(hours=1))

    assert lists.asked[1:] == [known.at.replace(microsecond=0) - timedelta(hours=1)]


def test_lists_that_fail_are_asked_for_the_same_again(bench: TenantBench, invoice: Invoice) -> None:
    lists = Lists(listed(bench), error=FactsUnavailable("no answer"))

    report = look_at(bench, lists)
    look_at(bench, lists)

    assert [problem.code for problem in report.problems] == ["delivery_facts"]
    assert lists.asked[0] == lists.asked[1]
    assert report.facts == 1


def test_sources_are_left_alone_between_two_looks(bench: TenantBench, invoice: Invoice) -> None:
    lists = Lists()

    for _ in range(4):
        look_at(bench, lists, every=timedelta(minutes=15))
        bench.let_pass(timedelta(minutes=5))

    assert len(lists.asked) == 2
