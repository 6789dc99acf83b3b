"""`dun history`: what went to whom, and what became of it."""

from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.printing import emit_json, json_option, show, table
from connector.sent import SentMessage, sent_messages


@click.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Newest so many.")
@tenant_option
@json_option
@click.pass_obj
def history(config_path: Path, limit: int, slug: str | None, as_json: bool) -> None:
    """List the messages: when, to whom, which stage, which invoices, and how each ended."""
    with tenants_of(config_path, slug) as tenants:
        messages = [message for tenant in tenants for message in sent_messages(tenant, limit)]
    if as_json:
        emit_json({"messages": messages})
        return
    columns = ("at", "tenant", "customer", "stage", "invoices", "asked", "outcome")
    show(table("Messages", columns, map(_row, messages), right=("asked",)), "Nothing has been sent yet.")


def _row(message: SentMessage) -> tuple[object, ...]:
    outcome = f"{message.outcome}: {message.reason}" if message.reason else message.outcome
    return (
        f"{message.at:%Y-%m-%d %H:%M}",
        message.tenant,
        message.customer,
        message.stage,
        ", ".join(message.invoices),
        ", ".join(message.asked),
        outcome,
    )
