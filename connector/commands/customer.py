"""`dun customer`: how one customer is to be treated, whatever the policy says."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from connector.agreements.customers import (
    CLEARABLE,
    change_preference,
    check_known,
    escalation_contact,
    has_stopped,
    known_preference,
    lacking,
    language_code,
    opted_out,
    refuse_stopped,
    stages_without,
)
from connector.agreements.subject import at_hand
from connector.commands.options import NAMED, SAID, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say
from state.agreed import Preference

CHANNELS = ("email", "sms", "voice", "letter", "call")


def _channel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for channel in reversed(CHANNELS):
        words = f"Allow {channel}, or never use it."
        command = click.option(f"--{channel}/--no-{channel}", f"allow_{channel}", default=None, help=words)(command)
    return command


@click.command()
@click.argument("name")
@click.option("--language", metavar="CODE", help="Language of messages, like de or de-CH.")
@click.option("--do-not-chase", metavar="REASON", type=SAID, help="Never ask this customer; a person sees to it.")
@click.option("--chase", is_flag=True, help="Ask this customer again.")
@click.option("--owner", metavar="NAME", type=NAMED, help="Whom the customer belongs to.")
@click.option("--kind", type=click.Choice(["business", "consumer"]), help="For fees that only a business may be asked.")
@click.option("--escalate-to", metavar="'NAME <ADDRESS>'", help="Who is written to at late stages.")
@click.option("--prefer", "channel", type=click.Choice(CHANNELS), help="The channel to try first.")
@click.option("--segment", metavar="NAME", help="Pin to this segment of the policy.")
@click.option("--clear", type=click.Choice(sorted(CLEARABLE)), multiple=True, help="Leave this to the policy again.")
@_channel_options
@tenant_option
@json_option
@click.pass_obj
def customer(config_path: Path, /, name: str, slug: str | None, as_json: bool, **wishes: Any) -> None:
    """Say how a customer is to be treated, or show it.

    NAME is a name or an id. Without options: what is known. A customer who is not to be chased has an owner: you,
    unless you name another.

    \b
    dun customer "Buyer plc"
    dun customer "Buyer plc" --language de --kind business --escalate-to "Jo Bloggs <jo@buyer.example>"
    dun customer "Buyer plc" --do-not-chase "the managing director calls" --owner ada
    dun customer "Buyer plc" --prefer letter --no-sms
    """
    if wishes["chase"] and wishes["do_not_chase"]:
        raise click.UsageError("--chase and --do-not-chase cannot both be meant")
    allowed = {channel: wishes.pop(f"allow_{channel}") for channel in CHANNELS}
    channels = any(allows is not None for allows in allowed.values())
    changes = _changes(**wishes)
    change = channels or bool(changes)
    with installation(config_path) as opened, at_hand(opened, slug, None, name, change=change) as hand:
        known = known_preference(hand)
        if allowed["sms"]:
            refuse_stopped(hand)
        if channels:
            changes["opted_out"] = opted_out(known, allowed)
        book = opened.config.tenant(hand.target.tenant).book
        check_known(changes, book)
        if change:
            known = change_preference(hand, changes, at_the_terminal())
        lacks = lacking(hand, known.channel) if known.channel is not None else None
        stopped = has_stopped(hand)
    if as_json:
        told = {**_without_address(known), "channel_lacks": lacks, "answered_stop": stopped}
        emit_json({"tenant": hand.target.tenant, "customer": told})
        return
    say(f"{hand.target.words}:", *_lines(known))
    if stopped:
        say("  texts: none, because its number has answered STOP; its own START ends that")
    if known.channel is not None and (others := stages_without(known.channel, book)):
        say(f"  but {', '.join(others)} cannot go by {known.channel}: the policy gives other channels")
    if lacks is not None:
        say(f"  but the ledger has no {lacks} of this customer: until it has, the stage's next channel is taken")


def _changes(
    *,
    chase: bool,
    clear: Sequence[str],
    language: str | None,
    escalate_to: str | None,
    **others: Any,
) -> dict[str, object]:
    changes: dict[str, object] = {field: None for each in clear for field in CLEARABLE[each]}
    changes |= {field: value for field, value in others.items() if value is not None}
    if chase:
        changes["do_not_chase"] = None
    if language is not None:
        changes["language"] = language_code(language)
    if escalate_to is not None:
        changes["escalation_name"], changes["escalation_email"] = escalation_contact(escalate_to)
    return changes


def _without_address(known: Preference) -> dict[str, object]:
    """No command prints a customer's address; that there is one is enough to know."""
    return {
        "id": known.contact_id,
        "do_not_chase": known.do_not_chase,
        "owner": known.owner,
        "language": known.language,
        "kind": known.kind,
        "escalation_name": known.escalation_name,
        "has_escalation_address": known.escalation_email is not None,
        "channel": known.channel,
        "opted_out": known.opted_out,
        "segment": known.segment,
    }


def _lines(known: Preference) -> Iterator[str]:
    yield f"  chased: {'yes' if known.do_not_chase is None else f'no ({known.do_not_chase})'}"
    escalation = None if known.escalation_email is None else known.escalation_name or "an address without a name"
    facts = {
        "owner": known.owner,
        "language": known.language,
        "kind": known.kind,
        "written to at late stages": escalation,
        "preferred channel": known.channel,
        "never by": ", ".join(known.opted_out) or None,
        "segment": known.segment,
    }
    yield from (f"  {name}: {value}" for name, value in facts.items() if value is not None)
