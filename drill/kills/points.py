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
TEXT, LETTER, THANKS = "a text", "a letter", "thanks"  # messages that have points of their own beside everybody's

SPECIAL = (TEXT, LETTER, THANKS)
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
    **{f"after the claim of {what}, before the first byte": ("after", f"claim of {what}") for what in SPECIAL},
    **{f"in the transaction of the receipt of {what}": ("at the commit of", f"receipt of {what}") for what in SPECIAL},
    "before the note about an agreement is written": ("after", "noting"),
    "in the transaction that records the note about an agreement": ("at the commit of", "agreed"),
    "before a write-off is booked": ("after", "giving up"),
    "in the transaction that records a write-off": ("at the commit of", "given up"),
    "before a charge is raised": ("after", "charging"),
    "in the transaction that records a charge": ("at the commit of", "charged"),
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
CARRIED = {what: f"when the carrier has {what}, before it answers" for what in SPECIAL}
AGREEMENT_NOTED = "when the ledger has the note about an agreement, before it answers"
GIVEN_UP = "when the ledger has booked a write-off, before it answers"
CHARGED = "when the ledger has raised a charge, before it answers"
OTHER_SIDE = (THE_CARRIER_HAS_IT, THE_LEDGER_HAS_IT, *CARRIED.values(), AGREEMENT_NOTED, GIVEN_UP, CHARGED)
ANY_STATEMENT = "before any statement"
ANY_COMMIT = "after any commit"

CONNECTING = ("during the first opening of a file", "in the transaction of a migration")
SENDING = (  # whoever dies here leaves a message of which nobody knows whether it left
    "after the claim, before the first byte",
    IN_THE_MIDDLE_OF_THE_MESSAGE,
    THE_CARRIER_HAS_IT,
    "before the receipt is stored",
    "in the receipt's transaction",
    *CARRIED.values(),
    *(
        label
        for what in SPECIAL
        for label in STATEMENTS
        if label.endswith((f"of {what}", f"of {what}, before the first byte"))
    ),
)
APPROVING = ("during dun approve", "after dun approve")
RESOLVING = ("during dun resolve", "after dun resolve")
CHARGING = ("before a charge is raised", "in the transaction that records a charge", CHARGED)
AFTER = {  # what a cycle has to do in the ledger after an errand, and seldom otherwise
    "promise": (
        "before the note about an agreement is written",
        "in the transaction that records the note about an agreement",
        AGREEMENT_NOTED,
    ),
    "write-off": ("before a write-off is booked", "in the transaction that records a write-off", GIVEN_UP),
}
RUNNING = tuple(
    label
    for label in (*STATEMENTS, *WIRE, *OTHER_SIDE)
    if label not in {*CONNECTING, *APPROVING, *RESOLVING, *CHARGING}
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
