"""`dun replies`: what customers wrote back, whom that holds, and what a person made of it."""

from pathlib import Path
from typing import Literal

import click

from connector.answering import WaitingReply, allow_address, handle_reply, suppressed_addresses, waiting_replies
from connector.commands.options import chosen, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import count, emit_json, in_words, json_option, say, show, table
from connector.wiring import Installation
from state.correspondence import HandledAs
from state.model import TenantSlug
from state.phones import is_e164

OUTCOMES = ("answered", "paid_says", "dispute", "promise", "not_ours")
_SHOWN = 240  # characters of a reply in the table; --json has all that is kept


@click.command()
@click.argument("action", required=False, type=click.Choice(["handle", "allow"]))
@click.argument("what", required=False)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What became of it, for handle.")
@click.option("--release", is_flag=True, help="End the holds that this reply has placed.")
@click.option("--all", "everything", is_flag=True, help="Automatic replies, bounces and complaints as well.")
@tenant_option
@json_option
@click.pass_obj
def replies(
    config_path: Path,
    action: Literal["handle", "allow"] | None,
    what: str | None,
    outcome: HandledAs | None,
    release: bool,
    everything: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """List replies that wait for a person, or handle one.

    A reply holds its customer until it is handled with --release. `handle` takes one off the list, by its id; `allow`
    lets an address be written to again that bounced or complained, or a number be used that was not in use.

    \b
    dun replies
    dun replies handle k7mq2xvd --outcome paid_says --release
    dun replies allow ap@buyer.example
    """
    with installation(config_path) as opened:
        slugs = chosen(opened, slug)
        if action is None:
            _list(opened, slugs, everything=everything, as_json=as_json)
        elif what is None:
            raise click.UsageError("say which: an id for handle, an address or number for allow")
        elif action == "allow":
            _allow(opened, slugs, what, as_json=as_json)
        elif outcome is None:
            raise click.UsageError(f"say what became of it: --outcome {'|'.join(OUTCOMES)}")
        else:
            _handle(opened, slugs, what, outcome, release=release, as_json=as_json)


def _handle(
    opened: Installation, slugs: list[TenantSlug], reply: str, outcome: HandledAs, *, release: bool, as_json: bool
) -> None:
    ended = handle_reply(opened, slugs, reply, outcome, by=at_the_terminal(), release=release)
    if as_json:
        emit_json({"reply": reply, "outcome": outcome, "released": ended})
    elif release:
        say(f"Reply {reply} is handled: {in_words(outcome)}; {count(ended, 'hold')} ended.")
    else:
        say(f"Reply {reply} is handled: {in_words(outcome)}; whom it holds stays held until `dun release`.")


def _allow(opened: Installation, slugs: list[TenantSlug], address: str, *, as_json: bool) -> None:
    allowed = allow_address(opened, slugs, address, by=at_the_terminal())
    if as_json:
        emit_json({"allowed": allowed})
        return
    number = is_e164(address.strip())
    used = "The number is used again." if number else "The address is written to again."
    say(f"{used} If it is on your carrier's own list too, remove it there.")


def _list(opened: Installation, slugs: list[TenantSlug], *, everything: bool, as_json: bool) -> None:
    found = list(waiting_replies(opened, slugs, automatic=everything))
    suppressed = list(suppressed_addresses(opened, slugs))
    if as_json:
        emit_json({"replies": found, "addresses": [{"tenant": slug, "suppressed": each} for slug, each in suppressed]})
        return
    columns = ("id", "at", "tenant", "customer", "from", "text", "held")
    made = table("Replies", columns, map(_row, found), prose=("customer", "from", "text", "held"))
    show(made, "No reply waits for you.")
    rows = ((slug, a.address, a.reason, f"{a.since:%Y-%m-%d}") for slug, a in suppressed)
    show(
        table(
            "Addresses and numbers that are not used", ("tenant", "address", "why", "since"), rows, prose=("address",)
        )
    )


def _row(reply: WaitingReply) -> tuple[object, ...]:
    words = f"{reply.subject}: {reply.text}"
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    return (
        reply.id,
        f"{reply.received_at:%Y-%m-%d %H:%M}",
        reply.tenant,
        _customer(reply),
        reply.sender,
        shown if reply.kind == "human" else f"({in_words(reply.kind)}) {shown}",
        ", ".join(reply.held) or "nobody",
    )


def _customer(reply: WaitingReply) -> str:
    if not reply.customers:
        return "no customer found"
    names = ", ".join(reply.customers)
    return f"{names} (they share this address)" if len(reply.customers) > 1 else names
