"""The part of Xero's `where` and `order` language that the sandbox speaks; the rest gets Xero's own 400.

Only the documented fast fields are known. Mistakes are answered in the words of the dynamic query library behind the
real service: an unknown field, operands that do not match, a half-finished expression.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from connectors.sandbox.xero.errors import ApiProblem, query_parse
from connectors.sandbox.xero.rows import Row

FieldType = Literal["String", "Guid", "Decimal", "DateTime", "Boolean"]
Accepts = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<open_text>"[^"]*$)|(?P<char>'[^']*'?)|(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w.]*)|(?P<symbol>==|!=|<>|<=|>=|&&|\|\||[=<>(),])|(?P<other>\S))""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RANGED: frozenset[FieldType] = frozenset({"Decimal", "DateTime"})


@dataclass(frozen=True, slots=True)
class Field:
    """A queryable property: its type, and how to read it from a row."""

    type: FieldType
    read: Callable[[Any], Any]


def compile_where(text: str, type_name: str, fields: Mapping[str, Field]) -> Accepts:
    """The filter `text` stands for. `fields` by lower-case path; raises the 400 for anything beyond the subset."""
    parser = _Parser(_tokens(text), type_name, fields)
    accepts = parser.either()
    if parser.kind != "end":
        raise query_parse("Syntax error")
    return accepts


def compile_order(text: str, type_name: str, fields: Mapping[str, Field]) -> Callable[[list[Row]], list[Row]]:
    """The ordering `text` stands for: fields with ASC or DESC, by commas."""
    keys: list[tuple[Field, bool]] = []
    for term in text.split(","):
        words = term.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1].upper() not in {"ASC", "DESC"}):
            raise query_parse("Syntax error")
        keys.append((_field(words[0], type_name, fields), words[-1].upper() == "DESC"))

    def sort(rows: list[Row]) -> list[Row]:
        for field, descending in reversed(keys):
            rows = sorted(rows, key=_sort_key(field), reverse=descending)
        return rows

    return sort


class _Parser:
    """Recursive descent over the tokens: or, and, comparison."""

    def __init__(self, tokens: list[tuple[str, str]], type_name: str, fields: Mapping[str, Field]) -> None:
        self._tokens = tokens
        self._at = 0
        self._type_name = type_name
        self._fields = fields

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def text(self) -> str:
        return self._tokens[self._at][1]

    def either(self) -> Accepts:
        terms = [self._both()]
        while self._taken("||", "or"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda row: any(term(row) for term in terms)

    def _both(self) -> Accepts:
        terms = [self._comparison()]
        while self._taken("&&", "and"):
            terms.append(self._comparison())
        return terms[0] if len(terms) == 1 else lambda row: all(term(row) for term in terms)

    def _comparison(self) -> Accepts:
        if self._taken("("):
            inner = self.either()
            self._expect(")", "')' or operator expected")
            return inner
        if self.kind != "name":
            raise query_parse("Expression expected")
        field = _field(self._next(), self._type_name, self._fields)
        sign = self._next()
        if sign not in _COMPARE:
            raise query_parse("Expression of type 'Boolean' expected")
        type_, value = self._literal()
        _check_operands(field, sign, type_)
        return _comparison(field, _COMPARE[sign], value)

    def _literal(self) -> tuple[FieldType | None, Any]:
        kind, text = self.kind, self._next()
        if kind == "text":
            return "String", text[1:-1].replace('""', '"')
        if kind == "number":
            return "Decimal", Decimal(text)
        if kind != "name":
            raise query_parse("Expression expected")
        match text.lower():
            case "true" | "false":
                return "Boolean", text.lower() == "true"
            case "null":
                return None, None
            case "guid" | "datetime" | "datetime.parse":
                return self._constructed(text)
        raise query_parse(f"No property or field '{text}' exists in type '{self._type_name}'")

    def _constructed(self, name: str) -> tuple[FieldType, Any]:
        self._expect("(", "'(' expected")
        arguments: list[Any] = [self._literal()[1]]
        while self._taken(","):
            arguments.append(self._literal()[1])
        self._expect(")", "')' or ',' expected")
        try:
            if name.lower() == "guid":
                return "Guid", str(UUID(*arguments))
            return "DateTime", _moment(arguments)
        except (ValueError, TypeError, AttributeError, InvalidOperation):
            raise query_parse(f"No applicable constructor exists in type '{name}'") from None

    def _taken(self, *texts: str) -> bool:
        found = self.kind in {"symbol", "name"} and self.text.lower() in texts
        self._at += found
        return found

    def _expect(self, text: str, message: str) -> None:
        if not self._taken(text):
            raise query_parse(message)

    def _next(self) -> str:
        text = self.text
        if self.kind == "end":
            raise query_parse("Expression expected")
        self._at += 1
        return text


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = [(match.lastgroup or "", match[match.lastgroup or 0]) for match in _TOKEN.finditer(text)]
    for kind, found in tokens:
        if kind in {"open_text", "char", "other"}:
            raise _lexical(kind, found)
    return [*tokens, ("end", "")]


def _lexical(kind: str, found: str) -> ApiProblem:
    if kind == "open_text":
        return query_parse("Unterminated string literal")
    if kind == "char":
        return query_parse("Character literal must contain exactly one character")
    return query_parse(f"Syntax error '{found}'")


def _field(path: str, type_name: str, fields: Mapping[str, Field]) -> Field:
    try:
        return fields[path.lower()]
    except KeyError:
        raise query_parse(f"No property or field '{path}' exists in type '{type_name}'") from None


def _check_operands(field: Field, sign: str, type_: FieldType | None) -> None:
    ranged = sign in {"<", "<=", ">", ">="}
    if type_ not in {field.type, None} or (ranged and field.type not in _RANGED):
        raise query_parse(f"Operator '{sign}' incompatible with operand types '{field.type}' and '{type_ or 'Object'}'")


def _comparison(field: Field, compare: Callable[[Any, Any], bool], value: Any) -> Accepts:
    read = field.read
    if value is None or compare in {operator.eq, operator.ne}:
        return lambda row: compare(read(row), value)

    def accepts(row: Row) -> bool:
        found = read(row)
        return found is not None and compare(found, value)

    return accepts


def _moment(arguments: list[Any]) -> datetime:
    if isinstance(arguments[0], str):
        return datetime.fromisoformat(arguments[0]).replace(tzinfo=None)
    year, month, day, *rest = (int(number) for number in arguments)
    hour, minute, second = (*rest, 0, 0, 0)[:3]
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # Xero compares without zones


def _sort_key(field: Field) -> Callable[[Row], tuple[bool, Any]]:
    """Rows without a value come first."""

    def key(row: Row) -> tuple[bool, Any]:
        value = field.read(row)
        return (value is not None, value)

    return key


def naive_midnight(day: date | None) -> datetime | None:
    """A calendar date as the zoneless time Xero compares it as."""
    return None if day is None else datetime(day.year, day.month, day.day)  # noqa: DTZ001
