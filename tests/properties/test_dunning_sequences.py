"""Whatever days are missed and approvals delayed: the customer is never pestered and never forgotten."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.dunning.calendar import Calendar
from connector.dunning.consolidate import consolidate
from connector.dunning.decide import DecisionPass, decide
from connector.dunning.explain import explain
from connector.dunning.forecast import preview
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, ReasonCode
from state.model import (
    Account,
    ContactId,
    ContactStatus,
    Hold,
    InvoiceId,
    Receivable,
    ReminderState,
    StageProgress,
)

START = date(2026, 1, 1)
SENT_STATES = {ReminderState.SENT, ReminderState.NOTED}
LEFT = SENT_STATES | {ReminderState.UNKNOWN, ReminderState.FAILED}


def days(low: int, high: int) -> st.SearchStrategy[date]:
    return st.integers(low, high).map(lambda offset: START + timedelta(days=offset))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any sequence the configuration would accept: offsets rise by at least the gap."""
    gap = draw(st.integers(0, 6))
    offset = draw(st.integers(-10, 3))
    stages = []
    for number in range(draw(st.integers(1, 5))):
        stages.append(Stage(f"stage {number}", offset, "soft"))
        offset += draw(st.integers(max(gap, 1), gap + 15))
    return Policy(stages=tuple(stages), minimum_gap_days=gap, handover_days=max(offset, 1))


calendars = st.builds(Calendar, weekends=st.booleans(), closed_days=st.frozensets(days(0, 120), max_size=12))


@st.composite
def accounts(draw: st.DrawFn, *, credit: bool = False) -> Account:
    receivables = tuple(
        Receivable(
            invoice_id=InvoiceId(f"inv-{number}"),
            contact_id=ContactId("customer"),
            number=None,
            currency=draw(st.sampled_from(["GBP", "JPY"])),
            due_minor=draw(st.integers(101, 2000)),
            due_on=draw(days(-800, 60)),
        )
        for number in range(draw(st.integers(1, 4)))
    )
    return Account(
        contact_id=ContactId("customer"),
        name="Example Ltd",
        status=ContactStatus.ACTIVE,
        addresses=("accounts@customer.example",),
        receivables=receivables,
        credits=draw(st.dictionaries(st.sampled_from(["GBP", "JPY"]), st.integers(0, 3000))) if credit else {},
    )


def mark(account: Account, invoice_id: InvoiceId, stage: str, state: ReminderState, day: date) -> Account:
    """The account after one reminder has reached `state` on `day`."""
    step = StageProgress(stage, state, day if state in SENT_STATES else None)
    return replace(
        account,
        receivables=tuple(
            replace(r, progress=(*(s for s in r.progress if s.stage != stage), step))
            if r.invoice_id == invoice_id
            else r
            for r in account.receivables
        ),
        last_contacted_on=day if state in SENT_STATES else account.last_contacted_on,
    )


Sent = list[tuple[date, InvoiceId, str]]


def live(account: Account, policy: Policy, calendar: Calendar, moves: list[tuple[date, ReminderState]]) -> Sent:
    """Run the daemon on the days of `moves`; each day's message ends in that day's state."""
    sent: Sent = []
    for day, state in moves:
        plan = consolidate(account, decide(account, policy, calendar, day), policy)
        for reminder in plan.reminders if plan else ():
            invoice_id = reminder.receivable.invoice_id
            account = mark(account, invoice_id, reminder.stage, state, day)
            if state in SENT_STATES:
                sent.append((day, invoice_id, reminder.stage))
    return sent


@st.composite
def moves(draw: st.DrawFn) -> list[tuple[date, ReminderState]]:
    """Days on which the daemon runs, outages in between, and how its message of the day ends."""
    running = sorted(draw(st.lists(st.integers(0, 120), max_size=60)))
    endings = st.sampled_from(
        [
            ReminderState.SENT,
            ReminderState.NOTED,
            ReminderState.PLANNED,
            ReminderState.VERIFIED,
            ReminderState.SKIPPED,
        ]
    )
    return [(START + timedelta(days=offset), draw(endings)) for offset in running]


