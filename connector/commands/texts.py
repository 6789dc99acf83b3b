"""How commands show a message as it would leave: for people its words, for machines everything but attachments."""

from typing import Any

from connector.leaving import Leaving
from connector.printing import console, say
from state.model import TenantSlug
from state.plain_text import plain


def as_data(slug: TenantSlug, message: Leaving) -> dict[str, Any]:
    """One message as plain data; amounts in minor units by currency. No addresses."""
    outgoing = message.outgoing
    return {
        "tenant": slug,
        "customer": message.account.name,
        "stage": message.plan.tone,
        "kind": outgoing.message.kind if outgoing else message.plan.channel,
        "invoices": [each.receivable.number or each.receivable.invoice_id for each in message.plan.reminders],
        "waits_for_approval": message.waits,
        "asks": outgoing.asks if outgoing else {},
        "subject": outgoing.message.subject if outgoing else None,
        "text": outgoing.message.text if outgoing else None,
        "problem": message.problem,
    }


def say_message(slug: TenantSlug, message: Leaving) -> None:
    """To whom, about what, subject and text."""
    data = as_data(slug, message)
    say(f"{slug}: {data['customer']}, {data['stage']} by {data['kind']}, {', '.join(data['invoices'])}")
    if message.outgoing is None:
        say(f"cannot be written: {message.problem}", "")
        return
    say(f"Subject: {data['subject']}", "")
    for line in message.outgoing.message.text.splitlines():
        console.print(plain(line), markup=False, soft_wrap=True)
    say("")
