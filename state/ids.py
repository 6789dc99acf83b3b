"""Names of things, so that an id of one kind is never taken for another's."""

from typing import NewType

InvoiceId = NewType("InvoiceId", str)
ContactId = NewType("ContactId", str)
PaymentId = NewType("PaymentId", str)
CreditId = NewType("CreditId", str)
ReminderId = NewType("ReminderId", str)
MessageId = NewType("MessageId", str)
TenantSlug = NewType("TenantSlug", str)
