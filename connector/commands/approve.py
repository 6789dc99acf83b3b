"""`dun approve`: let planned reminders go, or pass them over. In approve mode nothing leaves without it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from connector import approval
from connector.approval import ChangedMeanwhile, Waiting
from connector.commands.options import SAID, chosen, installation, tenant_option
from connector.commands.texts import as_data, say_message
from connector.people import at_the_terminal
from connector.printing import count, emit_json, in_words, json_option, say, show, table
from connector.seen import short_mark

_PROSE = ("customer", "text", "approval")


@click.command()
@click.argument("invoices", nargs=-1, metavar="[INVOICE]...")
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@click.option("--stage", "stages", metavar="STAGE", multiple=True, help="Only what is of this stage (repeatable).")
@click.option("--customer", "customers", metavar="NAME", multiple=True, help="Only this customer's (repeatable).")
@click.option("--show", "shown", is_flag=True, help="Show the exact texts.")
@click.option("--seen", metavar="MARK", help="With --all: only if all is as it was listed under this mark.")
@click.option("--undo", is_flag=True, help="Take the approval of these invoices back, as long as nothing has left.")
@click.option("--skip", "skipping", is_flag=True, help="Do not send: pass the stage over for these invoices.")
@click.option("--reason", metavar="TEXT", type=SAID, help="With --skip: why.")
@tenant_option
@json_option
@click.pass_obj
def approve(
    config_path: Path,
    invoices: Sequence[str],
    everything: bool,
    stages: Sequence[str],
    customers: Sequence[str],
    shown: bool,
    seen: str | None,
    undo: bool,
    skipping: bool,
    reason: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Let planned reminders go, or list what waits.

    INVOICE is a number or an id. What is approved leaves with the next cycle, if it passes the live check then.
    An approval is for the sum, the words, the language, the way and the people as they are then. Less may be asked;
    if anything else changes afterwards, or somebody edits the message, the approval is taken back and it waits again.
    With --skip it does not leave, and its sequence goes on with the next stage.

    \b
    dun approve --stage soft --show
    dun approve --all --stage soft
    dun approve --undo INV-1041
    dun approve --skip INV-1041 --reason "rang, will pay on Friday"
    """
    _refuse_contradictions(invoices, reason, seen, everything=everything, skipping=skipping)
    if undo:
        if not invoices or everything or skipping or shown or stages or customers:
            raise click.UsageError("--undo takes invoices only")
        _take_back(config_path, invoices, slug, as_json=as_json)
        return
    with installation(config_path) as opened:
        approval.check_stages(opened, chosen(opened, slug), stages)
        everywhere = approval.waiting(opened, chosen(opened, slug))
        waiting = approval.waiting(opened, chosen(opened, slug), stages, customers)
        mark = short_mark(each.seen for each in waiting)
        if seen is not None and seen != mark:
            raise ChangedMeanwhile(
                "what waits is not what was listed under this mark; nothing was approved; look again"
            )
        wanted = waiting if everything else approval.named(waiting, invoices)
        about = wanted if everything or invoices else waiting
        texts = list(approval.texts(opened, about)) if shown else []
        if skipping:
            changed = approval.skip(opened, wanted, reason or "no reason given", at_the_terminal())
        else:
            changed = approval.approve(opened, wanted, at_the_terminal())
    left = [each for each in waiting if each not in wanted]
    if as_json:
        told = {"skipped" if skipping else "approved": changed, "waiting": len(left), "reminders": left}
        told |= {} if everything or invoices else {"mark": mark}
        emit_json(told | ({"messages": [as_data(*each) for each in texts]} if shown else {}))
        return
    for text in texts:
        say_message(*text)
    if everything or invoices:
        _say_done(changed, len(everywhere) - len(wanted), skipping=skipping)
    else:
        _list(waiting, mark)


def _take_back(config_path: Path, invoices: Sequence[str], slug: str | None, *, as_json: bool) -> None:
    with installation(config_path) as opened:
        wanted = approval.named(
            approval.approved(opened, chosen(opened, slug)), invoices, "is approved and has not left"
        )
        taken = 0
        for tenant in dict.fromkeys(each.tenant for each in wanted):
            ids = [each.reminder_id for each in wanted if each.tenant == tenant]
            taken += approval.take_back(opened, tenant, ids, at_the_terminal())
    if as_json:
        emit_json({"taken_back": taken})
    else:
        say(f"Took back {count(taken, 'approval')}; nothing of it leaves before somebody approves it again.")


def _refuse_contradictions(
    invoices: Sequence[str], reason: str | None, seen: str | None, *, everything: bool, skipping: bool
) -> None:
    if everything and (invoices or skipping):
        raise click.UsageError("name invoices, or use --all; --skip takes invoices only")
    if skipping and not invoices:
        raise click.UsageError("--skip needs invoices")
    if reason is not None and not skipping:
        raise click.UsageError("--reason goes with --skip")
    if seen is not None and not everything:
        raise click.UsageError("--seen goes with --all")


def _say_done(changed: int, still: int, *, skipping: bool) -> None:
    say(f"{'Skipped' if skipping else 'Approved'} {count(changed, 'reminder')}; {still} still waiting.")
    if changed and not skipping:
        say("They leave with the next cycle, if the live check finds them still owed: dun run --once")


def _list(waiting: Sequence[Waiting], mark: str) -> None:
    shown: dict[str, list[Any]] = {
        "tenant": [each.tenant for each in waiting],
        "invoice": [each.invoice for each in waiting],
        "customer": [each.customer for each in waiting],
        "stage": [each.stage for each in waiting],
        "due": [each.due if each.disputed or each.deducted else "" for each in waiting],
        "disputed": [each.disputed for each in waiting],
        "credit": [each.deducted for each in waiting],
        "asked": [each.asked for each in waiting],
        "planned": [each.planned_for for each in waiting],
        "text": [in_words(each.why) for each in waiting],
        "approval": [in_words(each.approval_ended) for each in waiting],
    }
    columns = [name for name, cells in shown.items() if any(cells)]
    rows = [list(cells) for cells in zip(*(shown[name] for name in columns), strict=True)]
    made = table("Waiting for approval", columns, rows, right=("due", "disputed", "credit", "asked"), prose=_PROSE)
    show(made, "Nothing waits for approval. `dun run --once` plans what is due today.")
    if waiting:
        say(f"Next: dun approve INVOICE ..., or all of these as they are: dun approve --all --seen {mark}")
