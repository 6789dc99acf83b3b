"""A stage whose message did not arrive has not asked: it goes once more another way, or a person is asked."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from tenant_bench import TenantBench
from unit.state.examples import a_fact

from connector.config.letters import LetterheadSection
from connector.dunning.policy import Channel, Policy, Stage
from connectors.sandbox.documents import Customer, Invoice
from state.model import ReminderState
from state.tasks import Task

LETTERHEAD = LetterheadSection(
    name="Seller Ltd", street=("1 Cable Street",), city="London", postcode="E1 1AA", country="GB"
)
HOME = {"street": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}


def by(bench: TenantBench, *channels: Channel) -> None:
    """Soft, firm and final by the first of `channels` that is open."""
    stages = (
        Stage("soft", 1, "soft", channels=channels),
        Stage("firm", 8, "firm", channels=channels),
        Stage("final", 15, "final", channels=channels, deadline_days=7),
    )
    policy = Policy(stages=stages, handover_days=35)
    bench.set(policy=policy, letterhead=LETTERHEAD)


def bounce(bench: TenantBench, invoice: Invoice, kind: str = "bounced", *, closes: bool = True) -> None:
    """Everything that the invoice's last message went to fails."""
    message = bench.reminders(invoice)[-1].message_id
    assert message is not None
    for recipient in bench.store.reminders.recipients(message):
        told(bench, message, kind, recipient, closes=closes)


def told(bench: TenantBench, message: str, kind: str, recipient: str | None, *, closes: bool = True) -> None:
    fact = a_fact(message_id=message, kind=kind, recipient=recipient, at=bench.now)
    bench.store.deliveries.record(fact, bench.now)
    if closes and recipient and "@" in recipient:
        bench.store.deliveries.suppress(recipient, "bounced", bench.now)


def reachable(bench: TenantBench, **facts: object) -> Customer:
    return bench.customer(**HOME, **facts)


def deliveries(bench: TenantBench) -> list[Task]:
    return [task for task in bench.store.tasks.open_ones() if task.new.kind == "delivery"]


def done(bench: TenantBench) -> None:
    [task] = deliveries(bench)
    bench.store.tasks.close(task.id, "other", "seen to", "ada", bench.now)


def gone(bench: TenantBench, invoice: Invoice) -> list[tuple[str, str]]:
    left = (ReminderState.SENT, ReminderState.NOTED)
    return [(each.stage, each.channel) for each in bench.reminders(invoice) if each.state in left]


