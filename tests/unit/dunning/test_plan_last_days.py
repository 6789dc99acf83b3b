"""Until when an instalment may be paid: nobody loses a plan by the firm's lateness, and no plan waits for nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import EVERY_DAY, WEEKDAYS, a_hold, a_receivable, an_account, codes, pending, sent

from connector.dunning.agreements import PlanPosition
from connector.dunning.calendar import Calendar
from connector.dunning.decide import DecisionPass
from connector.dunning.explain import explain
from connector.dunning.policy import Policy
from connector.dunning.segments import PolicyBook
from state.agreed import Instalment, Plan, PlanState, Preference, Promise, PromiseState, Share
from state.model import Account, ContactId, InvoiceId, ReminderState, StageProgress

MADE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DUE = date(2026, 3, 10)  # a Tuesday
TOLERANCE = 3
BARE = DUE + timedelta(days=TOLERANCE)  # the last day of an instalment of which nobody is reminded
LATER = BARE + timedelta(days=30)
CUSTOMER = ContactId("customer")


def a_plan(*parts: tuple[date, int], state: PlanState = PlanState.ACTIVE) -> Plan:
    """By default 600.00 in two halves, the first on the 10th of March."""
    parts = parts or ((DUE, 300_00), (DUE + timedelta(days=90), 300_00))
    return Plan(
        id=1,
        contact_id=CUSTOMER,
        currency="GBP",
        state=state,
        baseline_minor=600_00,
        made_at=MADE,
        made_by="bo",
        settled_at=None,
        shares=(Share(InvoiceId("inv-1"), 600_00),),
        instalments=tuple(Instalment(number, on, minor) for number, (on, minor) in enumerate(parts, start=1)),
    )


def a_customer(*progress: StageProgress, plan: Plan | None = None, **fields: Any) -> Account:
    """With one invoice, under `plan`; fields of the receivable go to it."""
    of_invoice = {
        name: fields.pop(name)
        for name in ("due_minor", "disputed_minor", "holds", "promise", "calls_pending")
        if name in fields
    }
    return an_account(a_receivable(progress=progress, **of_invoice), plans=(plan or a_plan(),), **fields)


def standing(
    account: Account, today: date, *, calendar: Calendar = EVERY_DAY, tolerance: int = TOLERANCE, **policy: Any
) -> PlanPosition:
    of_day = DecisionPass(Policy(plan_tolerance_days=tolerance, **policy), calendar, today)
    [found] = of_day.plans(account)
    return found


def last_broken(account: Account, **policy: Any) -> date | None:
    """The day before that on which the plan is first found broken, within two months."""
    for days in range(60):
        if standing(account, DUE + timedelta(days=days), **policy).broken:
            return DUE + timedelta(days=days - 1)
    return None


@pytest.mark.parametrize("days", [0, 1, TOLERANCE, TOLERANCE + 1, 30])
def test_a_plan_does_not_break_while_the_reminder_can_still_leave(days: int) -> None:
    found = standing(a_customer(), DUE + timedelta(days=days))

    assert (found.broken, found.last_day) == (False, None)


@pytest.mark.parametrize("state", [ReminderState.PLANNED, ReminderState.VERIFIED, ReminderState.SENDING])
def test_a_reminder_that_waits_for_approval_or_is_under_way_is_still_to_leave(state: ReminderState) -> None:
    assert not standing(a_customer(pending("instalment-1", state)), LATER).broken


@pytest.mark.parametrize(
    ("left", "last_day"),
    [
        (DUE + timedelta(days=1), DUE + timedelta(days=1 + TOLERANCE)),
        (BARE + timedelta(days=9), BARE + timedelta(days=9 + TOLERANCE)),
    ],
)
def test_once_reminded_the_customer_has_the_tolerance_from_that_day(left: date, last_day: date) -> None:
    assert last_broken(a_customer(sent("instalment-1", left))) == last_day


def test_a_reminder_can_be_answered_on_an_open_day_however_small_the_tolerance() -> None:
    friday = date(2026, 3, 13)

    assert last_broken(a_customer(sent("instalment-1", friday)), calendar=WEEKDAYS, tolerance=0) == date(2026, 3, 16)


@pytest.mark.parametrize(
    "account",
    [
        a_customer(pending("instalment-1", ReminderState.SKIPPED)),
        a_customer(pending("instalment-1", ReminderState.FAILED)),
        a_customer(pending("instalment-1", ReminderState.UNKNOWN)),
        a_customer(addresses=(), closed_channels=frozenset({"call"})),
        a_customer(preference=Preference(contact_id=CUSTOMER, do_not_chase="a friend", owner="Ann")),
        a_customer(holds=(a_hold(),)),
        a_customer(calls_pending=("firm",)),
        a_customer(credits={"GBP": 299_50}),  # what is missing then is not worth asking for
    ],
    ids=["skipped", "refused", "unknown", "unreachable", "not chased", "held", "call open", "credit"],
)
def test_where_no_reminder_leaves_by_itself_the_date_alone_counts(account: Account) -> None:
    assert last_broken(account) == BARE


def test_money_that_no_invoice_has_taken_keeps_a_plan_from_breaking() -> None:
    """Also where credit is otherwise left out of account, so that the reminder asks for the instalment all the same."""
    reminded = sent("instalment-1", DUE + timedelta(days=1))

    assert not standing(a_customer(reminded, credits={"GBP": 300_00}), LATER, credit="ignore").broken
    assert standing(a_customer(reminded, credits={"GBP": 299_99}), LATER, credit="ignore").broken


def test_in_mode_off_the_date_alone_counts() -> None:
    book = PolicyBook(standard=Policy(plan_tolerance_days=TOLERANCE), sends=False)

    [found] = DecisionPass(book, EVERY_DAY, BARE + timedelta(days=1)).plans(a_customer())

    assert (found.broken, found.last_day) == (True, BARE)


def test_a_hold_that_ends_is_waited_for_and_said() -> None:
    account = a_customer(holds=(a_hold(until=LATER),))
    of_day = DecisionPass(Policy(), EVERY_DAY, LATER)

    assert not of_day.plans(account)[0].broken
    [decision] = of_day.decide(account)
    assert (codes(decision), decision.next_on) == (["held"], LATER + timedelta(days=1))


def test_a_promise_about_its_invoice_is_waited_for() -> None:
    promise = Promise(
        id=1,
        invoice_id=InvoiceId("inv-1"),
        contact_id=None,
        promised_on=LATER,
        amount_minor=600_00,
        currency="GBP",
        baseline_minor=600_00,
        made_at=MADE,
        made_by="bo",
        note=None,
        state=PromiseState.OPEN,
        settled_at=None,
        shares=(Share(InvoiceId("inv-1"), 600_00),),
    )

    assert not standing(a_customer(promise=promise), LATER).broken


def test_the_reminder_that_is_waited_for_says_that_the_plan_waits() -> None:
    [late] = DecisionPass(Policy(), EVERY_DAY, BARE + timedelta(days=1)).decide(a_customer())
    [in_time] = DecisionPass(Policy(), EVERY_DAY, BARE).decide(a_customer())

    assert (late.action, late.stage) == ("send", "instalment-1")
    assert f"since {BARE} the plan waits for this reminder" in explain(late).summary
    assert "waits" not in explain(in_time).summary


def test_a_plan_that_was_found_broken_names_the_last_day_and_waits_for_nothing() -> None:
    found = standing(a_customer(plan=a_plan(state=PlanState.BROKEN)), DUE)

    assert (found.broken, found.last_day) == (True, BARE)


def test_an_instalment_disputed_meanwhile_is_asked_for_before_its_plan_breaks() -> None:
    disputed, settled = a_customer(due_minor=600_00, disputed_minor=600_00), a_customer()

    assert not standing(disputed, LATER).broken
    assert not standing(settled, LATER).broken
    assert [d.stage for d in DecisionPass(Policy(), EVERY_DAY, LATER).decide(settled)] == ["instalment-1"]


DAYS = st.integers(0, 40)


@given(
    first=st.integers(1, 599_99),
    paid=st.integers(0, 599_99),
    disputed=st.integers(0, 600_00),
    tolerance=st.integers(0, 10),
    left=st.none() | DAYS,
    today=DAYS,
    weekends=st.booleans(),
    stopped=st.booleans(),
)
def test_a_plan_breaks_exactly_when_what_nobody_disputes_was_asked_for_and_the_time_to_pay_it_is_over(
    first: int, paid: int, disputed: int, tolerance: int, left: int | None, today: int, weekends: bool, stopped: bool
) -> None:
    """`left`: the day on which the first instalment's reminder left; `stopped`: none can leave."""
    plan = a_plan((DUE, first), (DUE + timedelta(days=5), 600_00 - first))
    calendar = Calendar(weekends=weekends)
    progress = () if left is None else (sent("instalment-1", DUE + timedelta(days=left + 1)),)
    due = 600_00 - paid
    account = a_customer(
        *progress, plan=plan, due_minor=due, disputed_minor=disputed, holds=(a_hold(),) if stopped else ()
    )
    day = DUE + timedelta(days=today)

    found = standing(account, day, calendar=calendar, tolerance=tolerance)

    number = 1 if paid < first else 2
    due_on = DUE if number == 1 else DUE + timedelta(days=5)
    asked = max(due - disputed, 0)
    reminded = DUE + timedelta(days=left + 1) if left is not None and number == 1 else None
    waits = reminded is None and not stopped and asked > Policy().tolerance.of("GBP")
    late = due_on + timedelta(days=tolerance) < day
    if reminded is not None:
        open_days = [reminded + timedelta(days=n) for n in range(1, (day - reminded).days)]
        late &= reminded + timedelta(days=tolerance) < day
        late &= any(weekends or each.weekday() < 5 for each in open_days)
    assert found.broken is bool(asked and late and not waits)