@given(accounts(), policies(), calendars, moves())
def test_two_messages_to_a_customer_are_never_closer_than_the_gap(account, policy, calendar, run) -> None:
    contacted = sorted({day for day, _, _ in live(account, policy, calendar, run)})

    assert all((later - earlier).days >= policy.minimum_gap_days for earlier, later in pairwise(contacted))


@given(accounts(), policies(), calendars, moves())
def test_stages_of_an_invoice_go_in_order_once_and_at_their_distance(account, policy, calendar, run) -> None:
    sent = live(account, policy, calendar, run)
    for receivable in account.receivables:
        steps = [(day, policy.position(stage)) for day, invoice, stage in sent if invoice == receivable.invoice_id]
        for (earlier, before), (later, after) in pairwise(steps):
            assert after > before
            distance = policy.stages[after].offset_days - policy.stages[before].offset_days
            assert (later - earlier).days >= distance


@given(accounts(), policies(), calendars, moves())
def test_nothing_is_sent_on_a_closed_day_or_before_its_time(account, policy, calendar, run) -> None:
    due = {r.invoice_id: r.due_on for r in account.receivables}
    for day, invoice_id, stage in live(account, policy, calendar, run):
        offset = policy.stages[policy.position(stage)].offset_days
        assert calendar.is_open(day)
        assert (day < due[invoice_id]) == (offset < 0)
        if offset >= 0:
            assert day >= due[invoice_id] + timedelta(days=offset)


@given(accounts(), policies(), calendars, moves())
def test_a_post_due_stage_never_goes_before_the_one_before_it_has_gone_or_was_refused(
    account, policy, calendar, run
) -> None:
    run = [(day, state) for day, state in run if state is not ReminderState.SKIPPED]
    after_due = [stage.name for stage in policy.stages if not stage.before_due]
    sent = live(account, policy, calendar, run)
    for receivable in account.receivables:
        stages = [s for _, invoice, s in sent if invoice == receivable.invoice_id and s in after_due]
        assert stages == after_due[: len(stages)]


HOLDS = st.builds(
    Hold,
    id=st.integers(1, 9),
    scope=st.sampled_from(["invoice", "contact", "tenant"]),
    target=st.just("*"),
    reason=st.sampled_from(["dispute", "promise", "manual"]),
    until=st.none() | days(-10, 40),
    note=st.none(),
    placed_at=st.just(None),
)
STEPS = st.builds(
    StageProgress,
    stage=st.sampled_from(["friendly", "soft", "firm", "final", "renamed"]),
    state=st.sampled_from(ReminderState),
    sent_on=st.none() | days(-60, 10),
)
ANY_RECEIVABLE = st.builds(
    Receivable,
    invoice_id=st.integers(0, 99).map(lambda number: InvoiceId(f"inv-{number}")),
    contact_id=st.just(ContactId("customer")),
    number=st.none(),
    currency=st.sampled_from(["GBP", "JPY", "KWD", "???"]),
    due_minor=st.integers(-100, 3000),
    due_on=st.none() | days(-100, 60) | st.sampled_from([date.min, date.max]),
    expected_on=st.none() | days(-10, 40),
    payment_scheduled=st.booleans(),
    disputed=st.booleans(),
    unreadable=st.booleans(),
    progress=st.lists(STEPS, max_size=4, unique_by=lambda step: step.stage).map(tuple),
    holds=st.lists(HOLDS, max_size=2).map(tuple),
)
ANY_ACCOUNT = st.builds(
    Account,
    contact_id=st.just(ContactId("customer")),
    name=st.just("Example Ltd"),
    status=st.sampled_from(ContactStatus),
    addresses=st.sampled_from([(), ("accounts@customer.example",)]),
    unreadable=st.booleans(),
    credits=st.dictionaries(st.sampled_from(["GBP", "JPY", "???"]), st.integers(-50, 4000)),
    last_contacted_on=st.none() | days(-30, 0),
    holds=st.lists(HOLDS, max_size=2).map(tuple),
    receivables=st.lists(ANY_RECEIVABLE, max_size=4, unique_by=lambda r: r.invoice_id).map(tuple),
)


