"""What a message may ask for, worked out once more from the books and from what was agreed (invariant 3).

Where it is not certain how an agreement stands, several sums are right; what is claimed for paying late is held
between two bounds, one of which leaves out every doubt and one of which counts each against the debtor.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from connector.dunning.late_terms import Contract
from connector.dunning.policy import Policy, Stage
from drill.simulation.agreed import Agreed, Planned
from drill.simulation.attempts import base_of
from drill.simulation.firm_policy import BASE_RATE, PER_INVOICE, PERCENT
from drill.simulation.process import Surroundings
from drill.simulation.witness import About, Sight, Standing
from state.money import to_minor

_YEAR = 365
_LARGEST_FIXED_SUM = Decimal(100)  # that the British law knows
_DAY = timedelta(days=1)
Sums = dict[str, set[int]]  # by currency, in minor units


def is_instalment(stage: str) -> bool:
    return stage.startswith("instalment-")


def number_of(stage: str) -> int:
    """Of an instalment: `instalment-2` and `instalment-2-plan-7` are the second of their plan."""
    return int(stage.split("-")[1])


class Asking:
    """The sums that may stand in a message about certain invoices."""

    def __init__(self, around: Surroundings, agreed: Agreed) -> None:
        self._around = around
        self._agreed = agreed

    @property
    def policy(self) -> Policy:
        return self._around.settings.policy

    def is_right(
        self, asked: Mapping[str, int], about: list[About], sight: Sight, known: int, *, today: date, still: bool
    ) -> bool:
        """Whether `asked` is what `sight` calls for, with the agreements up to `known`."""
        standings = [sight.get(one.invoice.id) for one in about]
        if None in standings:
            return False
        pairs: list[tuple[About, Any]] = list(zip(about, standings, strict=True))
        if any(is_instalment(one.stage) for one in about):
            sums = self._instalment(pairs, sight, known)
        else:
            sums = self._undisputed(pairs, known)
        if sums.keys() != asked.keys():
            return False
        credit = {standing.currency: standing.credit_minor for _, standing in pairs}
        alone = all(standing.alone for _, standing in pairs)
        claims = self._claims(pairs, today, known, still=still)
        return all(
            any(self._fits(asked[currency], due, credit[currency], claims[currency], alone=alone) for due in dues)
            for currency, dues in sums.items()
        )

    def _fits(self, asked: int, due: int, credit: int, claims: tuple[int, int], *, alone: bool) -> bool:
        """In a family the credit may have been deducted from another member's message of the same pass already."""
        if self.policy.credit == "hold" and credit:
            return False
        taken = credit if self.policy.credit == "reduce" else 0
        least, most = claims
        return due - taken + least <= asked <= (due - taken if alone else due) + most

    def _undisputed(self, pairs: Iterable[tuple[About, Standing]], known: int) -> Sums:
        rests: dict[str, list[set[int]]] = defaultdict(list)
        for one, standing in pairs:
            due, key = standing.due_minor, self._around.key(one.invoice)
            rests[standing.currency].append({due - part for part in self._agreed.disputed_minor(key, due, known)})
        return {currency: {sum(one) for one in product(*sets)} for currency, sets in rests.items()}

    def _instalment(self, pairs: list[tuple[About, Standing]], sight: Sight, known: int) -> Sums:
        """What is missing of the oldest unpaid instalment, and no more than is undisputed of what is named."""
        found: Sums = {}
        listed = self._undisputed(pairs, known)
        for one, standing in pairs:
            plan = self._agreed.plan_asked_by(self._around.key(one.invoice), known)
            if plan is None:
                return {}
            missing = self._missing(plan, one.stage, sight, known)
            sums = {min(part, rest) for part in missing for rest in listed[standing.currency]}
            found.setdefault(standing.currency, set()).update(sums)
        return found

    def _missing(self, plan: Planned, stage: str, sight: Sight, known: int) -> set[int]:
        due, rests = {}, []
        for key in plan.baselines:
            invoice = self._around.invoice(key)
            standing = sight.get(invoice.id) if invoice else None
            due[key] = standing.due_minor if standing else 0
            parts = self._agreed.disputed_minor(key, due[key], known) if standing else {0}
            rests.append({due[key] - part for part in parts})
        paid = sum(max(minor - due[key], 0) for key, minor in plan.baselines.items())
        missing = self._agreed.missing(plan, paid)
        if not missing or number_of(stage) != missing[0][0]:
            return set()
        return {min(missing[0][2], sum(rest)) for rest in product(*rests)}

    # -- charges -----------------------------------------------------------------------------------------------------

    def tone(self, about: Iterable[About]) -> Stage | None:
        """The stage that sets words and ways of the message; None for an instalment's."""
        stages = self._around.settings.book.stages
        known = [stages[base_of(one.stage)] for one in about if base_of(one.stage) in stages]
        return max(known, key=lambda stage: stage.offset_days, default=None)

    def _claims(
        self, pairs: list[tuple[About, Standing]], today: date, known: int, *, still: bool
    ) -> dict[str, tuple[int, int]]:
        """The least and the most that may be claimed besides, by currency. `still`: nothing moved meanwhile."""
        tone = self.tone(one for one, _ in pairs)
        found = {standing.currency: (0, 0) for _, standing in pairs}
        if tone is None or tone.charges != "claim" or self._around.settings.charges.terms is None:
            return found
        for one, standing in pairs:
            least, most = self._claim(one, standing, today, known)
            least, most = self._of_debtor(one, known, least, most)
            least = 0 if tone.by_decision else least  # a last letter claims where its own sequence's last stage does
            before = found[standing.currency]
            found[standing.currency] = (before[0] + (least if still else 0), before[1] + (most if still else most * 9))
        return found

    def _of_debtor(self, one: About, known: int, least: int, most: int) -> tuple[int, int]:
        """A consumer owes nothing besides: the statute and the firms' contracts bind businesses."""
        owners = self._agreed.of_owner(one.invoice)
        if self._agreed.consumers.get(self._agreed.owner(one.invoice), known + 1) <= known:
            return 0, 0
        return least if owners.isdisjoint(self._agreed.once_consumers) else 0, most

    def _claim(self, one: About, standing: Standing, today: date, known: int) -> tuple[int, int]:
        due_on, currency = one.invoice.due, standing.currency
        if due_on is None or today <= due_on:
            return 0, 0
        parts = self._agreed.disputed_minor(self._around.key(one.invoice), standing.due_minor, known)
        total = to_minor(max(one.invoice.total, one.invoice.due_amount), currency)
        contract = isinstance(self._around.settings.charges.terms, Contract)
        percent = PERCENT if contract else BASE_RATE + PERCENT
        fixed = to_minor(PER_INVOICE, currency) if contract else 0
        largest = fixed if contract else to_minor(_LARGEST_FIXED_SUM, currency)
        least = _interest(standing.due_minor - max(parts), percent, (today - due_on - _DAY).days)
        most = _interest(total, percent, (today - due_on + _DAY).days)
        return (fixed if standing.due_minor > max(parts) else 0) + max(int(least) - 1, 0), largest + int(most) + 2


def _interest(minor: int, percent: Decimal, days: int) -> Fraction:
    return Fraction(minor) * Fraction(percent) * max(days, 0) / 100 / _YEAR
