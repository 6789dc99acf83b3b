"""A mail server that delivers into the sandbox: real SMTP on loopback, nothing is ever passed on.

It misbehaves by the same script of faults as the HTTP faces (face 'smtp'): refusing a recipient for good ('550') or
for now ('451', or any other code), hanging up before the text ('drop_before') or after it was taken ('drop_after').
A recipient whose fate is to bounce is taken like any other; the report comes back into the sender's mailbox.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from connectors.sandbox.correspondence import TURNED_DOWN, delivery_report, report_address
from connectors.sandbox.faults import due_fault
from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage, from_mail
from connectors.sandbox.world import World

_WORDS = {
    "550": "550 5.1.1 The email account that you tried to reach does not exist",
    "451": "451 4.3.0 Mailbox temporarily unavailable, try again later",
}


class MailServer:
    """Takes mail for everybody. `alone` keeps the books to one visitor at a time."""

    def __init__(self, world: World, alone: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._world = world
        self._alone = alone

    async def serve(self, listener: socket.socket) -> asyncio.Server:
        """Accept connections on `listener` until the returned server is closed."""
        return await asyncio.get_running_loop().create_server(self._protocol, sock=listener)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name for it
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refused = self._world.switch("smtp.refused_recipients", "").lower().split()
        if address.lower() in refused:
            return _WORDS["550"]
        fault = due_fault(self._world, "smtp", "RCPT", address, unless=frozenset({"drop_after"}))
        if fault is None:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        if fault.kind == "drop_before":
            return _hang_up(server)
        return _WORDS.get(fault.kind, f"{fault.kind} the sandbox was told to refuse this recipient")

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name for it
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        async with self._alone():
            number = f"SMTP-{len(self._world.messages) + 1:06d}"
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            message = from_mail(number, self._world.clock.now(), envelope.rcpt_tos, content)
            fault = due_fault(self._world, "smtp", "DATA", " ".join(envelope.rcpt_tos))
            message.acknowledged = fault is None
            receive(self._world, message)
            self._report(message)
        return f"250 2.0.0 OK {number}" if message.acknowledged else _hang_up(server)

    def _report(self, message: ReceivedMessage) -> None:
        """Reports on the recipients that a server further on has turned down."""
        outside = self._world.outside
        for recipient in message.recipients:
            if outside.suppressions.fate_of(recipient) in {"bounce", "block", "invalid"}:
                message.unreached.add(recipient)
                report = delivery_report(message, recipient, *TURNED_DOWN, message.arrived_at)
                outside.inbox.deliver(report_address(message), report, message.arrived_at)

    def _protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = SMTP(
            self,
            hostname="sandbox.example",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=_anybody,
            loop=asyncio.get_running_loop(),
        )
        return protocol


def _anybody(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, _login: Any) -> AuthResult:
    return AuthResult(success=True)


def _hang_up(server: SMTP) -> str:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    return "421 4.4.2 connection dropped"
