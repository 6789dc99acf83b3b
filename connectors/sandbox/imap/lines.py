"""IMAP's lines: commands come as words, quoted strings, lists and literals (RFC 3501, 9), and leave as the same.

A command may go on after a literal, so it is read in pieces; `read_command` puts them together.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\Z")
_LONGEST_LINE = 65_536
_LONGEST_LITERAL = 10 * 1024 * 1024
_TOKEN = re.compile(
    rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|\x00(\d+)\x00|((?:BODY(?:\.PEEK)?\[[^\]]*\](?:<[\d.]+>)?)|[^\s()"\x00]+))',
    re.IGNORECASE,
)


class BadCommand(Exception):
    """What was sent is no command, in words for the tagged BAD."""


class Gone(Exception):
    """The client has hung up."""


class Command:
    """A command as it was sent: its words, with literals as bytes and lists as lists."""

    def __init__(self, tag: str, name: str, arguments: list[object]) -> None:
        self.tag = tag
        self.name = name
        self.arguments = arguments

    def text(self, place: int) -> str:
        """The argument at `place` as text; BadCommand if there is none."""
        if place >= len(self.arguments) or isinstance(self.arguments[place], list):
            raise BadCommand("Missing argument")
        value = self.arguments[place]
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """One line without its end."""
    try:
        line = await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        raise Gone from None
    if len(line) > _LONGEST_LINE:
        raise Gone
    return line.rstrip(b"\r\n")


async def read_command(reader: asyncio.StreamReader, go_on: Callable[[], Awaitable[None]]) -> Command:
    """The next command. `go_on` asks the client for a literal that it waits to send."""
    line, literals = await read_line(reader), list[bytes]()
    while found := _LITERAL.search(line):
        size = int(found[1])
        if size > _LONGEST_LITERAL:
            raise Gone
        if not found[2]:
            await go_on()
        try:
            literals.append(await reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None
        line = line[: found.start()] + b"\x00%d\x00" % (len(literals) - 1) + await read_line(reader)
    return _command(line, literals)


def _command(line: bytes, literals: list[bytes]) -> Command:
    tag, _, rest = line.partition(b" ")
    if not re.fullmatch(rb"[A-Za-z0-9.\-]+", tag):
        raise BadCommand("Invalid tag")
    words = parsed(rest, literals)
    if not words or not isinstance(words[0], str):
        raise TaggedBad(tag.decode(), "Missing command")
    return Command(tag.decode(), words[0].upper(), words[1:])


class TaggedBad(BadCommand):
    """A line with a tag and nothing sensible behind it."""

    def __init__(self, tag: str, words: str) -> None:
        super().__init__(words)
        self.tag = tag


def parsed(text: bytes, literals: list[bytes]) -> list[object]:
    """The words of `text`; lists nest."""
    stack: list[list[object]] = [[]]
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadCommand("Unbalanced quotes")
        at = found.end()
        if found[1]:
            stack.append([])
        elif found[2]:
            if len(stack) == 1:
                raise BadCommand("Unbalanced parentheses")
            done = stack.pop()
            stack[-1].append(done)
        elif found[3] is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[3]))
        elif found[4] is not None:
            stack[-1].append(literals[int(found[4])])
        else:
            stack[-1].append(found[5].decode("utf-8", "replace"))
    if len(stack) > 1:
        raise BadCommand("Unbalanced parentheses")
    return stack[0]


def literal(content: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(content), content)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
