"""The grammar of QuickBooks queries: enough SQL to look familiar, and nothing that makes it comfortable.

No OR, no JOIN, no projection worth using; `\\'` and `\\\\` are the only escapes. What the grammar does not know is code
4000; what it knows and will not do is 4001.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from connectors.sandbox.quickbooks.errors import query_invalid, query_unreadable

Operator = Literal["=", "<", ">", "<=", ">=", "LIKE", "IN"]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*)"
    r"|(?P<sign><=|>=|[=<>(),*]))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_EXPECTED = (
    '\nWas expecting one of:\n    <EOF> \n    <AND> ...\n    "iterator" ...\n    "maxresults" ...\n    <OR> ...'
    '\n    "order" ...\n    "orderby" ...\n    "startposition" ...\n    '
)
_NAMES = {"string": "QUOTED_STRING", "number": "INTEGER", "word": "IDENTIFIER", "sign": "OPERATOR"}
DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter. `values` are the literals as written, unescaped; more than one only for IN."""

    field: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool = False


@dataclass(slots=True)
class Statement:
    """One SELECT. `fields` is empty for `*`; `start` counts from 1."""

    entity: str = ""
    fields: tuple[str, ...] = ()
    counting: bool = False
    where: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    start: int = 1
    size: int = DEFAULT_PAGE
    seen: set[str] = field(default_factory=set)


def parse(text: str, *, cap_silently: bool = False) -> Statement:
    """`text` as a Statement; ServiceFault 4000 or 4001 if it is not one. `cap_silently` shortens a page over 1000."""
    return _Parser(_tokens(text), cap_silently).statement()


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    if not end:
        raise query_unreadable("The query provided was empty")
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            rest = text[position:].lstrip()
            column = len(text) - len(rest) + 1
            where = f"Lexical error at line 1, column {column}."
            raise query_unreadable(f'Invalid content. {where}  Encountered: "{rest[0]}" ({ord(rest[0])}), after : ""')
        tokens.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[Token], cap_silently: bool) -> None:
        self.tokens = tokens
        self.at = 0
        self.cap_silently = cap_silently

    def statement(self) -> Statement:
        statement = Statement()
        self._expect("SELECT")
        self._selection(statement)
        self._expect("FROM")
        statement.entity = self._take("word").text
        if self._accept("WHERE"):
            statement.where = tuple(self._conditions())
        while self.at < len(self.tokens):
            self._clause(statement)
        return statement

    def _selection(self, statement: Statement) -> None:
        if self._is_word("COUNT") and self._peek(1) == "(":
            self.at += 1
            for sign in ("(", "*", ")"):
                self._expect(sign)
            statement.counting = True
            return
        fields = [self._selected()]
        while self._accept(","):
            fields.append(self._selected())
        statement.fields = () if "*" in fields else tuple(fields)

    def _selected(self) -> str:
        return "*" if self._accept("*") else self._take("word").text

    def _conditions(self) -> list[Condition]:
        conditions = [self._condition()]
        while self.at < len(self.tokens):
            if self._is_word("OR"):
                raise query_invalid("OR is not supported in the where clause")
            if not self._accept("AND"):
                break
            conditions.append(self._condition())
        return conditions

    def _condition(self) -> Condition:
        name = self._take("word").text
        if self._accept("IN"):
            return Condition(name, "IN", self._list())
        if self._accept("LIKE"):
            return Condition(name, "LIKE", (self._literal(),))
        sign = self._take("sign")
        for operator in ("=", "<", ">", "<=", ">="):
            if sign.text == operator:
                return Condition(name, operator, (self._literal(),))
        raise self._unexpected(sign)

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> str:
        token = self._next()
        if token.kind == "string":
            return _ESCAPE.sub(r"\1", token.text[1:-1])
        if token.kind == "number" or token.text.lower() in {"true", "false"}:
            return token.text
        raise self._unexpected(token)

    def _clause(self, statement: Statement) -> None:
        token = self._next()
        word = token.text.upper()
        if word == "ORDER":
            self._expect("BY")
            word = "ORDERBY"
        if word in statement.seen or (word == "ORDERBY" and statement.seen):
            raise self._unexpected(token)
        statement.seen.add(word)
        match word:
            case "ORDERBY":
                statement.order = tuple(self._orders())
            case "STARTPOSITION":
                statement.start = self._count()
            case "MAXRESULTS":
                statement.size = self._page_size()
            case _:
                raise self._unexpected(token)

    def _orders(self) -> list[Order]:
        orders = [self._order()]
        while self._accept(","):
            orders.append(self._order())
        return orders

    def _order(self) -> Order:
        name = self._take("word").text
        if self._accept("DESC"):
            return Order(name, descending=True)
        self._accept("ASC")
        return Order(name)

    def _count(self) -> int:
        token = self._take("number")
        if "." in token.text:
            raise self._unexpected(token)
        number = int(token.text)
        if number < 1:
            raise query_invalid(f"value {number} is too small. Min allowed value is 1")
        return number

    def _page_size(self) -> int:
        size = self._count()
        if size > LARGEST_PAGE and not self.cap_silently:
            raise query_invalid(f"value {size} is too large. Max allowed value is {LARGEST_PAGE}")
        return min(size, LARGEST_PAGE)

    def _peek(self, ahead: int = 0) -> str | None:
        index = self.at + ahead
        return self.tokens[index].text if index < len(self.tokens) else None

    def _is_word(self, word: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].text.upper() == word

    def _accept(self, word: str) -> bool:
        found = self._is_word(word)
        self.at += found
        return found

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(self._next())

    def _take(self, kind: str) -> Token:
        token = self._next()
        if token.kind != kind:
            raise self._unexpected(token)
        return token

    def _next(self) -> Token:
        if self.at >= len(self.tokens):
            raise query_unreadable(f'Encountered "<EOF>" at line 1, column {self._end()}.{_EXPECTED}')
        self.at += 1
        return self.tokens[self.at - 1]

    def _end(self) -> int:
        last = self.tokens[-1]
        return last.column + len(last.text)

    def _unexpected(self, token: Token) -> Exception:
        shown = f'" <{_NAMES[token.kind]}> "{token.text} ""'
        return query_unreadable(f"Encountered {shown} at line 1, column {token.column}.{_EXPECTED}")
