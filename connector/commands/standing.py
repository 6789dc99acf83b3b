"""`dun holds`: what keeps customers from being asked, and how each of it ends."""

from collections.abc import Iterator
from pathlib import Path

import click

from connector.agreements.standing import KINDS, LEDGER, Kind, Standing, standing
from connector.agreements.subject import money
from connector.commands.options import NAMED, chosen, installation, tenant_option
from connector.printing import emit_json, in_words, json_option, say


@click.command()
@click.option("--kind", type=click.Choice(KINDS), help="Only such.")
@click.option("--owner", metavar="NAME", type=NAMED, help="Only those that this person has to see to.")
@tenant_option
@json_option
@click.pass_obj
def holds(config_path: Path, kind: Kind | None, owner: str | None, slug: str | None, as_json: bool) -> None:
    """List what keeps customers from being asked, and what ends it.

    Holds, deferrals, promises, disputes, plans, and customers who are not to be chased, each tenant's oldest first:
    since when, until when or whose, by whom, and why. What the ledger itself says comes last.
    """
    with installation(config_path) as opened:
        found: list[Standing] = []
        for each in chosen(opened, slug):
            settings = opened.config.tenant(each)
            with opened.store(each) as store:
                spared = settings.policy.do_not_chase_groups
                found += standing(store, each, settings.today_at(opened.clock.now()), spared)
    found = [each for each in found if kind in (None, each.kind) and owner in (None, each.owner)]
    if as_json:
        emit_json({"holds": found})
        return
    for one in found:
        say(*_lines(one))
    if not found:
        say("Nothing is held, promised, disputed, planned or spared.")


def _lines(each: Standing) -> Iterator[str]:
    amounts = ", ".join(money(owed.minor, owed.currency) for owed in each.amounts)
    yield f"{each.tenant}: {_what(each)}, {_about(each)}{f', {amounts}' if amounts else ''}"
    since = f"since {each.since:%Y-%m-%d} " if each.since else ""
    open_end = "until it is changed there" if each.by == LEDGER else "until somebody ends it"
    until = f"until {each.until}" if each.until else open_end
    owner = f"; {each.owner} sees to it" if each.owner else ""
    yield f"  {since}by {each.by}, {until}{owner}{f'; {each.why}' if each.why else ''}"
    yield f"  ends with: {each.ends_with}"


def _what(each: Standing) -> str:
    usual = each.kind if each.reason in (each.kind, "manual") else f"{each.kind} ({each.reason})"
    return in_words(usual)


def _about(each: Standing) -> str:
    if each.customer is None:
        return "everything"
    return f"invoice {each.invoice} of {each.customer}" if each.invoice else each.customer
