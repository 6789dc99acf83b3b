"""`dun write-off`: a debt is given up."""

from pathlib import Path

import click

from connector.agreements.in_hand import in_hand, left_aside
from connector.agreements.subject import at_hand, money
from connector.commands.options import SAID, chosen, installation, tenant_option
from connector.commands.refusals import BadInput
from connector.people import at_the_terminal
from connector.printing import count, emit_json, in_words, json_option, say, show, table
from connector.ways_out import giving_up
from connector.ways_out.giving_up import GivenUp, listed, sheet, to_export
from state.write_offs import WriteOff


@click.group()
def write_off() -> None:
    """Give a debt up: proposed by one person, approved by a person, and then booked.

    With [policy.write_off] in the configuration, Dun books what is approved as a credit note (Xero) or credit memo
    (QuickBooks) against the invoice. Without, `dun write-off list --export FILE` hands it to whoever does the books.
    """


@write_off.command()
@click.argument("invoice")
@click.option("--reason", metavar="TEXT", type=SAID, required=True, help="Why it is given up.")
@tenant_option
@json_option
@click.pass_obj
def propose(config_path: Path, invoice: str, reason: str, slug: str | None, as_json: bool) -> None:
    """Propose to give up what is due on an invoice. Nothing is asked for from now on.

    \b
    dun write-off propose INV-1041 --reason "the firm is insolvent"
    """
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None) as hand:
        made = giving_up.propose(hand, reason, at_the_terminal())
        aside = in_hand(hand.store, [made.invoice_id])
    _tell(as_json, hand.target.tenant, made, f"Proposed: {_what(made)} on {hand.target.words}.", *left_aside(aside))


@write_off.command()
@click.argument("invoice")
@tenant_option
@json_option
@click.pass_obj
def approve(config_path: Path, invoice: str, slug: str | None, as_json: bool) -> None:
    """Agree to a proposal. It is booked with the next cycle, or exported.

    With four_eyes in [policy.write_off], whoever proposed it may not approve it.
    """
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None) as hand:
        section = opened.config.tenant(hand.target.tenant).write_off
        found = giving_up.approve(hand, at_the_terminal(), four_eyes=section.four_eyes)
        aside = in_hand(hand.store, [found.invoice_id])
    words = f"Approved: {_what(found)} on {hand.target.words} is given up."
    _tell(as_json, hand.target.tenant, found, words, *left_aside(aside))


@write_off.command()
@click.argument("invoice")
@click.option("--reason", metavar="TEXT", type=SAID, required=True, help="Why it is not given up.")
@tenant_option
@json_option
@click.pass_obj
def refuse(config_path: Path, invoice: str, reason: str, slug: str | None, as_json: bool) -> None:
    """Turn a proposal or an approval down; the sequence goes on."""
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None) as hand:
        found = giving_up.refuse(hand, reason, at_the_terminal())
    tried = f" Dun has tried to book it: see whether the ledger has a document WO-{found.id}." if found.tried else ""
    _tell(as_json, hand.target.tenant, found, f"Refused: {hand.target.words} goes on with the next cycle.{tried}")


@write_off.command(name="list")
@click.option(
    "--export",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write those that are approved into this new CSV file, to be booked by hand.",
)
@tenant_option
@json_option
@click.pass_obj
def list_write_offs(config_path: Path, file: Path | None, slug: str | None, as_json: bool) -> None:
    """List what is to be given up, and what was.

    What is exported is booked by hand; Dun does not book it as well. Left out is what credit in hand may have paid.
    """
    if file is not None:
        _export(config_path, slug, file, as_json)
        return
    found: list[GivenUp] = []
    with installation(config_path) as opened:
        for each in chosen(opened, slug):
            with opened.store(each) as store:
                found += listed(store, each)
    if as_json:
        emit_json({"write_offs": found, "exported": None})
    else:
        columns = ("tenant", "invoice", "customer", "amount", "state", "by", "why", "words")
        rows = map(_row, found)
        show(
            table("Write-offs", columns, rows, right=("amount",), prose=("customer", "why", "words")), "There is none."
        )


def _export(config_path: Path, slug: str | None, file: Path, as_json: bool) -> None:
    ready: list[GivenUp] = []
    doubtful: list[GivenUp] = []
    with installation(config_path) as opened:
        for each in chosen(opened, slug):
            with opened.store(each) as store:
                own, waiting = to_export(store, each, opened.config.tenant(each).book.passes_over)
                ready, doubtful = ready + own, doubtful + waiting
        _write(file, sheet(ready))
        for tenant in dict.fromkeys(each.tenant for each in ready):
            with opened.store(tenant) as store:
                store.write_offs.exported([each.id for each in ready if each.tenant == tenant], opened.clock.now())
    if as_json:
        emit_json({"write_offs": ready, "left_out": doubtful, "exported": str(file)})
    else:
        left = [f"Left out: invoice {each.invoice} of {each.tenant}, since {each.words}." for each in doubtful]
        say(f"{count(len(ready), 'write-off')} in {file}, for somebody to book: Dun does not.", *left)


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="") as opened:
            opened.write(text)
    except FileExistsError:
        raise BadInput(f"{file} exists already; choose another name") from None
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}") from None


def _tell(as_json: bool, tenant: str, found: WriteOff, *words: str) -> None:
    if as_json:
        emit_json({"tenant": tenant, "write_off": found})
    else:
        say(*words)


def _what(found: WriteOff) -> str:
    return money(found.amount_minor, found.currency)


def _row(each: GivenUp) -> tuple[object, ...]:
    by = each.approved_by or each.proposed_by
    state = "approved, exported" if each.exported and each.state == "approved" else in_words(each.state)
    return (each.tenant, each.invoice, each.customer, each.amount, state, by, each.reason, each.words)
