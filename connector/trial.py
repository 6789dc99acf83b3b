"""Writes down what was drawn by lot, before anything is sent, so that groups can be compared and looked up."""

from collections.abc import Iterable, Iterator

from connector.customer_times import attempted
from connector.dunning.reasons import Decision, Timed
from connector.reports.best_time import verdict
from connector.tenant import Tenant
from state.model import Account
from state.timing_records import TimingDraw, TimingEnd
from state.trials import Drawn


def draw(tenant: Tenant, decided: Iterable[tuple[Account, list[Decision]]]) -> None:
    """Every customer of today's decisions who may be drawn. Does nothing where the policy has no control group."""
    trial = tenant.settings.trial
    if trial is None:
        return
    eligible = [account for account, _ in decided if trial.may_be_drawn(account)]
    drawn = [Drawn(account.contact_id, trial.holds_back(account)) for account in eligible]
    tenant.store.trials.draw(drawn, trial.percent, trial.start_days, tenant.today)


def draw_times(tenant: Tenant, decided: Iterable[tuple[Account, list[Decision]]]) -> None:
    """Of every message that leaves at its customer's own time, or at the usual one to compare; not in a rehearsal."""
    if tenant.settings.mode != "off" and tenant.channel.name != "dry":
        draws = {(draw.invoice_id, draw.stage, draw.round): draw for draw in _times(decided)}
        if draws:
            tenant.store.timings.draw(draws.values())


def judge_times(tenant: Tenant) -> None:
    """Give own times up where the messages so far show that they do not help."""
    if tenant.settings.best_time is None:
        return
    tried = attempted(tenant.store, tenant.today)
    if tried.ended is None and (reason := verdict(tenant.store.timings.outcomes(tried.first, tenant.today))):
        tenant.store.timings.end(TimingEnd(tenant.today, reason))


def _times(decided: Iterable[tuple[Account, list[Decision]]]) -> Iterator[TimingDraw]:
    for account, decisions in decided:
        for decision in decisions:
            if (timed := decision.outcome.timed) is not None:
                yield _time(account, timed)


def _time(account: Account, timed: Timed) -> TimingDraw:
    return TimingDraw(
        invoice_id=timed.invoice_id,
        stage=timed.stage,
        round=timed.round,
        contact_id=account.contact_id,
        own=timed.own,
        free_on=timed.free_on,
        chosen_on=timed.on,
        hour=timed.hour,
    )
