"""The second decision: the same function as the first, over what the ledger says at this very moment.

See docs/decisions/0003. What comes out is a list of messages with a proof for every invoice in them; what does not come
out stays planned, or ends, with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from connector.charging import ChargesUnknown
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.decide import DecisionPass
from connector.dunning.reasons import Action, Decision
from connector.edited import EditDropped
from connector.editing import ask_again
from connector.enclosures import Enclosure
from connector.gates import keep_waiting, let_go
from connector.keeping_back import UNWRITTEN, note_kept_back
from connector.messages.context import MessageError
from connector.outgoing import ByStage, Outgoing, write_message
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connector.terms import withdraw_changed
from connectors.ledger import LedgerError
from state.model import Account, ContactId, Credit, InvoiceId, Reminder
from sync.verify import Stop, Verification, verify


def prove(
    tenant: Tenant, ready: list[Reminder], enclosures: dict[InvoiceId, Enclosure], report: CycleReport
) -> list[Outgoing]:
    """Read live what `ready` relies on, decide again, and write the messages that are still right."""
    decided_at = tenant.store.audit.last()
    ready = _still_let_go(tenant, ready, report)
    try:
        with tenant.meter.calls_for("verify"):
            verification = verify(tenant.ledger, tenant.store, ready)
    except LedgerError as error:
        keep_waiting(tenant, ready, "ledger_unreachable", report)
        report.problem(error)
        return []
    for reminder in ready:
        if stop := verification.stops.get(reminder.id):
            _stop(tenant, reminder, stop, report)
    withdraw_changed(tenant.store, tenant.settings, tenant.clock.now())  # by what was just read
    proven = _still_let_go(tenant, [each for each in ready if each.id in verification.proofs], report)
    return _SecondDecision(tenant, verification, enclosures, report, decided_at).decide(proven)


def _still_let_go(tenant: Tenant, ready: list[Reminder], report: CycleReport) -> list[Reminder]:
    """Without those whose approval has ended since, by a person, by other words or by what was just read."""
    let_through = let_go(tenant, [again for each in ready if (again := tenant.store.reminders.get(each.id))])
    report.awaiting_approval += len(ready) - len(let_through)
    return let_through


def _stop(tenant: Tenant, reminder: Reminder, stop: Stop, report: CycleReport) -> None:
    report.stopped[stop.code] += 1
    if stop.final:
        tenant.store.reminders.skip([reminder.id], stop.code, tenant.clock.now())
    else:
        tenant.store.reminders.note_reason([reminder.id], stop.code, tenant.clock.now())


@dataclass(frozen=True)
class _SecondDecision:
    """One live read and what it says about the customers it concerns."""

    tenant: Tenant
    verification: Verification
    enclosures: dict[InvoiceId, Enclosure]
    report: CycleReport
    decided_at: int  # the last entry of the audit trail before anything was read for it

    def decide(self, proven: list[Reminder]) -> list[Outgoing]:
        """A message per customer whose reminders are confirmed; all others keep waiting, with the reason."""
        by_stage = {(reminder.invoice_id, reminder.stage): reminder for reminder in proven}
        decisions = DecisionPass(self.tenant.settings.book, self.tenant.calendar, self.tenant.today)
        outgoing: list[Outgoing] = []
        reasons: dict[InvoiceId, str] = {}
        unwritten: dict[InvoiceId, str] = {}
        for account in self._live_accounts({reminder.contact_id for reminder in proven}):
            decided = decisions.decide(account)
            reasons |= {decision.invoice_id: str(decision.reasons[0].code) for decision in decided}
            confirmed = [d for d in decided if d.action is Action.SEND and _goes_as_planned(d, by_stage)]
            plan = decisions.consolidate(account, confirmed)
            message = plan and self._write(account, plan, by_stage)
            if isinstance(message, Outgoing):
                outgoing.append(message)
            elif confirmed:
                unwritten |= dict.fromkeys((decision.invoice_id for decision in confirmed), message or UNWRITTEN)
        self._hold_back(proven, outgoing, reasons, unwritten)
        return outgoing

    def _live_accounts(self, contacts: set[ContactId]) -> Iterator[Account]:
        """Accounts from the mirror, which now holds the live documents, with the credit as it is live."""
        store = self.tenant.store
        for account in self.tenant.accounts():
            if account.contact_id in contacts:
                family = store.mirror.family(account.contact_id)
                yield msgspec.structs.replace(account, credits=_credits_of(family, self.verification.credits))

    def _write(self, account: Account, plan: CustomerMessagePlan, by_stage: ByStage) -> Outgoing | str | None:
        """The message, or why there is none. A template that fails here passed `config check`; its customer waits."""
        try:
            return write_message(
                self.tenant, account, plan, by_stage, self.verification, self.enclosures, self.decided_at
            )
        except EditDropped as error:
            ask_again(self.tenant, error.reminders)
            self.report.problems.append(Problem(error.code, str(error), needs_person=True))
            return error.code
        except ChargesUnknown as error:
            self.report.problems.append(Problem(error.code, str(error), needs_person=True))
            return error.code
        except MessageError as error:
            about = [by_stage[reminder.receivable.invoice_id, reminder.stage] for reminder in plan.reminders]
            note_kept_back(self.tenant, about, UNWRITTEN, str(error), self.report)
            return UNWRITTEN

    def _hold_back(
        self,
        proven: list[Reminder],
        outgoing: list[Outgoing],
        reasons: dict[InvoiceId, str],
        unwritten: dict[InvoiceId, str],
    ) -> None:
        """The live read stops what it found against asking; what could not be written only waits."""
        leaving = {reminder.id for message in outgoing for reminder in message.reminders}
        for reminder in proven:
            if reminder.id in leaving:
                continue
            if reminder.invoice_id in unwritten:
                keep_waiting(self.tenant, [reminder], unwritten[reminder.invoice_id], self.report)
            else:
                reason = reasons.get(reminder.invoice_id, "no_longer_open")
                self.tenant.store.reminders.note_reason([reminder.id], reason, self.tenant.clock.now())
                self.report.stopped[reason] += 1


def _goes_as_planned(decision: Decision, by_stage: ByStage) -> bool:
    """An approval is for one channel: where another is taken by now, the next cycle plans it and asks again."""
    reminder = by_stage.get((decision.invoice_id, decision.stage or ""))
    return reminder is not None and (not reminder.approved or (decision.channel or "email") == reminder.channel)


def _credits_of(family: set[ContactId], credits: tuple[Credit, ...]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for credit in credits:
        if credit.contact_id in family:
            sums[credit.currency] = sums.get(credit.currency, 0) + credit.remaining_minor
    return sums
