"""Decisions in the form in which they are kept."""

from collections.abc import Iterable

from connector.dunning.reasons import Decision, Outcome
from state.model import DecisionRow, InvoiceId


def to_rows(decisions: Iterable[Decision]) -> list[DecisionRow]:
    """One row per decision; invoices that share an outcome share its encoded reasons."""
    return [_row(decision.receivable.invoice_id, decision.outcome) for decision in decisions]


def _row(invoice_id: InvoiceId, outcome: Outcome) -> DecisionRow:
    return DecisionRow(invoice_id, outcome.action.value, outcome.stage, outcome.reasons_json, outcome.next_on)
