"""A number that its carrier calls dead is not used again, until a person says so; the customer's next number is."""

import pytest
from tenant_bench import TenantBench

from connector.dunning.policy import Channel, Policy, Stage
from connector.intake import take_fact
from connector.story import stories
from connectors.channels.delivery import DeliveryFact
from connectors.sandbox.documents import Customer, Invoice
from state.model import ReminderState

MOBILE = "+447700900201"


def by(bench: TenantBench, soft: tuple[Channel, ...], firm: tuple[Channel, ...]) -> None:
    stages = (Stage("soft", 1, "soft", channels=soft), Stage("firm", 8, "firm", channels=firm))
    bench.set(policy=Policy(stages=stages, handover_days=35))


def told(bench: TenantBench, invoice: Invoice, *, texts_alone: bool = False) -> None:
    """The carrier says of the number of the invoice's last message that it is dead."""
    message = bench.reminders(invoice)[-1].message_id
    fact = DeliveryFact("SM1", "bounced", bench.now, "not in use (30005)", MOBILE, texts_alone)
    take_fact(bench.store, fact, "twilio", message, bench.now)


def gone(bench: TenantBench, invoice: Invoice) -> list[tuple[str, str]]:
    left = (ReminderState.SENT, ReminderState.NOTED)
    return [(each.stage, each.channel) for each in bench.reminders(invoice) if each.state in left]


def next_step(bench: TenantBench, invoice: Invoice) -> tuple[str, str]:
    [story] = stories(bench.tenant, invoice.number)
    return story.summary, story.next


@pytest.fixture
def customer(bench: TenantBench) -> Customer:
    return bench.customer(mobile="07700 900201", country="GB", email=None)


def test_a_number_that_a_text_found_dead_is_not_called(bench: TenantBench, customer: Customer) -> None:
    by(bench, ("sms",), ("voice",))
    invoice = bench.invoice(customer)
    bench.run()
    told(bench, invoice)

    bench.live(20)

    assert gone(bench, invoice) == [("soft", "sms")]
    assert bench.voice.accepted == []
    summary, mend = next_step(bench, invoice)
    assert "number is not in use" in summary
    assert "dun replies allow NUMBER" in mend


def test_the_customers_next_number_is_used(bench: TenantBench) -> None:
    by(bench, ("sms",), ("voice",))
    invoice = bench.invoice(bench.customer(mobile="07700 900201", phone="020 7946 0321", country="GB", email=None))
    bench.run()
    told(bench, invoice)
    bench.run()
    [task] = [each for each in bench.store.tasks.open_ones() if each.new.kind == "delivery"]
    bench.store.tasks.close(task.id, "other", "seen", "ada", bench.now)

    bench.live(9)

    assert [message.phone for message in bench.voice.accepted] == ["+442079460321"]


def test_a_number_that_takes_no_texts_is_called(bench: TenantBench, customer: Customer) -> None:
    by(bench, ("sms", "voice"), ("sms", "voice"))
    invoice = bench.invoice(customer)
    bench.run()
    told(bench, invoice, texts_alone=True)

    bench.live(16)

    assert gone(bench, invoice) == [("soft", "sms"), ("soft/2", "voice"), ("firm", "voice")]


def test_a_number_that_takes_no_texts_is_told_as_that(bench: TenantBench, customer: Customer) -> None:
    by(bench, ("sms",), ("sms",))
    invoice = bench.invoice(customer)
    bench.run()
    told(bench, invoice, texts_alone=True)

    bench.run()

    assert "takes no texts" in next_step(bench, invoice)[0]


def test_a_line_that_was_busy_closes_nothing(bench: TenantBench, customer: Customer) -> None:
    by(bench, ("voice",), ("voice",))
    invoice = bench.invoice(customer)
    bench.run()
    message = bench.reminders(invoice)[-1].message_id
    take_fact(bench.store, DeliveryFact("CA1", "failed", bench.now, "busy", MOBILE), "twilio", message, bench.now)

    assert bench.store.deliveries.suppressed() == []


def test_a_number_that_is_released_is_used_again(bench: TenantBench, customer: Customer) -> None:
    by(bench, ("sms",), ("sms",))
    invoice = bench.invoice(customer)
    bench.run()
    told(bench, invoice)
    bench.store.deliveries.release(MOBILE, bench.now)
    [account] = bench.tenant.accounts()

    assert (account.phones, account.refused_phone) == (("07700 900201",), None)
