"""Which customers go through which sequence: the first segment whose every rule holds, else the standard one.

A segment is about a customer and not about an invoice, because a customer gets one message. What is not known never
fulfils a rule: a customer without a country belongs to no country's segment.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from connector.dunning.best_time import BestTime
from connector.dunning.last_letter import with_last_letter
from connector.dunning.policy import Channel, Mode, Policy, Stage, Threshold
from connector.dunning.trial import Trial
from state.countries import alpha2
from state.model import Account
from state.money import Money, MoneyError
from state.stage_names import stage_of

STANDARD = "standard"


class Rules(Struct, frozen=True, kw_only=True):
    """What must be so of a customer. Empty and None: it does not matter."""

    ledgers: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()  # ISO 3166 alpha-2
    currencies: frozenset[str] = frozenset()  # everything owed is in one of these
    groups: frozenset[str] = frozenset()  # one of the customer's groups or tags, in any case
    owes_at_least: Threshold | None = None  # in some currency
    owes_less_than: Threshold | None = None  # in every currency
    overdue_at_least: int | None = None  # days, of the oldest invoice
    overdue_less_than: int | None = None
    paid_at_least: int | None = None  # invoices ever paid
    paid_less_than: int | None = None  # a new customer
    days_late_at_least: Decimal | None = None  # on average
    days_late_less_than: Decimal | None = None
    rating: frozenset[str] = frozenset()  # A to F; a customer without a rating has none of them

    @property
    def asks_for_history(self) -> bool:
        limits = (self.paid_at_least, self.paid_less_than, self.days_late_at_least, self.days_late_less_than)
        return any(limit is not None for limit in limits)


class Segment(Struct, frozen=True, kw_only=True):
    """Customers for whom `rules` hold go through `policy`."""

    name: str
    rules: Rules
    policy: Policy


class Chosen(Struct, frozen=True):
    """The sequence of one customer, and which rule brought it there."""

    policy: Policy
    segment: str  # STANDARD if no segment matched
    why: tuple[str, ...]  # the rules that held, as `countries: DE`


class PolicyBook(Struct, frozen=True, kw_only=True):
    """All that one tenant's policy says: its segments in order, and the sequence of everybody else."""

    standard: Policy
    segments: tuple[Segment, ...] = ()
    ledger: str = ""
    trial: Trial | None = None  # None: there is no control group
    best_time: BestTime | None = None  # None: everybody gets messages at the usual time
    sends: bool = True  # false: the tenant's mode is off, so that no reminder leaves

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every sequence that some customer may go through, each once."""
        named = {policy.name: policy for policy in (self.standard, *(segment.policy for segment in self.segments))}
        return tuple(named.values())

    @property
    def walked(self) -> tuple[Policy, ...]:
        """The policies as `choose` gives them: each as it stands, and each with its last letter."""
        return (*self.policies, *(with_last_letter(policy) for policy in self.policies))

    @property
    def stages(self) -> dict[str, Stage]:
        """Every stage by name; of two sequences' stages of one name, that of the sequence named first."""
        found: dict[str, Stage] = {}
        for policy in self.walked:
            for stage in (*policy.stages, *policy.retired):
                found.setdefault(stage.name, stage)
        return found

    @property
    def ignores_credit(self) -> bool:
        """Whether no customer's unapplied credit counts, whichever sequence it goes through."""
        return all(policy.credit == "ignore" for policy in self.policies)

    def passes_over(self, credit_minor: int, currency: str) -> bool:
        """Whether so much credit in hand is no reason, in any sequence, to doubt that a debt is owed."""
        try:
            return all(each.credit == "ignore" or credit_minor <= each.tolerance.of(currency) for each in self.policies)
        except MoneyError:  # an unknown currency
            return False

    @property
    def asks_for_history(self) -> bool:
        """Whether some segment, or who is in the control group, depends on how customers have paid."""
        return self.trial is not None or any(segment.rules.asks_for_history for segment in self.segments)

    @property
    def asks_for_ratings(self) -> bool:
        """Whether some segment depends on payers' ratings."""
        return any(segment.rules.rating for segment in self.segments)

    @property
    def asks_for_payers(self) -> bool:
        """Whether anything depends on when customers paid, invoice by invoice."""
        return self.asks_for_ratings or self.spares_early_payers or self.best_time is not None

    @property
    def spares_early_payers(self) -> bool:
        """Whether in some sequence it matters who pays early."""
        return any(policy.spares_early_payers for policy in self.policies)

    @property
    def channels(self) -> frozenset[Channel]:
        """Every channel that some stage of some sequence may take."""
        stages = (stage for policy in self.walked for stage in (*policy.stages, *policy.retired))
        return frozenset(channel for stage in stages for channel in stage.channels)

    def mode_of(self, stage: str, usual: Mode | Literal["off"]) -> Mode | Literal["off"]:
        """Who lets `stage` go: where two sequences say different things of a stage of this name, a person does."""
        name = stage_of(stage)
        modes = {found.mode or usual for policy in self.walked for found in policy.stages if found.name == name}
        if usual == "off" or not modes:
            return usual
        return "auto" if modes == {"auto"} else "approve"

    def choose(self, account: Account, today: date) -> Chosen:
        """The sequence `account` goes through today; with a last letter where a person has decided on one."""
        chosen = self._of(account, today)
        if any(receivable.last_letter for receivable in account.receivables):
            return replace(chosen, policy=with_last_letter(chosen.policy))
        return chosen

    def _of(self, account: Account, today: date) -> Chosen:
        """That of the segment it is pinned to, else by the rules."""
        pinned = account.preference.segment if account.preference is not None else None
        for segment in self.segments:
            if segment.name == pinned:
                return Chosen(segment.policy, segment.name, ("pinned by hand",))
        if pinned == STANDARD:
            return Chosen(self.standard, STANDARD, ("pinned by hand",))
        for segment in self.segments:
            if holds(segment.rules, account, self.ledger, today):
                return Chosen(segment.policy, segment.name, tuple(in_words(segment.rules)))
        return Chosen(self.standard, STANDARD, ())


