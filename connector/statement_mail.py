"""A statement of account by e-mail, because a person asked for it: on what the ledger says now, once per command."""

import secrets
from pathlib import Path

import msgspec

from connector.cycle import refresh
from connector.letters.data import StatementData
from connector.letters.statement import statement_pdf
from connector.messages.compose import compose
from connector.messages.notices import NoticeContext
from connector.messages.render import render
from connector.statements import StatementError, statement_of
from connector.tenant import Tenant
from connectors.channels.channel import Attachment, ChannelError, Message, NotSent, RefusedMessage
from state.model import Account, ContactId, MessageId
from state.notices import STATEMENT
from state.records import MessageDraft, Outcome


def send_statement(tenant: Tenant, contact_id: ContactId, fonts: Path | None) -> MessageId:
    """Bring the mirror up to date, write the statement and hand it over. StatementError unless it certainly left.

    Call it while holding the tenant's lock. Whether it left or not stands in the history.
    """
    _may_send(tenant)
    tenant.store.notices.abandoned(tenant.clock.now())
    report = refresh(tenant)
    if report.problems:
        raise StatementError(f"the ledger could not be read: {report.problems[0].words}; nothing was sent")
    account = _account(tenant, contact_id)
    message = _message(tenant, account, statement_of(tenant.settings, tenant.store, contact_id, tenant.today), fonts)
    _hand_over(tenant, account, message)
    return MessageId(message.id)


def _may_send(tenant: Tenant) -> None:
    if tenant.settings.read_only or tenant.settings.mode == "off":
        why = "is read-only" if tenant.settings.read_only else "sends nothing (mode = off)"
        raise StatementError(f"{tenant.slug} {why}; write the statement to a file with --pdf or --html")


def _account(tenant: Tenant, contact_id: ContactId) -> Account:
    for account in tenant.store.receivables.accounts(tenant.today, zone=tenant.zone):
        if account.contact_id == contact_id:
            break
    else:
        raise StatementError("nothing is due from this customer; write the statement to a file with --pdf")
    if account.refused_mail is not None and "email" not in account.closed_channels:
        mend = "enter another in the ledger, or `dun replies allow ADDRESS`"
        raise StatementError(f"this customer's address takes no mail since {account.refused_mail.since}; {mend}")
    if not account.reachable or "email" in account.closed_channels:
        raise StatementError("this customer has no usable address, or wants no e-mail; nothing was sent")
    if account.unreadable:
        raise StatementError("a document of this customer cannot be read (dun preview lists it); nothing was sent")
    return account


def _message(tenant: Tenant, account: Account, data: StatementData, fonts: Path | None) -> Message:
    message_id = MessageId(secrets.token_hex(12))
    contact = tenant.store.mirror.contact(account.contact_id)
    context = NoticeContext(
        occasion="statement",
        company=data.sender.name,
        sender_name=tenant.settings.sender.name or data.sender.name,
        customer=account.name,
        first_name=contact.first_name if contact else None,
        locale=data.locale,
        day=data.day,
        lines=data.invoices,
        credits=tuple(credit.remaining for credit in data.credits),
        reply_to=(tenant.settings.reply_to or tenant.settings.sender).email,
        reference=f"dun:{message_id}",
    )
    pdf = Attachment(f"Statement-{data.day.isoformat()}.pdf", "application/pdf", statement_pdf(data, fonts))
    return compose(
        render(tenant.templates, context),
        id=message_id,
        tenant=tenant.slug,
        stage=STATEMENT,
        sender=tenant.settings.sender,
        reply_to=tenant.settings.reply_to,
        to=account.addresses,
        attachments=(pdf,),
    )


def _hand_over(tenant: Tenant, account: Account, message: Message) -> None:
    notices, message_id = tenant.store.notices, MessageId(message.id)
    notices.begin(_draft(tenant, account, message), tenant.owner, tenant.clock.now())
    try:
        receipt = tenant.channel.send(message)
    except ChannelError as error:
        notices.settle(message_id, _outcome(error), str(error), None, tenant.clock.now())
        doubt = "it did not leave" if isinstance(error, NotSent | RefusedMessage) else "nobody knows whether it left"
        raise StatementError(f"{doubt}: {error}") from None
    notices.settle(message_id, "sent", None, receipt.provider_id, receipt.accepted_at)


def _outcome(error: ChannelError) -> Outcome:
    if isinstance(error, NotSent):
        return "not_sent"
    return "refused" if isinstance(error, RefusedMessage) else "unsure"


def _draft(tenant: Tenant, account: Account, message: Message) -> MessageDraft:
    owed: dict[str, int] = {}
    return MessageDraft(
        id=MessageId(message.id),
        contact_id=account.contact_id,
        channel=tenant.channel.name,
        stage=message.stage,
        subject=message.subject,
        recipients=tuple(address.email for address in message.to),
        text=message.text,
        totals=msgspec.json.encode(owed).decode(),  # it asks for nothing
    )
