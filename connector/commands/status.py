"""`dun status`: what calls were spent on, and what is left of them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from connector.budget.status import AppStatus, TenantStatus
from connector.budget.status import status as status_of
from connector.commands.options import chosen, installation, tenant_option
from connector.printing import count, emit_json, json_option, say


@click.command()
@tenant_option
@json_option
@click.pass_obj
def status(config_path: Path, slug: str | None, as_json: bool) -> None:
    """Show what calls were spent on and what is left.

    What texts and calls of the month have cost is shown where a stage takes them.
    Both services limit how often they may be asked. Live checks and notes come first, polling is stretched when calls
    run short. Asks nobody: the figures are Dun's own counts and what the services said last. Times are UTC.
    """
    with installation(config_path) as opened:
        found, now = status_of(opened, chosen(opened, slug)), opened.clock.now()
    if as_json:
        emit_json(found)
        return
    for tenant in found.tenants:
        for line in _tenant(tenant, now):
            say(line)
    for app in found.apps:
        say(_app(app))


def _tenant(tenant: TenantStatus, now: datetime) -> Iterator[str]:
    purposes = ", ".join(f"{number:,} {purpose}" for purpose, number in sorted(tenant.spent.items())) or "none"
    yield f"{tenant.tenant} ({tenant.ledger})"
    yield f"  calls since {_at(tenant.since, now)}: {purposes}"
    if tenant.left is not None and tenant.day_ends_by is not None:
        whose = "as Xero says" if tenant.left_told else "by our count"
        kept = f", {tenant.kept:,} of them not for polling" if tenant.kept else ""
        yield f"  left until {_at(tenant.day_ends_by, now)} at the latest: {tenant.left:,} {whose}{kept}"
    if tenant.next_poll_at is not None:
        yield f"  next poll: {_at(tenant.next_poll_at, now)}, every {count(tenant.interval_minutes, 'minute')}"
    if tenant.stretched_because:
        yield f"  stretched: {tenant.stretched_because}"
    for closed in tenant.closed:
        yield f"  closed until {_at(closed.until, now)}: the limit of the {closed.limit} is reached"
    if (phone := tenant.texts_and_calls) is not None:
        yield f"  texts and calls of this month: {phone.spent} of {phone.cap} {phone.currency}"
        if phone.exhausted_because:
            yield f"  no more texts or calls: {phone.exhausted_because}"
    if tenant.carrier_rests_until is not None:
        yield f"  the carrier could not be reached; next attempt at {_at(tenant.carrier_rests_until, now)}"


def _app(app: AppStatus) -> str:
    month = f"{app.this_month:,} this month"
    if app.metered_allowed is not None:
        month += f", {app.metered_this_month:,} of {app.metered_allowed:,} metered"
    calls = f"{count(app.last_minute, 'call')} in the last minute, {month}"
    return f"{app.ledger} app, {count(len(app.tenants), 'tenant')}: {calls}"


def _at(instant: datetime, now: datetime) -> str:
    return f"{instant:%H:%M}" if instant.date() == now.date() else f"{instant:%Y-%m-%d %H:%M}"
