"""Where the payment plans of one tenant stand, as its decisions go by it.

The cycle settles plans by it and `dun plan show` tells it, so that neither can take a plan for broken that the
decision still waits for.
"""

from datetime import date

from connector.config.settings import TenantSettings
from connector.dunning.agreements import PlanPosition
from connector.dunning.decide import DecisionPass
from connector.grading import accounts_of
from state.store import TenantStore

PlanStandings = dict[int, PlanPosition]


def plan_standings(store: TenantStore, settings: TenantSettings, today: date) -> PlanStandings:
    """By plan; those whose customers owe nothing any more are not among them."""
    decisions = DecisionPass(settings.book, settings.calendar, today)
    return {
        standing.plan.id: standing
        for account in accounts_of(store, settings, today)
        if account.plans
        for standing in decisions.plans(account)
    }
