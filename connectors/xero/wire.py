"""What Xero sends, field for field under Xero's own names, and only the fields Dun needs.

Unknown fields are skipped without being built. A field with a default may be absent or null; one without must be
there, or the record is quarantined. What the values mean is decided in `mapping`.
"""

from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(min_length=1)]  # an empty one would name every document that lost its id


class Paging(Struct, gc=False):
    """The `pagination` object of a paged answer."""

    page: int
    pageSize: int  # noqa: N815 - the wire's name
    pageCount: int  # noqa: N815 - the wire's name
    itemCount: int  # noqa: N815 - the wire's name


class Row(Struct, kw_only=True, gc=False):
    """What every document in a list has."""

    UpdatedDateUTC: str


class ContactReference(Struct, gc=False):
    ContactID: Id


class WirePayment(Struct, kw_only=True, gc=False):
    id: str = field(name="PaymentID")
    amount: Decimal | None = field(name="Amount", default=None)
    Date: str | None = None


class AppliedCreditNote(Struct, kw_only=True, gc=False):
    id: str = field(name="CreditNoteID")
    amount: Decimal | None = field(name="AppliedAmount", default=None)
    Date: str | None = None


class AppliedOverpayment(Struct, kw_only=True, gc=False):
    id: str = field(name="OverpaymentID")
    amount: Decimal | None = field(name="AppliedAmount", default=None)
    Date: str | None = None


class AppliedPrepayment(Struct, kw_only=True, gc=False):
    id: str = field(name="PrepaymentID")
    amount: Decimal | None = field(name="AppliedAmount", default=None)
    Date: str | None = None


class WireInvoice(Row, kw_only=True, gc=False):
    InvoiceID: Id
    Type: str
    Status: str
    CurrencyCode: str
    Total: Decimal
    Contact: ContactReference
    AmountDue: Decimal | None = None
    InvoiceNumber: str | None = None
    Reference: str | None = None
    Date: str | None = None
    DueDate: str | None = None
    ExpectedPaymentDate: str | None = None
    Payments: tuple[WirePayment, ...] | None = None
    CreditNotes: tuple[AppliedCreditNote, ...] | None = None
    Overpayments: tuple[AppliedOverpayment, ...] | None = None
    Prepayments: tuple[AppliedPrepayment, ...] | None = None
    CurrencyRate: Decimal | None = None


class ContactPerson(Struct, kw_only=True, gc=False):
    EmailAddress: str | None = None
    IncludeInEmails: bool | None = None


class Address(Struct, kw_only=True, gc=False):
    AddressType: str | None = None
    AddressLine1: str | None = None
    AddressLine2: str | None = None
    AddressLine3: str | None = None
    AddressLine4: str | None = None
    City: str | None = None
    Region: str | None = None
    PostalCode: str | None = None
    Country: str | None = None


class Phone(Struct, kw_only=True, gc=False):
    PhoneType: str | None = None
    PhoneNumber: str | None = None
    PhoneAreaCode: str | None = None
    PhoneCountryCode: str | None = None


class ContactGroup(Struct, kw_only=True, gc=False):
    Name: str | None = None
    Status: str | None = None


class WireContact(Row, kw_only=True, gc=False):
    ContactID: Id
    ContactStatus: str
    Name: str
    EmailAddress: str | None = None
    FirstName: str | None = None
    ContactPersons: tuple[ContactPerson, ...] | None = None
    Addresses: tuple[Address, ...] | None = None
    Phones: tuple[Phone, ...] | None = None
    ContactGroups: tuple[ContactGroup, ...] | None = None
    MergedToContactID: str | None = None


class WireCredit(Row, kw_only=True, gc=False):
    """Credit notes, overpayments and prepayments are one shape under three names."""

    id: Id
    number: str | None = None
    Type: str
    Status: str
    CurrencyCode: str
    Total: Decimal
    Contact: ContactReference
    RemainingCredit: Decimal | None = None
    Date: str | None = None


class WireCreditNote(WireCredit, kw_only=True, gc=False):
    id: Id = field(name="CreditNoteID")
    number: str | None = field(name="CreditNoteNumber", default=None)


class WireOverpayment(WireCredit, kw_only=True, gc=False):
    id: Id = field(name="OverpaymentID")


class WirePrepayment(WireCredit, kw_only=True, gc=False):
    id: Id = field(name="PrepaymentID")
    number: str | None = field(name="InvoiceNumber", default=None)


RowT = TypeVar("RowT", bound=Row)


class Head(Struct, kw_only=True, gc=False):
    """What stands around a list: Xero's clock when it answered, and where in the whole the list stands."""

    DateTimeUTC: str | None = None
    pagination: Paging | None = None


class Envelope(Head, Generic[RowT], kw_only=True, gc=False):
    rows: list[RowT]


class Invoices(Envelope[WireInvoice], kw_only=True, gc=False):
    rows: list[WireInvoice] = field(name="Invoices")


class Contacts(Envelope[WireContact], kw_only=True, gc=False):
    rows: list[WireContact] = field(name="Contacts")


class CreditNotes(Envelope[WireCreditNote], kw_only=True, gc=False):
    rows: list[WireCreditNote] = field(name="CreditNotes")


class Overpayments(Envelope[WireOverpayment], kw_only=True, gc=False):
    rows: list[WireOverpayment] = field(name="Overpayments")


class Prepayments(Envelope[WirePrepayment], kw_only=True, gc=False):
    rows: list[WirePrepayment] = field(name="Prepayments")
