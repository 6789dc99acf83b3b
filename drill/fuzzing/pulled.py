"""What must be true of a mirror after a pull in which an answer was spoilt, and after the next healthy one."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drill.fuzzing.legible import credit, owed, rows_in, stamped, whole
from drill.fuzzing.mirror import Dump, instants
from drill.fuzzing.mutation import Mutation, Raw
from state.model import EntityKind
from state.store import TenantStore

if TYPE_CHECKING:
    from drill.fuzzing.trial import Ground

_MOMENT = timedelta(seconds=1)


class Seen(Struct):
    rows: Dump
    cursors: dict[str, str | None]


class Spoils(Struct):
    """The records of the spoilt answers: ids as they were meant, and rows as they came."""

    touched: dict[tuple[EntityKind, str], list[Any]]  # meant, and the rows that came at its place
    named: set[tuple[EntityKind, str]]  # ids that spoilt rows claim
    came: list[tuple[EntityKind, Any]]  # everything the spoilt answers brought
    lost: int = 0  # records that came in no form at all
    illegible: bool = False


def bottomless(mutation: Mutation | None) -> bool:
    """Nested deeper than any decoder follows: such an answer may be refused as a whole."""
    return mutation is not None and isinstance(mutation.value, Raw) and len(mutation.value.text) > 10_000


def judge(
    ground: "Ground",
    start: str,
    before: Seen,
    after: Seen,
    store: TenantStore,
    mutation: Mutation | None,
    *,
    rejected: bool,
) -> list[str]:
    found = [
        f"the cursor of {name} lies in the future: {cursor}"
        for name, cursor in after.cursors.items()
        if _ahead(ground, cursor)
    ]
    if rejected:
        if mutation is not None and not bottomless(mutation):
            found.append("one spoilt record cost its whole page")
        if all(after.cursors.get(name) != cursor for name, cursor in before.cursors.items()) and before.cursors:
            found.append("an answer was rejected, and every cursor moved")
        return found
    spoils = gather(ground)
    if spoils.illegible:
        return [*found, "an answer that is no JSON was accepted"]
    if spoils.lost:
        found.append(f"{spoils.lost} records were lost without a word, and the cursor moved")
    found += _not_arrived(ground, start, after, spoils, _told(store) if mutation is None else set())
    found += _too_open(before, after, spoils)
    found += _unsaid_credit(before, after, spoils)
    found += _stale(before, after, store, spoils)
    return found


def unhealed(ground: "Ground", start: str, healed: Dump, store: TenantStore) -> list[str]:
    """After a healthy pull the mirror is right again, but for documents that only the spoilt answer knew."""
    phantoms = gather(ground).named
    found = []
    for kind, rows in ground.afterwards[start].items():
        wrong = [key for key, row in rows.items() if healed[kind].get(key) != row]
        found += [f"{kind} {key} is not healed: {_difference(healed[kind].get(key), rows[key])}" for key in wrong]
        extra = [key for key in healed[kind] if key not in rows and (kind, key) not in phantoms]
        found += [f"{kind} {key} came from nowhere" for key in extra]
    known = {kind: set(rows) for kind, rows in ground.afterwards[start].items()}
    left = [record for record in store.mirror.quarantined() if record.id in known[record.entity]]
    return found + [f"{record.entity} {record.id} stays in quarantine: {record.reason}" for record in left]


def gather(ground: "Ground") -> Spoils:
    spoils = Spoils({}, set(), [])
    service = ground.service
    for exchange in service.exchanges:
        meant, sent = (rows_in(body, set(service.kinds)) for body in (exchange.meant, exchange.sent))
        if meant is None or sent is None:
            spoils.illegible = True
            continue
        spoils.lost = max(spoils.lost, 0 if exchange.uncounted else len(meant) - len(sent))
        verbatim = {repr(one) for one in sent}  # False and 0 are equal, but not the same answer
        for position, (name, row) in enumerate(meant):
            if repr((name, row)) not in verbatim:
                came = sent[position][1] if len(sent) == len(meant) else None
                spoils.touched.setdefault((service.kinds[name], service.identifier(name, row)), []).append(came)
        for name, row in sent:
            spoils.came.append((service.kinds[name], row))
            if (name, row) not in meant:
                spoils.named |= {(service.kinds[name], key) for key in _ids(row)}
    return spoils


def _ids(row: Any) -> set[str]:
    keys = ("InvoiceID", "ContactID", "CreditNoteID", "OverpaymentID", "PrepaymentID", "Id")
    return {whole(str(row[key])) for key in keys if key in row} if isinstance(row, dict) else set()


def _ahead(ground: "Ground", cursor: str | None) -> bool:
    return any(moment > ground.now + _MOMENT for moment in instants(cursor))


def _told(store: TenantStore) -> set[tuple[EntityKind, str]]:
    return {(record.entity, record.id) for record in store.mirror.quarantined() if record.id is not None}


def _not_arrived(
    ground: "Ground", start: str, after: Seen, spoils: Spoils, told: set[tuple[EntityKind, str]]
) -> list[str]:
    """Records nobody touched must be there, exactly as without the accident; or be `told`, if all of it was spoilt."""
    right = ground.right[start]
    untouched = [
        (k, key) for k in right for key in right[k] if (k, key) not in spoils.named | spoils.touched.keys() | told
    ]
    wrong = [(kind, key) for kind, key in untouched if after.rows[kind].get(key) != right[kind][key]]
    return [
        f"{kind} {key} was not touched and differs: {_difference(after.rows[kind].get(key), right[kind][key])}"
        for kind, key in wrong
    ]


def _too_open(before: Seen, after: Seen, spoils: Spoils) -> list[str]:
    """Whatever stands as owed because of a spoilt record is what that record says beyond doubt."""
    said = [(key, owed(row)) for kind, row in spoils.came if kind == "invoice" for key in _ids(row)]
    suspects = {key for kind, key in spoils.named | set(spoils.touched) if kind == "invoice"}
    found = []
    for key in suspects:
        row = after.rows["invoice"].get(key)
        if row is None or row == before.rows["invoice"].get(key) or row["status"] != "open":
            continue
        stands = (row["contact_id"], row["currency"], row["due_minor"], row["due_on"])
        options = [one for name, one in said if name == key and one is not None]
        due_days = [(o.contact, o.currency, o.minor, o.due_on.isoformat() if o.due_on else None) for o in options]
        if stands not in due_days:
            found.append(f"invoice {key} is open with {stands}, and its record says {due_days or 'nothing legible'}")
    return found


def _unsaid_credit(before: Seen, after: Seen, spoils: Spoils) -> list[str]:
    """What stands as left of a spoilt credit is what its record says; one that says nothing must not stand for none."""
    columns: dict[EntityKind, str] = {"credit": "remaining_minor", "payment": "unapplied_minor"}
    found = []
    for kind, key in sorted(spoils.named | set(spoils.touched)):
        row = after.rows[kind].get(key)
        if kind not in columns or row is None or row == before.rows[kind].get(key) or row["status"] != "valid":
            continue
        said = [credit(one) for name, one in spoils.came if name == kind and key in _ids(one)]
        options = {(one.contact, one.minor) for one in said if one is not None}
        if (row["contact_id"], row[columns[kind]]) not in options:
            found.append(f"{kind} {key} has {row[columns[kind]]} left, and its record says {options or 'nothing'}")
    return found


def _stale(before: Seen, after: Seen, store: TenantStore, spoils: Spoils) -> list[str]:
    """Where the new version could not be read, the old one must not go on as if nothing had happened."""
    quarantined = store.mirror.quarantined()
    nameless = {record.entity for record in quarantined if record.id is None}
    named = {(record.entity, record.id) for record in quarantined}
    found = []
    for (kind, key), came in spoils.touched.items():
        old = before.rows[kind].get(key)
        stays = after.rows[kind].get(key) == old
        if old is None or not stays or (kind, key) in named or kind in nameless or None in came:
            continue
        if all(key in _ids(row) and not _outdated(row, old) for row in came):
            found.append(f"{kind} {key} stays as it was, and nobody is told that its new version is unreadable")
    return found


def _outdated(row: Any, old: dict[str, Any]) -> bool:
    """It says that it is older than what is stored, and so is rightly ignored."""
    moment = stamped(row)
    return moment is not None and moment.isoformat() < old["updated_at"].replace("Z", "+00:00")


def _difference(found: Any, expected: dict[str, Any]) -> str:
    if found is None:
        return "it is missing"
    return ", ".join(f"{key} {found[key]!r} not {value!r}" for key, value in expected.items() if found[key] != value)
