"""A client who is not in the configuration yet is written there, and taken out again if the connection fails.

The file belongs to people: it is only ever added to at its end, the three lines everybody would have typed.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.config.schema import SLUG_PATTERN
from connector.config.settings import Config, load
from state.model import LedgerName


class NotAdded(Exception):
    """The client cannot be written into the file; `str()` says why and what to do."""


@contextmanager
def added(path: Path, ledger: LedgerName, slug: str, zone: str | None, *, read_only: bool) -> Iterator[Config]:
    """The configuration with the new client in it. Whatever goes wrong inside the block takes the client out again.

    Raises NotAdded, or ConfigError if the file does not fit together with the new client.
    """
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise NotAdded(f"{slug!r} is no name for a tenant; use lower-case letters, digits and hyphens, at most 63")
    if zone is None:
        raise NotAdded(f"{slug!r} is not in {path.name} yet; add --zone and it will be written there")
    entry = f'\n[tenants.{slug}]\nledger = "{ledger}"\nzone = "{zone}"\n' + ("read_only = true\n" if read_only else "")
    _append(path, entry.encode())
    try:
        yield load(path)
    except BaseException:
        _take_back(path, entry.encode())
        raise


def _append(path: Path, entry: bytes) -> None:
    size = path.stat().st_size
    try:
        with path.open("ab") as file:
            file.write(entry)
            file.flush()
            os.fsync(file.fileno())  # the tokens will be durable; without this entry nobody would look for them
    except OSError as error:
        if path.stat().st_size > size:  # the disk was full half-way
            os.truncate(path, size)
        raise NotAdded(f"{path} cannot be written ({error.strerror}); add the client there by hand") from None


def _take_back(path: Path, entry: bytes) -> None:
    """Unless somebody has written behind it meanwhile: then the file is theirs."""
    if path.read_bytes().endswith(entry):
        os.truncate(path, path.stat().st_size - len(entry))
