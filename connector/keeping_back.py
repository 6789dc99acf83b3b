"""What keeps a message back that is due and let go: it cannot be written, or texts and calls have cost enough.

Such a message stays planned, and the next cycle tries again. Nothing of it may be silent: the cycle's report names each
distinct cause once with its invoices, and `dun why` and `dun preview` find the cause out anew, by writing the message.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct

from connector.config.phone import NumbersSection
from connector.leaving import Leaving, leaving
from connector.phone_costs import cheapest, month_of, over_cap
from connector.report import CycleReport, KeptBack, Problem
from connector.tenant import Tenant
from state.model import ContactId, Reminder
from state.store import TenantStore

COST_CAP = "cost_cap"
UNWRITTEN = "message_not_written"
_NAMED = 3  # invoices; the others are counted


class Obstacle(Struct, frozen=True):
    """Why a message that is due does not leave, and how it will."""

    words: str
    mend: str


def obstacles(tenant: Tenant, contacts: Iterable[ContactId]) -> dict[ContactId, Obstacle]:
    """Those of today's messages to `contacts` that cannot leave as things stand."""
    found = ((each.account.contact_id, _obstacle(tenant, each)) for each in leaving(tenant, set(contacts)))
    return {contact: obstacle for contact, obstacle in found if obstacle is not None}


def cap_spent(store: TenantStore, numbers: NumbersSection, today: date) -> Obstacle | None:
    """Why not even the cheapest text or call may leave in the month of `today`."""
    words = over_cap(store.costs, numbers, today, cheapest(numbers))
    return None if words is None else Obstacle(words, cap_mend(today))


def cap_mend(today: date) -> str:
    next_month = month_of(today)[1] + timedelta(days=1)
    return f"it goes on {next_month}, when a new month begins, or once [phone] monthly_cap is raised"


def note_kept_back(tenant: Tenant, reminders: Iterable[Reminder], code: str, words: str, report: CycleReport) -> None:
    """Take down for the report why these do not leave; each distinct cause once."""
    known = next((each for each in report.kept_back if (each.code, each.words) == (code, words)), None)
    if known is None:
        known = KeptBack(code, words)
        report.kept_back.append(known)
    known.invoices += [_number(tenant, reminder) for reminder in reminders]


def tell_kept_back(tenant: Tenant, report: CycleReport) -> None:
    """Among the problems: what a person mends, and what ends with the month."""
    for each in report.kept_back:
        report.problems.append(_problem(tenant, each))


def _problem(tenant: Tenant, kept: KeptBack) -> Problem:
    if kept.code == COST_CAP:
        return Problem(COST_CAP, f"kept back: {listed(kept.invoices)}. {kept.words}; {cap_mend(tenant.today)}")
    words = f"not written: the message about {listed(kept.invoices)}. {kept.words}"
    hint = f"`dun why {kept.invoices[0]}` names the customer; it goes once that is mended"
    return Problem("template", f"{words}; {hint}", needs_person=True)


def listed(numbers: list[str]) -> str:
    """The first few of them, and how many more."""
    more = len(numbers) - _NAMED
    named = ", ".join(numbers[:_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _number(tenant: Tenant, reminder: Reminder) -> str:
    invoice = tenant.store.mirror.invoice(reminder.invoice_id)
    return (invoice.number if invoice is not None else None) or reminder.invoice_id


def _obstacle(tenant: Tenant, each: Leaving) -> Obstacle | None:
    if each.problem is not None:
        return Obstacle(f"its message cannot be written: {each.problem}", "it goes once that is mended")
    cost = each.outgoing.cost if each.outgoing is not None else None
    words = over_cap(tenant.store.costs, tenant.settings.phone, tenant.today, cost) if cost else None
    return None if words is None else Obstacle(words, cap_mend(tenant.today))
