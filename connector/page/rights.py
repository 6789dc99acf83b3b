"""What somebody may do on the page: what the command of that name takes at the terminal, by the same table of people.

Once the configuration lists people, it alone decides. While it lists nobody, everybody at the terminal may do
everything, because whoever reads the files may; the page is asked by others, so there each account has the role it was
given when it was made, and whoever only a proxy vouches for may do nothing.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from connector.config.people import ROLES, PersonSection, Role
from connector.people import NotAllowed, Person, needed, refuse, role_at


class Rights(Struct, frozen=True):
    """Those of `name`. `own` is the account's role, which counts while nobody is listed."""

    people: Mapping[str, PersonSection]
    name: str
    own: Role

    def at(self, slug: str) -> Role:
        """The role at one tenant; of the installation as a whole for an empty `slug`."""
        return role_at(self.people, Person(self.name), slug) if self.people else self.own

    def may(self, command: str, slug: str = "") -> bool:
        """Whether `command` may be run for this tenant."""
        return ROLES.index(self.at(slug)) >= ROLES.index(needed(command))

    def sees(self, slug: str) -> bool:
        """Whether the tenant is there at all for this person."""
        return self.at(slug) != "none"

    def require(self, command: str, slugs: Iterable[str]) -> None:
        """Raise NotAllowed unless `command` may be run for all of `slugs`, or without any at the installation."""
        if self.people:
            refuse(self.people, Person(self.name), command, slugs)
        elif not self.may(command):
            raise NotAllowed(
                f"`dun {command}` takes the role {needed(command)}, and {self.name} has the role {self.own} on the"
                " page; ask an admin: dun people role NAME ROLE"
            )
