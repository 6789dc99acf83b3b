"""How an answer is spoilt: one member of one record, or bytes anywhere.

Everything is drawn from the generator that is handed in, so the same seed spoils the same way; Hypothesis hands in
its own and can shrink what it found.
"""

import copy
import json
from collections.abc import Collection
from random import Random
from typing import Any

from msgspec import Struct

Row = dict[str, Any]
Path = tuple[str | int, ...]


class Raw(Struct, frozen=True):
    """Bytes that stand in an answer where a JSON value should, whether or not they are one."""

    text: bytes

    def __repr__(self) -> str:
        return f"raw {self.text[:30]!r}"


class Mutation(Struct, frozen=True):
    """What happens at `path`: 'drop', 'set', 'rename', 'repeat' (the key comes twice) or 'add' (one nobody knows)."""

    kind: str
    path: Path
    value: Any = None

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.path))} = {self.value!r}"


_DEEP = Raw(b"[" * 60 + b"]" * 60)
_BOTTOMLESS = Raw(b'{"a":' * 3000 + b"1" + b"}" * 3000)
_ANYWHERE: tuple[Any, ...] = (
    None, "", " ", "garbage", 0, -1, 7, 0.004, 10**30, True, [], {}, [{}], [None], {"value": None}, "NaN", "-Infinity",
    "1e99", "-0", "\u0661", Raw(b"1e999"), Raw(b"1e99999"), Raw(b"-1e-999"), Raw(b"-0.0"), Raw(b'"\xff\xfe"'),
    Raw(b'"\\ud83d"'), Raw(b'"\xef\xbb\xbfX"'), Raw(b'"\\u0000"'), Raw(b'"\xed\xa0\x80"'), _DEEP, _BOTTOMLESS,
)  # fmt: skip
_WORDS: tuple[Any, ...] = (
    "AUTHORIZED", "authorised", "OPEN", "Paid", "PAID ", "DISPUTED", "Deleted", "deleted", "ACCREC ", "US", "XXX",
    "JPY", "KWD", "usd",
)  # fmt: skip
_DAYS: tuple[Any, ...] = (
    "0000-00-00", "2026-02-30", "9999-12-31", "0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
    "2026-01-15T09:30:00", "2090-01-15T09:30:00-08:00", "/Date(253402300799999+0000)/", "/Date(-62135596800000+0000)/",
    "/Date(99999999999999999999+0000)/", "/Date(NaN)/", "/Date(3792182400000+0000)/", "/Date(0)/",
)  # fmt: skip
VALUES = (*_ANYWHERE, *_WORDS, *_DAYS)
_KINDS = ("drop", "drop", "set", "set", "set", "set", "repeat", "add")


_MONEY = {"Status", "AmountDue", "RemainingCredit", "ContactStatus", "Balance", "UnappliedAmt", "Active"}
_STAMPS = {"UpdatedDateUTC", "LastUpdatedTime"}
_DECISIVE = {
    "InvoiceID", "ContactID", "CreditNoteID", "OverpaymentID", "PrepaymentID", "Id", "Type", "Status", "status",
    "AmountDue", "Total", "CurrencyCode", "Contact", "DueDate", "UpdatedDateUTC", "RemainingCredit", "ContactStatus",
    "SyncToken", "MetaData", "LastUpdatedTime", "Balance", "TotalAmt", "CurrencyRef", "CustomerRef", "UnappliedAmt",
    "Active", "value", "ParentRef", "PrivateNote", "Line", "Amount",
}  # fmt: skip


def draw(random: Random, row: Row) -> Mutation:
    """One way to spoil `row`; what decides about money is hit more often than its share."""
    kind, everywhere = random.choice(_KINDS), paths(row)
    wanted = random.choice((_MONEY, _STAMPS, _DECISIVE, _DECISIVE, None))
    path = random.choice([path for path in everywhere if wanted is None or path[-1] in wanted] or everywhere)
    if kind == "drop":
        return Mutation(kind, path)
    return Mutation(kind, path, random.choice(_DAYS if path[-1] in _STAMPS and random.random() < 0.5 else VALUES))


def paths(document: Row, but: Collection[str] = ()) -> list[Path]:
    """The way to every member, except to those named in `but` and what is in them."""
    found: list[Path] = []
    _descend(document, (), but, found)
    return found


def _descend(node: Any, path: Path, but: Collection[str], found: list[Path]) -> None:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in members:
        if key not in but:
            found.append((*path, key))
            _descend(inner, (*path, key), but, found)


def spoilt(row: Row, mutation: Mutation) -> Row:
    """A copy of `row` with the mutation; keys and values that JSON cannot say are marks, which `written` replaces."""
    whole = copy.deepcopy(row)
    *way, last = mutation.path
    parent: Any = whole
    for key in way:
        parent = parent[key]
    if mutation.kind == "drop":
        del parent[last]
    elif mutation.kind == "rename" and isinstance(parent, dict):
        parent[f"{last}@unknown"] = parent.pop(last)
    elif mutation.kind == "set" or not isinstance(parent, dict):
        parent[last] = _marked(mutation.value)
    else:
        suffix = "@again@" if mutation.kind == "repeat" else "@unknown"
        parent[f"{last}{suffix}"] = _marked(mutation.value)
    return whole


def _marked(value: Any) -> Any:
    return f"@raw:{value.text.hex()}@" if isinstance(value, Raw) else copy.deepcopy(value)


def written(document: Any) -> bytes:
    """A document as JSON, with what JSON cannot say."""
    text = json.dumps(document, default=str).encode().replace(b"@again@", b"")
    while (start := text.find(b'"@raw:')) >= 0:
        end = text.index(b'@"', start + 6)
        text = text[:start] + bytes.fromhex(text[start + 6 : end].decode()) + text[end + 2 :]
    return text


def battered(random: Random, body: bytes) -> bytes:
    """`body` after one to three accidents to its bytes."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        body = random.choice(_ACCIDENTS)(random, body)
    return body


def _flip(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) or 1)
    return body[:at] + bytes([byte ^ 1 << random.randrange(8) for byte in body[at : at + 1]]) + body[at + 1 :]


def _replace(random: Random, body: bytes) -> bytes:
    """By a byte that means something to JSON more often than not."""
    at = random.randrange(len(body) or 1)
    return body[:at] + bytes([random.choice(b'0123456789-."{}[]:,\\\x00\xff nN')]) + body[at + 1 :]


def _delete(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) or 1)
    return body[:at] + body[at + random.choice((1, 1, 2, 9, 80)) :]


def _insert(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    return (
        body[:at] + random.choice((b"0", b"9", b"-", b'"', b",", b"\xef\xbb\xbf", b"\xc3", b"null", b"\\")) + body[at:]
    )


def _double(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) or 1)
    end = at + random.choice((1, 2, 16, 400))
    return body[:end] + body[at:end] + body[end:]


def _truncate(random: Random, body: bytes) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _splice(random: Random, body: bytes) -> bytes:
    """A piece from one place over another."""
    size = random.choice((4, 12, 60, 300))
    start, at = random.randrange(len(body) or 1), random.randrange(len(body) or 1)
    return body[:at] + body[start : start + size] + body[at + size :]


_ACCIDENTS = (_flip, _flip, _replace, _replace, _delete, _insert, _double, _truncate, _splice)