@given(moves=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 300_00), st.integers(0, 600_00)), max_size=6))
def test_whatever_is_paid_and_disputed_no_plan_breaks_before_a_customer_could_answer_its_reminder(
    moves: list[tuple[int, int, int]],
) -> None:
    """Each move: so many days pass, so much is paid, so much is disputed from then on. The firm sends every day."""
    plan, day, due, progress = a_plan((DUE, 200_00), (DUE + timedelta(days=7), 400_00)), DUE, 600_00, ()
    for days, payment, disputed in moves:
        due = max(due - payment, 0)
        for _ in range(days):
            day += timedelta(days=1)
            if not due:
                return
            account = a_customer(*progress, plan=plan, due_minor=due, disputed_minor=min(disputed, due))
            of_day = DecisionPass(Policy(plan_tolerance_days=0), WEEKDAYS, day)
            [found], [decision] = of_day.plans(account), of_day.decide(account)
            if found.broken:
                reminded = max(step.sent_on for step in progress if step.stage == f"instalment-{found.unmet.number}")
                between = [reminded + timedelta(days=n) for n in range(1, (day - reminded).days)]
                assert any(each.weekday() < 5 for each in between)
                assert disputed < due
                return
            if decision.action == "send":
                progress = (*progress, sent(str(decision.stage), day))
