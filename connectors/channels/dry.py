"""A carrier that only writes the letter down: rehearsals, demos, and tenants who want to look before they trust."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from connectors.channels.channel import Message, NotSent, Receipt, Unsure
from connectors.channels.files import write_durably
from connectors.channels.headers import checked_token
from connectors.channels.mime import mime_bytes
from state.clock import Clock
from state.folders import flush_folder


class DryChannel:
    """Writes `<message id>.eml` into `folder`, whole or not at all; the same message twice is one file.

    A letter is written as its `.pdf`; a text message, and what would be said on the telephone, as `.txt`.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @property
    def name(self) -> Literal["dry"]:
        return "dry"

    def send(self, message: Message) -> Receipt:
        now = self._clock.now()
        ending, content = written(message, now)
        target = self._folder / f"{checked_token(message.id)}{ending}"
        draft = target.with_suffix(".part")
        try:
            write_durably(draft, content)
            draft.replace(target)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise NotSent(f"the message file could not be written ({error.strerror}); check the folder") from None
        _make_name_durable(self._folder)
        return Receipt(channel=self.name, provider_id=target.name, accepted_at=now)


def written(message: Message, now: datetime) -> tuple[str, bytes]:
    """The ending of the file and what stands in it."""
    if message.kind == "email":
        return ".eml", mime_bytes(message, now)
    if message.kind == "letter":
        return ".pdf", message.letter
    return ".txt", f"{message.phone or ''}\n\n{message.text}\n".encode(errors="replace")


def _make_name_durable(folder: Path) -> None:
    try:
        flush_folder(folder)
    except OSError:
        raise Unsure("the message file was written, but its folder could not be flushed to disk") from None
