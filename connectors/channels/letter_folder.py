"""Letters for people who print and post them: a folder of PDFs, and a list of what to post to whom.

The list is the hand-over. A letter's row is written last and whole, so a file without a row was never handed over, and
a row never lacks its file. The list is a CSV because it is opened in spreadsheets; what people write into it stays.
"""

import csv
import io
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from connectors.channels.channel import Message, NotSent, Receipt, Unsure
from connectors.channels.files import write_durably
from connectors.channels.headers import NAME_LIMIT, checked_token, one_line
from connectors.channels.postal import Destination, destination_of
from state.clock import Clock
from state.errors import StateError
from state.folders import flush_folder, make_folder
from state.locks import exclusive
from state.spreadsheet import harmless_cell

MANIFEST = "manifest.csv"
COLUMNS = ("id", "date", "customer", "address", "stage", "file")
_BYTE_ORDER_MARK = "\ufeff"  # spreadsheets put one in front; Excel needs it to read UTF-8
_LOCK = ".manifest"


class LetterFolderChannel:
    """Writes `<message id>.pdf` and its row of manifest.csv into `folder`; the same message twice is one of each."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @property
    def name(self) -> Literal["letter-folder"]:
        return "letter-folder"

    def send(self, message: Message) -> Receipt:
        destination = destination_of(message)
        now = self._clock.now()
        document = self._folder / f"{checked_token(message.id)}.pdf"
        try:
            make_folder(self._folder, 0o700)
            with exclusive(self._folder, _LOCK, wait=True):
                self._hand_over(message, _row(message, destination, now, document.name), document)
        except (OSError, StateError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is locked, or the disk is full"
            raise NotSent(f"the letter could not be written ({reason}); check the folder of letters") from None
        return Receipt(channel=self.name, provider_id=document.name, accepted_at=now)

    def check(self) -> None:
        """Whether letters could be written now; NotSent says why not."""
        try:
            make_folder(self._folder, 0o700)
            with exclusive(self._folder, _LOCK, wait=True):
                self._listed()
        except (OSError, StateError):
            raise NotSent("the folder of letters cannot be written to; check that it is there and yours") from None

    def _hand_over(self, message: Message, row: str, document: Path) -> None:
        listed = self._listed()
        if _has(listed, message.id):
            return  # whoever posts may have taken the file away by now
        try:
            _put(document, message.letter)
            flush_folder(self._folder)  # before the row: none ever lacks its file
            _put(self._folder / MANIFEST, f"{listed}{row}".encode(errors="surrogateescape"))
        except OSError:
            with suppress(OSError):
                document.unlink()
            raise
        try:
            flush_folder(self._folder)
        except OSError:
            raise Unsure("the letter was written, but its folder could not be flushed to disk") from None

    def _listed(self) -> str:
        """The list so far, ready for another row; what people have changed in it is kept."""
        manifest = self._folder / MANIFEST
        if not manifest.exists():
            return _BYTE_ORDER_MARK + _csv(COLUMNS)
        text = manifest.read_bytes().decode("utf-8", "surrogateescape")
        return text if text.endswith("\n") or not text else f"{text}\r\n"


def _put(target: Path, content: bytes) -> None:
    """Whole or not at all: another name first, the right one when all of it is on the disk."""
    draft = target.with_suffix(".part")
    try:
        write_durably(draft, content)
        draft.replace(target)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def _row(message: Message, destination: Destination, now: datetime, file: str) -> str:
    postal = destination.postal
    town = " ".join(part for part in (postal.postcode, postal.city, postal.region) if part)
    address = ", ".join(line for line in (*postal.lines, town, postal.country) if line)
    texts = (destination.name, address, one_line(message.stage, NAME_LIMIT))
    return _csv((message.id, now.date().isoformat(), *map(harmless_cell, texts), file))


def _csv(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _has(listed: str, identifier: str) -> bool:
    """Whatever parts the cells, and whatever a spreadsheet put around them: an id is a plain word."""
    return bool(re.search(rf'^\ufeff?"?{re.escape(identifier)}"?[,;\t]', listed, re.MULTILINE))
