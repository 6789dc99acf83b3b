"""`dun preview`: what will be sent when, and what is held, with reasons. Reads the mirror only."""

from itertools import groupby
from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.commands.refusals import BadInput
from connector.dunning.segments import STANDARD
from connector.leaving import RenderedMessage, rendered
from connector.outlook import HeldInvoice, Outlook, Send, outlook
from connector.printing import console, count, emit_json, json_option, say, show, table
from connector.saying.names import name
from connectors.channels.files import write_durably
from state.folders import make_folder
from state.plain_text import plain


@click.command()
@click.argument("invoice", required=False)
@click.option(
    "--days", metavar="N", type=click.IntRange(1, 366), default=14, show_default=True, help="How far to look ahead."
)
@click.option("--render", "rendering", is_flag=True, help="Write out today's messages exactly as they would leave.")
@click.option("--customer", metavar="NAME", help="With --render: only the message to this customer (name or id).")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --render: a folder for the files, PDFs of letters among them.",
)
@tenant_option
@json_option
@click.pass_obj
def preview(
    config_path: Path,
    invoice: str | None,
    days: int,
    rendering: bool,
    customer: str | None,
    out: Path | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Show what will be sent when, and what is held and why.

    Supposes that nobody pays. Keeps the daily cap and reckons the charges that a message names, each up to its day.
    Reads the mirror only: `dun sync` brings it up to date first. With --render it shows the
    bytes that would leave now, of all customers or of the one that INVOICE or --customer names, and fetches from the
    ledger what a message encloses.

    \b
    dun preview --render INV-1041
    dun preview --render --out drafts
    """
    if not rendering and (invoice or customer or out):
        raise click.UsageError("INVOICE, --customer and --out go with --render")
    with tenants_of(config_path, slug) as tenants:
        if rendering:
            _render(list(rendered(tenants, invoice, customer)), out, as_json=as_json)
            return
        outlooks = [outlook(tenant, days) for tenant in tenants]
    if as_json:
        emit_json({"days": days, "tenants": outlooks})
        return
    for each in outlooks:
        _print(each, days)


def _render(found: list[RenderedMessage], out: Path | None, *, as_json: bool) -> None:
    paths = [_kept(each, out) if out and each.file else None for each in found]
    if as_json:
        emit_json({"messages": [_as_data(each, path) for each, path in zip(found, paths, strict=True)]})
        return
    for each, path in zip(found, paths, strict=True):
        say(f"{each.tenant}: {each.customer}, {each.stage}" + (", waits for approval" if each.waits else ""))
        if each.file is None:
            say(f"cannot be written: {each.problem}")
        elif path is not None:
            say(f"written to {path}")
        elif each.file.name.endswith(".pdf"):
            say("a letter; --out DIR writes its PDF")
        else:
            for line in each.file.content.decode(errors="replace").splitlines():
                console.print(plain(line), markup=False, soft_wrap=True)
    if not found:
        say("Nothing would leave now. `dun preview` says what comes when, and what is held.")


def _kept(each: RenderedMessage, folder: Path) -> Path | None:
    if each.file is None:
        return None
    path = folder / each.tenant / each.file.name
    try:
        make_folder(path.parent)
        write_durably(path, each.file.content)
    except OSError as error:
        raise BadInput(f"{path} could not be written ({error.strerror})") from None
    return path


def _as_data(each: RenderedMessage, path: Path | None) -> dict[str, object]:
    told: dict[str, object] = {
        "tenant": each.tenant,
        "customer": each.customer,
        "stage": each.stage,
        "waits_for_approval": each.waits,
        "problem": each.problem,
    }
    if each.file is None:
        return told
    letter = each.file.name.endswith(".pdf")
    content = None if letter or path else each.file.content.decode(errors="replace")
    return told | {"name": each.file.name, "path": path and str(path), "content": content}


def _print(each: Outlook, days: int) -> None:
    _print_sends(each, days)
    _print_put_off(each)
    _print_kept_back(each)
    say(*(f"{each.tenant}: {words}" for words in each.rates))
    for held in _by_next_step(each):
        _print_held(each, held)
    _print_spared(each)
    if each.unreadable:
        say(f"{each.tenant}: {count(len(each.unreadable), 'record')} could not be read:")
    for line in each.unreadable:
        say(f"  {line}")
    going = [send for send in each.sends if send.problem is None]
    stuck = len(each.sends) - len(going)
    messages = [f"{count(len(going), 'message')} in {count(days, 'day')}"]
    messages += [f"{count(stuck, 'message')} that cannot leave"] if stuck else []
    say(f"{each.tenant}: {', '.join(messages)}, {count(len(each.held), 'invoice')} held.")
    if each.read_only:
        say(f"{each.tenant} is read-only: nothing is sent, and nothing is written to the ledger.")
    elif each.mode == "off":
        say(f"{each.tenant} is switched off (mode): nothing is planned and nothing is sent.")
    elif each.waits_for_approval:
        stages = ", ".join(each.waits_for_approval)
        say(f"{each.tenant}: a person lets go {stages}: `dun run --once` plans what is due, `dun approve` lets it go.")


def _print_kept_back(each: Outlook) -> None:
    """What is due and cannot leave as things stand, by what would let it."""
    kept = [send for send in each.sends if send.problem]
    for problem, group in groupby(sorted(kept, key=_problem), key=_problem):
        rows = [[s.on, s.customer, s.stage, s.channel, ", ".join(s.invoices)] for s in group]
        title = f"{each.tenant}: due, and cannot leave: {problem}"
        columns = ("due on", "customer", "stage", "by", "invoices")
        show(table(title, columns, rows, prose=("customer", "invoices")))


def _problem(send: Send) -> str:
    return send.problem or ""


def _print_sends(each: Outlook, days: int) -> None:
    sends = [send for send in each.sends if send.problem is None]
    columns = ["on", "customer", "stage", "by", "invoices", "asks"]
    rows = [[s.on, s.customer, s.stage, s.channel, ", ".join(s.invoices), ", ".join(s.asks)] for s in sends]
    if any(send.owner for send in sends):
        columns.append("whose")
        rows = [[*row, send.owner or "everybody"] for row, send in zip(rows, sends, strict=True)]
    if any(send.segment != STANDARD for send in sends):
        columns.append("segment")
        rows = [[*row, send.segment] for row, send in zip(rows, sends, strict=True)]
    if any(send.charges for send in sends):
        columns.append("of it charges")
        rows = [[*row, ", ".join(send.charges)] for row, send in zip(rows, sends, strict=True)]
    if any(send.put_off_from for send in sends):
        columns.append("put off from")
        rows = [[*row, send.put_off_from or ""] for row, send in zip(rows, sends, strict=True)]
    made = table(f"{each.tenant}: to be sent", columns, rows, right=("asks",), prose=("customer", "invoices"))
    show(made, f"{each.tenant}: nothing to send in {count(days, 'day')}.")
    if timed := [[send.on, send.customer, send.time] for send in sends if send.time]:
        columns = ["on", "customer", "why"]
        show(table(f"{each.tenant}: customers with a time of their own", columns, timed, prose=("customer", "why")))
    rung = [[send.on, send.customer, send.channel, send.hours] for send in each.sends if send.hours]
    title = f"{each.tenant}: texts and calls to customers whose country has several clocks"
    show(table(title, ("on", "customer", "by", "between"), rung, prose=("customer", "between")))


def _print_put_off(each: Outlook) -> None:
    """What is due within the days shown, but finds no room on any of them."""
    columns = ("due on", "customer", "stage", "by", "invoices", "asks")
    rows = [[s.on, s.customer, s.stage, s.channel, ", ".join(s.invoices), ", ".join(s.asks)] for s in each.put_off]
    title = f"{each.tenant}: waits for a later day, since not more than {count(each.daily_cap, 'message')} leave on one"
    show(table(title, columns, rows, right=("asks",), prose=("customer", "invoices")))


def _by_next_step(each: Outlook) -> list[list[HeldInvoice]]:
    """Held invoices that wait for the same thing, so that a person can work through them."""
    held = sorted(each.held, key=lambda held: (held.reasons[0], held.next))
    return [list(group) for _, group in groupby(held, key=lambda held: (held.reasons[0], held.next))]


def _print_held(each: Outlook, held: list[HeldInvoice]) -> None:
    told = {h.why for h in held}
    why = held[0].why if len(told) == 1 else name(held[0].reasons[0])
    title = f"{each.tenant}: held ({why}); next: {held[0].next}"
    columns, rows = ["invoice", "customer", "due", "since"], [[h.invoice, h.customer, h.amount, h.since] for h in held]
    if len(told) > 1:  # otherwise the title has said it
        columns.append("why")
        rows = [[*row, h.why] for row, h in zip(rows, held, strict=True)]
    show(table(title, columns, rows, right=("due",), prose=("customer", "why")))


def _print_spared(each: Outlook) -> None:
    if each.spared:
        rows = [[spared.on, spared.invoice, spared.customer, spared.why] for spared in each.spared]
        title = f"{each.tenant}: not reminded before the due date"
        show(table(title, ("on", "invoice", "customer", "why"), rows, prose=("customer", "why")))
