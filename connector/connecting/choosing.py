"""Which of the organisations that a Xero consent covers a tenant is connected to. Never by guessing.

A tenant that was connected before stays with its organisation; a new one takes the only one there is, the one that was
asked for, or the one a person points at. Two organisations may have the same name; their ids tell them apart.
"""

from collections.abc import Callable, Mapping, Sequence

from connector.connecting.callback import ConsentError
from connectors.xero.oauth import Connection
from state.errors import CompanyChanged
from state.model import TenantSlug
from state.registry import Tenant

Choose = Callable[[Sequence[Connection]], Connection]  # asks a person


def pick(
    slug: TenantSlug, found: Sequence[Connection], tenants: Sequence[Tenant], wanted: str | None, choose: Choose
) -> Connection:
    """The organisation for tenant `slug`; `wanted` is a name or an id. Raises ConsentError or CompanyChanged.

    `tenants` are all that are connected, or were.
    """
    known = _tenant(slug, tenants)
    if known is not None:
        return _the_known(found, known, tenants, wanted)
    if wanted is not None:
        return _the_wanted(found, wanted)
    return found[0] if len(found) == 1 else choose(found)


def pick_of_earlier(
    slug: TenantSlug, earlier: Sequence[Connection], tenants: Sequence[Tenant], wanted: str | None, choose: Choose
) -> Connection:
    """The organisation where this consent names none of its own. A new tenant never gets one without being asked.

    `earlier` are those that this person connected before.
    """
    known, taken = _tenant(slug, tenants), {each.external_id for each in tenants}
    ours = [each for each in earlier if (each.tenant_id not in taken if known is None else _is(each, known))]
    if not ours:
        raise ConsentError("the consent covers no organisation; choose one on Xero's page and allow access")
    if known is not None:
        return _the_known(ours, known, tenants, wanted)
    return choose(ours) if wanted is None else _the_wanted(ours, wanted)


def title(connection: Connection) -> str:
    """The organisation's name as people know it."""
    return connection.tenant_name or f"organisation {connection.tenant_id}"


def listed(found: Sequence[Connection]) -> str:
    """The organisations in one line, with the ids of those that share a name."""
    return ", ".join(distinct(found))


def distinct(found: Sequence[Connection]) -> tuple[str, ...]:
    """A name for each; with its id if it shares the name."""
    names = [title(each) for each in found]
    return tuple(f"{n} ({c.tenant_id})" if names.count(n) > 1 else n for n, c in zip(names, found, strict=True))


def refuse_another(slug: TenantSlug, external_id: str, name: str, tenants: Sequence[Tenant]) -> None:
    """CompanyChanged if `slug` is known and belongs to another company than this one, which `name` names in full."""
    known = _tenant(slug, tenants)
    if known is not None and known.external_id != external_id:
        raise _another({external_id: name}, known, tenants)


def _the_known(found: Sequence[Connection], known: Tenant, tenants: Sequence[Tenant], wanted: str | None) -> Connection:
    same = next((each for each in found if _is(each, known)), None)
    if same is not None and wanted in (None, same.tenant_id, same.tenant_name):
        return same
    asked = [each for each in found if wanted in (None, each.tenant_id, each.tenant_name)]
    if asked:
        raise _another({each.tenant_id: f"{title(each)} ({each.tenant_id})" for each in asked}, known, tenants)
    raise ConsentError(
        f"the consent covers {listed(found)}, but not {wanted!r}; tenant {known.slug!r} belongs to {_named(known)}, so"
        " run the command again without --organisation and choose that one"
    )


def _another(offered: Mapping[str, str], known: Tenant, tenants: Sequence[Tenant]) -> CompanyChanged:
    """The refusal of the companies `offered`, names by id, with where each of them belongs."""
    owners = {each.external_id: each.slug for each in tenants if each.ledger == known.ledger}
    owned = [key for key in offered if key in owners]
    mends = [f"{offered[key]} is tenant {owners[key]!r}: `dun reconnect {owners[key]}`." for key in owned]
    if len(owned) < len(offered):
        mends.append("To connect another one, give it a tenant name of its own.")
    return CompanyChanged(
        f"Tenant {known.slug!r} belongs to {_named(known)}, but the consent is for {', '.join(offered.values())};"
        f" nothing was stored. Run the command again and choose {_named(known)}. {' '.join(mends)}"
    )


def _tenant(slug: TenantSlug, tenants: Sequence[Tenant]) -> Tenant | None:
    return next((each for each in tenants if each.slug == slug), None)


def _named(tenant: Tenant) -> str:
    return f"{tenant.name} ({tenant.external_id})"


def _the_wanted(found: Sequence[Connection], wanted: str) -> Connection:
    matching = [each for each in found if wanted in (each.tenant_id, each.tenant_name)]
    if not matching:
        raise ConsentError(f"the consent covers {listed(found)}, but not {wanted!r}; run the command again")
    if len(matching) > 1:
        raise ConsentError(f"several organisations are called so: {listed(matching)}; use --organisation with the id")
    return matching[0]


def _is(connection: Connection, tenant: Tenant) -> bool:
    return connection.tenant_id == tenant.external_id
