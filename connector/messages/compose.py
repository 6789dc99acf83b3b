"""Puts a written message into its envelope: from whom, to whom, with which invoices attached."""

import re
from collections.abc import Iterable, Sequence

from connector.messages.render import Rendered
from connectors.channels.channel import Address, Attachment, Message
from state.model import MessageId, TenantSlug

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBER_LIMIT = 60


def compose(
    rendered: Rendered,
    *,
    id: MessageId,  # noqa: A002  the attempt's id is called so on the message
    tenant: TenantSlug,
    stage: str,
    sender: Address,
    reply_to: Address | None,
    to: Sequence[str],
    cc: Sequence[str] = (),
    references: Sequence[str] = (),
    attachments: Iterable[Attachment] = (),
) -> Message:
    """The message a channel sends. `to` and `cc` come from `usable_addresses`; ValueError if `to` is empty.

    `references` are the ids of earlier messages of the same conversation, oldest first.
    """
    if not to:
        raise ValueError("a message needs a recipient; a customer without a usable address is listed, not written to")
    named = {address.lower() for address in to}
    return Message(
        id=id,
        sender=sender,
        reply_to=reply_to,
        to=tuple(Address(address) for address in to),
        cc=tuple(Address(address) for address in cc if address.lower() not in named),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        stage=stage,
        tenant=tenant,
        references=tuple(references),
        attachments=tuple(attachments),
    )


def invoice_attachments(documents: Iterable[tuple[str | None, bytes]]) -> tuple[Attachment, ...]:
    """PDF documents, given as (invoice number, content), as `Invoice-<number>.pdf`; names are safe and differ."""
    attachments: dict[str, Attachment] = {}
    for number, content in documents:
        name = _unused(_file_stem(number), attachments)
        attachments[name.lower()] = Attachment(name, "application/pdf", content)
    return tuple(attachments.values())


def _file_stem(number: str | None) -> str:
    safe = _UNSAFE.sub("-", number or "").strip("-.")[:_NUMBER_LIMIT]
    return f"Invoice-{safe}" if safe else "Invoice"


def _unused(stem: str, taken: dict[str, Attachment]) -> str:
    name, copies = f"{stem}.pdf", 1
    while name.lower() in taken:
        copies += 1
        name = f"{stem}-{copies}.pdf"
    return name
