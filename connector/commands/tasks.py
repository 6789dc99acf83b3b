"""`dun tasks`: what only a person can do, and what came of it."""

from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from connector.agreements.subject import AtHand
from connector.commands.options import NAMED, SAID, chosen, day_option, installation, tenant_option
from connector.commands.refusals import BadInput
from connector.people import at_the_terminal
from connector.printing import emit_json, in_words, json_option, say, show, table
from connector.ways_out.work import Job, JobKind, Outcome, find_task, finish, jobs, target_of
from connector.wiring import Installation
from state.model import TenantSlug
from state.tasks import Task


@click.group(invoke_without_command=True)
@click.option("--owner", metavar="NAME", type=NAMED, help="This person's, and those that are everybody's.")
@click.option("--kind", type=click.Choice(get_args(JobKind)), help="Only such.")
@click.option("--all", "done", is_flag=True, help="Those that are done as well.")
@click.option("--full", is_flag=True, help="With their scripts.")
@tenant_option
@json_option
@click.pass_context
def tasks(
    ctx: click.Context,
    owner: str | None,
    kind: JobKind | None,
    done: bool,
    full: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """List calls, decisions and what else only a person can do.

    The oldest first. Late payments are those on cases that were handed over, and on debts that were given up. Open
    disputes and broken plans stand here too, and leave the list when they are settled, cancelled or replaced.

    \b
    dun tasks --owner ada --full
    dun tasks --kind decision
    dun tasks done 7QK2M4ZB6R3T --outcome promise --promise 2026-04-30 --note "spoke to Mr Hall"
    """
    if ctx.invoked_subcommand is not None:
        return
    with installation(ctx.obj) as opened:
        found: list[Job] = []
        for each in chosen(opened, slug):
            with opened.store(each) as store:
                found += jobs(store, each, owner, kind, done=done)
    if as_json:
        emit_json({"tasks": found})
        return
    _show(found, full=full)


@tasks.command()
@click.argument("task_id", metavar="ID")
@click.option("--outcome", type=click.Choice(get_args(Outcome)), required=True, help="How it ended.")
@click.option("--note", metavar="TEXT", type=SAID, required=True, help="What was said.")
@day_option("--promise", "promised", words="Of a promise: the day by whose end it will have paid.")
@click.option("--amount", metavar="AMOUNT", help="Of a promise: how much; without it: all that is due.")
@tenant_option
@json_option
@click.pass_obj
def done(
    config_path: Path,
    task_id: str,
    outcome: Outcome,
    note: str,
    promised: datetime | None,
    amount: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Write down what came of a task.

    A promise, a dispute, or somebody who says it has paid keep the sequence waiting; after anything else it goes on.
    """
    with installation(config_path) as opened:
        at, task = _found(opened, slug, task_id)
        now = opened.clock.now()
        with opened.store(at) as store, store.transaction():
            today = opened.config.tenant(at).today_at(now)
            hand = AtHand(target=target_of(store, at, task), store=store, now=now, today=today)
            day = promised.date() if promised else None
            words = finish(hand, task, outcome, note, day, amount, at_the_terminal())
    if as_json:
        emit_json({"tenant": at, "task": task.id, "outcome": outcome, "words": words})
    else:
        say(f"Done: {in_words(outcome)}; {words}.")


def _found(opened: Installation, slug: str | None, task_id: str) -> tuple[TenantSlug, Task]:
    for each in chosen(opened, slug):
        with opened.store(each) as store:
            task = find_task(store, task_id)
        if task is not None:
            return each, task
    raise BadInput(f"there is no task {task_id!r}; `dun tasks` lists them with their ids")


def _show(found: list[Job], *, full: bool) -> None:
    if full:
        for job in found:
            say(f"{job.id}  {in_words(job.kind)}, {job.owner or 'everybody'}, since {job.since:%Y-%m-%d}", _who(job))
            say(*(f"  {_item(item.number or item.invoice_id, item.due)}" for item in job.items))
            say(*(f"  {line}" for line in job.script.splitlines()), "")
        if found:
            return
    columns = ("id", "kind", "whose", "since", "customer", "phone", "open items", "state")
    prose = ("customer", "open items", "state")
    show(table("Tasks", columns, map(_row, found), prose=prose), "There is nothing to do.")


def _row(job: Job) -> tuple[object, ...]:
    items = ", ".join(_item(item.number or item.invoice_id, item.due) for item in job.items)
    agreed = job.script if job.kind in ("dispute", "plan") else job.state
    state = in_words(job.outcome) if job.outcome else agreed
    since = f"{job.since:%Y-%m-%d}"
    return (job.id, in_words(job.kind), job.owner or "everybody", since, job.customer, job.phone, items, state)


def _who(job: Job) -> str:
    return f"  {job.customer}, {job.phone}" if job.phone else f"  {job.customer}"


def _item(number: str, due: str) -> str:
    return f"{number}: {due}"
