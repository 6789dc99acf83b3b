"""Documents and rows to store: one customer with one open invoice, unless a test says otherwise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from state.correspondence import ReplyDraft
from state.deliveries import Delivery
from state.model import (
    Contact,
    ContactId,
    ContactStatus,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    MessageId,
    Payment,
    PaymentId,
    ReminderId,
)
from state.records import MessageDraft, PlannedStage
from state.store import TenantStore

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
TODAY = date(2026, 3, 10)


def an_invoice(key: str = "inv-1", **fields: Any) -> Invoice:
    """600.00 GBP due on 2 March 2026."""
    return Invoice(
        **{
            "id": InvoiceId(key),
            "number": key.upper(),
            "contact_id": ContactId("customer"),
            "status": InvoiceStatus.OPEN,
            "currency": "GBP",
            "total_minor": 900_00,
            "due_minor": 600_00,
            "issued_on": date(2026, 2, 1),
            "due_on": date(2026, 3, 2),
            "updated_at": AT,
            "version": "1",
            **fields,
        }
    )


def a_contact(key: str = "customer", **fields: Any) -> Contact:
    return Contact(
        **{
            "id": ContactId(key),
            "name": key.title(),
            "status": ContactStatus.ACTIVE,
            "email": f"{key}@example.test",
            "updated_at": AT,
            "version": "1",
            **fields,
        }
    )


def a_payment(key: str = "pay-1", **fields: Any) -> Payment:
    """300.00 GBP, wholly applied."""
    return Payment(
        **{
            "id": PaymentId(key),
            "contact_id": ContactId("customer"),
            "status": DocumentStatus.VALID,
            "currency": "GBP",
            "amount_minor": 300_00,
            "paid_on": date(2026, 3, 1),
            "updated_at": AT,
            "version": "1",
            **fields,
        }
    )


def a_credit(key: str = "cn-1", **fields: Any) -> Credit:
    """50.00 GBP, nothing of it applied."""
    return Credit(
        **{
            "id": CreditId(key),
            "kind": CreditKind.CREDIT_NOTE,
            "contact_id": ContactId("customer"),
            "number": key.upper(),
            "status": DocumentStatus.VALID,
            "currency": "GBP",
            "total_minor": 50_00,
            "remaining_minor": 50_00,
            "dated_on": date(2026, 2, 20),
            "updated_at": AT,
            "version": "1",
            **fields,
        }
    )


def a_stage(invoice: str = "inv-1", **fields: Any) -> PlannedStage:
    return PlannedStage(
        **{
            "invoice_id": InvoiceId(invoice),
            "contact_id": ContactId("customer"),
            "stage": "friendly",
            "round": 1,
            "planned_for": TODAY,
            **fields,
        }
    )


def a_draft(key: str = "msg-1", **fields: Any) -> MessageDraft:
    return MessageDraft(
        **{
            "id": MessageId(key),
            "contact_id": ContactId("customer"),
            "channel": "smtp",
            "stage": "friendly",
            "subject": "Invoice INV-1",
            "recipients": ("customer@example.test",),
            "text": "A friendly reminder.",
            "totals": '{"GBP": 60000}',
            **fields,
        }
    )


def a_reply(key: str = "k1", **fields: Any) -> ReplyDraft:
    return ReplyDraft(
        **{
            "key": key,
            "mail_id": f"{key}@buyer.example",
            "validity": 42,
            "uid": 1,
            "received_at": AT,
            "sender": "ap@buyer.example",
            "sender_name": "Ann",
            "subject": "Re: Invoice",
            "text": "we paid",
            "kind": "human",
            "matched_by": "sender",
            **fields,
        }
    )


def a_fact(**fields: Any) -> Delivery:
    return Delivery(
        **{
            "message_id": None,
            "kind": "bounced",
            "at": AT,
            "detail": "5.1.1",
            "recipient": "ap@buyer.example",
            "source": "mailbox",
            **fields,
        }
    )


def planned(store: TenantStore, invoice: str = "inv-1", **fields: Any) -> ReminderId:
    """The id of a reminder that has just been planned for `invoice`."""
    store.mirror.save_invoices([an_invoice(invoice)])
    store.reminders.plan([a_stage(invoice, **fields)], AT)
    return store.reminders.for_invoice(InvoiceId(invoice))[-1].id


def verified(store: TenantStore, invoice: str = "inv-1", **fields: Any) -> ReminderId:
    reminder = planned(store, invoice, **fields)
    assert store.reminders.verified(reminder, '{"due_minor": 60000}', AT)
    return reminder


def claimed(store: TenantStore, invoice: str = "inv-1", message: str = "msg-1", owner: str = "worker") -> ReminderId:
    reminder = verified(store, invoice)
    assert store.reminders.claim([reminder], a_draft(message), owner, AT, AT)
    return reminder


def sent(store: TenantStore, invoice: str = "inv-1", message: str = "msg-1") -> ReminderId:
    reminder = claimed(store, invoice, message)
    assert store.reminders.sent(MessageId(message), "provider-1", AT) == 1
    return reminder
