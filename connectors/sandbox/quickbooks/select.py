"""Runs a parsed query over the books, quickly enough for half a million invoices.

Orders are kept until the books change, and matches are found only as far as the pages asked for, so that page 400 of a
sync costs what page 1 did.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import Any

from connectors.sandbox.quickbooks.errors import Payload, query_failed, query_inactive, query_invalid
from connectors.sandbox.quickbooks.kinds import CUSTOMER, INVOICE, KINDS, Kind, Property
from connectors.sandbox.quickbooks.lag import balances_as_of, rows_as_of
from connectors.sandbox.quickbooks.query import Condition, Order, Statement, parse
from connectors.sandbox.quickbooks.realm import Realm

Test = Callable[[Any], bool]
_REMEMBERED = 16  # queries whose matches are kept while the books stand still
_ALWAYS_SENT = frozenset({"domain", "sparse", "Id"})


class Matches:
    """The rows of one query, found as far as somebody has paged."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._found: list[Any] = []

    def page(self, start: int, size: int) -> list[Any]:
        """`size` rows from position `start`, which counts from 1."""
        self._found.extend(islice(self._rows, max(0, start - 1 + size - len(self._found))))
        return self._found[start - 1 : start - 1 + size]

    def count(self) -> int:
        self._found.extend(self._rows)
        return len(self._found)


class Selector:
    """Answers the queries of one company."""

    def __init__(self, realm: Realm) -> None:
        self.realm = realm
        self._revision = -1
        self._orders: dict[tuple[str, tuple[Order, ...]], list[Any]] = {}
        self._matches: dict[tuple[str, tuple[Condition, ...], tuple[Order, ...], bool], Matches] = {}

    def answer(self, text: str) -> Payload:
        """The QueryResponse for a statement; ServiceFault if it cannot be read or run."""
        cap_silently = self.realm.switch("maxresults_over_cap", "error") == "cap"
        statement = parse(text, cap_silently=cap_silently)
        kind = KINDS.get(statement.entity.lower())
        if kind is None:
            raise query_invalid(f"Invalid context declaration: {statement.entity}")
        matches = self._matching(kind, statement)
        if statement.counting:
            return {"totalCount": matches.count()}
        rows = matches.page(statement.start, statement.size + self._too_many())
        self._fail_if_poisoned(kind, rows)
        if not rows:
            return {}
        with self._balances_of_then(kind):
            bodies = [_projected(kind.body(self.realm, row), statement.fields) for row in rows]
        return {kind.name: bodies, "startPosition": statement.start, "maxResults": len(rows)}

    @contextmanager
    def _balances_of_then(self, kind: Kind) -> Iterator[None]:
        """While this holds, customers owe what they owed when queries, which lag behind, last looked."""
        lag = self.realm.query_lag()
        if lag and kind is CUSTOMER:
            self.realm.balances_seen_late = balances_as_of(self.realm, self.realm.now() - lag)
        try:
            yield
        finally:
            self.realm.balances_seen_late = None

    def _matching(self, kind: Kind, statement: Statement) -> Matches:
        order = statement.order or tuple(Order(name, descending) for name, descending in kind.default)
        test = self._test(kind, statement.where)
        lag = self.realm.query_lag()
        if lag:
            rows = list(rows_as_of(self.realm, kind.rows(self.realm), self.realm.now() - lag))
            return Matches(filter(test, self._sorted(kind, rows, order)))
        self._forget_if_changed()
        key = (kind.name, statement.where, order, self._voids_hidden())
        matches = self._matches.get(key)
        if matches is None:
            matches = Matches(filter(test, self._candidates(kind, statement.where, order)))
            if len(self._matches) >= _REMEMBERED:
                self._matches.pop(next(iter(self._matches)))
            self._matches[key] = matches
        return matches

    def _candidates(self, kind: Kind, where: tuple[Condition, ...], order: tuple[Order, ...]) -> list[Any]:
        """Rows worth testing, in order: the named ones if the query names ids, else all."""
        for condition in where:
            if condition.field.lower() == "id" and condition.operator in {"=", "IN"}:
                numbers = {int(value) for value in condition.values if value.isdecimal()}
                found = [row for number in numbers if (row := kind.lookup(self.realm, number)) is not None]
                return self._sorted(kind, found, order)
        ordered = self._orders.get((kind.name, order))
        if ordered is None:
            ordered = self._sorted(kind, list(kind.rows(self.realm)), order)
            self._orders[kind.name, order] = ordered
        return ordered

    def _sorted(self, kind: Kind, rows: list[Any], order: tuple[Order, ...]) -> list[Any]:
        for step in reversed(order):
            by_id = step.field.lower() == "id"
            key = attrgetter("id") if by_id else self._sort_key(kind.property(step.field))
            rows.sort(key=key, reverse=step.descending)
        return rows

    def _sort_key(self, wanted: Property) -> Callable[[Any], Any]:
        realm, read = self.realm, wanted.read

        def key(row: Any) -> Any:
            value = read(realm, row)
            return (value is not None, value.lower() if isinstance(value, str) else value)

        return key

    def _test(self, kind: Kind, where: tuple[Condition, ...]) -> Test:
        tests = [self._one_test(kind, condition) for condition in where]
        if kind.active is not None and not any(condition.field.lower() == "active" for condition in where):
            tests.append(kind.active)
        if self._voids_hidden():
            tests.append(lambda row: not _is_void(row))
        match tests:
            case []:
                return lambda _: True
            case [only]:
                return only
            case _:
                return lambda row: all(test(row) for test in tests)

    def _one_test(self, kind: Kind, condition: Condition) -> Test:
        wanted = kind.property(condition.field)
        compare = _comparison(condition, wanted.parse)
        realm, read = self.realm, wanted.read
        if wanted.several:
            return lambda row: any(compare(value) for value in read(realm, row))

        def test(row: Any) -> bool:
            value = read(realm, row)
            return value is not None and compare(value)

        return test

    def _fail_if_poisoned(self, kind: Kind, rows: list[Any]) -> None:
        poison = self.realm.switch("poison_invoice", "")
        if poison and kind is INVOICE and any(str(row.id) == poison for row in rows):
            raise query_inactive() if self.realm.switch("poison_fault", "4002") == "10000" else query_failed()

    def _voids_hidden(self) -> bool:
        return self.realm.switch("voids_in_queries", "yes") == "no"

    def _too_many(self) -> int:
        """Rows beyond what was asked for: one server was seen to send 101 for MAXRESULTS 100."""
        return 1 if self.realm.switch("row_too_many", "no") == "yes" else 0

    def _forget_if_changed(self) -> None:
        if self._revision != self.realm.books.revision:
            self._revision = self.realm.books.revision
            self._orders.clear()
            self._matches.clear()


