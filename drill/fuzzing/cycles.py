"""What must be true of a whole cycle in which an answer was spoilt: it ends in a report and asks for what is proven."""

from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from connector.config.settings import AppSettings, TenantSettings
from connector.cycle import run_cycle
from connector.dunning.calendar import Calendar, SendingWindow
from connector.dunning.policy import Policy
from connector.messages.templates import Templates
from connector.tenant import Tenant
from connectors.channels.channel import Address, Message, Receipt
from connectors.transport import CallMeter
from drill.fuzzing.legible import credit, owed
from drill.fuzzing.live import credits_of
from drill.fuzzing.pulled import Spoils, gather
from state.clock import ManualClock
from state.model import ContactId, Reminder, ReminderState, TenantSlug
from state.store import TenantStore

if TYPE_CHECKING:
    from drill.fuzzing.trial import Ground, Outcome

SETTINGS = TenantSettings(
    slug=TenantSlug("harbour"),
    ledger="xero",
    zone="Europe/London",
    locale="en_GB",
    mode="auto",
    channel="smtp",
    sender=Address("accounts@harbour.example", "Harbour"),
    reply_to=None,
    sending_window=SendingWindow(),
    calendar=Calendar(),
    daily_cap=200,
    attach_pdf=False,
    verify_within_seconds=300,
    templates=None,
    poll_minutes=15,
    nightly=time(2),
    read_only=False,
    app=AppSettings(client_id="harbour", client_secret="", custom_connection=False),
    policy=Policy(),
)
_TEMPLATES = Templates.load(None)


@dataclass
class Carrier:
    """Takes every message."""

    clock: ManualClock
    name: Literal["smtp"] = "smtp"
    taken: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        self.taken.append(message)
        return Receipt(self.name, None, self.clock.now())


class _Proof(Struct):
    due_minor: int
    currency: str


def judge(ground: "Ground", clock: ManualClock, outcome: "Outcome") -> None:
    """One cycle of a tenant that is up to date, with invoices long overdue."""
    with ground.open("today") as store:
        tenant = _tenant(ground, store, clock)
        try:
            report = run_cycle(tenant)
        except Exception as error:  # noqa: BLE001 - whatever ends a cycle without a report is what is looked for
            outcome.violations.append(f"{type(error).__name__} ended the cycle: {error}"[:200])
            return
        finally:
            tenant.ledger.close()
        outcome.rejected = any(problem.code in ("outage", "bad_data") for problem in report.problems)
        outcome.quarantined = len(store.mirror.quarantined())
        outcome.violations += _unproven(ground, store)


def _tenant(ground: "Ground", store: TenantStore, clock: ManualClock) -> Tenant:
    return Tenant(
        slug=SETTINGS.slug,
        settings=SETTINGS,
        ledger=ground.service.ledger(ground.address, clock),
        channel=Carrier(clock),
        store=store,
        templates=_TEMPLATES,
        clock=clock,
        meter=CallMeter(),
        owner="fuzz",
    )


def _unproven(ground: "Ground", store: TenantStore) -> list[str]:
    spoils, found = gather(ground), []
    gone_out = [r for state in (ReminderState.SENT, ReminderState.NOTED) for r in store.reminders.in_state(state)]
    for reminder in gone_out:
        proof = msgspec.json.decode(reminder.proof or "", type=_Proof)
        said = [owed(row) for row in spoils.touched.get(("invoice", reminder.invoice_id), [])]
        if said and (proof.due_minor, proof.currency) not in {(one.minor, one.currency) for one in said if one}:
            found.append(f"{reminder.invoice_id} was asked for {proof.due_minor} {proof.currency}: it says {said}")
    return found + _despite_credit(ground, store, gone_out, spoils)


def _despite_credit(ground: "Ground", store: TenantStore, gone_out: list[Reminder], spoils: Spoils) -> list[str]:
    """Where a credit cannot be read, nobody of the family it belongs to is written to."""
    found = []
    for kind, key, owner, *_ in credits_of(ground):
        came = spoils.touched.get((kind, key), [])
        family = store.mirror.family(ContactId(owner))
        asked = [reminder.invoice_id for reminder in gone_out if reminder.contact_id in family]
        if came and asked and all(credit(row) is None for row in came):
            found.append(f"{kind} {key} of {owner} came as {came}, and {asked} went out nevertheless")
    return found
