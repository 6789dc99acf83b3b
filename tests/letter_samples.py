"""A letter and a statement of account, and ways to vary them."""

from dataclasses import replace
from datetime import date

from connector.letters.data import LetterData, OpenCredit, Sender, StatementData
from connector.messages.context import InvoiceLine
from state.model import CreditKind
from state.money import Money

DAY = date(2026, 10, 30)
SENDER = Sender(name="Muster Bau GmbH", address=("Hauptstraße 12", "80331 München"), contact=("Tel. +49 89 000000",))
RECIPIENT = ("Beispiel Handels AG", "Lange Gasse 3a", "1010 Wien", "ÖSTERREICH")


def invoice(
    number: str | None = "RE-1", due: str = "1234.50", currency: str = "EUR", total: str | None = None, days: int = 60
) -> InvoiceLine:
    return InvoiceLine(
        number=number,
        issued_on=date(2026, 8, 1),
        due_on=date(2026, 8, 31),
        days_overdue=days,
        total=Money.of(total or due, currency),
        due=Money.of(due, currency),
    )


def letter(*invoices: InvoiceLine, **changes) -> LetterData:
    data = LetterData(
        sender=SENDER,
        recipient=RECIPIENT,
        window="din-5008-b",
        locale="de_DE",
        day=DAY,
        subject="Zweite Mahnung",
        paragraphs=("Sehr geehrte Damen und Herren,", "bitte zahlen Sie."),
        closing=("Mit freundlichen Grüßen",),
        invoices=invoices or (invoice(),),
        reference="dun:m-0001",
    )
    return replace(data, **changes)


def statement(*invoices: InvoiceLine, **changes) -> StatementData:
    data = StatementData(
        sender=SENDER,
        recipient=RECIPIENT,
        window="din-5008-b",
        locale="en_GB",
        day=DAY,
        invoices=invoices or (invoice(),),
    )
    return replace(data, **changes)


def credit(amount: str, currency: str = "EUR", kind: CreditKind = CreditKind.CREDIT_NOTE) -> OpenCredit:
    return OpenCredit(kind=kind, number="GS-1", dated_on=date(2026, 9, 1), remaining=Money.of(amount, currency))
