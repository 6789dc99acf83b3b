"""What came of each named customer: from what its side received and from Dun's own file, never from the script."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.demo.cases import CASES, Case, how_to_ask, invoices
from connector.demo.script import messages_about, tenant_of
from connector.dunning.plan_steps import is_instalment
from connector.dunning.reasons import reasons_from_json
from connector.wiring import Installation
from connectors.sandbox.documents import Invoice
from connectors.sandbox.judge import THANKS
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from state.audit import AuditEntry
from state.model import Contact, Reminder
from state.store import TenantStore

_CARRIED = {"sendgrid": "e-mail", "smtp": "e-mail", "sms": "text message", "voice": "voice call", "letter": "letter"}


class CaseResult(Struct, frozen=True, kw_only=True):
    """One case. `happened` tells in words, roughly in order, what reached the customer and what was done about it.

    `ask` is the command that shows more of it.
    """

    case: str
    customer: str
    happened: list[str]
    ask: str


def tell_cases(installation: Installation, world: World) -> list[CaseResult]:
    """All cases, in the order of `CASES`."""
    return [_tell(installation, world, each) for each in CASES]


def _tell(installation: Installation, world: World, each: Case) -> CaseResult:
    settings = installation.config.tenant(tenant_of(each))
    with installation.store(settings.slug) as store:
        happened = [*_received(world, each), *_segments(world, each, settings), *_answered(world, each)]
        for contact in store.mirror.find_contact(each.customer):
            happened += [*_heard(store, contact), *_agreed(store, contact), *_how_it_stands(store, world, each)]
    return CaseResult(case=each.name, customer=each.customer, happened=happened, ask=how_to_ask(each))


def _received(world: World, each: Case) -> Iterator[str]:
    """By channel; how the first subject begins where customers speak another language."""
    got = messages_about(world, each)
    for kind, number in Counter(map(_kind, got)).items():
        yield f"{kind} ({number} times)" if number > 1 else kind
    if any("Late Payment of Commercial Debts" in message.text for message in got):
        yield "charges claimed by law"
    if each.facts["country"] not in {"GB", "US"}:
        yield from (f"“{message.subject.partition(':')[0].strip()}”" for message in got[:1])


def _kind(message: ReceivedMessage) -> str:
    if message.channel == "voice" and message.stage == "call":
        return "call by a person"
    if is_instalment(message.stage):
        return "reminder of an instalment"
    if message.stage == THANKS:
        return "thanks"
    return _CARRIED[message.channel]


def _segments(world: World, each: Case, settings: TenantSettings) -> Iterator[str]:
    """Whose sequences the stages are that it got, where that is not everybody's."""
    stages = {message.stage for message in messages_about(world, each)}
    for segment in settings.book.segments:
        if not stages.isdisjoint(stage.name for stage in segment.policy.stages):
            yield f"segment {segment.name}"


def _answered(world: World, each: Case) -> Iterator[str]:
    got = {message.id: message for message in messages_about(world, each)}
    for answer in world.outside.answers:
        if answer.message in got:
            by_text = got[answer.message].channel == "sms"
            yield f"answers {answer.text}" if by_text else answer.kind.replace("_", " ")


def _heard(store: TenantStore, contact: Contact) -> Iterator[str]:
    """Mail that nobody can tell whose it is, so that it holds everybody it may be from."""
    for reply in store.correspondence.unhandled():
        if contact.id in reply.held and len(reply.held) > 1:
            yield f"one mail holds {len(reply.held)} customers"


def _agreed(store: TenantStore, contact: Contact) -> Iterator[str]:
    """Deeds about the customer in the audit trail, the oldest first, each once."""
    entries = store.audit.entries(None, contact.id)
    yield from dict.fromkeys(_deed(entry) for entry in reversed(entries) if entry.action != "customer")


def _deed(entry: AuditEntry) -> str:
    """ "promise settled" as "promise kept"."""
    outcome = entry.details.get("outcome")
    return entry.action.replace("settled", str(outcome)) if outcome else entry.action


def _how_it_stands(store: TenantStore, world: World, each: Case) -> Iterator[str]:
    own = invoices(world, each)
    if any(reminder.round > 1 for invoice in own for reminder in _reminders(store, invoice)):
        yield "new round"
    owed = [invoice for invoice in own if invoice.due_amount > 0]
    if not owed:
        yield "paid" if any(invoice.paid for invoice in own) else "written off in the ledger"
        return
    for invoice in owed[:1]:
        for known in store.mirror.find_invoice(invoice.number):
            row = store.decisions.for_invoice(known.id)
            if row is not None:
                yield str(reasons_from_json(row.reasons)[0].code).replace("_", " ")


def _reminders(store: TenantStore, invoice: Invoice) -> Iterator[Reminder]:
    for known in store.mirror.find_invoice(invoice.number):
        yield from store.reminders.for_invoice(known.id)
