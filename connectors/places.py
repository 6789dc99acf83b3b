"""Xero answers five calls of one organisation at once and refuses the sixth. Dun makes do with four.

A cycle asks one thing at a time, but a person's commands and a second daemon ask beside it. Who is asking right now is
a matter of locks the kernel frees, so that a killed process leaves no place taken.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from connectors.ledger import RetryLater
from state.errors import Busy
from state.locks import exclusive

PLACES = 4
PATIENCE_SECONDS = 60.0  # of the machine: as long as one answer may take


@contextmanager
def place(folder: Path | None, owner: str, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Have one of the owner's places while a call is under way; without a folder there is nobody beside us.

    Raises RetryLater if none becomes free.
    """
    with ExitStack() as held:
        if folder is not None:
            _take(held, folder, owner, patience)
        yield


def _take(held: ExitStack, folder: Path, owner: str, patience: float) -> None:
    for number in range(PLACES):
        try:
            return held.enter_context(exclusive(folder, f"{owner}.call-{number}", wait=False))
        except Busy:
            continue
    try:
        held.enter_context(exclusive(folder, f"{owner}.call-0", wait=True, patience=patience))
    except Busy:
        words = f"{PLACES} other calls to this organisation are under way and do not end"
        raise RetryLater(words, after=None, limit="concurrent") from None
