"""When a plan may break, and when it must: by the books, by what is disputed and by what arrived (invariant 6).

Nobody asks for what is disputed, so no plan may break for it. A customer who was reminded of an instalment has the
tolerance from that day as from the instalment's own, and an open day; one who was not keeps the plan, unless something
was seen that could have stopped the reminder: then the product may go by the day alone.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

from drill.simulation.open_days import open_days_between
from drill.simulation.process import Surroundings
from state.addresses import usable_addresses

if TYPE_CHECKING:
    from drill.simulation.agreed import Agreed, Planned

_SMALL = 100  # minor units that nobody asks for
_OPEN_HOLDS = "SELECT 1 FROM hold WHERE until IS NULL AND target IN ({})"
_WISHES = "SELECT 1 FROM audit WHERE action = 'customer' AND target IN ({})"
_ENDED_BADLY = (
    "SELECT 1 FROM reminder JOIN reminder_event ON reminder_event.reminder_id = reminder.id"
    " WHERE to_state IN ('unknown', 'failed', 'skipped') AND reminder.invoice_id IN ({})"
)
_CALLS = (
    "SELECT 1 FROM task JOIN reminder ON reminder.message_id = task.message_id"
    " WHERE task.kind = 'call' AND reminder.invoice_id IN ({})"
)
_UNREADABLE = "SELECT 1 FROM quarantine"


class Breaking:
    """The plans of one firm."""

    def __init__(self, around: Surroundings, agreed: "Agreed") -> None:
        self._around = around
        self._agreed = agreed

    def ways(self, plan: "Planned", today: date) -> Iterator[str]:
        """Each way in which `plan` may stand today, as far as it is not paid up."""
        plan.stopped = plan.stopped or self._may_be_stopped(plan)
        for parts in self._asked(plan):
            for credit in (0, self._agreed.credit(plan.baselines, plan.currency)):
                late = _beyond(parts, credit)
                yield "broken" if late and self._may_be_over(plan, late[0][1], today) else "active"

    def long_over(self, plan: "Planned", before: date) -> bool:
        """Whether the plan had to break before that day, whatever is disputed and however the credit counts."""
        credit = self._agreed.credit(plan.baselines, plan.currency)
        late = [_beyond(parts, credit) for parts in self._asked(plan)]
        return all(parts and self._must_be_over(plan, parts[0][1], before) for parts in late)

    # -- what is asked -------------------------------------------------------------------------------------------

    def _asked(self, plan: "Planned") -> Iterator[list[tuple[int, date, int]]]:
        """Number, day and rest of each instalment that is asked for, once for each way in which disputes may stand."""
        missing = self._agreed.missing(plan, self._agreed.paid(plan.baselines))
        rests = []
        for key in plan.baselines:
            due = self._agreed.due(key) or 0
            rests.append({due - part for part in self._agreed.disputed_minor(key, due, self._agreed.latest)})
        for rest in {sum(each) for each in product(*rests)}:
            yield _first(missing, rest)

    # -- whether the time to pay is over -----------------------------------------------------------------------------

    def _may_be_over(self, plan: "Planned", day: date, today: date) -> bool:
        if day + self._grace >= today:
            return False
        if plan.stopped:
            return True
        reminded = self._reminded(plan)
        return bool(reminded) and self._is_answered(min(reminded.values()), today)

    def _must_be_over(self, plan: "Planned", day: date, before: date) -> bool:
        """Only of a plan about which nothing is in doubt."""
        if day + self._grace >= before or plan.turns != {key: self._agreed.turn(key) for key in plan.baselines}:
            return False
        reminded = self._reminded(plan)
        owing = {key for key in plan.baselines if self._agreed.due(key)}
        if owing <= reminded.keys():
            return not plan.stopped and self._is_answered(max(reminded[key] for key in owing), before)
        return not reminded and any(not self._owners(key).isdisjoint(self._agreed.let_be) for key in owing)

    def _is_answered(self, reminded: date, today: date) -> bool:
        calendar = self._around.settings.calendar
        return reminded + self._grace < today and open_days_between(calendar, reminded, today) > 0

    def _reminded(self, plan: "Planned") -> dict[str, date]:
        """When each invoice's customer got the reminder of the oldest instalment that is not paid."""
        missing = self._agreed.missing(plan, self._agreed.paid(plan.baselines))
        return plan.reminded.get(missing[0][0], {}) if missing else {}

    @property
    def _grace(self) -> timedelta:
        return timedelta(days=self._around.settings.policy.plan_tolerance_days)

    # -- what could have stopped a reminder --------------------------------------------------------------------------

    def _may_be_stopped(self, plan: "Planned") -> bool:
        owing = [key for key in plan.baselines if self._agreed.due(key)]
        owners = {owner for key in owing for owner in self._owners(key)}
        return any(map(self._forbidden_by_the_books, owing)) or self._forbidden_by_the_file(owing, owners)

    def _forbidden_by_the_books(self, key: str) -> bool:
        invoice = self._around.invoice(key)
        if invoice is None:
            return True
        customer = self._around.books.customers[invoice.customer_id]
        bounced = {told.whom for _, told in self._around.voices.facts}
        credit_counts = self._around.settings.policy.credit != "ignore"
        rests = self._agreed.disputed_minor(key, self._agreed.due(key) or 0, self._agreed.latest)
        return (
            customer.archived
            or customer.merged_into is not None
            or invoice.disputed
            or bool(invoice.scheduled_payment)
            or not any(address.lower() not in bounced for address in usable_addresses(customer.email or ""))
            or (credit_counts and self._agreed.credit([key], invoice.currency) > 0)
            or any((self._agreed.due(key) or 0) - part <= _SMALL for part in rests)
        )

    def _forbidden_by_the_file(self, keys: list[str], owners: set[str]) -> bool:
        of_invoices = [*keys, *owners, "*"]
        with closing(self._around.read_file()) as file:
            return any(
                file.execute(query.format(", ".join("?" * len(targets))), targets).fetchone()
                for query, targets in (
                    (_OPEN_HOLDS, of_invoices),
                    (_WISHES, list(owners)),
                    (_ENDED_BADLY, keys),
                    (_CALLS, keys),
                    (_UNREADABLE, []),
                )
            )

    def _owners(self, key: str) -> set[str]:
        invoice = self._around.invoice(key)
        return set() if invoice is None else self._agreed.of_owner(invoice)


def _beyond(parts: list[tuple[int, date, int]], money: int) -> list[tuple[int, date, int]]:
    left = []
    for number, day, minor in parts:
        covered = min(minor, money)
        money -= covered
        left += [(number, day, minor - covered)] if covered < minor else []
    return left


def _first(parts: list[tuple[int, date, int]], most: int) -> list[tuple[int, date, int]]:
    kept = []
    for number, day, minor in parts:
        part = min(minor, most)
        most -= part
        kept += [(number, day, part)] if part > 0 else []
    return kept
