"""`dun why INVOICE`: why it was, or was not, chased today, and what comes next."""

from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.printing import emit_json, json_option, say
from connector.story import InvoiceStory, stories


@click.command()
@click.argument("invoice")
@tenant_option
@json_option
@click.pass_obj
def why(config_path: Path, invoice: str, slug: str | None, as_json: bool) -> None:
    """Tell the story of INVOICE (its number or id): what is due, what was decided and why, what was sent."""
    with tenants_of(config_path, slug) as tenants:
        found = [story for tenant in tenants for story in stories(tenant, invoice)]
    if as_json:
        emit_json({"invoice": invoice, "found": found})
    else:
        for story in found:
            _print(story)
    if not found:
        raise click.ClickException(f"no invoice {invoice!r} in the mirror; `dun sync` brings new ones")


def _print(story: InvoiceStory) -> None:
    say(f"{story.tenant}: invoice {story.number or story.id} of {story.customer}, {story.status}")
    changed = f"{story.updated_at:%Y-%m-%d %H:%M} UTC"
    say(f"  {story.due} due on {story.due_on or 'an unknown day'}; last changed in the ledger {changed}")
    for credit in story.credits:
        say(f"  unapplied credit: {credit}")
    say(f"Today: {story.summary}")
    for sentence in story.because[1:]:
        say(f"  also: {sentence}")
    say(f"Next: {story.next}")
    for step in story.reminders:
        say(f"  {step.planned_for} {step.stage}: {step.state}{f' ({step.reason})' if step.reason else ''}")
    if story.link:
        say(f"Ledger: {story.link}")
