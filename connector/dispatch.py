"""From "should be sent today" to "was sent": gates, enclosures, the live read, the claim, and one attempt.

The order is the promise. Everything slow happens before the live read; the claim is durable before the first byte
leaves; whatever the carrier answers is settled at once. There is no retry in this file.
"""

from collections.abc import Iterable
from datetime import timedelta

from connector.dunning.reasons import Action, Decision
from connector.enclosures import Enclosure, fetch_enclosures
from connector.gates import admit, due_reminders, keep_waiting
from connector.live import prove
from connector.outgoing import Outgoing
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connectors.channels.channel import ChannelError, NotSent, RefusedMessage
from connectors.ledger import LedgerError
from state.model import Account, InvoiceId, MessageId, Reminder

PATIENCE_WITH_CARRIER = 3  # messages in a row that certainly did not leave: the carrier is out of reach for now


def dispatch(
    tenant: Tenant, decided: Iterable[tuple[Account, list[Decision]]], report: CycleReport, *, dry_run: bool
) -> None:
    """Send what is due, approved and proven; every reminder that does not leave keeps the reason why."""
    if dry_run:
        report.would_send = sum(d.action is Action.SEND for _, decisions in decided for d in decisions)
        return
    ready = admit(tenant, due_reminders(tenant, decided), report)  # 6
    enclosures = _enclosures(tenant, ready, report)
    ready = [reminder for reminder in ready if reminder.invoice_id in enclosures]
    if ready:
        outgoing = prove(tenant, ready, enclosures, report)  # 7
        _send_all(tenant, outgoing, report)  # 8 to 10


def _enclosures(tenant: Tenant, ready: list[Reminder], report: CycleReport) -> dict[InvoiceId, Enclosure]:
    try:
        enclosures = fetch_enclosures(tenant, sorted({reminder.invoice_id for reminder in ready}))
    except LedgerError as error:
        keep_waiting(tenant, ready, "ledger_unreachable", report)
        report.problem(error)
        return {}
    keep_waiting(tenant, [r for r in ready if r.invoice_id not in enclosures], "enclosure_refused", report)
    return enclosures


def _send_all(tenant: Tenant, outgoing: list[Outgoing], report: CycleReport) -> None:
    unreachable = 0
    for position, message in enumerate(outgoing):
        if unreachable >= PATIENCE_WITH_CARRIER:
            waiting = [reminder for later in outgoing[position:] for reminder in later.reminders]
            keep_waiting(tenant, waiting, "channel_unreachable", report)
            return
        if _claim(tenant, message):
            unreachable = unreachable + 1 if _send(tenant, message, report) is NotSent else 0
        else:
            _read_again_later(tenant, message, report)


def _claim(tenant: Tenant, outgoing: Outgoing) -> bool:
    """Take the reminders for this attempt; False when somebody else was first or the proof has grown too old."""
    now = tenant.clock.now()
    reminders = tenant.store.reminders
    with tenant.store.transaction():
        for reminder in outgoing.reminders:
            reminders.verified(reminder.id, outgoing.proofs[reminder.id].json(), outgoing.proofs[reminder.id].read_at)
    return reminders.claim(
        [reminder.id for reminder in outgoing.reminders],
        outgoing.draft(tenant.channel.name),
        owner=tenant.owner,
        at=now,
        verified_after=now - timedelta(seconds=tenant.settings.verify_within_seconds),
    )


def _read_again_later(tenant: Tenant, outgoing: Outgoing, report: CycleReport) -> None:
    """The carrier was slow with the messages before this one: what was read is no proof of debt any more."""
    ids = [reminder.id for reminder in outgoing.reminders]
    report.waiting["proof_too_old"] += tenant.store.reminders.unverify(ids, "proof_too_old", tenant.clock.now())


def _send(tenant: Tenant, outgoing: Outgoing, report: CycleReport) -> type[ChannelError] | None:
    """One attempt, settled at once. Returns what kind of failure it was, if it was one."""
    message_id, reminders = MessageId(outgoing.message.id), tenant.store.reminders
    try:
        receipt = tenant.channel.send(outgoing.message)
    except NotSent as error:
        reminders.not_sent(message_id, str(error), tenant.clock.now())
        report.waiting["channel_unreachable"] += len(outgoing.reminders)
        report.problems.append(Problem("not_sent", str(error)))
        return NotSent
    except RefusedMessage as error:
        reminders.refused(message_id, str(error), tenant.clock.now())
        report.failed += len(outgoing.reminders)
        report.problems.append(Problem("refused", str(error), needs_person=True))
        return RefusedMessage
    except ChannelError as error:
        reminders.unsure(message_id, str(error), tenant.clock.now())
        report.unknown += len(outgoing.reminders)
        report.problems.append(Problem("unknown", str(error), needs_person=True))
        return ChannelError
    reminders.sent(message_id, receipt.provider_id, receipt.accepted_at)
    _tally(outgoing, report)
    return None


def _tally(outgoing: Outgoing, report: CycleReport) -> None:
    report.messages += 1
    report.netted += outgoing.netted
    report.sent.update(reminder.stage for reminder in outgoing.reminders)