def as_book(policy: Policy | PolicyBook) -> PolicyBook:
    """A single sequence as the book of everybody."""
    return PolicyBook(standard=policy) if isinstance(policy, Policy) else policy


def group_among(own: Iterable[str], named: frozenset[str]) -> str | None:
    """The first of a customer's `own` groups that is among the `named`, in any case; None if none is."""
    folded = {name.strip().casefold() for name in named}
    return next((name for name in own if name.strip().casefold() in folded), None)


def holds(rules: Rules, account: Account, ledger: str, today: date) -> bool:
    """Whether all of `rules` are so of `account`."""
    return all(_verdicts(rules, account, ledger, today))


def one_by_one(rules: Rules) -> Iterator[Rules]:
    """Each rule that is set, by itself."""
    unset = asdict(Rules())
    yield from (Rules(**{name: value}) for name, value in asdict(rules).items() if value != unset[name])


def _verdicts(rules: Rules, account: Account, ledger: str, today: date) -> Iterator[bool]:
    yield not rules.ledgers or ledger in rules.ledgers
    yield not rules.countries or alpha2(account.country) in rules.countries
    yield not rules.currencies or {r.currency for r in account.receivables} <= rules.currencies
    yield not rules.groups or group_among(account.groups, rules.groups) is not None
    yield from _amounts(rules, account)
    yield from _ages(rules, account, today)
    yield from _habits(rules, account)


def _amounts(rules: Rules, account: Account) -> Iterator[bool]:
    if rules.owes_at_least is None and rules.owes_less_than is None:
        return
    owed: dict[str, int] = {}
    for receivable in account.receivables:
        owed[receivable.currency] = owed.get(receivable.currency, 0) + receivable.due_minor
    try:
        if rules.owes_at_least is not None:
            limits = ((minor, rules.owes_at_least.of(currency)) for currency, minor in owed.items())
            yield any(0 < least <= minor for minor, least in limits)  # 0: nothing is said of this currency
        if rules.owes_less_than is not None:
            yield all(minor < rules.owes_less_than.of(currency) for currency, minor in owed.items())
    except MoneyError:  # a currency whose units nobody knows is neither much nor little
        yield False


def _ages(rules: Rules, account: Account, today: date) -> Iterator[bool]:
    if rules.overdue_at_least is None and rules.overdue_less_than is None:
        return
    oldest = min((r.due_on for r in account.receivables if r.due_on is not None), default=None)
    yield oldest is not None and _within((today - oldest).days, rules.overdue_at_least, rules.overdue_less_than)


def _habits(rules: Rules, account: Account) -> Iterator[bool]:
    yield not rules.rating or account.grade in rules.rating
    history = account.history
    if rules.paid_at_least is not None or rules.paid_less_than is not None:
        yield history is not None and _within(history.paid, rules.paid_at_least, rules.paid_less_than)
    if rules.days_late_at_least is not None or rules.days_late_less_than is not None:
        days = history.mean_days_late if history is not None else None
        yield days is not None and _within(days, rules.days_late_at_least, rules.days_late_less_than)


def _within(value: int | Decimal, least: int | Decimal | None, below: int | Decimal | None) -> bool:
    return (least is None or value >= least) and (below is None or value < below)


def in_words(rules: Rules) -> Iterator[str]:
    """Each rule that is set, as `countries: DE`."""
    for name in ("ledgers", "countries", "currencies", "groups", "rating"):
        if values := getattr(rules, name):
            yield f"{name}: {', '.join(sorted(values))}"
    for name in ("owes_at_least", "owes_less_than"):
        if (threshold := getattr(rules, name)) is not None:
            yield f"{name}: {_amount_words(threshold)}"
    for name in (
        "overdue_at_least",
        "overdue_less_than",
        "paid_at_least",
        "paid_less_than",
        "days_late_at_least",
        "days_late_less_than",
    ):
        if (value := getattr(rules, name)) is not None:
            yield f"{name}: {value}"


def _amount_words(threshold: Threshold) -> str:
    named = [str(Money(minor, currency)) for currency, minor in sorted(threshold.minor.items())]
    others = (
        [f"{threshold.default} of any {'other ' if named else ''}currency"] if threshold.default or not named else []
    )
    return ", ".join([*named, *others])