def test_the_stage_goes_once_more_by_its_next_channel(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.run()
    bounce(bench, invoice)

    bench.live(6)

    assert gone(bench, invoice) == [("soft", "email"), ("soft/2", "letter")]


def test_the_next_stage_keeps_its_distance_to_the_attempt_that_arrived(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.run()
    bounce(bench, invoice)

    bench.live(16)

    soft, firm = bench.reminders(invoice)[1:3]
    assert (soft.stage, firm.stage) == ("soft/2", "firm")
    assert soft.sent_at is not None
    assert firm.sent_at is not None
    assert (firm.sent_at - soft.sent_at).days >= 7


def test_without_another_way_the_sequence_stays_where_it_is(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice()
    bench.run()
    bounce(bench, invoice, "failed", closes=False)

    bench.live(40)

    assert gone(bench, invoice) == [("soft", "email")]
    assert bench.why(invoice) == ["not_arrived"]
    assert bench.action(invoice) == "ask_person"


def test_when_its_task_is_done_the_sequence_goes_on(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice()
    bench.run()
    bounce(bench, invoice, "failed", closes=False)
    bench.live(10)
    done(bench)

    bench.live(2)

    assert gone(bench, invoice) == [("soft", "email"), ("firm", "email")]


def test_an_address_corrected_in_the_ledger_brings_the_stage_again_whatever_became_of_its_task(
    bench: TenantBench,
) -> None:
    by(bench, "email")
    customer = bench.customer()
    invoice = bench.invoice(customer)
    bench.run()
    bounce(bench, invoice)
    bench.live(10)
    bench.books.edit_customer(customer, email="right@customer.example")
    done(bench)

    bench.live(2)

    assert gone(bench, invoice) == [("soft", "email"), ("soft/2", "email")]


def test_the_customers_other_invoices_go_on(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    customer = reachable(bench)
    other = bench.invoice(customer)
    bench.run()
    bench.next_day(4)
    late = bench.invoice(customer)
    bench.run()
    bounce(bench, late)

    bench.live(8)

    assert gone(bench, other) == [("soft", "email"), ("firm", "letter")]


def test_a_deadline_that_never_arrived_keeps_nothing_waiting(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.live(15)
    assert gone(bench, invoice)[-1] == ("final", "email")
    bounce(bench, invoice)

    bench.live(6)

    assert gone(bench, invoice)[-1] == ("final/2", "letter")


def test_a_final_notice_that_reached_nobody_brings_no_decision_before_somebody_has_seen_to_it(
    bench: TenantBench,
) -> None:
    by(bench, "email")
    invoice = bench.invoice()
    bench.live(15)
    bounce(bench, invoice, "failed", closes=False)

    bench.live(40)
    before = bench.store.tasks.decisions()
    done(bench)
    bench.live(1)

    assert before == []
    [decision] = bench.store.tasks.decisions()
    assert "(which did not arrive)" in decision.new.script


def test_a_failure_told_after_the_next_stage_has_arrived_brings_nothing_back(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.run()
    soft = bench.reminders(invoice)[0].message_id
    bench.live(9)
    assert [stage for stage, _ in gone(bench, invoice)] == ["soft", "firm"]
    assert soft is not None
    told(bench, soft, "failed", bench.store.reminders.recipients(soft)[0])

    bench.live(8)

    assert [stage for stage, _ in gone(bench, invoice)] == ["soft", "firm", "final"]


def test_when_both_stages_turn_out_to_have_reached_nobody_the_first_comes_again(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.live(9)
    for reminder in bench.reminders(invoice):
        assert reminder.message_id is not None
        told(bench, reminder.message_id, "bounced", bench.store.reminders.recipients(reminder.message_id)[0])

    bench.live(15)

    assert [stage for stage, _ in gone(bench, invoice)] == ["soft", "firm", "soft/2", "firm/2"]


def test_a_letter_that_comes_back_is_not_sent_to_the_same_house_again(bench: TenantBench) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.run()
    bounce(bench, invoice)
    bench.live(6)
    message = bench.reminders(invoice)[-1].message_id
    assert message is not None
    told(bench, message, "returned", None)

    bench.live(20)

    assert [stage for stage, _ in gone(bench, invoice)] == ["soft", "soft/2"]
    assert bench.why(invoice) == ["not_arrived"]


def test_nobody_is_asked_about_a_courtesy_that_did_not_arrive(bench: TenantBench) -> None:
    by(bench, "email")
    stages = (Stage("friendly", -3, "friendly"), *bench.settings.policy.stages)
    bench.set(policy=replace(bench.settings.policy, stages=stages))
    invoice = bench.invoice(overdue=-3)
    bench.run()
    bounce(bench, invoice, "failed", closes=False)

    bench.live(6)

    assert [stage for stage, _ in gone(bench, invoice)] == ["friendly", "soft"]


def test_a_message_that_reached_one_of_two_addresses_counts(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice(bench.customer(email="a@x.example, b@x.example"))
    bench.run()
    message = bench.reminders(invoice)[-1].message_id
    assert message is not None
    told(bench, message, "bounced", "a@x.example")

    bench.live(9)

    assert [stage for stage, _ in gone(bench, invoice)] == ["soft", "firm"]


def test_an_address_that_fails_later_makes_it_a_message_that_reached_nobody(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice(bench.customer(email="a@x.example, b@x.example"))
    bench.run()
    message = bench.reminders(invoice)[-1].message_id
    assert message is not None
    told(bench, message, "failed", "a@x.example", closes=False)
    bench.run()
    done(bench)
    told(bench, message, "failed", "b@x.example", closes=False)

    bench.live(9)

    assert [stage for stage, _ in gone(bench, invoice)] == ["soft"]
    assert len(deliveries(bench)) == 1


def test_a_stage_is_not_tried_for_ever_at_addresses_that_only_say_later(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice()
    bench.run()
    for _ in range(6):
        bounce(bench, invoice, "failed", closes=False)
        bench.live(6)

    assert gone(bench, invoice) == [("soft", "email")]


def test_the_task_names_the_address_what_was_said_and_what_can_be_done(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice(bench.customer(email="gone@x.example"))
    bench.run()
    bounce(bench, invoice)

    bench.run()

    [task] = deliveries(bench)
    for words in ("reached nobody", "gone@x.example bounced", "dun replies allow gone@x.example", "until this task"):
        assert words in task.new.script


def test_the_task_about_one_of_two_addresses_names_the_other(bench: TenantBench) -> None:
    by(bench, "email")
    invoice = bench.invoice(bench.customer(email="a@x.example, b@x.example"))
    bench.run()
    message = bench.reminders(invoice)[-1].message_id
    assert message is not None
    told(bench, message, "bounced", "a@x.example")

    bench.run()

    [task] = deliveries(bench)
    assert "b@x.example as well, of which no failure is known" in task.new.script
    assert not task.new.blocks


@pytest.mark.parametrize("days", [1, 3])
def test_the_customer_is_left_alone_for_the_usual_gap_first(bench: TenantBench, days: int) -> None:
    by(bench, "email", "letter")
    invoice = bench.invoice(reachable(bench))
    bench.run()
    bounce(bench, invoice)

    bench.let_pass(timedelta(days=days))
    bench.run()

    assert gone(bench, invoice) == [("soft", "email")]
    assert bench.why(invoice) == ["minimum_gap", "sent_again"]
