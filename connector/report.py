"""What one cycle did, in numbers a machine can add up and words a person can act on. Never a customer's address."""

from collections import Counter
from datetime import date

from msgspec import Struct, field

from connectors.ledger import Forbidden, LedgerError, NotConnected, Reauthorise
from state.model import TenantSlug

NOTE_OWED = "note"  # the code of a note that has to wait: the next cycle writes it, and nobody has to act
POSTPONED = "polling_postponed"  # the day's calls are kept for what is worth more: as it should be
_NOBODYS_FAULT = frozenset({NOTE_OWED, POSTPONED, "cost_cap"})  # the cap is as somebody wanted it


class Problem(Struct, frozen=True):
    """Something that kept the cycle from doing all it should. `needs_person` ones do not end by themselves."""

    code: str
    words: str
    needs_person: bool = False


class KeptBack(Struct):
    """Messages that were due and could not leave, all for one cause. Numbers of invoices, no names."""

    code: str
    words: str
    invoices: list[str] = field(default_factory=list)


class CycleReport(Struct, kw_only=True):
    """The tally of one cycle; stored with it, printed by `run`, summed by the demo."""

    tenant: TenantSlug
    business_day: date
    cycle: int = 0  # its number in the tenant's file and in the log
    read_only: bool = False  # what counts as sent went into the outbox folder
    open_invoices: int = 0
    open_believed: int = 0  # after the last pull the guard had no doubt about, or a person has been asked about
    gone_believed: int | None = None  # likewise, invoices that the ledger had stopped returning
    changed: int = 0  # rows of the mirror
    quarantined: int = 0  # records that came and could not be understood
    differences: int = 0  # found by the daily comparison although the changes had not told them
    replies: int = 0  # of customers, that a person should read
    undelivered: int = 0  # messages of which a carrier said since that they did not arrive
    agreements: Counter[str] = field(default_factory=Counter)  # that came to their end: promise kept, plan broken
    ended: dict[str, int] = field(default_factory=dict)  # waiting reminders whose invoice needs none any more
    decided: Counter[str] = field(default_factory=Counter)  # decisions by action
    planned: int = 0
    awaiting_approval: int = 0
    sent: Counter[str] = field(default_factory=Counter)  # reminders by stage
    messages: int = 0
    would_send: int = 0  # dry run: reminders that are due, before gates and live read
    stopped: Counter[str] = field(default_factory=Counter)  # by the live read, by reason
    waiting: Counter[str] = field(default_factory=Counter)  # by gates: window, cap, enclosures, channel
    kept_back: list[KeptBack] = field(default_factory=list)  # let go, and yet not sent
    failed: int = 0
    unknown: int = 0
    netted: int = 0  # messages whose ask was reduced by unapplied credit
    notes_written: int = 0
    tasks_opened: int = 0  # on the work list: decisions and late payments
    thanked: int = 0  # messages
    written_off: int = 0
    notes_waiting: int = 0
    api_calls: int = 0
    problems: list[Problem] = field(default_factory=list)
    dead_because: str | None = None  # the connection has ended, and why

    @property
    def went_well(self) -> bool:
        """Nothing failed. What only has to wait for its turn is no failure."""
        return all(problem.code in _NOBODYS_FAULT for problem in self.problems)

    def problem(self, error: LedgerError) -> None:
        """Keep what the ledger said; the family of the error says whether a person is needed."""
        needs_person = isinstance(error, Reauthorise | Forbidden)
        revive = f"; {how_to_revive(self.tenant)}" if isinstance(error, Reauthorise | NotConnected) else ""
        if isinstance(error, Reauthorise):
            self.dead_because = str(error)
        self.problems.append(Problem(error.code, f"{error}{revive}", needs_person))


def how_to_revive(slug: TenantSlug) -> str:
    """What to do about a connection that is dead."""
    return f"run `dun reconnect {slug}`"
