"""Who lets a message go: the tenant, the stage, or a person. Each place that speaks of it says the same."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from tenant_bench import TenantBench

from connector.dunning.policy import DEFAULT_STAGES, Mode, Policy
from connector.gates import due_reminders, let_go
from connector.outlook import outlook


def modes(**of_stages: Mode) -> Policy:
    return Policy(stages=tuple(replace(stage, mode=of_stages.get(stage.name)) for stage in DEFAULT_STAGES))


def test_a_stage_may_leave_by_itself_where_the_tenant_approves(bench: TenantBench) -> None:
    bench.set(mode="approve", policy=modes(soft="auto"))
    soft, firm = bench.invoice(overdue=1), bench.invoice(overdue=1)
    bench.run()
    bench.next_day(8)

    report = bench.run()

    assert bench.sent_stages(soft) == bench.sent_stages(firm) == ["soft"]
    assert report.awaiting_approval == 2  # both firm ones


def test_a_stage_may_need_approval_where_the_tenant_sends_by_itself(bench: TenantBench) -> None:
    bench.set(mode="auto", policy=modes(firm="approve"))
    document = bench.invoice(overdue=1)
    bench.run()
    bench.next_day(8)

    reports = bench.live(3)

    assert bench.sent_stages(document) == ["soft"]
    assert [report.awaiting_approval for report in reports] == [1, 1, 1]


def test_of_one_customers_stages_only_those_that_need_nobody_leave(bench: TenantBench) -> None:
    bench.set(mode="auto", policy=modes(soft="approve"))
    customer = bench.customer()
    soft, friendly = bench.invoice(customer, "100.00", overdue=1), bench.invoice(customer, "30.00", overdue=-3)

    report = bench.run()

    assert (bench.sent_stages(friendly), bench.state(soft)) == (["friendly"], "planned")
    assert report.awaiting_approval == 1
    assert bench.asks() == [{"GBP": 3000}]


def test_mode_off_plans_nothing_and_sends_nothing_that_was_approved_before(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    bench.run()
    bench.store.reminders.approve([bench.reminder(document).id], "anna", bench.now)
    bench.set(mode="off")
    other = bench.invoice()

    report = bench.run()

    assert (report.messages, bench.channel.offered, bench.reminders(other)) == (0, [], [])
    assert report.would_send == 2


def test_mode_off_keeps_no_calls_back_for_what_will_not_leave(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    bench.run()
    bench.store.reminders.approve([bench.reminder(document).id], "anna", bench.now)
    planned = bench.store.reminders.planned()

    free = let_go(bench.tenant, planned)
    bench.set(mode="off")

    assert (free, let_go(bench.tenant, planned)) == (planned, [])
    assert due_reminders(bench.tenant, []) == []


@pytest.mark.parametrize(
    ("mode", "policy", "stages"),
    [
        ("approve", modes(soft="auto", final="auto"), ("friendly", "firm")),
        ("auto", modes(final="approve"), ("final",)),
        ("auto", modes(), ()),
        ("off", modes(final="approve"), ()),
    ],
)
def test_the_preview_names_the_stages_that_a_person_lets_go(bench, mode, policy, stages) -> None:
    bench.set(mode=mode, policy=policy)
    bench.run()

    assert outlook(bench.tenant, 14).waits_for_approval == stages


def test_a_stage_switched_to_approval_overnight_waits_for_it(bench: TenantBench) -> None:
    bench.set(mode="auto")
    document = bench.invoice()
    bench.let_pass(timedelta(hours=12))
    bench.run()  # planned, outside the window
    bench.set(policy=modes(soft="approve"))
    bench.let_pass(timedelta(hours=12))

    report = bench.run()

    assert (report.awaiting_approval, bench.state(document)) == (1, "planned")
