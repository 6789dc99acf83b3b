"""What came of each named customer: from what its side received and from Dun's own file, never from the script."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from connector.demo.cases import CASES, Case, invoices
from connector.demo.script import messages_about, tenant_of
from connector.dunning.plan_steps import is_instalment
from connector.dunning.reasons import reasons_from_json
from connector.wiring import Installation
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from state.audit import AuditEntry
from state.model import Contact
from state.store import TenantStore

_CARRIED = {"sendgrid": "e-mail", "smtp": "e-mail", "sms": "text message", "voice": "voice call", "letter": "letter"}


class CaseResult(Struct, frozen=True, kw_only=True):
    """One case. `happened` tells in words, roughly in order, what reached the customer and what was done about it."""

    case: str
    customer: str
    happened: list[str]


def tell_cases(installation: Installation, world: World) -> list[CaseResult]:
    """All cases, in the order of `CASES`."""
    return [_tell(installation, world, each) for each in CASES]


def _tell(installation: Installation, world: World, each: Case) -> CaseResult:
    with installation.store(tenant_of(each)) as store:
        happened = [*_received(world, each), *_answered(world, each)]
        for contact in store.mirror.find_contact(each.customer):
            happened += [*_agreed(store, contact), *_how_it_stands(store, world, each)]
    return CaseResult(case=each.name, customer=each.customer, happened=happened)


def _received(world: World, each: Case) -> Iterator[str]:
    """By channel; how the first subject begins where customers speak another language."""
    got = messages_about(world, each)
    for kind, number in Counter(map(_kind, got)).items():
        yield f"{kind} ({number} times)" if number > 1 else kind
    if each.facts["country"] not in {"GB", "US"}:
        yield from (f"“{message.subject.partition(':')[0]}”" for message in got[:1])


def _kind(message: ReceivedMessage) -> str:
    if message.channel == "voice" and message.stage == "call":
        return "call by a person"
    if is_instalment(message.stage):
        return "reminder of an instalment"
    return _CARRIED[message.channel]


def _answered(world: World, each: Case) -> Iterator[str]:
    got = {message.id: message for message in messages_about(world, each)}
    for answer in world.outside.answers:
        if answer.message in got:
            by_text = got[answer.message].channel == "sms"
            yield f"answers {answer.text}" if by_text else answer.kind.replace("_", " ")


def _agreed(store: TenantStore, contact: Contact) -> Iterator[str]:
    """Deeds about the customer in the audit trail, the oldest first, each once."""
    entries = store.audit.entries(None, contact.id)
    yield from dict.fromkeys(_deed(entry) for entry in reversed(entries) if entry.action != "customer")


def _deed(entry: AuditEntry) -> str:
    """ "promise settled" as "promise kept"."""
    outcome = entry.details.get("outcome")
    return entry.action.replace("settled", str(outcome)) if outcome else entry.action


def _how_it_stands(store: TenantStore, world: World, each: Case) -> Iterator[str]:
    owed = [invoice for invoice in invoices(world, each) if invoice.due_amount > 0]
    if not owed:
        yield "paid"
        return
    for invoice in owed[:1]:
        for known in store.mirror.find_invoice(invoice.number):
            row = store.decisions.for_invoice(known.id)
            if row is not None:
                yield str(reasons_from_json(row.reasons)[0].code).replace("_", " ")
