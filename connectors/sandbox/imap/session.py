"""One client's session with the IMAP server: who has logged in, which folder is open, and what each command answers.

Each command is a method that gives the lines before the tagged one. A refusal is raised: `No` for what cannot be,
`BadCommand` for what makes no sense.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator

from connectors.sandbox.imap.fetch import fetched, flags, marks_as_seen, wanted
from connectors.sandbox.imap.lines import BadCommand, Command, quoted
from connectors.sandbox.imap.search import UnknownCharset, numbers_in, search
from connectors.sandbox.inbox import FOLDERS, Folder, KeptMail
from connectors.sandbox.world import World

Lines = Iterable[bytes]
_FLAGS = r"\Answered \Flagged \Deleted \Seen \Draft"


class No(Exception):
    """The tagged NO, with its words."""


class Session:
    """The state of one connection. Its commands are called while nobody else touches the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.login: str | None = None
        self._folder: Folder | None = None
        self._read_only = False
        self._known = 0  # mails that the client has been told of
        self.over = False

    @property
    def capabilities(self) -> str:
        plain = "" if self._basic_allowed() else " LOGINDISABLED"
        return f"IMAP4rev1 SASL-IR LITERAL+ IDLE AUTH=XOAUTH2{' AUTH=PLAIN' if self._basic_allowed() else ''}{plain}"

    def run(self, command: Command) -> tuple[Lines, str]:
        """The untagged lines, and the verdict."""
        name = command.name
        if name == "UID":
            name, command = self._of_uids(command)
        known = self._commands().get(name)
        if known is None:
            raise BadCommand(f"Unknown command {name}")
        act, needs = known
        if needs == "login" and self.login is None:
            raise BadCommand("Please log in first")
        if needs == "folder" and self._folder is None:
            raise BadCommand("No mailbox selected")
        lines = list(act(command))
        opened = self._access() if name in {"SELECT", "EXAMINE"} else ""
        return [*lines, *self.news()], f"OK {opened}{name} completed"

    def news(self) -> Iterator[bytes]:
        """That mail has come in since the client was last told."""
        if self._folder is not None and len(self._folder.mails) != self._known:
            self._known = len(self._folder.mails)
            yield b"* %d EXISTS" % self._known

    def authenticate(self, mechanism: str, answer: bytes) -> None:
        """With the client's answer, as it was sent; No if it does not open the mailbox."""
        try:
            plain = base64.b64decode(answer, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BadCommand("Invalid base64") from None
        if mechanism == "PLAIN":
            parts = plain.split("\0")
            if len(parts) != 3:
                raise BadCommand("Invalid credentials")
            self._log_in(parts[1], parts[2])
            return
        fields = dict(part.partition("=")[::2] for part in plain.split("\1") if part)
        self._log_in_by_token(fields.get("user", ""), fields.get("auth", ""))

    def _commands(self) -> dict[str, tuple[Callable[[Command], Lines], str]]:
        return {
            "CAPABILITY": (lambda _: [f"* CAPABILITY {self.capabilities}".encode()], ""),
            "NOOP": (lambda _: [], ""),
            "LOGOUT": (self._logout, ""),
            "LOGIN": (self._login, ""),
            "ID": (lambda _: [b'* ID ("name" "sandbox")'], ""),
            "LIST": (self._list, "login"),
            "LSUB": (self._list, "login"),
            "STATUS": (self._status, "login"),
            "SELECT": (lambda command: self._open(command, read_only=False), "login"),
            "EXAMINE": (lambda command: self._open(command, read_only=True), "login"),
            "CHECK": (lambda _: [], "folder"),
            "CLOSE": (self._close, "folder"),
            "UNSELECT": (self._unselect, "folder"),
            "EXPUNGE": (self._expunge, "folder"),
            "SEARCH": (lambda command: self._search(command, uids=False), "folder"),
            "FETCH": (lambda command: self._fetch(command, uids=False), "folder"),
            "STORE": (lambda command: self._store(command, uids=False), "folder"),
            "UID SEARCH": (lambda command: self._search(command, uids=True), "folder"),
            "UID FETCH": (lambda command: self._fetch(command, uids=True), "folder"),
            "UID STORE": (lambda command: self._store(command, uids=True), "folder"),
        }

    @staticmethod
    def _of_uids(command: Command) -> tuple[str, Command]:
        name = f"UID {command.text(0).upper()}"
        return name, Command(command.tag, name, command.arguments[1:])

    # -- who --------------------------------------------------------------------------------------------------

    def _basic_allowed(self) -> bool:
        return self._world.switch("imap.passwords", "on") != "off"

    def _login(self, command: Command) -> Lines:
        self._log_in(command.text(0), command.text(1))
        return []

    def _log_in(self, name: str, password: str) -> None:
        if not self._basic_allowed():
            raise No("[PRIVACYREQUIRED] Logins with a password are disabled")
        right = self._world.switch("imap.password", password)
        if not password or password != right or self._is_dead(name):
            raise No("[AUTHENTICATIONFAILED] Authentication failed.")
        self.login = name

    def _log_in_by_token(self, name: str, bearer: str) -> None:
        kind, _, token = bearer.partition(" ")
        right = self._world.switch("imap.token", token)
        if kind.lower() != "bearer" or not token or token != right or self._is_dead(name):
            raise No("[AUTHENTICATIONFAILED] Invalid credentials (Failure)")
        self.login = name

    def _is_dead(self, name: str) -> bool:
        dead = self._world.switch("imap.dead_logins", "").lower().split()
        return "all" in dead or name.lower() in dead

    def _logout(self, _: Command) -> Lines:
        self.over = True
        return [b"* BYE Logging out"]

    # -- folders ----------------------------------------------------------------------------------------------

    def _list(self, command: Command) -> Lines:
        pattern = command.text(1)
        if not pattern:
            return [f'* {command.name} (\\Noselect) "/" ""'.encode()]
        named = {"*", "%"} & set(pattern)
        shown = [folder for folder in FOLDERS if named or folder.upper() == pattern.upper()]
        return [f'* {command.name} (\\HasNoChildren) "/" {quoted(folder)}'.encode() for folder in shown]

    def _status(self, command: Command) -> Lines:
        folder = self._find(command.text(0))
        facts = {
            "MESSAGES": len(folder.mails),
            "RECENT": 0,
            "UIDNEXT": folder.next_uid,
            "UIDVALIDITY": folder.validity,
            "UNSEEN": sum("\\Seen" not in mail.flags for mail in folder.mails),
        }
        asked = command.arguments[1] if len(command.arguments) > 1 else None
        if not isinstance(asked, list) or not {str(name).upper() for name in asked} <= facts.keys():
            raise BadCommand("Invalid status items")
        shown = " ".join(f"{str(name).upper()} {facts[str(name).upper()]}" for name in asked)
        return [f"* STATUS {quoted(command.text(0))} ({shown})".encode()]

    def _find(self, name: str) -> Folder:
        folder = self._world.outside.inbox.folder(self.login or "", name)
        if folder is None:
            raise No(f"[NONEXISTENT] Unknown mailbox: {name}")
        return folder

    def _open(self, command: Command, *, read_only: bool) -> Lines:
        self._folder = None  # a folder that cannot be opened leaves none open
        self._folder, self._read_only = self._find(command.text(0)), read_only
        self._known = len(self._folder.mails)
        yield f"* FLAGS ({_FLAGS})".encode()
        yield f"* OK [PERMANENTFLAGS ({'' if read_only else _FLAGS})] Flags permitted.".encode()
        yield b"* %d EXISTS" % self._known
        yield b"* 0 RECENT"
        yield b"* OK [UIDVALIDITY %d] UIDs valid" % self._folder.validity
        yield b"* OK [UIDNEXT %d] Predicted next UID" % self._folder.next_uid

    def _access(self) -> str:
        return "[READ-ONLY] " if self._read_only else "[READ-WRITE] "

    def _close(self, command: Command) -> Lines:
        if not self._read_only:
            list(self._expunge(command))
        return self._unselect(command)

    def _unselect(self, _: Command) -> Lines:
        self._folder = None
        return []

    def _expunge(self, _: Command) -> Lines:
        self._check_writable()
        doomed = [(n, mail) for n, mail in enumerate(self._mails, 1) if "\\Deleted" in mail.flags]
        if self._folder is not None:
            self._folder.expunge(mail for _, mail in doomed)
            self._known = len(self._folder.mails)
        return [b"* %d EXPUNGE" % (number - earlier) for earlier, (number, _) in enumerate(doomed)]

    # -- mails ------------------------------------------------------------------------------------------------

    @property
    def _mails(self) -> list[KeptMail]:
        return self._folder.mails if self._folder is not None else []

    def _search(self, command: Command, *, uids: bool) -> Lines:
        try:
            found = search(self._mails, command.arguments)
        except UnknownCharset:
            raise No("[BADCHARSET (US-ASCII UTF-8)] Unknown charset") from None
        numbers = " ".join(str(mail.uid if uids else number) for number, mail in found)
        return [f"* SEARCH {numbers}".rstrip().encode()]

    def _fetch(self, command: Command, *, uids: bool) -> Lines:
        items = wanted(command.arguments[1]) if len(command.arguments) > 1 else []
        if not items:
            raise BadCommand("Missing fetch items")
        if uids and "UID" not in {item.upper() for item in items}:
            items = ["UID", *items]
        seen = marks_as_seen(items) and not self._read_only
        for number, mail in self._chosen(command.text(0), uids=uids):
            newly_seen = seen and "\\Seen" not in mail.flags
            if newly_seen:
                mail.flags.add("\\Seen")
            shown = fetched(mail, items)
            untold = b" " + flags(mail) if newly_seen and b"FLAGS (" not in shown[:200] else b""
            yield b"* %d FETCH (%s%s)" % (number, shown, untold)

    def _store(self, command: Command, *, uids: bool) -> Lines:
        self._check_writable()
        how, given = command.text(1).upper(), command.arguments[2:]
        named = {str(flag) for flag in (given[0] if given and isinstance(given[0], list) else given)}
        if how.removesuffix(".SILENT") not in {"FLAGS", "+FLAGS", "-FLAGS"}:
            raise BadCommand("Invalid store item")
        for number, mail in self._chosen(command.text(0), uids=uids):
            mail.flags = {"+": mail.flags | named, "-": mail.flags - named}.get(how[0], named)
            if not how.endswith(".SILENT"):
                uid = b"UID %d " % mail.uid if uids else b""
                yield b"* %d FETCH (%s%s)" % (number, uid, flags(mail))

    def _chosen(self, numbers: str, *, uids: bool) -> list[tuple[int, KeptMail]]:
        mails = self._mails
        last = (mails[-1].uid if uids else len(mails)) if mails else 0
        chosen = numbers_in(numbers, last)
        if not uids and not chosen <= set(range(1, len(mails) + 1)):
            raise BadCommand("Invalid message sequence number")
        return [(n, mail) for n, mail in enumerate(mails, 1) if (mail.uid if uids else n) in chosen]

    def _check_writable(self) -> None:
        if self._read_only:
            raise No("Mailbox is read-only")