@given(ANY_ACCOUNT, calendars)
def test_every_decision_has_a_reason_and_every_wait_has_an_end(account, calendar) -> None:
    decisions = decide(account, Policy(), calendar, START)

    assert [d.invoice_id for d in decisions] == [r.invoice_id for r in account.receivables]
    for decision in decisions:
        assert decision.reasons
        assert (decision.action in {Action.WAIT, Action.SEND}) == (decision.next_on is not None)
        assert (decision.action is not Action.SEND) or decision.stage is not None


@given(ANY_ACCOUNT, calendars)
def test_every_decision_can_be_told_in_words(account, calendar) -> None:
    for decision in decide(account, Policy(), calendar, START):
        told = explain(decision)
        assert len(told.because) == len(decision.reasons)
        assert told.next


@given(ANY_ACCOUNT, calendars)
def test_whatever_forbids_asking_no_reminder_goes(account, calendar) -> None:
    for decision in decide(account, Policy(), calendar, START):
        receivable = decision.receivable
        if decision.action is Action.SEND:
            assert account.status is ContactStatus.ACTIVE
            assert account.reachable
            assert not account.unreadable
            assert not receivable.unreadable
            assert not receivable.disputed
            assert not receivable.payment_scheduled
            assert receivable.due_on is not None
            assert receivable.expected_on is None or receivable.expected_on < START
            assert all(hold.until is not None and hold.until < START for hold in (*account.holds, *receivable.holds))
            assert receivable.due_minor > max(account.credits.get(receivable.currency, 0), 0)
            assert all(step.state not in LEFT for step in receivable.progress if step.stage == "renamed")


@given(accounts(credit=True), policies(), calendars, days(0, 100))
def test_a_message_always_asks_for_more_than_the_tolerance_and_its_parts_add_up(
    account, policy, calendar, today
) -> None:
    plan = consolidate(account, decide(account, policy, calendar, today), policy)
    for group in plan.groups if plan else ():
        assert group.ask_minor > policy.tolerance.of(group.currency)
        assert group.ask_minor + group.credit_minor == group.total_minor
        assert group.total_minor == sum(reminder.asked_minor for reminder in group.reminders)
        assert all(reminder.asked_minor > group.credit_minor for reminder in group.reminders)


@given(st.lists(accounts(), max_size=4), st.dictionaries(st.sampled_from(["GBP", "JPY"]), st.integers(0, 3000)))
def test_the_messages_to_a_family_deduct_its_credit_once_between_them(members, credits_minor) -> None:
    today = DecisionPass(Policy(), Calendar(weekends=True), START)
    plans = [
        today.consolidate(account, today.decide(account))
        for account in (replace(member, family="parent", credits=credits_minor) for member in members)
    ]

    groups = [group for plan in plans if plan for group in plan.groups]
    for currency in {group.currency for group in groups}:
        of_currency = [group for group in groups if group.currency == currency]
        assert sum(group.credit_minor for group in of_currency) == credits_minor.get(currency, 0)
        assert all(group.ask_minor + group.credit_minor == group.total_minor for group in of_currency)


@given(accounts(), policies(), calendars)
def test_an_unpaid_invoice_reaches_every_stage_and_then_a_person(account, policy, calendar) -> None:
    forecast = preview(account, policy, calendar, START, days=1500)

    handed_over = {
        held.decision.invoice_id
        for held in forecast.held
        if held.decision.reasons[0].code is ReasonCode.END_OF_SEQUENCE
    }
    assert handed_over == {r.invoice_id for r in account.receivables}
    after_due = [stage.name for stage in policy.stages if not stage.before_due]
    for receivable in account.receivables:
        stages = [
            reminder.stage
            for send in forecast.sends
            for reminder in send.plan.reminders
            if reminder.receivable.invoice_id == receivable.invoice_id and reminder.stage in after_due
        ]
        assert stages == after_due


@given(accounts(credit=True), policies(), calendars, st.integers(1, 60))
def test_the_preview_is_what_the_daemon_then_does(account, policy, calendar, horizon) -> None:
    every_day = [(START + timedelta(days=offset), ReminderState.SENT) for offset in range(horizon)]

    promised = [
        (send.on, reminder.receivable.invoice_id, reminder.stage)
        for send in preview(account, policy, calendar, START, horizon).sends
        for reminder in send.plan.reminders
    ]

    assert promised == live(account, policy, calendar, every_day)
