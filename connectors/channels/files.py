"""Messages that become files: on the disk when they are said to be, and their owner's alone."""

import os
from pathlib import Path

from state.folders import make_folder


def write_durably(path: Path, content: bytes) -> None:
    """Into a new file. What a killed attempt left goes; so does a link or an open file that somebody put there."""
    make_folder(path.parent, 0o700)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)  # customers' letters: for their owner only
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