def _is_void(row: Any) -> bool:
    return bool(getattr(row, "void", False)) or getattr(row, "state", "") == "void"


def _comparison(condition: Condition, parse_literal: Callable[[str], Any]) -> Callable[[Any], bool]:
    if condition.operator == "LIKE":
        return _like(condition.values[0])
    try:
        values = [parse_literal(value) for value in condition.values]
    except ValueError:
        raise query_invalid(f"Invalid value for property '{condition.field}'") from None
    first = values[0]
    match condition.operator:
        case "IN":
            return frozenset(values).__contains__
        case "=":
            return lambda value: bool(value == first)
        case "<":
            return lambda value: bool(value < first)
        case ">":
            return lambda value: bool(value > first)
        case "<=":
            return lambda value: bool(value <= first)
        case _:
            return lambda value: bool(value >= first)


def _like(pattern: str) -> Callable[[Any], bool]:
    """`%` stands for anything; there is no other wildcard."""
    parts = (re.escape(part) for part in pattern.split("%"))
    matcher = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
    return lambda value: matcher.fullmatch(str(value)) is not None


def _projected(body: Payload, fields: tuple[str, ...]) -> Payload:
    """The named top-level properties of a row; all of it for `*`."""
    if not fields:
        return body
    wanted = _ALWAYS_SENT | {name.split(".")[0] for name in fields}
    lowered = {name.lower() for name in wanted}
    return {name: value for name, value in body.items() if name.lower() in lowered} | {"sparse": True}
