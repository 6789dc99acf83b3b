"""What is held, as the last pass decided, with what people have agreed since: it is in this list at once."""

from collections.abc import Iterable

import msgspec

from connector.asked import sums
from connector.on_their_way import KeptBack, kept_back
from state.held import HeldGroup, HeldInvoice
from state.morning import Morning, Planned
from state.outbox import Outbox

Kind = tuple[str, str]  # code and action


def held_now(groups: Iterable[HeldGroup], known: Morning | Outbox, holds: frozenset[str]) -> tuple[HeldGroup, ...]:
    """`groups` and, first in each, what is planned in `known` and was kept back since; `holds` are there already."""
    found = {(group.code, group.action): group for group in groups}
    for kind, invoices in _since(known, holds).items():
        found[kind] = _joined(kind, invoices, found.get(kind))
    return tuple(found.values())


def _since(known: Morning | Outbox, holds: frozenset[str]) -> dict[Kind, list[HeldInvoice]]:
    planned = {each.reminder_id: each for each in known.planned}
    found: dict[Kind, list[HeldInvoice]] = {}
    for each in known.facts:
        free = each.decided and holds.isdisjoint(("*", each.contact_id, each.invoice_id))
        kept = kept_back(each, known.today) if free else None
        if kept is not None:
            kind = str(kept.reason.code), str(kept.action)
            found.setdefault(kind, []).append(_invoice(planned[each.reminder_id], kept))
    return found


def _invoice(planned: Planned, kept: KeptBack) -> HeldInvoice:
    return HeldInvoice(
        invoice=planned.invoice,
        invoice_id=planned.invoice_id,
        customer=planned.customer,
        contact_id=planned.contact_id,
        due=planned.due,
        reasons=msgspec.json.encode((kept.reason,)).decode(),
    )


def _joined(kind: Kind, invoices: list[HeldInvoice], group: HeldGroup | None) -> HeldGroup:
    before = group or HeldGroup(code=kind[0], action=kind[1], invoices=0, sums=(), some=())
    return msgspec.structs.replace(
        before,
        invoices=before.invoices + len(invoices),
        sums=sums((*before.sums, *(each.due for each in invoices))),
        some=(*invoices, *before.some),
    )
