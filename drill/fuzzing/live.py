"""What must be true of the last look before a send when the answer to it was spoilt."""

from typing import TYPE_CHECKING, Any

from connectors.ledger import LedgerError
from drill.fuzzing.legible import Owed, active, credit, owed
from drill.fuzzing.mutation import Mutation
from drill.fuzzing.pulled import bottomless, gather
from state.clock import ManualClock
from state.model import ContactId, InvoiceId, Reminder, ReminderId, ReminderState
from state.store import TenantStore
from sync.verify import Verification, verify

if TYPE_CHECKING:
    from drill.fuzzing.trial import Ground, Outcome


def judge(ground: "Ground", clock: ManualClock, mutation: Mutation | None, outcome: "Outcome") -> None:
    """Verify a reminder for every open invoice while one answer is spoilt."""
    with ground.open("today") as store:
        reminders = _reminders(ground, clock)
        ledger = ground.service.ledger(ground.address, clock)
        try:
            verification = verify(ledger, store, reminders)
        except LedgerError as error:
            outcome.rejected = True
            outcome.what += f" -> {error.code}: {error}"
            if mutation is not None and not bottomless(mutation):
                outcome.violations.append("one spoilt record cost the whole reading")
            return
        except Exception as error:  # noqa: BLE001 - whatever leaves the adapter is what is looked for
            outcome.violations.append(f"{type(error).__name__} left the adapter: {error}"[:200])
            return
        finally:
            ledger.close()
        outcome.quarantined = len(store.mirror.quarantined())
        trusted = [reminder for reminder in reminders if reminder.id in verification.proofs]
        outcome.violations += _wrong_proofs(ground, trusted, verification)
        outcome.violations += _vanished_credit(ground, clock, store, trusted, verification)
        if mutation is not None:
            outcome.violations += _needless_stops(ground, reminders, verification)


def proven(ground: "Ground", clock: ManualClock) -> frozenset[ReminderId]:
    """What is proven when nothing is spoilt."""
    ledger = ground.service.ledger(ground.address, clock)
    with ground.open("today") as store:
        verification = verify(ledger, store, _reminders(ground, clock))
    ledger.close()
    return frozenset(verification.proofs)


def _reminders(ground: "Ground", clock: ManualClock) -> list[Reminder]:
    rows = ground.right["known"]["invoice"].values()
    return [
        Reminder(
            id=ReminderId(f"r-{row['id']}"),
            invoice_id=InvoiceId(row["id"]),
            contact_id=ContactId(row["contact_id"]),
            stage="soft",
            round=1,
            state=ReminderState.PLANNED,
            planned_for=clock.now().date(),
            approved=True,
        )
        for row in rows
        if row["status"] == "open"
    ]


def _wrong_proofs(ground: "Ground", proven: list[Reminder], verification: Verification) -> list[str]:
    spoils = gather(ground)
    found = []
    for reminder in proven:
        proof = verification.proofs[reminder.id]
        said: list[Owed | None] = [owed(row) for row in spoils.touched.get(("invoice", reminder.invoice_id), [])]
        if said and (proof.due_minor, proof.currency) not in {(one.minor, one.currency) for one in said if one}:
            found.append(f"proof of {proof.due_minor} {proof.currency} for {reminder.invoice_id}: it says {said}")
        contacts = spoils.touched.get(("contact", reminder.contact_id), [])
        if contacts and not any(active(row) for row in contacts):
            found.append(f"proof for {reminder.invoice_id}, though its customer is not known to be active: {contacts}")
    return found


def _vanished_credit(
    ground: "Ground", clock: ManualClock, store: TenantStore, proven: list[Reminder], verification: Verification
) -> list[str]:
    """Every credit is counted, or its customer is held."""
    spoils, held = gather(ground), _held(store, clock)
    counted = {(one.id, one.contact_id, one.currency, one.remaining_minor) for one in verification.credits}
    sums = {(str(owner), currency, left) for _, owner, currency, left in counted}  # under whatever id it came
    found = []
    for kind, key, owner, currency, left in credits_of(ground):
        if (key, owner, currency, left) in counted:
            continue
        said = [credit(row) for row in spoils.touched.get((kind, key), [])]
        family = store.mirror.family(ContactId(owner))
        exposed = [r.invoice_id for r in proven if r.contact_id in family and r.contact_id not in held]
        if exposed and not _told_otherwise(owner, said, sums):
            found.append(f"{kind} {key} of {owner} is gone, it says {said}, and {exposed} are still proven")
    return found


def _told_otherwise(owner: str, said: list[Owed | None], counted: set[tuple[str, str, int]]) -> bool:
    """The answer says legibly that it is somebody else's, or that something else is left, and that was counted."""
    legible = [one for one in said if one is not None]
    return any(
        one.minor == 0 or one.contact != owner or (one.contact, one.currency, one.minor) in counted for one in legible
    )


def credits_of(ground: "Ground") -> list[tuple[Any, str, str, str, int]]:
    right = ground.right["known"]
    credits = [
        ("credit", r["id"], r["contact_id"], r["currency"], r["remaining_minor"]) for r in right["credit"].values()
    ]
    rests = [
        ("payment", r["id"], r["contact_id"], r["currency"], r["unapplied_minor"]) for r in right["payment"].values()
    ]
    return [one for one in [*credits, *rests] if one[4] > 0]


def _held(store: TenantStore, clock: ManualClock) -> set[str]:
    return {a.contact_id for a in store.receivables.accounts(clock.now().date()) if a.unreadable}


def _needless_stops(ground: "Ground", reminders: list[Reminder], verification: Verification) -> list[str]:
    """A spoilt record stops its own invoice or customer; credit that could be anybody's stops all."""
    spoils = gather(ground)
    concerned = {key for _, key in spoils.touched}
    found = []
    for reminder in reminders:
        stop = verification.stops.get(reminder.id)
        if (
            reminder.id in ground.provable
            and stop
            and stop.code != "credit_of_unknown_owner"
            and not {reminder.invoice_id, reminder.contact_id} & concerned
        ):
            found.append(f"{reminder.invoice_id} was not touched, and is stopped: {stop.code}")
    return found
