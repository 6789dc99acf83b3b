"""Writes down who is in the control group and who could have been, so that the two can be compared and looked up."""

from collections.abc import Iterable

from connector.dunning.reasons import Decision
from connector.tenant import Tenant
from state.model import Account
from state.trials import Drawn


def draw(tenant: Tenant, decided: Iterable[tuple[Account, list[Decision]]]) -> None:
    """Every customer of today's decisions who may be drawn. Does nothing where the policy has no control group."""
    trial = tenant.settings.trial
    if trial is None:
        return
    eligible = [account for account, _ in decided if trial.may_be_drawn(account)]
    drawn = [Drawn(account.contact_id, trial.holds_back(account)) for account in eligible]
    tenant.store.trials.draw(drawn, trial.percent, tenant.today)
