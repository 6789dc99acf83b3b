"""`dun why INVOICE`: why it was, or was not, chased today, and what comes next."""

from collections.abc import Iterator
from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.commands.refusals import BadInput
from connector.dunning.segments import STANDARD
from connector.printing import emit_json, in_words, json_option, say
from connector.saying.names import name
from connector.story import InvoiceStory, Step, stories
from connector.tenant import Tenant


@click.command()
@click.argument("invoice")
@tenant_option
@json_option
@click.pass_obj
def why(config_path: Path, invoice: str, slug: str | None, as_json: bool) -> None:
    """Tell why an invoice is, or is not, chased today.

    INVOICE is its number or id. Says what is due, what is decided and why, what comes next, and what was sent before.
    """
    found: list[InvoiceStory] = []
    unread: list[str] = []
    with tenants_of(config_path, slug) as tenants:
        for tenant in tenants:
            found += stories(tenant, invoice)
            unread += _unread(tenant, invoice)
    if not found:
        raise BadInput(
            "; ".join(unread) or f"there is no invoice {invoice!r} in the mirror; `dun sync` brings new ones"
        )
    if as_json:
        emit_json({"invoice": invoice, "found": found})
        return
    for story in found:
        for line in lines_of(story):
            say(line)


def _unread(tenant: Tenant, text: str) -> Iterator[str]:
    """Of each invoice with this number or id that cannot be read, why."""
    for record in tenant.store.mirror.quarantined():
        if record.entity == "invoice" and text in (record.id, record.name):
            yield (
                f"{tenant.slug}: invoice {text!r} is in the ledger, but cannot be read: {record.reason}."
                " Its customer is not written to; correct it in the ledger, and the next cycle reads it again"
            )


_FATES = {
    "undelivered": ", but it did not arrive",
    "partly_delivered": ", but it did not arrive everywhere",
}


def _fate(step: Step) -> str:
    hint = f": task {step.task} has what to do (`dun tasks --full`)" if step.task is not None else ""
    return f"{words}{hint}" if (words := _FATES.get(step.delivery or "")) else ""


def lines_of(story: InvoiceStory) -> Iterator[str]:
    """The story as the terminal tells it."""
    yield f"{story.tenant}: invoice {story.number or story.id} of {story.customer}, {story.status}"
    yield f"  {story.due}, due on {story.due_on or 'an unknown day'}"
    yield f"  last changed in the ledger {story.updated_at:%Y-%m-%d %H:%M} UTC"
    yield from (f"  unapplied credit of the customer: {credit}" for credit in story.credits)
    yield f"Today: {story.summary}"
    yield from (f"  also: {sentence}" for sentence in story.because[1:])
    yield from (f"Happened: {words}" for words in story.happened)
    yield f"Next: {story.next}"
    if story.channel is not None:
        yield f"By: {in_words(story.channel)}" + (f", {story.hours}" if story.hours else "")
    if story.segment not in (None, STANDARD):
        yield f"Segment: {story.segment}"
    if story.charges is not None:
        yield f"Charges: {story.charges}"
    yield from (f"Agreed: {words}" for words in story.agreed)
    if story.reminders:
        yield "Reminders:"
    for step in story.reminders:
        why = f" ({name(step.reason)})" if step.reason else ""
        yield f"  {step.planned_for} {step.stage} by {in_words(step.channel)}: {step.state}{why}{_fate(step)}"
    if story.link:
        yield f"In the ledger: {story.link}"
