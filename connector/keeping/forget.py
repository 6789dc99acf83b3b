"""Forgets a customer on request: everything personal goes, the figures stay, and nobody is ever written to again.

Out of reach are the ledger itself, whose notes name the address a reminder went to, the carriers' logs, mailboxes,
and backups and exports made before.
"""

from msgspec import Struct

from connector.holding import Target, TargetError, find_target
from connector.wiring import Installation
from state.folders import flush_folder
from state.forget import Erased
from state.model import ContactId, MessageId


class Forgotten(Struct, frozen=True):
    """What was erased; `letters` are files of the dry channel."""

    erased: Erased
    letters: int


def find_customer(installation: Installation, slug: str, customer: str) -> tuple[Target, Erased]:
    """The one customer that has this id or exactly this name, and what would be erased. TargetError otherwise."""
    target = find_target(installation, slug, None, customer, everything=False)
    with installation.store(target.tenant) as store:
        return target, store.forgetting.look(ContactId(target.id))


def forget(installation: Installation, target: Target) -> Forgotten:
    """Erase the customer. Raises Busy while a cycle of this tenant runs."""
    if target.scope != "contact":
        raise TargetError(f"{target.words} is no customer")
    with installation.working_on(target.tenant), installation.store(target.tenant) as store:
        erased = store.forgetting.forget(ContactId(target.id), installation.clock.now())
    return Forgotten(erased, _burn_letters(installation, erased.messages))


def _burn_letters(installation: Installation, messages: tuple[MessageId, ...]) -> int:
    """What the dry channel wrote to this customer; how many files there were."""
    burnt = 0
    for message_id in messages:
        letter = installation.config.outbox / f"{message_id}.eml"
        if letter.exists():
            letter.unlink()
            burnt += 1
    if burnt:
        flush_folder(installation.config.outbox)  # or a power loss could bring them back
    return burnt
