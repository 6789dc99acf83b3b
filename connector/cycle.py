"""One polling cycle of one tenant. The only place that knows the order of the steps.

Safe to run at any moment, twice at once, or after a kill: every step commits what it did before the next begins, and
none trusts what it did not read itself. The numbers are those of docs/design.md.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import msgspec
from msgspec import Struct
from structlog.contextvars import bound_contextvars

from connector.agreeing import settle_agreements
from connector.budget.reserve import keep_back, within_budget
from connector.deeds import owe_notes
from connector.dispatch import dispatch
from connector.dunning.decide import DecisionPass
from connector.dunning.reasons import Action, Decision
from connector.dunning.rows import to_rows
from connector.gates import due_reminders
from connector.hearing import hear
from connector.keeping.relearning import learn_again
from connector.note_wording import note_wording
from connector.plan_standings import plan_standings
from connector.report import NOTE_OWED, CycleReport, Problem
from connector.tenant import Tenant
from connector.terms import withdraw_changed
from connector.trial import draw, draw_times, judge_times
from connector.ways_out.ends import follow_ends
from connector.ways_out.giving_up import write_given_up
from connector.ways_out.late_money import notice_late_money
from connector.ways_out.thanks import say_thanks
from connectors.ledger import LedgerError
from state.errors import StateError
from state.model import Account, ReminderId, ReminderState
from state.records import PlannedStage
from state.stage_names import stage_of
from sync.extra_notes import write_extra_notes
from sync.guard import Suspicion, believable, clocks_agree, same_company, same_documents
from sync.notes import write_owed_notes
from sync.pull import PullReport, compare, comparison_is_due, pull
from sync.reconcile import reconcile

CYCLES_LOOKED_BACK = 20  # killed ones left no report
NEED_A_WORD = (ReminderState.UNKNOWN, ReminderState.FAILED)  # from a person, until then they are named every time
Decided = list[tuple[Account, list[Decision]]]


def run_cycle(tenant: Tenant, *, dry_run: bool = False) -> CycleReport:
    """Bring the mirror up to date, decide, send what is proven, write the notes; what happened, in numbers and words.

    An error of the ledger ends the cycle early and stands in the report. Nothing is sent that could not be verified.
    """
    with _recorded(tenant) as report:
        recover(tenant, report)  # 0
        if tenant.channel.name != "dry":
            tenant.store.reminders.end_rehearsal()
        decided: Decided = []
        if _read(tenant, report) and not tenant.stopping():  # 1 to 3
            decided = decide_all(tenant, report)  # 4
            if not dry_run:
                draw(tenant, decided)
                draw_times(tenant, decided)
                judge_times(tenant)
                follow_up(tenant, decided, report)
            if dry_run or tenant.settings.mode == "off":
                report.would_send = report.decided[Action.SEND]
            else:
                plan(tenant, decided, report)  # 5
                dispatch(tenant, decided, report)  # 6 to 10
                say_thanks(tenant, report)
        if not dry_run:
            write_notes(tenant, report)  # 11
            keep_back(tenant, due_reminders(tenant, decided))
    return report


def _read(tenant: Tenant, report: CycleReport) -> bool:
    """The ledger, then the mail: its senders are known by then. The mail is read also when the ledger cannot be."""
    try:
        believed = bring_up_to_date(tenant, report)
    except LedgerError:
        _listen(tenant, report)
        raise
    _listen(tenant, report)
    return believed


def _listen(tenant: Tenant, report: CycleReport) -> None:
    heard = hear(tenant, report)
    report.replies, report.undelivered = heard.replies, heard.bounced


def follow_up(tenant: Tenant, decided: Decided, report: CycleReport) -> None:
    """The ways out: ends of sequences, money that comes too late, debts that are given up."""
    follow_ends(tenant, decided, report)
    write_given_up(tenant, report)
    notice_late_money(tenant, report)


def refresh(tenant: Tenant) -> CycleReport:
    """Steps 1 to 3 only, with every stream and the full comparison. Plans nothing, sends nothing, writes no notes."""
    with _recorded(tenant) as report:
        bring_up_to_date(tenant, report, everything=True)
    return report


@contextmanager
def _recorded(tenant: Tenant) -> Iterator[CycleReport]:
    """A report that is kept in the log of cycles, however far the cycle comes."""
    open_believed, gone_believed = _believed(tenant)
    report = CycleReport(
        tenant=tenant.slug,
        business_day=tenant.today,
        read_only=tenant.settings.read_only,
        open_believed=open_believed,
        gone_believed=gone_believed,
    )
    calls_before = tenant.meter.total
    report.cycle = cycle = tenant.store.cycles.start(tenant.clock.now(), tenant.today)
    try:
        with bound_contextvars(cycle=cycle):
            yield report
    except LedgerError as error:
        report.problem(error)
    except StateError as error:  # a full disk, a key that is not there: told by whoever called, and no bug
        report.problems.append(Problem("storage", str(error), needs_person=True))
        raise
    except Exception as error:
        report.problems.append(Problem("unexpected", f"a bug in Dun: {type(error).__name__}", needs_person=True))
        raise
    finally:
        report.api_calls = tenant.meter.total - calls_before
        report.open_invoices = tenant.store.mirror.count_open()
        tenant.store.cycles.finish(cycle, tenant.clock.now(), msgspec.json.encode(report).decode())  # 12


class _Believed(Struct):
    """The part of an earlier report that the guard needs."""

    open_believed: int | None = None
    gone_believed: int | None = None


def _believed(tenant: Tenant) -> tuple[int, int | None]:
    """Invoices open and gone when a pull was last believed: one that breaks off half-way must not be the measure."""
    for cycle in tenant.store.cycles.last(CYCLES_LOOKED_BACK):
        before = msgspec.json.decode(cycle.report or "{}", type=_Believed)
        if before.open_believed is not None:
            return before.open_believed, before.gone_believed
    return tenant.store.mirror.count_open(), None


def recover(tenant: Tenant, report: CycleReport) -> None:
    """Pick up what a killed cycle left: perhaps-sent becomes unknown, verified becomes planned again.

    Whoever runs a cycle holds the tenant's lock, so nobody else can be in the middle of a send.
    """
    report.unknown += tenant.store.reminders.recover(tenant.clock.now()).unknown
    tenant.store.courtesies.recover(tenant.clock.now())
    unsettled = sum(len(tenant.store.reminders.in_state(state)) for state in NEED_A_WORD)
    if unsettled:
        words = f"sends that are unknown or failed: {unsettled}; `dun resolve` lists them and takes your answer"
        report.problems.append(Problem("unsettled_sends", words, needs_person=True))


def bring_up_to_date(tenant: Tenant, report: CycleReport, *, everything: bool = False) -> bool:
    """Pull, guard and reconcile. False when what came cannot be believed: a person is asked and nothing is sent."""
    daily = everything or comparison_is_due(tenant.store, tenant.clock.now(), tenant.settings.nightly, tenant.zone)
    if daily and (suspicion := _another_company(tenant, report)):
        return _pause(tenant, report, suspicion)
    paused = _is_paused(tenant, report)
    pulled = _pull(tenant, report, everything=everything)
    tenant.store.search.catch_up()
    if daily and not paused:
        _compare(tenant, report)
    ignorant = not learn_again(tenant, report, pulled=pulled is not None)
    open_before, report.open_believed = report.open_believed, tenant.store.mirror.count_open()
    replaced = _replaced(tenant, report, open_before) if daily else None
    if paused or ignorant:
        return False
    if suspicion := believable(open_before, report.open_believed) or replaced or _skew(tenant, pulled):
        return _pause(tenant, report, suspicion)
    report.ended = reconcile(tenant.store, tenant.clock)
    settle(tenant, report)
    return True


def settle(tenant: Tenant, report: CycleReport) -> None:
    """Promises kept or broken, plans kept or broken, disputes whose invoice is gone."""
    standings = partial(plan_standings, tenant.store, tenant.settings, tenant.today)
    settled = settle_agreements(tenant.store, tenant.today, tenant.clock.now(), standings)
    report.agreements = Counter(f"{each.kind} {each.outcome}" for each in settled.settled)
    if tenant.settings.note_agreements:
        owe_notes(tenant)


def _another_company(tenant: Tenant, report: CycleReport) -> Suspicion | None:
    return within_budget(tenant, "compare", report, lambda: check_company(tenant))


def _pull(tenant: Tenant, report: CycleReport, *, everything: bool) -> PullReport | None:
    def all_due() -> PullReport:
        return pull(tenant.ledger, tenant.store, tenant.clock, everything=everything)

    pulled = within_budget(tenant, "pull", report, all_due)
    if pulled is not None:
        report.changed, report.quarantined = pulled.changed, pulled.rejected
    return pulled


def _replaced(tenant: Tenant, report: CycleReport, open_before: int) -> Suspicion | None:
    """Only comparisons find out what is gone, and one that broke off is made good by the next."""
    before, report.gone_believed = report.gone_believed, tenant.store.mirror.count_gone()
    return None if before is None else same_documents(open_before, report.gone_believed - before)


def _skew(tenant: Tenant, pulled: PullReport | None) -> Suspicion | None:
    return clocks_agree(pulled.heard_at or tenant.clock.now(), pulled.ledger_time) if pulled else None


def _compare(tenant: Tenant, report: CycleReport) -> None:
    first = tenant.store.mirror.compared_at() is None
    compared = within_budget(tenant, "compare", report, lambda: compare(tenant.ledger, tenant.store, tenant.clock))
    if compared is not None and not first:
        report.differences = compared.differences + compared.gone


def check_company(tenant: Tenant) -> Suspicion | None:
    """The connection must still answer for the company this mirror belongs to."""
    answering = tenant.ledger.organisation()
    suspicion = same_company(tenant.store.mirror.organisation(), answering)
    if suspicion is None:
        tenant.store.mirror.save_organisation(answering, tenant.clock.now())
    return suspicion


def decide_all(tenant: Tenant, report: CycleReport) -> Decided:
    """Decide about every open invoice and keep each decision with its reasons."""
    today = tenant.today
    decisions = DecisionPass(tenant.settings.book, tenant.calendar, today)
    decided = [(account, decisions.decide(account)) for account in tenant.accounts()]
    with tenant.store.transaction():
        rows = [row for _, of_account in decided for row in to_rows(of_account)]
        tenant.store.decisions.record(rows, today, tenant.clock.now())
    report.decided.update(row.action for row in rows)
    return decided


def plan(tenant: Tenant, decided: Decided, report: CycleReport) -> None:
    """Write down what is to be sent today. Deciding the same twice is a no-op in the database."""
    today = tenant.today
    rows = [
        PlannedStage(
            invoice_id=decision.invoice_id,
            contact_id=account.contact_id,
            stage=decision.stage,
            round=decision.receivable.round,
            planned_for=today,
            channel=decision.channel or "email",
        )
        for account, decisions in decided
        for decision in decisions
        if decision.action is Action.SEND and decision.stage
    ]
    with tenant.store.transaction():
        report.planned = tenant.store.reminders.plan(rows, tenant.clock.now())
        tenant.store.reminders.skip(_overtaken(tenant, decided), "overtaken", tenant.clock.now())
        withdraw_changed(tenant.store, tenant.settings, tenant.clock.now())


def _overtaken(tenant: Tenant, decided: Decided) -> list[ReminderId]:
    """Planned reminders of a stage that the sequence has left behind, such as a courtesy nobody approved in time."""
    days = {stage.name: stage.offset_days for stage in tenant.settings.book.stages.values()}
    come_to = {d.invoice_id: stage_of(d.stage) for _, decisions in decided for d in decisions if d.stage is not None}
    reached = {key: days[stage] for key, stage in come_to.items() if stage in days}
    planned = [(r, days.get(stage_of(r.stage), -math.inf)) for r in tenant.store.reminders.planned()]
    return [r.id for r, day in planned if r.invoice_id in reached and day < reached[r.invoice_id]]


def write_notes(tenant: Tenant, report: CycleReport) -> None:
    """Tell the ledger what was sent."""
    wording = note_wording(tenant)
    with tenant.meter.calls_for("note"):
        notes = write_owed_notes(tenant.ledger, tenant.store, tenant.clock, wording, enough=tenant.stopping)
        further = write_extra_notes(tenant.ledger, tenant.store, tenant.clock, enough=tenant.stopping)
    report.notes_written = notes.written + notes.found
    report.notes_waiting = notes.waiting + further.waiting
    report.problems += [Problem(NOTE_OWED, words) for words in (*notes.problems, *further.problems)]


def _is_paused(tenant: Tenant, report: CycleReport) -> bool:
    holds = [hold for hold in tenant.store.holds.active(tenant.today) if hold.scope == "tenant"]
    report.problems += [Problem("paused", hold.note or hold.reason, needs_person=True) for hold in holds]
    return bool(holds)


def _pause(tenant: Tenant, report: CycleReport, suspicion: Suspicion) -> bool:
    known = {hold.reason for hold in tenant.store.holds.active(tenant.today) if hold.scope == "tenant"}
    if suspicion.code not in known:
        at = tenant.clock.now()
        tenant.store.holds.place("tenant", "*", reason=suspicion.code, until=None, note=suspicion.words, at=at)
    report.problems.append(Problem(suspicion.code, suspicion.words, needs_person=True))
    return False
