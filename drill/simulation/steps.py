"""Through which sequence a customer goes and which stage is next, worked out once more in the plainest way.

By days alone: what was sent of whichever sequence has passed, and everything up to its day with it.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.segments import Rules
from connectors.sandbox.documents import Customer, Invoice
from drill.simulation.agreed import Agreed
from drill.simulation.open_days import first_day
from drill.simulation.process import Surroundings
from state.money import to_minor

Progress = Mapping[str, date | None]  # stages that have passed, and when those left that were sent


class Steps:
    """The sequences of one firm."""

    def __init__(self, around: Surroundings, agreed: Agreed) -> None:
        self._around = around
        self._agreed = agreed

    def policy_of(self, invoice: Invoice, today: date) -> Policy:
        """That of the segment the customer is pinned to, else of the first all of whose rules hold."""
        settings, key = self._around.settings, self._agreed.owner(invoice)
        pinned = self._agreed.pinned.get(key)
        segments = {segment.name: segment for segment in settings.segments}
        if pinned in segments:
            return segments[pinned].policy
        if pinned == "standard":
            return settings.policy
        owner = self._around.books.customers[invoice.customer_id]
        matching = (one.policy for one in settings.segments if self._holds(one.rules, owner, today))
        return next(matching, settings.policy)

    def _holds(self, rules: Rules, owner: Customer, today: date) -> bool:
        theirs = [i for i in self._open() if i.customer_id == owner.id]
        groups = owner.groups if self._around.traits.ledger == "xero" else owner.groups[:1]
        return (
            (not rules.groups or any(group.upper() in rules.groups for group in groups))
            and (not rules.countries or owner.country in rules.countries)
            and (rules.owes_at_least is None or _owes(theirs, rules.owes_at_least))
            and (rules.overdue_less_than is None or _younger(theirs, rules.overdue_less_than, today))
        )

    def _open(self) -> list[Invoice]:
        return [
            i for i in self._around.books.invoices.values() if i.state == "open" and i.due_amount > 0 and not i.bill
        ]

    def next(self, invoice: Invoice, asked_minor: int, progress: Progress, today: date) -> tuple[Stage, date] | None:
        """The stage that is next and the day on which it should have gone; None: all have, or no day is known."""
        policy = self.policy_of(invoice, today)
        known = self._around.settings.book.stages
        reached = max((known[name].offset_days for name in progress if name in known), default=-(10**6))
        stages = policy.stages_for(invoice.currency, asked_minor)
        after = [stage for stage in stages if stage.offset_days > reached and not stage.before_due]
        if invoice.due is None or not after:
            return None
        stage = after[0]
        days = [first_day(stage, invoice.due)]
        sent = {name: day for name, day in progress.items() if day is not None and name in known}
        if sent:
            latest = max(sent, key=lambda name: sent[name])
            days.append(sent[latest] + timedelta(days=stage.offset_days - known[latest].offset_days))
        given = ((day, known[name].deadline_days) for name, day in sent.items())
        days += [day + timedelta(days=length + 1) for day, length in given if length is not None]
        return stage, max(days)


def _owes(invoices: list[Invoice], least: Threshold) -> bool:
    owed: dict[str, int] = {}
    for one in invoices:
        owed[one.currency] = owed.get(one.currency, 0) + to_minor(one.due_amount, one.currency)
    return any(minor >= least.of(currency) for currency, minor in owed.items())


def _younger(invoices: list[Invoice], days: int, today: date) -> bool:
    dues = [one.due for one in invoices if one.due is not None]
    return bool(dues) and (today - min(dues)).days < days
