"""An IMAP session with bounds: how much a server may say in it, and how long it may take.

`imaplib` reads a literal of whatever size is announced and waits between two bytes for as long as one byte comes now
and then. A mailbox belongs to somebody else's server, and mail in it to strangers, so neither decides here.
"""

import imaplib
import ssl
from time import monotonic

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from connectors.mailbox.errors import MailboxUnreachable

SESSION_BYTES = 64 << 20
SESSION_SECONDS = 300.0
LITERAL_BYTES = 1 << 20  # we never ask for more


class _Measured(imaplib.IMAP4):
    """Counts what is read; a server that says too much or takes too long has hung up."""

    _left = SESSION_BYTES
    _ends_by: float | None = None

    def read(self, size: int) -> bytes:
        if size > LITERAL_BYTES:
            raise MailboxUnreachable("the mail server announced a part larger than was asked for; it was not read")
        return self._measured(super().read(size))

    def readline(self) -> bytes:
        return self._measured(super().readline())

    def _measured(self, piece: bytes) -> bytes:
        now = monotonic()
        self._ends_by = self._ends_by or now + SESSION_SECONDS
        self._left -= len(piece)
        if self._left < 0 or now > self._ends_by:
            raise MailboxUnreachable("the mail server says more, or takes longer, than any mailbox needs")
        return piece


class _MeasuredTls(_Measured, imaplib.IMAP4_SSL):
    """The same over TLS from the first byte."""


class _TlsBox(MailBox):
    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return _MeasuredTls(self._host, self._port, ssl_context=self._ssl_context, timeout=self._timeout)


class _StartTlsBox(MailBoxStartTls):
    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _Measured(self._host, self._port, timeout=self._timeout)
        client.starttls(self._ssl_context)
        return client


class _PlainBox(MailBoxUnencrypted):
    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return _Measured(self._host, self._port, timeout=self._timeout)


def dial(host: str, port: int, security: str, timeout_seconds: float) -> BaseMailBox:
    """A connection, greeted and secured; raises what sockets, `ssl` and `imaplib` raise."""
    if security == "tls":
        return _TlsBox(host, port, timeout=timeout_seconds, ssl_context=ssl.create_default_context())
    if security == "starttls":
        return _StartTlsBox(host, port, timeout=timeout_seconds, ssl_context=ssl.create_default_context())
    return _PlainBox(host, port, timeout=timeout_seconds)
