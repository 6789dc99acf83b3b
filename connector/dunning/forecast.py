"""What the coming days will bring if nobody pays: the answer to "show me what you are about to do".

The forecast walks through the days with the very function the daemon uses, and writes its own sends into a copy of
the account. It jumps from one announced day to the next, so a month costs a handful of decisions.
"""

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from connector.dunning.calendar import Calendar, shift
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.decide import DecisionPass
from connector.dunning.policy import Policy
from connector.dunning.reasons import Action, Decision, Reason, ReasonCode
from connector.dunning.segments import STANDARD, PolicyBook
from state.model import Account, InvoiceId, Receivable, ReminderState, StageProgress
from state.stage_names import attempt_of, stage_of


class PlannedSend(Struct, frozen=True):
    """A message that will be due on day `on` if nothing is paid until then."""

    on: date
    plan: CustomerMessagePlan
    segment: str = STANDARD  # whose sequence it is
    time: Reason | None = None  # what is said of the customer's own time
    put_off_from: date | None = None  # its own day, where the daily cap puts it off


class Held(Struct, frozen=True):
    """An invoice that from day `since` is held, skipped or in a person's hands; its decision says why."""

    since: date
    decision: Decision


class Spared(Struct, frozen=True):
    """A reminder before the due date that does not go; its reason says why, and on which day it would have."""

    decision: Decision
    reason: Reason

    @property
    def on(self) -> date:
        return date.fromisoformat(str(self.reason.parameters["on"]))


class Forecast(Struct, frozen=True):
    """Sends in the order of their days; each held invoice once per set of reasons; each spared one once."""

    sends: tuple[PlannedSend, ...]
    held: tuple[Held, ...]
    spared: tuple[Spared, ...] = ()
    put_off: PlannedSend | None = None  # what the daily cap puts off beyond the last day; `on` is its own day


def preview(account: Account, policy: Policy | PolicyBook, calendar: Calendar, today: date, days: int) -> Forecast:
    """The forecast of one account by itself. For many accounts use one Foresight."""
    return Foresight(policy, calendar).preview(account, today, days)


class Foresight:
    """The forecasts of many accounts; one instance should see all, in their order, because families share credit."""

    def __init__(self, policy: Policy | PolicyBook, calendar: Calendar) -> None:
        self._policy = policy
        self._calendar = calendar
        self._passes: dict[date, DecisionPass] = {}

    def preview(self, account: Account, today: date, days: int) -> Forecast:
        """The sends and holds of `account` on `days` days beginning with `today`, if nothing gets paid.

        Approval and the daily cap are not foreseen: everything goes on the day it is due. A message that is leaving
        right now is taken to arrive.
        """
        walk = Walk(account, today)
        end = shift(today, days)
        while walk.day < end:
            plan = self.decide(walk, end)
            if plan is not None:
                self.send(walk, plan, end)
        return walk.forecast(end)

    def decide(self, walk: "Walk", end: date) -> CustomerMessagePlan | None:
        """What is to be sent on the walk's day; without a message the walk goes on to the next day that matters."""
        of_day = self._pass_of(walk.day)
        decisions = of_day.decide(walk.account)
        walk.take_down(decisions)
        plan = of_day.consolidate(walk.account, decisions)
        if plan is None:
            walk.day = _next_day(decisions, walk.day, end)
        else:
            walk.time = _time(decisions)
        return plan

    def planned(self, walk: "Walk", plan: CustomerMessagePlan) -> PlannedSend:
        """`plan` on the walk's day."""
        moved = walk.put_off_from if walk.put_off_from != walk.day else None
        segment = self._pass_of(walk.day).chosen(walk.account).segment
        return PlannedSend(walk.day, plan, segment, time=walk.time, put_off_from=moved)

    def send(self, walk: "Walk", plan: CustomerMessagePlan, end: date) -> None:
        """Take `plan` as sent on the walk's day, and go on to the next day that matters."""
        walk.sends.append(self.planned(walk, plan))
        walk.account = _after_sending(walk.account, plan, walk.day)
        walk.day = _next_day(self._pass_of(walk.day).decide(walk.account), walk.day, end)

    def _pass_of(self, day: date) -> DecisionPass:
        if day not in self._passes:
            self._passes[day] = DecisionPass(self._policy, self._calendar, day)
        return self._passes[day]


class Walk:
    """One account on its way through the coming days."""

    def __init__(self, account: Account, today: date, number: int = 0) -> None:
        self.number = number  # among all accounts
        self.account = _after_arrival(account, today)
        self.day = today
        self.sends: list[PlannedSend] = []
        self.held: dict[tuple[InvoiceId, str], Held] = {}
        self.spared: dict[InvoiceId, Spared] = {}
        self.put_off_from: date | None = None
        self.time: Reason | None = None  # what is said of the customer's own time, on the walk's day

    def take_down(self, decisions: list[Decision]) -> None:
        """Who is held and who is left alone, on the walk's day."""
        for decision in decisions:
            for reason in _spared(decision):
                self.spared.setdefault(decision.invoice_id, Spared(decision, reason))
            if not _follows_sequence(decision):
                self.held.setdefault((decision.invoice_id, decision.outcome.reasons_json), Held(self.day, decision))

    def forecast(self, end: date, put_off: PlannedSend | None = None) -> Forecast:
        within = tuple(each for each in self.spared.values() if each.on < end)
        return Forecast(tuple(self.sends), tuple(self.held.values()), within, put_off)


def _next_day(decisions: list[Decision], day: date, end: date) -> date:
    return min((d.next_on for d in decisions if d.next_on is not None and d.next_on > day), default=end)


_OF_TIME = frozenset((ReasonCode.OWN_TIME, ReasonCode.USUAL_TIME, ReasonCode.OWN_TIME_GIVEN_UP))


def _time(decisions: list[Decision]) -> Reason | None:
    """All that leaves in one message has the same."""
    sent = (reason for decision in decisions if decision.action is Action.SEND for reason in decision.reasons)
    return next((reason for reason in sent if reason.code in _OF_TIME), None)


def _spared(decision: Decision) -> list[Reason]:
    return [reason for reason in decision.reasons if reason.code is ReasonCode.PAYS_EARLY]


def _follows_sequence(decision: Decision) -> bool:
    return decision.action is Action.SEND or (decision.action is Action.WAIT and decision.outcome.chaseable)


def _after_sending(account: Account, plan: CustomerMessagePlan, day: date) -> Account:
    stages = {reminder.receivable.invoice_id: reminder.stage for reminder in plan.reminders}
    return _with_sent(account, stages, day)


def _after_arrival(account: Account, day: date) -> Account:
    stages = {
        receivable.invoice_id: step.name
        for receivable in account.receivables
        for step in receivable.progress
        if step.state is ReminderState.SENDING
    }
    return _with_sent(account, stages, day) if stages else account


def _with_sent(account: Account, stages: dict[InvoiceId, str], day: date) -> Account:
    """The account as it stands once `stages` have been sent on `day`."""
    receivables = tuple(
        _advance(receivable, stages[receivable.invoice_id], day) if receivable.invoice_id in stages else receivable
        for receivable in account.receivables
    )
    return replace(account, receivables=receivables, last_contacted_on=day)


def _advance(receivable: Receivable, stage: str, day: date) -> Receivable:
    others = tuple(step for step in receivable.progress if step.name != stage)
    gone = StageProgress(stage_of(stage), ReminderState.SENT, day, attempt=attempt_of(stage))
    return replace(receivable, progress=(*others, gone))
