"""What may be asked of a customer with whom something was agreed: a pure judgement of agreements against what is due.

Nothing an agreement says is believed against the ledger: paid is what has gone from the balance since, whoever paid it
and in whichever order. What no longer appears among the receivables is settled. Nobody is told of a broken promise
while the firm holds enough of the customer's money that no invoice has taken yet, and nothing that is disputed of a
plan's invoices is asked for as an instalment. Amounts are minor units.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from state.agreed import DiscountOffer, Instalment, Plan, PlanState, Promise, PromiseState, Share
from state.model import Account, InvoiceId, Receivable

# What is due on invoices now; None: it was voided, deleted or lost, so that nobody can pay it any more.
DueNow = Mapping[InvoiceId, int | None]
# Instalments, the oldest first, each with how much of it is meant.
_Parts = list[tuple[Instalment, int]]


class Discounted(Struct, frozen=True):
    """An offer that holds today, in figures: `pay_minor` instead of the whole, until and including `offer.until`."""

    offer: DiscountOffer
    discount_minor: int
    pay_minor: int


class PlanPosition(Struct, frozen=True, kw_only=True):
    """How far a plan has come. Payments are matched with the oldest instalment first."""

    plan: Plan
    paid_minor: int  # of the balance, never negative
    rest_minor: int  # of the balance
    instalment: Instalment | None  # the oldest that is not paid in full, its day come or not; None: all are paid
    outstanding_minor: int  # of that instalment, without what is disputed
    asked_minor: int  # outstanding on all instalments whose day has come, without what is disputed
    unmet: Instalment | None  # the oldest of which something is asked that not even money in hand would pay
    last_day: date | None = None  # to pay it, by `plan_steps.reckoned`; None: nothing to pay, or not asked for yet
    broken: bool  # that day is over, or an earlier day found it so


class Agreed(Struct, frozen=True, kw_only=True):
    """What agreements leave to ask for one receivable. Without any, `asked_minor` is what is due."""

    asked_minor: int  # the undisputed rest
    promise: PromiseState | None = None  # open through the promised day, then broken, unless it was kept
    promised_on: date | None = None
    plan: PlanPosition | None = None
    discount: Discounted | None = None
    discount_taken: DiscountOffer | None = None  # what the offer asked came in time, and the rest is what it spares


def judge(account: Account, standings: Iterable[PlanPosition], today: date) -> dict[InvoiceId, Agreed]:
    """For each receivable of `account`, of whose plans `standings` are."""
    due_now: DueNow = {receivable.invoice_id: receivable.due_minor for receivable in account.receivables}
    by_invoice = {share.invoice_id: standing for standing in standings for share in standing.plan.shares}
    return {
        receivable.invoice_id: Agreed(
            asked_minor=receivable.asked_minor,
            promise=_standing(receivable, due_now, account.credits, today),
            promised_on=None if receivable.promise is None else receivable.promise.promised_on,
            plan=by_invoice.get(receivable.invoice_id),
            discount=discounted(receivable.discount, receivable.asked_minor, today),
            discount_taken=_taken(receivable),
        )
        for receivable in account.receivables
    }


def positions(account: Account, today: date) -> list[PlanPosition]:
    """How far each plan of `account` has come."""
    due_now = {receivable.invoice_id: receivable.due_minor for receivable in account.receivables}
    undisputed = {receivable.invoice_id: receivable.asked_minor for receivable in account.receivables}
    return [position(plan, due_now, undisputed, account.credits.get(plan.currency, 0), today) for plan in account.plans]


def promise_standing(promise: Promise, due_now: DueNow, credit_minor: int, today: date) -> PromiseState:
    """Where a promise stands by what is due now; invoices that are not in `due_now` are settled.

    A settled promise stays what it is. One whose invoices nobody can pay any more has been withdrawn by events.
    `credit_minor`, which no invoice has taken yet, counts once the day is over: it may have been there before.
    """
    if promise.state is not PromiseState.OPEN:
        return promise.state
    if all(due_now.get(share.invoice_id, 0) is None for share in promise.shares):
        return PromiseState.WITHDRAWN
    missing = missing_of_promise(promise, due_now)
    if missing <= 0:
        return PromiseState.KEPT
    if today <= promise.promised_on:
        return PromiseState.OPEN
    return PromiseState.KEPT if missing <= credit_minor else PromiseState.BROKEN


def missing_of_promise(promise: Promise, due_now: DueNow) -> int:
    """What of `promise` has not come, by what is due now; invoices that nobody can pay any more are left out."""
    payable = [share for share in promise.shares if due_now.get(share.invoice_id, 0) is not None]
    wanted = min(promise.amount_minor, sum(share.baseline_minor for share in payable))
    return max(wanted - paid(payable, due_now), 0)


def paid(shares: Iterable[Share], due_now: DueNow) -> int:
    """By how much what was due on these invoices has fallen. One that has risen takes nothing from the others."""
    return sum(max(share.baseline_minor - (due_now.get(share.invoice_id) or 0), 0) for share in shares)


def position(
    plan: Plan, due_now: DueNow, undisputed: Mapping[InvoiceId, int], credit_minor: int, today: date
) -> PlanPosition:
    """Where `plan` stands on `today`, by what is due now on its invoices, and how much of that nobody disputes.

    `credit_minor`, which no invoice has taken yet, is not counted as paid, but keeps the plan from breaking. What is
    disputed falls on the last instalments: the first of the rest stays asked for.
    """
    paid_minor = paid(plan.shares, due_now)
    unpaid = _unpaid(plan, paid_minor)
    asked = _within(unpaid, sum(undisputed.get(share.invoice_id, 0) for share in plan.shares))
    return PlanPosition(
        plan=plan,
        paid_minor=paid_minor,
        rest_minor=plan.baseline_minor - paid_minor,
        instalment=next((part for part, _ in unpaid), None),
        outstanding_minor=next((minor for _, minor in asked), 0),
        asked_minor=sum(minor for part, minor in asked if part.due_on <= today),
        unmet=next((part for part, _ in _beyond(asked, credit_minor)), None),
        broken=plan.state is PlanState.BROKEN,
    )


def oldest_unpaid(plan: Plan, due_now: DueNow) -> Instalment | None:
    """The oldest instalment that is not paid in full, disputed or not."""
    return next((part for part, _ in _unpaid(plan, paid(plan.shares, due_now))), None)


def missing_of(standing: PlanPosition) -> int:
    """What has not come yet of the oldest instalment that is not paid in full, disputed or not."""
    if standing.instalment is None:
        return 0
    until = [part for part in standing.plan.instalments if part.number <= standing.instalment.number]
    return sum(part.amount_minor for part in until) - standing.paid_minor


def discounted(offer: DiscountOffer | None, asked_minor: int, today: date) -> Discounted | None:
    """The offer in figures of `asked_minor`, rounded half up; None if its day is over or it would leave nothing."""
    if offer is None or today > offer.until:
        return None
    discount_minor = _spared(offer, asked_minor)
    if not 0 < discount_minor < asked_minor:
        return None
    return Discounted(offer, discount_minor, asked_minor - discount_minor)


def _spared(offer: DiscountOffer, asked_minor: int) -> int:
    if offer.percent_hundredths is None:
        return offer.amount_minor or 0
    return (asked_minor * offer.percent_hundredths + 5_000) // 10_000


def _taken(receivable: Receivable) -> DiscountOffer | None:
    """The offer if what it asked came by its last day, so that what is due still is not owed any more.

    Measured by all that was owed when the first payment came. Offers are rounded: a minor unit less is no matter.
    """
    offer = receivable.discount or receivable.past_discount
    if offer is None or offer.paid_in_time_minor <= 0:
        return None
    owed_minor = receivable.asked_minor + offer.paid_since_minor
    return offer if offer.paid_in_time_minor + 1 >= owed_minor - _spared(offer, owed_minor) else None


def _standing(receivable: Receivable, due_now: DueNow, credits: Mapping[str, int], today: date) -> PromiseState | None:
    promise = receivable.promise
    return None if promise is None else promise_standing(promise, due_now, credits.get(promise.currency, 0), today)


def _unpaid(plan: Plan, paid_minor: int) -> _Parts:
    return _beyond([(part, part.amount_minor) for part in plan.instalments], paid_minor)


def _beyond(parts: _Parts, money_minor: int) -> _Parts:
    """What of `parts` the money does not reach, which takes the oldest first."""
    left = []
    for part, minor in parts:
        covered = min(minor, money_minor)
        money_minor -= covered
        if covered < minor:
            left.append((part, minor - covered))
    return left


def _within(parts: _Parts, most_minor: int) -> _Parts:
    """The first of `parts`, `most_minor` in all."""
    kept = []
    for part, minor in parts:
        if most_minor > 0:
            kept.append((part, min(minor, most_minor)))
            most_minor -= minor
    return kept
