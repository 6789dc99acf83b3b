"""The tables about the people at the terminal: which account of the operating system may do what, and where."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints

from connector.config.section import OPTIONAL, Section
from connector.config.values import refusal

Role = Literal["none", "viewer", "bookkeeper", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may


def _check_roles(roles: dict[str, str]) -> dict[str, str]:
    if wrong := [role for role in roles.values() if role not in ROLES]:
        raise refusal(f"has no role {wrong[0]!r} to give", f"use one of {', '.join(ROLES)}")
    return roles


RolesByTenant = Annotated[dict[str, str], AfterValidator(_check_roles)]
AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,63}$")]


class PersonSection(Section):
    """What one account of this machine's operating system may do; the last part of the heading is its name. While
    nobody is listed, everybody may do everything; once somebody is, whoever is not listed may do nothing."""

    role: Role = Field(
        default="none",
        description="viewer: look; bookkeeper: also approve, edit, hold, agree and settle; admin: everything",
        examples=["bookkeeper"],
        json_schema_extra=OPTIONAL,
    )
    tenants: RolesByTenant = Field(
        default_factory=dict,
        description="another role at single tenants, by their short names",
        examples=[{"acme": "admin"}],
        json_schema_extra=OPTIONAL,
    )

    def role_at(self, slug: str) -> Role:
        """The role at one tenant."""
        return next((role for role in ROLES if role == self.tenants.get(slug)), self.role)
