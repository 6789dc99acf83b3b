"""What people did by whichever way, as the firm's trail has it, told to the drill's own memory of what was agreed."""

from typing import TYPE_CHECKING

from drill.simulation.agreed import Agreed
from state.audit import AuditEntry
from state.model import ContactId
from state.store import TenantStore

if TYPE_CHECKING:
    from drill.simulation.life import Life

_NOTED = "agreements-noted"  # the stream of connector.deeds


def take_down(life: "Life", store: TenantStore, before: int) -> None:
    """Whatever was agreed, taken back or released after the entry `before`."""
    for entry in store.audit.after(before):
        _take_down(life, store, entry)


def is_noted(store: TenantStore) -> bool:
    """What was agreed before the first cycle that told of agreements is not told."""
    return store.mirror.cursor(_NOTED) is not None


def _take_down(life: "Life", store: TenantStore, entry: AuditEntry) -> None:
    key = entry.details.get("id")
    match entry.action:
        case "promise":
            made = [each for each in store.promises.open() if each.id == key]
            life.agreed.promised(made, entry.target, noted=is_noted(store))
        case "dispute":
            minor = entry.details["amount_minor"]
            assert minor is None or isinstance(minor, int)
            life.agreed.disputed(entry.target, minor)
        case "plan":
            made_plans = store.plans.of_contact(ContactId(entry.target))
            life.agreed.planned(next(plan for plan in made_plans if plan.id == key))
        case "customer":
            _treated(life.agreed, entry)
        case "release":
            life.voices.writing.pop(entry.target, None)
        case _:
            _taken_back(life.agreed, entry)


def _treated(agreed: Agreed, entry: AuditEntry) -> None:
    if "kind" in entry.details:
        agreed.treated(entry.target, entry.details["kind"])
    if "do_not_chase" in entry.details:
        agreed.let_be.pop(entry.target, None)
        if entry.details["do_not_chase"] is not None:
            agreed.let_be[entry.target] = agreed.take_number()


def _taken_back(agreed: Agreed, entry: AuditEntry) -> None:
    match entry.action:
        case "promise withdrawn":
            for promise in agreed.promises:
                promise.withdrawn |= promise.id == entry.details["id"]
        case "dispute settled":
            agreed.undisputed(entry.target)
        case "plan cancelled":
            for plan in agreed.plans:
                plan.over |= plan.id == entry.details["id"]
