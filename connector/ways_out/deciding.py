"""What a person decides when a sequence is through. What does not end here leads to the command that does it."""

import shlex
from collections.abc import Iterable
from datetime import date
from typing import Literal

from msgspec import Struct

from connector.agreements.subject import AgreementError, AtHand, names, owing, within_reach
from connector.dunning.last_letter import LAST_LETTER
from connector.saying.said import say
from connector.ways_out.ends import is_about
from connector.work_list import script_for
from state.model import Account, Receivable, ReminderState
from state.phones import callable_of
from state.tasks import NewTask, Task

Way = Literal["call", "letter", "plan", "agency", "court", "write-off", "wait"]
WAITING = "decided_to_wait"  # reason of the hold
_LEADS_TO = {
    "plan": "dun plan make {customer} --invoices {numbers} --instalments 3 --first {day}",
    "agency": 'dun handover {spaced} --to "NAME OF THE AGENCY"',
    "court": 'dun handover {spaced} --to "NAME OF THE COURT"',
    "write-off": 'dun write-off propose {spaced} --reason "WHY"',
}


class Chosen(Struct, frozen=True, kw_only=True):
    """What was decided about these invoices, in words, and the command that does it if none of this has done it."""

    to: Way
    invoices: tuple[str, ...]
    words: str
    command: str | None = None


def decide_way(hand: AtHand, to: Way, until: date | None, person: str) -> Chosen:
    """Decide about the invoice or customer at hand. AgreementError if no decision is open about it.

    `until`: of a wait, the last day of it.
    """
    account, open_ones = _open_decisions(hand)
    receivables = [receivable for receivable, _ in open_ones]
    numbers = tuple(receivable.number or receivable.invoice_id for receivable in receivables)
    if to in _LEADS_TO:
        command = _LEADS_TO[to].format(
            customer=shlex.quote(account.name), numbers=",".join(numbers), spaced=" ".join(numbers), day=hand.today
        )
        return Chosen(to=to, invoices=numbers, words=say("this command does it"), command=command)
    words = _do(hand, account, receivables, to, until, person)
    for receivable, task in open_ones:
        hand.store.tasks.close(task.id, to, None, person, hand.now)
        details = {"to": to, "until": until}
        hand.store.audit.record(person, "decide", "invoice", receivable.invoice_id, details, hand.now)
    return Chosen(to=to, invoices=numbers, words=words)


def _open_decisions(hand: AtHand) -> tuple[Account, list[tuple[Receivable, Task]]]:
    account = _account(hand)
    tasks = [task for task in hand.store.tasks.of_contact(account.contact_id) if task.state == "open"]
    wanted = [r for r in account.receivables if hand.target.scope == "contact" or r.invoice_id == hand.target.id]
    found = [(receivable, task) for receivable in wanted for task in tasks if is_about(task, receivable)]
    if not found:
        raise AgreementError(
            say(
                "no decision is open about {target}: its sequence is not through, or it was decided already; `dun tasks"
                " --kind decision` lists what is to be decided",
                target=hand.target.words,
            )
        )
    return account, found


def _account(hand: AtHand) -> Account:
    if hand.target.scope == "contact":
        return owing(hand)
    for account in hand.store.receivables.accounts(hand.today):
        if any(receivable.invoice_id == hand.target.id for receivable in account.receivables):
            return account
    raise AgreementError(say("nothing is due on {target}", target=hand.target.words))


def _do(hand: AtHand, account: Account, receivables: list[Receivable], to: Way, until: date | None, person: str) -> str:
    if to == "call":
        return _call(hand, account, receivables, person)
    if to == "letter":
        return _letter(hand, receivables, person)
    return _wait(hand, receivables, until, person)


def _call(hand: AtHand, account: Account, receivables: list[Receivable], person: str) -> str:
    hand.store.tasks.open((_call_task(hand, account, each, person) for each in receivables), hand.now)
    return say("a call stands on the list of {who}; what came of it: `dun tasks done`", who=person)


def _call_task(hand: AtHand, account: Account, receivable: Receivable, person: str) -> NewTask:
    earlier = [t for t in hand.store.tasks.of_invoice(receivable.invoice_id) if t.new.kind == "call"]
    phone = callable_of(account.phones, account.country)
    return NewTask(
        kind="call",
        subject=f"decision/{receivable.invoice_id}/{receivable.round}/{len(earlier) + 1}",
        contact_id=account.contact_id,
        invoice_id=receivable.invoice_id,
        owner=person,
        phone=phone,
        script=script_for(
            phone, f"Ask {account.name} when invoice {receivable.number or receivable.invoice_id} will be paid."
        ),
    )


def _letter(hand: AtHand, receivables: list[Receivable], person: str) -> str:
    for receivable in receivables:
        had = any(step.stage == LAST_LETTER and _has_gone(step.state) for step in receivable.progress)
        if had or not hand.store.last_letters.decide(receivable.invoice_id, person, hand.now):
            raise AgreementError(say("{number} has had its last letter; decide otherwise", number=names([receivable])))
    return say("the letter is planned with the next cycle; it is proven, approved and sent like any reminder")


def _has_gone(state: ReminderState) -> bool:
    return state is not ReminderState.PLANNED


def _wait(hand: AtHand, receivables: Iterable[Receivable], until: date | None, person: str) -> str:
    if until is None:
        raise AgreementError(say("say until when it is to wait"))
    within_reach(until, hand, say("the wait would have ended on"))
    for receivable in receivables:
        hand.store.holds.place("invoice", receivable.invoice_id, WAITING, until, None, hand.now, person)
    return say("nothing is asked for until the end of {day}; then it is to be decided again", day=until)
