"""Which errors a person can cause or meet, and the exit code that each of them deserves.

Exit 2 means that nothing was tried, because what was typed, configured or installed is not right. Exit 1 means that
something was tried and was in the way. Everything else is a bug and may show its traceback.
"""

import click

from connector.agreements.subject import AgreementError
from connector.answering import AnsweringError
from connector.config.settings import ConfigError, NotConfigured
from connector.connecting.callback import ConsentError
from connector.credentials import CredentialError
from connector.data_folder import DataFolderError
from connector.holding import TargetError
from connector.keeping.archive import ArchiveError
from connector.keeping.backup import BackupError
from connector.keeping.export import ExportError
from connector.keeping.folders import FilesError
from connector.keeping.restore import RestoreError
from connector.letters.data import LetterError
from connector.messages.context import MessageError
from connector.people import NotAllowed
from connector.raising import ChargeError
from connector.rehearsal import RehearsalError
from connector.statements import StatementError
from connectors.ledger import LedgerError
from state.errors import AlreadyConnected, Busy, CompanyChanged, DiskFull, FileBusy, StateError
from state.plain_text import plain

_IN_THE_WAY = (
    AlreadyConnected,
    Busy,
    CompanyChanged,
    ConsentError,
    DiskFull,
    FileBusy,
    LedgerError,
    LetterError,
    StatementError,
)
_NOT_RIGHT = (
    AnsweringError,
    AgreementError,
    ArchiveError,
    BackupError,
    ChargeError,
    ConfigError,
    CredentialError,
    DataFolderError,
    ExportError,
    FilesError,
    MessageError,
    NotAllowed,
    RehearsalError,
    RestoreError,
    StateError,
    TargetError,
    NotConfigured,
)
EXPECTED = (*_IN_THE_WAY, *_NOT_RIGHT)


class BadInput(click.ClickException):
    """What was asked for cannot be done as it stands; nothing was tried."""

    exit_code = 2

    def format_message(self) -> str:
        return plain(self.message)


def exit_code(error: Exception) -> int:
    """Of one of the EXPECTED errors."""
    return 1 if isinstance(error, _IN_THE_WAY) else 2
