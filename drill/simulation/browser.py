"""The bookkeeper's page as a browser without scripts has it: the real application, asked without a socket."""

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urlencode

from msgspec import Struct
from starlette.types import ASGIApp, Message

from connector.page.guarding import SESSION_COOKIE

HOST = "127.0.0.1:8486"
_FORM = "application/x-www-form-urlencoded"


class Answer(Struct, frozen=True):
    """`path` is where the page sends its reader on; empty: nowhere."""

    status: int
    path: str
    text: str


class Form(Struct, frozen=True):
    """Where it posts, what it carries along, and what it asks for: each name with its choices, if it has any.

    `in_notice`: it takes back what was done last.
    """

    action: str
    carried: dict[str, str]
    asked: dict[str, list[str]]
    in_notice: bool


class Browser:
    """One for everybody; whoever has a session says so with each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def get(self, path: str, session: str) -> Answer:
        return asyncio.run(self._ask("GET", path, session, b""))

    def post(self, path: str, session: str, fields: list[tuple[str, str]]) -> Answer:
        return asyncio.run(self._ask("POST", path, session, urlencode(fields).encode()))

    async def _ask(self, method: str, path: str, session: str, body: bytes) -> Answer:
        heard: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._app(_scope(method, path, session), receive, send)
        headers = {name.decode(): value.decode() for name, value in heard[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in heard[1:]).decode()
        return Answer(heard[0]["status"], headers.get("location", ""), text)


def forms(text: str) -> list[Form]:
    """Every form of a page that changes something, in the order of the page."""
    reader = _Reader()
    reader.feed(text)
    return reader.found


def _scope(method: str, path: str, session: str) -> dict[str, object]:
    plain, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(plain),
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(_headers(session)),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8486),
    }


def _headers(session: str) -> Iterator[tuple[bytes, bytes]]:
    yield b"host", HOST.encode()
    yield b"content-type", _FORM.encode()
    if session:
        yield b"cookie", f"{SESSION_COOKIE}={session}".encode()


class _Reader(HTMLParser):
    """Keeps the forms that post."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = self._area = ""
        self._boxes: list[bool] = []  # of the open divs, which are a notice

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "div":
            self._boxes.append("notice" in facts.get("class", "").split())
        elif tag == "form" and facts.get("method") == "post":
            self._form = Form(facts["action"], {}, {}, any(self._boxes))
            self.found.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, facts)

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self._boxes.pop()
        elif tag == "form":
            self._form = None
        elif tag in {"select", "textarea"}:
            self._select = self._area = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.carried[self._area] = self._form.carried.get(self._area, "") + data

    def _field(self, form: Form, tag: str, facts: dict[str, str]) -> None:
        name = facts.get("name", "")
        if tag == "option" and self._select:
            form.asked[self._select].append(facts.get("value", ""))
        elif tag == "select":
            self._select = name
            form.asked[name] = []
        elif tag == "textarea":
            self._area = name
            form.asked[name] = []
        elif tag == "input" and facts.get("type") == "checkbox":
            form.asked.setdefault(name, []).append(facts.get("value", "on"))
        elif tag == "input":
            form.carried[name] = facts.get("value", "")
            if facts.get("type") != "hidden":
                form.asked[name] = []
