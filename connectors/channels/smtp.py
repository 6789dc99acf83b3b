"""Mail by SMTP, one phase at a time, because the phase in which a line breaks decides what may have been sent.

`smtplib.sendmail` raises the same error for a break at RCPT (certainly not sent) and after the final dot (perhaps
sent). So this module gives each command itself and knows, whatever happens, whether the text had begun to leave.
A message goes to all of its recipients or to none: one refused recipient refuses the message.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from connectors.channels.addresses import audience, wire_address
from connectors.channels.channel import ChannelError, Message, NotSent, Receipt, RecipientBusy, RefusedMessage, Unsure
from connectors.channels.headers import message_id
from connectors.channels.mime import mime_bytes
from connectors.loopback import is_this_machine
from connectors.mail_tokens import MailTokens, NoToken
from state.clock import Clock

Security = Literal["starttls", "tls", "none"]

_MESSAGE_TOO_BIG = 552
_GO_AHEAD = 354
_REPLY_LINES = 200  # of 8 KB at most
_END_OF_LINE = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and how to submit. `security`: starttls (port 587), tls (port 465) or none (a relay on this machine).

    The login is by a password, by tokens (XOAUTH2, for Microsoft 365 and Google), or there is none.
    """

    host: str
    port: int
    security: Security
    username: str | None
    password: str | None = field(repr=False)
    timeout_seconds: float = 20
    local_hostname: str | None = None  # what EHLO says; None: this machine's name
    tokens: MailTokens | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("SMTP needs the host name of a mail server")
        if self.password is not None and self.tokens is not None:
            raise ValueError("SMTP logs in by a password or by tokens, not by both")
        if (self.username is None) != (not self._has_secret):
            raise ValueError("SMTP needs both a user name and a password or tokens, or neither")
        if not f"{self.username}{self.password}".isascii():
            raise ValueError("the SMTP user name or password has characters outside ASCII; set another one")
        if self.security == "none" and self._has_secret and not is_this_machine(self.host):
            raise ValueError("a password would travel unencrypted; set [email.smtp] security to starttls or tls")

    @property
    def _has_secret(self) -> bool:
        return self.password is not None or self.tokens is not None


class LoginRefused(NotSent):
    """Not handed over, because the server does not let this account in."""


