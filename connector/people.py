"""Who is at the terminal, and what that person may do: the only place that decides it.

The account is the one the kernel runs this process under. An environment is written by whoever starts a command, so a
name from it can take rights away and never give any: under `sudo`, the person behind it and the account both need the
role. This keeps honest people from mistakes; whoever may write Dun's files is beyond it (docs/reference/people.md).
"""

import os
import pwd
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from connector.config.people import ROLES, PersonSection, Role

# By command; what stands behind `none` concerns no tenant's affairs.
_NEEDED: dict[Role, str] = {
    "none": "init, demo, sandbox, config check, config schema",
    "viewer": """
        tenants, preview, why, history, find, audit, status, doctor, vault status, plan show, policy check, policy diff,
        policy rewind, holds, charges show, charges list, credits, report, tasks, write-off list
    """,
    "bookkeeper": """
        sync, run, web, approve, edit, replies, resolve, hold, release, promise, dispute, defer, discount, plan make,
        plan cancel, customer, charges propose, charges approve, charges refuse, statement, tasks done, decide,
        handover, write-off propose, write-off approve, write-off refuse
    """,
    "admin": """
        connect, reconnect, disconnect, vault create, vault rotate, backup, restore, export, forget, people list,
        people add, people role, people remove
    """,
}
COMMANDS: Mapping[str, Role] = MappingProxyType(
    {command.strip(): role for role, commands in _NEEDED.items() for command in commands.split(",")}
)
_MAY: Mapping[Role, str] = MappingProxyType(
    {
        "none": "may do nothing",
        "viewer": "may only look",
        "bookkeeper": "may look and do a bookkeeper's work",
        "admin": "may do everything",
    }
)


class NotAllowed(Exception):
    """The person at the terminal has not the role for this; `str()` says which would do."""


class Person(Struct, frozen=True):
    """Who runs this process. `account`: by the kernel; `through`: whom `sudo` names as the one behind it."""

    account: str
    through: str | None = None

    def __str__(self) -> str:
        return self.account if self.through is None else f"{self.account} (sudo by {self.through})"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.account,) if self.through is None else (self.account, self.through)


def person() -> Person:
    """Who runs this process. An account without a name goes by its number."""
    account = _account(os.getuid())
    through = os.environ.get("SUDO_USER", "").strip()
    return Person(account, through if through and through != account else None)


def at_the_terminal() -> str:
    """Who does what is being done, as the audit names people."""
    return str(person())


def same_person(one: str, other: str) -> bool:
    """Whether two names of the audit may be one human: the same, or the account or the one behind it of the other.

    Two who share an account by `sudo` are told apart by who is behind it.
    """
    first, second = _named(one), _named(other)
    if first.account == second.account and first.through and second.through:
        return first.through == second.through
    return not set(first.names).isdisjoint(second.names)


def _named(text: str) -> Person:
    account, _, through = text.removesuffix(")").partition(" (sudo by ")
    return Person(account, through or None)


def needed(command: str) -> Role:
    """The role that `command`, such as `vault rotate`, takes; an unknown one takes all rights."""
    return COMMANDS.get(command, "admin")


def refuse(people: Mapping[str, PersonSection], who: Person, command: str, slugs: Iterable[str]) -> None:
    """Raise NotAllowed unless `who` may run `command` for all of `slugs`. While nobody is listed, everybody may."""
    role = needed(command)
    if not people or role == "none":
        return
    concerned = list(slugs)
    denied = [slug for slug in concerned if not _may(role_at(people, who, slug), role)]
    if denied or (not concerned and not _may(role_at(people, who, ""), role)):
        raise NotAllowed(_words(people, who, command, concerned, denied))


def role_at(people: Mapping[str, PersonSection], who: Person, slug: str) -> Role:
    """The least of the roles that the account, and whoever is behind it, have at a tenant."""
    roles = [people[name].role_at(slug) if name in people else "none" for name in who.names]
    return min(roles, key=ROLES.index)


def _may(has: Role, needs: Role) -> bool:
    return ROLES.index(has) >= ROLES.index(needs)


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _words(
    people: Mapping[str, PersonSection], who: Person, command: str, concerned: list[str], denied: list[str]
) -> str:
    where = f" at {', '.join(denied)}" if denied else ""
    may = _MAY[role_at(people, who, denied[0] if denied else "")]
    allowed = [slug for slug in concerned if slug not in denied]
    hint = f", or add --tenant {allowed[0]}" if allowed else ""
    return (
        f"`dun {command}` takes the role {needed(command)}{where}, and {who} {may} there; ask an admin, who gives roles"
        f" in [people] of the configuration{hint}"
    )
