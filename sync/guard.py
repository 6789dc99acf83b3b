"""Asks whether a pull can be believed before anybody is written to because of it.

Everyone paid, a scope was lost, the demo company was reset, another company answers: from one pull these look alike.
A person can tell them apart in a minute; a machine that guesses sends a hundred wrong letters.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from state.model import Organisation

FEW = 20  # below this many open invoices a sudden change proves nothing
SHRUNK_TO = 0.4
SKEW = timedelta(minutes=15)


class Suspicion(Struct, frozen=True):
    """`code` is stable for machines, `words` are for the person who is asked."""

    code: str
    words: str


def same_company(known: Organisation | None, answering: Organisation) -> Suspicion | None:
    """The company behind the connection must be the one this mirror belongs to."""
    if known is None or (known.id == answering.id and known.ledger == answering.ledger):
        return None
    return Suspicion(
        "another_company",
        f"this connection now answers for {answering.name!r}, but the mirror belongs to {known.name!r}; "
        "reconnect the right company or set up a new tenant",
    )


def believable(open_before: int, open_after: int) -> Suspicion | None:
    """Open invoices that vanish in one pull are a reason to stop, however good the news would be."""
    if open_before < FEW or open_after >= open_before * SHRUNK_TO:
        return None
    return Suspicion(
        "shrunk",
        f"open invoices fell from {open_before} to {open_after} in one pull; if that is right, "
        "`dun release --everything --tenant NAME` lets reminders go on",
    )


def same_documents(open_before: int, gone: int) -> Suspicion | None:
    """Invoices that are no longer returned were not paid: they are not there, whatever else is there in their place."""
    if open_before < FEW or open_before - gone >= open_before * SHRUNK_TO:
        return None
    return Suspicion(
        "replaced",
        f"the ledger no longer returns {gone} of {open_before} open invoices and does not say why, as after the reset"
        " of a demo company; if that is right, `dun release --everything --tenant NAME` lets reminders go on",
    )


def clocks_agree(ours: datetime, theirs: datetime | None) -> Suspicion | None:
    """A wrong clock makes wrong business days: reminders on the wrong date, holds that end too early."""
    if theirs is None or abs(ours - theirs) <= SKEW:
        return None
    return Suspicion(
        "clock_skew",
        f"this machine's clock and the ledger's differ by {abs(ours - theirs)}; set the clock, then "
        "`dun release --everything --tenant NAME`",
    )
