"""Which of the organisations that a Xero consent covers a tenant is connected to. Never by guessing.

A tenant that was connected before stays with its organisation; a new one takes the only one there is, the one that was
asked for, or the one a person points at. Two organisations may have the same name; their ids tell them apart.
"""

from collections.abc import Callable, Collection, Sequence

from connector.callback import ConsentError
from connectors.xero.oauth import Connection
from state.errors import CompanyChanged
from state.registry import Tenant

Choose = Callable[[Sequence[Connection]], Connection]  # asks a person


def pick(
    slug: str, found: Sequence[Connection], known: Tenant | None, wanted: str | None, choose: Choose
) -> Connection:
    """The organisation for tenant `slug`; `wanted` is a name or an id. Raises ConsentError or CompanyChanged."""
    if known is not None:
        return _the_known(slug, found, known, wanted)
    if wanted is not None:
        return _the_wanted(found, wanted)
    return found[0] if len(found) == 1 else choose(found)


def pick_of_earlier(
    earlier: Sequence[Connection], known: Tenant | None, taken: Collection[str], wanted: str | None, choose: Choose
) -> Connection:
    """The organisation where this consent names none of its own. A new tenant never gets one without being asked.

    `earlier` are those that this person connected before, `taken` the ids of those that tenants have.
    """
    ours = [each for each in earlier if (each.tenant_id not in taken if known is None else _is(each, known))]
    if not ours:
        raise ConsentError("the consent covers no organisation; choose one on Xero's page and allow access")
    if known is not None:
        return _the_known(known.slug, ours, known, wanted)
    return choose(ours) if wanted is None else _the_wanted(ours, wanted)


def title(connection: Connection) -> str:
    """The organisation's name as people know it."""
    return connection.tenant_name or f"organisation {connection.tenant_id}"


def listed(found: Sequence[Connection]) -> str:
    """The organisations in one line, with the ids of those that share a name."""
    names = [title(each) for each in found]
    return ", ".join(f"{n} ({c.tenant_id})" if names.count(n) > 1 else n for n, c in zip(names, found, strict=True))


def _the_known(slug: str, found: Sequence[Connection], known: Tenant, wanted: str | None) -> Connection:
    same = next((each for each in found if _is(each, known)), None)
    if same is None or wanted not in (None, same.tenant_id, same.tenant_name):
        asked = wanted if same else listed(found)
        raise CompanyChanged(
            f"Tenant {slug!r} belongs to {known.name}, but the connection leads to {asked}. Connect that one under a"
            f" new name, or run the command again and choose {known.name}."
        )
    return same


def _the_wanted(found: Sequence[Connection], wanted: str) -> Connection:
    matching = [each for each in found if wanted in (each.tenant_id, each.tenant_name)]
    if not matching:
        raise ConsentError(f"the consent covers {listed(found)}, but not {wanted!r}; run the command again")
    if len(matching) > 1:
        raise ConsentError(f"several organisations are called so: {listed(matching)}; use --organisation with the id")
    return matching[0]


def _is(connection: Connection, tenant: Tenant) -> bool:
    return connection.tenant_id == tenant.external_id
