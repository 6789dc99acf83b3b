"""One question and its whole answer, so that either can be held back, repeated, cut or thrown away.

Bodies are read before the books are locked and sent after they are free again: a slow client never holds up the
others, and no two requests ever touch the books at once.
"""

from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def with_header(self, name: bytes, value: bytes) -> "Answer":
        """The same answer, unless it has such a header already."""
        if any(key.lower() == name for key, _ in self.headers):
            return self
        return Answer(self.status, [*self.headers, (name, value)], self.body)

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    async def send_half(self, send: Send) -> None:
        """All of the headers and the first half of the body."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


async def whole_body(receive: Receive) -> bytes | None:
    """The request's body; None if the client went away before it was complete."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def answer_of(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """Let `app` answer, and keep the answer instead of sending it."""
    answer, parts = Answer(), list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    answer.body = b"".join(parts)
    return answer