class SmtpChannel:
    """Submits each message over a connection of its own."""

    def __init__(self, settings: SmtpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> Literal["smtp"]:
        return "smtp"

    def send(self, message: Message) -> Receipt:
        sender, everybody = wire_address(message.sender), audience(message).everybody
        text = _wire_text(mime_bytes(message, self._clock.now()))
        with self._session() as client:
            _envelope(client, sender, everybody, len(text))
            _data(client, text)
        provider_id = message_id(message.id, message.sender)
        return Receipt(channel=self.name, provider_id=provider_id, accepted_at=self._clock.now())

    def check(self) -> None:
        """Connect, secure the line and log in, and send nothing; NotSent says what fails."""
        with self._session():
            pass

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A connection, greeted, secured and logged in. Leaving it cannot fail: the message's fate is known by then."""
        with _before_the_text("connecting"):
            client = self._connect()
        try:
            with _before_the_text("greeting"):
                client.ehlo_or_helo_if_needed()
            self._secure(client)
            self._log_in(client)
            yield client
        finally:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            with suppress(OSError):
                client.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security == "tls":
            return _SecureSession(
                settings.host,
                settings.port,
                settings.local_hostname,
                timeout=settings.timeout_seconds,
                context=ssl.create_default_context(),
            )
        return _Session(settings.host, settings.port, settings.local_hostname, timeout=settings.timeout_seconds)

    def _secure(self, client: smtplib.SMTP) -> None:
        if self._settings.security == "starttls":
            with _before_the_text("STARTTLS"):
                client.starttls(context=ssl.create_default_context())
                client.ehlo()

    def _log_in(self, client: smtplib.SMTP) -> None:
        username, password, tokens = self._settings.username, self._settings.password, self._settings.tokens
        if username is not None and tokens is not None:
            _log_in_by_token(client, username, tokens)
        elif username is not None and password is not None:
            with _before_the_text("logging in"):
                client.login(username, password)


class _FewLines:
    """What a server says, up to `_REPLY_LINES` for each command; smtplib collects the lines of a reply without end."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self.left = 0

    def readline(self, most: int) -> bytes:
        if not self.left:
            raise OSError("a reply of too many lines")
        self.left -= 1
        return self._lines.readline(most)

    def close(self) -> None:
        self._lines.close()


class _Session(smtplib.SMTP):
    """A server that does not come to the end of a reply is one that has hung up."""

    file: _FewLines | None
    sock: socket.socket

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _FewLines(self.sock.makefile("rb"))
        self.file.left = _REPLY_LINES
        return super().getreply()


class _SecureSession(_Session, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _log_in_by_token(client: smtplib.SMTP, username: str, tokens: MailTokens) -> None:
    """AUTH XOAUTH2. A server that refuses first says why in a challenge, which must be answered with an empty line.

    Source: Google, "XOAUTH2 mechanism", "SMTP protocol exchange"; Microsoft answers alike.
    """
    try:
        token = tokens.access_token()
    except NoToken as error:
        raise NotSent(f"nothing was sent: {error}") from None

    def answer(challenge: bytes | None = None) -> str:
        return f"user={username}\1auth=Bearer {token}\1\1" if challenge is None else ""

    try:
        with _before_the_text("logging in"):
            client.auth("XOAUTH2", answer)
    except LoginRefused:
        tokens.rejected(token)
        raise


def _envelope(client: smtplib.SMTP, sender: str, everybody: tuple[str, ...], size: int) -> None:
    options = [f"size={size}"] if client.has_extn("size") else []
    with _before_the_text("MAIL"):
        code, _ = client.mail(sender, options)
    if code == _MESSAGE_TOO_BIG:
        raise RefusedMessage("the mail server refused the message because of its size (552)")
    if not _positive(code):  # it is the account that is refused, so the next message would be too
        raise NotSent(f"the mail server does not take mail from this sender ({code}); check [email] and the account")
    for recipient in everybody:
        with _before_the_text("RCPT"):
            code, _ = client.rcpt(recipient)
        if _for_now(code):
            raise RecipientBusy(f"the mail server does not take mail for a recipient at the moment ({code})")
        _require(_positive(code), code, "a recipient")
    with _before_the_text("DATA"):
        code, _ = client.docmd("DATA")
    _require(code == _GO_AHEAD, code, "the message")


def _data(client: smtplib.SMTP, text: bytes) -> None:
    """From the first byte on, only an answer from the server makes anything certain."""
    try:
        client.send(text + b".\r\n")
        code, _ = client.getreply()
    except (smtplib.SMTPException, OSError):
        raise Unsure("the connection to the mail server broke while or after the message was sent") from None
    if not _positive(code) and not _negative(code):
        raise Unsure("the mail server's answer to the message cannot be understood")
    _require(_positive(code), code, "the message")


def _require(accepted: bool, code: int, what: str) -> None:
    if accepted:
        return
    if code >= 500:
        raise RefusedMessage(f"the mail server refused {what} for good ({code})")
    raise NotSent(f"the mail server does not take {what} now ({code})")


@contextmanager
def _before_the_text(phase: str) -> Iterator[None]:
    """Whatever fails in here, the text has not left. Servers quote addresses, so only their codes are repeated."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise LoginRefused(
            f"the mail server refused the login ({error.smtp_code}); check user name and password or app"
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _not_sent(phase, f"answer {error.smtp_code}") from None
    except smtplib.SMTPNotSupportedError:
        raise _not_sent(phase, "the server does not offer it; check [email.smtp] security and port") from None
    except ssl.SSLCertVerificationError:
        raise _not_sent(phase, "the server's certificate is not valid for this host") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: no host name, a challenge of no base64
        raise _not_sent(phase, type(error).__name__) from None


def _not_sent(phase: str, why: str) -> ChannelError:
    return NotSent(f"nothing was sent: {phase} failed at the mail server ({why})")


def _wire_text(mail: bytes) -> bytes:
    """Every line ends in CRLF and a leading dot is doubled, so that no line of a message can end it early."""
    lines = _END_OF_LINE.sub(b"\r\n", mail if mail.endswith(b"\n") else mail + b"\n")
    return _LEADING_DOT.sub(b"..", lines)


def _positive(code: int) -> bool:
    return 200 <= code < 300


def _for_now(code: int) -> bool:
    return 400 <= code < 500


def _negative(code: int) -> bool:
    return 400 <= code < 600
