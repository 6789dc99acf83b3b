"""Change data capture: everything that changed since an instant, at most a thousand objects, and no second page.

Whoever has more changes than that must notice by counting; the answer says nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.documents import Credit
from connectors.sandbox.quickbooks.errors import Payload, ServiceFault, missing_parameter, query_invalid
from connectors.sandbox.quickbooks.kinds import CREDIT_MEMO, INVOICE, KINDS, PAYMENT, Kind
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.stamps import read_instant, stamp

CAP = 1000
LOOK_BACK = timedelta(days=30)
_UNCAPTURED = frozenset({"companyinfo", "preferences"})

Change = tuple[datetime, Callable[[], Payload]]


def changes(realm: Realm, entities: str | None, changed_since: str | None) -> Payload:
    """The CDCResponse for a comma list of entity names and an instant as text; ServiceFault if either is no good."""
    if not entities:
        raise missing_parameter("entities")
    if not changed_since:
        raise missing_parameter("changedSince")
    kinds = [_kind(name.strip()) for name in entities.split(",")]
    since = _since(realm, changed_since)
    per_entity = realm.switch("cdc_cap", "response") == "entity"
    room, groups = CAP, []
    for kind in kinds:
        changed = _changed(realm, kind, since)[: CAP if per_entity else room]
        room -= len(changed)
        groups.append(_group(kind, changed))
    return {"CDCResponse": [{"QueryResponse": groups}]}


def _kind(name: str) -> Kind:
    kind = KINDS.get(name.lower())
    if kind is None or name.lower() in _UNCAPTURED:
        raise ServiceFault("2010", "Request has invalid or unsupported property", f"Invalid entity: {name}")
    return kind


def _since(realm: Realm, text: str) -> datetime:
    try:
        since = read_instant(text)
    except ValueError:
        raise query_invalid(f"Invalid value for changedSince: {text}") from None
    if realm.switch("cdc_look_back", "silent") == "silent":
        since = max(since, realm.now() - LOOK_BACK)
    return since.replace(microsecond=0)


def _group(kind: Kind, changed: list[Change]) -> Payload:
    if not changed:
        return {}
    return {kind.name: [body() for _, body in changed], "startPosition": 1, "maxResults": len(changed)}


def _changed(realm: Realm, kind: Kind, since: datetime) -> list[Change]:
    """Oldest change first, living rows and tombstones mixed."""
    found: list[Change] = [_alive(realm, kind, row) for row in kind.rows(realm) if row.updated >= since]
    found += [_dead(number, at) for number, at in _tombstones(realm, kind) if at >= since]
    return sorted(found, key=lambda change: change[0])


def _alive(realm: Realm, kind: Kind, row: Any) -> Change:
    return row.updated, lambda: kind.body(realm, row)


def _dead(number: int, at: datetime) -> Change:
    meta = {"LastUpdatedTime": stamp(at)}
    return at, lambda: {"domain": "QBO", "status": "Deleted", "Id": str(number), "MetaData": meta}


def _tombstones(realm: Realm, kind: Kind) -> list[tuple[int, datetime]]:
    buried = [
        (number, at) for entity, number, at in realm.books.tombstones if _buried_as(realm, entity, number) is kind
    ]
    if kind is PAYMENT:
        buried += realm.settlements.tombstones()
    if kind.name == "Attachable":
        buried += realm.attachables.tombstones
    return buried


def _buried_as(realm: Realm, entity: str, number: int) -> Kind | None:
    match entity:
        case "invoice":
            return None if realm.books.invoices[number].bill else INVOICE
        case "payment":
            return PAYMENT
        case "credit":
            credit: Credit = realm.books.credits[number]
            return CREDIT_MEMO if credit.kind == "credit_note" else None if credit.kind == "journal" else PAYMENT
        case _:
            return None
