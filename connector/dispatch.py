"""From "should be sent today" to "was sent": gates, enclosures, the live read, the claim, and one attempt.

The order is the promise. Everything slow happens before the live read; a live read serves a few customers only, so that
it is fresh for the last of them too; the claim is durable before the first byte leaves; whatever the carrier answers
is settled at once. There is no retry in this file.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta

import structlog

from connector.budget import carrier_rest
from connector.budget.reserve import TOGETHER, affords, keep_back
from connector.dunning.reasons import Decision
from connector.enclosures import Enclosure, fetch_enclosures
from connector.gates import admit, due_reminders, keep_waiting, own_times
from connector.keeping_back import COST_CAP, note_kept_back, tell_kept_back
from connector.live import prove
from connector.outgoing import Outgoing
from connector.phone_costs import over_cap
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connectors.channels.channel import ChannelError, NotSent, RecipientBusy, RecipientOptedOut, RefusedMessage
from connectors.ledger import LedgerError
from state.model import Account, ContactId, InvoiceId, MessageId, Reminder

PATIENCE_WITH_CARRIER = 3  # failures in a row after which the others are spared the same

log = structlog.get_logger()


class Carrier:
    """The tenant's channel in this cycle, and whether it has disappointed too often."""

    def __init__(self, tenant: Tenant, report: CycleReport) -> None:
        self._tenant = tenant
        self._report = report
        self._failures = 0
        self._reached: bool | None = None  # at the last attempt; None: none was made

    @property
    def given_up(self) -> bool:
        return self._failures >= PATIENCE_WITH_CARRIER

    def send(self, outgoing: Outgoing) -> None:
        """One attempt, settled at once."""
        message_id, reminders, report = MessageId(outgoing.message.id), self._tenant.store.reminders, self._report
        try:
            receipt = self._tenant.carrier_of(outgoing.message.kind).send(outgoing.message)
        except NotSent as error:
            reminders.not_sent(message_id, str(error), self._tenant.clock.now())
            _log(log.warning, "not sent, stays planned", outgoing)
            report.waiting["channel_unreachable"] += len(outgoing.reminders)
            self._reached = isinstance(error, RecipientBusy)
            self._failed(Problem("not_sent", str(error)), counts=not self._reached)
        except RecipientOptedOut as error:
            self._tenant.store.opt_outs.opt_out(outgoing.message.phone or "", self._tenant.clock.now(), "carrier")
            reminders.not_sent(message_id, str(error), self._tenant.clock.now())
            _log(log.warning, "not sent, the recipient wants no texts", outgoing)
            report.waiting["opted_out"] += len(outgoing.reminders)
        except RefusedMessage as error:
            reminders.refused(message_id, str(error), self._tenant.clock.now())
            _log(log.warning, "refused by the carrier", outgoing)
            report.failed += len(outgoing.reminders)
            self._failed(Problem("refused", str(error), needs_person=True))
        except ChannelError as error:
            reminders.unsure(message_id, str(error), self._tenant.clock.now())
            _log(log.warning, "perhaps sent, a person must look", outgoing)
            report.unknown += len(outgoing.reminders)
            self._failed(Problem("unknown", str(error), needs_person=True))
        else:
            reminders.sent(message_id, receipt.provider_id, receipt.accepted_at)
            _log(log.info, "sent", outgoing)
            self._failures = 0
            self._reached = True
            _tally(outgoing, report)

    def end(self) -> None:
        """Remember over cycles whether the carrier can be reached."""
        if self._reached:
            carrier_rest.recovered(self._tenant)
        elif self._reached is not None:
            carrier_rest.rest(self._tenant)

    def _failed(self, problem: Problem, *, counts: bool = True) -> None:
        self._report.problems.append(problem)
        self._failures += counts


def dispatch(tenant: Tenant, decided: Collection[tuple[Account, list[Decision]]], report: CycleReport) -> None:
    """Send what is due, approved and proven; every reminder that does not leave keeps the reason why."""
    due = due_reminders(tenant, decided)
    keep_back(tenant, due)
    ready = admit(tenant, due, own_times(decided), report)  # 6
    if carrier_rest.rests(tenant, ready, report):
        return
    carrier = Carrier(tenant, report)
    groups = list(_groups(ready))
    for position, group in enumerate(groups):
        if reason := _break_off(tenant, carrier):
            keep_waiting(tenant, group, reason, report)
        elif affords(tenant, group, [r for later in groups[position + 1 :] for r in later], report):
            _send_group(tenant, group, carrier, report)
    carrier.end()
    tell_kept_back(tenant, report)


def _send_group(tenant: Tenant, group: list[Reminder], carrier: Carrier, report: CycleReport) -> None:
    enclosures = _enclosures(tenant, group, report)
    complete = [reminder for reminder in group if reminder.invoice_id in enclosures]
    if complete:
        _send_all(tenant, prove(tenant, complete, enclosures, report), carrier, report)  # 7 to 10


