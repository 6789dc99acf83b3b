"""Where a life may end: every label, what it stands for, and the trap that kills at one of them.

No label needs a hook in the product. Those of statements are seen by the database driver, those of the wire by the
socket, those of the other side by the service that has just written something down.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

Moment = tuple[str, str]  # when, and around which kind of statement

LOST = "while a lost send becomes unknown"
STATEMENTS: dict[str, Moment] = {
    "during the first opening of a file": ("before", "schema"),
    "in the transaction of a migration": ("at the commit of", "schema"),
    "before the rotated token is saved": ("before", "token"),
    "after the rotated token is saved": ("after", "token"),
    "between two pages of a pull": ("after", "page"),
    "in the cursor's transaction": ("at the commit of", "cursor"),
    "during the nightly comparison": ("before", "compared"),
    "while decisions are stored": ("at the commit of", "decided"),
    "while reminders are planned": ("at the commit of", "planned"),
    "before the claim": ("before", "claim"),
    "in the claim's transaction": ("at the commit of", "claim"),
    "after the claim, before the first byte": ("after", "claim"),
    "before the receipt is stored": ("before", "receipt"),
    "in the receipt's transaction": ("at the commit of", "receipt"),
    "after the receipt, before the note": ("after", "receipt"),
    "before the note is written": ("after", "tried"),
    "before the note is recorded": ("before", "noted"),
    "in the transaction that records the note": ("at the commit of", "noted"),
    LOST: ("at the commit of", "lost"),
    "during dun approve": ("at the commit of", "approved"),
    "after dun approve": ("after", "approved"),
    "during dun resolve": ("at the commit of", "resolved"),
    "after dun resolve": ("after", "resolved"),
}
IN_THE_MIDDLE_OF_THE_MESSAGE = "in the middle of the message"
IN_THE_MIDDLE_OF_THE_NOTE = "in the middle of the note"
WIRE = (IN_THE_MIDDLE_OF_THE_MESSAGE, IN_THE_MIDDLE_OF_THE_NOTE)
THE_CARRIER_HAS_IT = "when the carrier has the message, before it answers"
THE_LEDGER_HAS_IT = "when the ledger has the note, before it answers"
OTHER_SIDE = (THE_CARRIER_HAS_IT, THE_LEDGER_HAS_IT)
ANY_STATEMENT = "before any statement"
ANY_COMMIT = "after any commit"

CONNECTING = ("during the first opening of a file", "in the transaction of a migration")
SENDING = (  # whoever dies here leaves a message of which nobody knows whether it left
    "after the claim, before the first byte",
    IN_THE_MIDDLE_OF_THE_MESSAGE,
    THE_CARRIER_HAS_IT,
    "before the receipt is stored",
    "in the receipt's transaction",
)
APPROVING = ("during dun approve", "after dun approve")
RESOLVING = ("during dun resolve", "after dun resolve")
RUNNING = tuple(
    label for label in (*STATEMENTS, *WIRE, *OTHER_SIDE) if label not in {*CONNECTING, *APPROVING, *RESOLVING}
)
LABELS = (*STATEMENTS, *WIRE, *OTHER_SIDE)


class Order(Struct, frozen=True):
    """Die the `times`-th time you come by `label`."""

    label: str
    times: int = 1


class Trap:
    """In the process that is to die: counts what it comes by, keeps a trace, and kills where it was ordered to."""

    def __init__(self, order: Order | None, trace: Path) -> None:
        self._order = order
        self._passed: Counter[str] = Counter()
        self._trace = os.open(trace, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self.also_tell: Callable[[str, str], None] = lambda _what, _whom: None

    def pass_by(self, label: str) -> None:
        self._passed[label] += 1
        if self._order is not None and Order(label, self._passed[label]) == self._order:
            os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, what: str, whom: str) -> None:
        """A line that outlives this process: what has been written to a file survives a SIGKILL."""
        os.write(self._trace, f"{what} {whom}\n".encode())
        self.also_tell(what, whom)
