"""Statements in QuickBooks' query language, built in one place so that quoting and time zones are right in one place.

The language has AND but no OR, returns 100 rows unless told otherwise and 1,000 at most, counts positions from 1,
hides inactive customers, and reads an instant without offset as Pacific time. (Intuit: data queries.)
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

Entity = Literal[
    "Invoice", "Payment", "CreditMemo", "Customer", "CustomerType", "Attachable", "CompanyInfo", "Preferences"
]

_NAME_LISTS: frozenset[Entity] = frozenset({"Customer", "CustomerType"})

MAXIMUM_ROWS = 1000


def quoted(text: str) -> str:
    """A string literal; backslash and quote are escaped."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def instant(moment: datetime) -> str:
    """An instant with its offset, to the second. A naive one is refused: QuickBooks would read it as Pacific time."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def select(
    entity: Entity,
    conditions: Iterable[str] = (),
    *,
    columns: str = "*",
    order_by: str | None = None,
    position: int = 1,
    limit: int = MAXIMUM_ROWS,
) -> str:
    """One SELECT with all `conditions` joined by AND; rows `position` to `position + limit - 1`."""
    everything = [*conditions, *_even_inactive(entity)]
    words = [f"SELECT {columns} FROM {entity}"]  # noqa: S608 - not SQL; every value went through quoted()
    if everything:
        words.append(f"WHERE {' AND '.join(everything)}")
    if order_by:
        words.append(f"ORDERBY {order_by}")
    if position != 1:
        words.append(f"STARTPOSITION {position}")
    return " ".join([*words, f"MAXRESULTS {limit}"])


def id_among(ids: Sequence[str]) -> str:
    return f"Id IN ({', '.join(quoted(one) for one in ids)})"


def updated_since(moment: datetime) -> str:
    return f"MetaData.LastUpdatedTime >= {quoted(instant(moment))}"


def updated_before(moment: datetime) -> str:
    return f"MetaData.LastUpdatedTime < {quoted(instant(moment))}"


def has_balance() -> str:
    return "Balance > '0'"


def numbered(number: str) -> str:
    return f"DocNumber = {quoted(number)}"


def linked_to_invoice(invoice_id: str) -> tuple[str, str]:
    """Both conditions are needed: ids are unique per kind of document only."""
    return (
        "AttachableRef.EntityRef.Type = 'Invoice'",
        f"AttachableRef.EntityRef.value = {quoted(invoice_id)}",
    )


def _even_inactive(entity: Entity) -> tuple[str, ...]:
    return ("Active IN (true, false)",) if entity in _NAME_LISTS else ()