def _groups(ready: list[Reminder]) -> Iterator[list[Reminder]]:
    """Reminders of up to `TOGETHER` customers at a time, in the order of `ready`; nobody's are torn apart."""
    by_customer: dict[ContactId, list[Reminder]] = {}
    for reminder in ready:
        by_customer.setdefault(reminder.contact_id, []).append(reminder)
    customers = list(by_customer.values())
    for start in range(0, len(customers), TOGETHER):
        yield [reminder for of_one in customers[start : start + TOGETHER] for reminder in of_one]


def _enclosures(tenant: Tenant, group: list[Reminder], report: CycleReport) -> dict[InvoiceId, Enclosure]:
    try:
        with tenant.meter.calls_for("enclosure"):
            enclosures = fetch_enclosures(tenant, sorted({reminder.invoice_id for reminder in group}))
    except LedgerError as error:
        keep_waiting(tenant, group, "ledger_unreachable", report)
        report.problem(error)
        return {}
    without = [reminder for reminder in group if reminder.invoice_id not in enclosures]
    if without:
        keep_waiting(tenant, without, "enclosure_missing", report)
        words = f"{len(without)} reminders wait: the ledger does not give the PDF or the link of their invoices"
        report.problems.append(Problem("enclosure_missing", words, needs_person=True))
    return enclosures


def _send_all(tenant: Tenant, outgoing: list[Outgoing], carrier: Carrier, report: CycleReport) -> None:
    for message in outgoing:
        if reason := _break_off(tenant, carrier) or _in_the_way(tenant, message):
            keep_waiting(tenant, list(message.reminders), reason, report)
        elif words := _over_cap(tenant, message):
            keep_waiting(tenant, list(message.reminders), COST_CAP, report)
            note_kept_back(tenant, message.reminders, COST_CAP, words, report)
        elif _claim(tenant, message):
            carrier.send(message)
        else:
            _read_again_later(tenant, message, report)


def _break_off(tenant: Tenant, carrier: Carrier) -> str | None:
    """Why nothing more should leave in this cycle."""
    if carrier.given_up:
        return "channel_unreachable"
    return "stopping" if tenant.stopping() else None


def _in_the_way(tenant: Tenant, outgoing: Outgoing) -> str | None:
    """What has come up while the messages before this one were leaving: the evening, or a person's hold."""
    if not tenant.may_send_at(tenant.clock.now(), tenant.whereabouts(outgoing.contact_id, outgoing.message.kind)):
        return "outside_sending_window"
    targets = {"*", outgoing.contact_id, *(reminder.invoice_id for reminder in outgoing.reminders)}
    held = any(hold.target in targets for hold in tenant.store.holds.active(tenant.today))
    if held:
        return "held"
    if tenant.store.audit.concerned_since(outgoing.decided_at, targets):
        return "agreed_meanwhile"
    phone = outgoing.message.phone if outgoing.message.kind == "sms" else None
    return "opted_out" if phone and tenant.store.opt_outs.opted_out(phone) else None


def _over_cap(tenant: Tenant, outgoing: Outgoing) -> str | None:
    """What the month's cap has against a text message or a voice call, in words."""
    if not outgoing.cost:
        return None
    return over_cap(tenant.store.costs, tenant.settings.phone, tenant.today, outgoing.cost)


def _claim(tenant: Tenant, outgoing: Outgoing) -> bool:
    """Take the reminders for this attempt; False when somebody else was first or the proof has grown too old."""
    now = tenant.clock.now()
    reminders = tenant.store.reminders
    with tenant.store.transaction():
        for reminder in outgoing.reminders:
            reminders.verified(reminder.id, outgoing.proofs[reminder.id].json(), outgoing.proofs[reminder.id].read_at)
    return reminders.claim(
        [reminder.id for reminder in outgoing.reminders],
        outgoing.draft(tenant.carrier_of(outgoing.message.kind).name),
        owner=tenant.owner,
        at=now,
        verified_after=now - timedelta(seconds=tenant.settings.verify_within_seconds),
    )


def _read_again_later(tenant: Tenant, outgoing: Outgoing, report: CycleReport) -> None:
    """The carrier was slow with the messages before this one: what was read is no proof of debt any more."""
    ids = [reminder.id for reminder in outgoing.reminders]
    report.waiting["proof_too_old"] += tenant.store.reminders.unverify(ids, "proof_too_old", tenant.clock.now())


def _log(write: Callable[..., None], event: str, outgoing: Outgoing) -> None:
    """One line about a message; ids only, what it says and to whom is the customer's."""
    reminders = [reminder.id for reminder in outgoing.reminders]
    write(event, reminders=reminders, message=outgoing.message.id, stage=outgoing.message.stage)


def _tally(outgoing: Outgoing, report: CycleReport) -> None:
    report.messages += 1
    report.netted += outgoing.netted
    report.sent.update(reminder.stage for reminder in outgoing.reminders)
