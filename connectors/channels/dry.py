"""A carrier that only writes the letter down: rehearsals, demos, and tenants who want to look before they trust."""

from contextlib import suppress
from pathlib import Path
from typing import Literal

from connectors.channels.channel import Message, NotSent, Receipt, Unsure
from connectors.channels.files import write_durably
from connectors.channels.headers import checked_token
from connectors.channels.mime import mime_bytes
from state.clock import Clock
from state.folders import flush_folder


class DryChannel:
    """Writes `<message id>.eml` into `folder`, whole or not at all; the same message twice is one file."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @property
    def name(self) -> Literal["dry"]:
        return "dry"

    def send(self, message: Message) -> Receipt:
        now = self._clock.now()
        target = self._folder / f"{checked_token(message.id)}.eml"
        draft = target.with_suffix(".part")
        try:
            write_durably(draft, mime_bytes(message, now))
            draft.replace(target)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise NotSent(f"the message file could not be written ({error.strerror}); check the folder") from None
        _make_name_durable(self._folder)
        return Receipt(channel=self.name, provider_id=target.name, accepted_at=now)


def _make_name_durable(folder: Path) -> None:
    try:
        flush_folder(folder)
    except OSError:
        raise Unsure("the message file was written, but its folder could not be flushed to disk") from None
