"""What the ledger's own history says about a reminder: who was written to, when, in which tone, for how much.

After a restore these notes are the only witnesses of what was sent, so what is written here is also read here.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from connector.dunning.plan_steps import is_instalment
from connector.tenant import Tenant
from state.clock import business_day
from state.model import Reminder
from state.money import Money
from state.stage_names import attempt_name, attempt_of, stage_of
from sync.relearn import Wording
from sync.verify import Proof

_BY = {"letter": "sent by letter", "call": "given to a person to phone"}
_BY_NUMBER = {"sms": "sent by text message", "voice": "spoken by telephone"}
_OURS = re.compile(r"(?P<stage>\S+) reminder\b.*? on (?P<day>\d{2} [A-Z][a-z]{2} \d{4})\b")


def note_wording(tenant: Tenant) -> Callable[[Reminder], str]:
    """A function from a sent reminder to the text of its note, without the marker."""

    def wording(reminder: Reminder) -> str:
        return " ".join(
            part for part in (f"{reminder.stage} reminder", _to(tenant, reminder), _on(tenant, reminder)) if part
        ) + _amount(reminder)

    return wording


def _to(tenant: Tenant, reminder: Reminder) -> str:
    if reminder.message_id is None:
        return ""
    if reminder.channel in _BY:
        return _BY[reminder.channel]
    recipients = tenant.store.reminders.recipients(reminder.message_id)
    further = f" and {len(recipients) - 1} more" if len(recipients) > 1 else ""
    by = _BY_NUMBER.get(reminder.channel, "sent")
    return f"{by} to {recipients[0]}{further}" if recipients else ""


def _on(tenant: Tenant, reminder: Reminder) -> str:
    if reminder.sent_at is None:
        return ""
    return f"on {business_day(reminder.sent_at, tenant.zone):%d %b %Y}"


def _amount(reminder: Reminder) -> str:
    if reminder.proof is None:
        return "."
    proof = msgspec.json.decode(reminder.proof, type=Proof)
    due = f": {Money(proof.due_minor, proof.currency)} due"
    claimed = [f"{Money(minor, proof.currency)} {kind}" for kind, minor in proof.claimed.items()]
    return f"{due}, and claimed besides {' and '.join(claimed)}." if claimed else f"{due}."


def read_wording(tenant: Tenant) -> Callable[[str], Wording | None]:
    """The way back: a function from the text of a note to what it says; None if no stage of the policy is named."""
    stages = tenant.settings.book.stages
    names = {name.capitalize(): name for name in stages} | {name: name for name in stages}  # older notes had capitals

    def understand(text: str) -> Wording | None:
        said = _OURS.match(text)
        if said is None:
            return None
        if is_instalment(said["stage"].lower()):
            name = said["stage"].lower()
        elif (stage := names.get(stage_of(said["stage"]))) is not None:
            name = attempt_name(stage, attempt_of(said["stage"]))
        else:
            return None
        return Wording(name, datetime.strptime(said["day"], "%d %b %Y").replace(tzinfo=UTC).date())

    return understand
