"""`dun history`: what went to whom, and what became of it."""

from collections.abc import Sequence
from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.printing import emit_json, in_words, json_option, show, table
from connector.sent import SentMessage, sent_messages

_MOST_INVOICES = 4  # named; of the others the number is told, and `--json` has them all
_PROSE = ("customer", "stage", "invoices", "outcome", "delivery")


@click.command()
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="The newest N of each tenant.",
)
@tenant_option
@json_option
@click.pass_obj
def history(config_path: Path, limit: int, slug: str | None, as_json: bool) -> None:
    """List the messages that went out, newest first.

    When (UTC), to whom, which stage, which invoices, what was asked for, how each ended, and what carriers told later
    about its delivery; nothing, if none has told.
    """
    with tenants_of(config_path, slug) as tenants:
        by_tenant = {tenant.slug: list(sent_messages(tenant, limit)) for tenant in tenants}
    if as_json:
        emit_json({"messages": [message for messages in by_tenant.values() for message in messages]})
        return
    columns = ("at", "customer", "stage", "invoices", "asked", "outcome", "delivery")
    for each, messages in by_tenant.items():
        rows = map(_row, messages)
        made = table(f"{each}: messages", columns, rows, right=("asked",), prose=_PROSE)
        show(made, f"{each}: nothing has been sent yet.")


def _row(message: SentMessage) -> tuple[object, ...]:
    outcome = "noted" if message.noted else in_words(message.outcome)
    return (
        f"{message.at:%Y-%m-%d %H:%M}",
        message.customer,
        message.stage,
        _some(message.invoices),
        ", ".join(message.asked),
        f"{outcome}: {message.reason}" if message.reason else outcome,
        _delivery(message),
    )


def _some(invoices: Sequence[str]) -> str:
    """The first of them, and how many more there are: a message about a hundred is still one line or two."""
    more = len(invoices) - _MOST_INVOICES
    return ", ".join(invoices[:_MOST_INVOICES]) + (f" and {more} more" if more > 0 else "")


def _delivery(message: SentMessage) -> str:
    """In words; empty if no carrier has told."""
    words = in_words(message.delivery) if message.delivery else ""
    return f"{words}, called unwanted" if message.complained else words
