"""Whose calls count together: a company's, and those of all companies that share a registered app."""

from connector.config.settings import Config, TenantSettings
from connectors.budget import CallBudget
from state.budgets import Budgets
from state.clock import Clock


def budget_of(config: Config, budgets: Budgets, clock: Clock, settings: TenantSettings, company_id: str) -> CallBudget:
    """The budget of one company in its ledger. Xero counts days, QuickBooks the app's month."""
    xero = settings.ledger == "xero"
    return CallBudget(
        budgets,
        clock,
        owner=f"{settings.ledger}:{company_id}",
        app=f"{settings.ledger}-app:{settings.app.client_id}",
        daily_calls=config.xero.daily_calls if xero else None,
        monthly_reads=None if xero else config.quickbooks.monthly_reads,
    )
