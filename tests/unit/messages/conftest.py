"""A message about one invoice, and ways to vary it."""

from dataclasses import replace
from datetime import date

import pytest

from connector.messages.context import InvoiceLine, MessageContext
from connector.messages.templates import Templates
from state.money import Money


def invoice(
    number: str | None = "INV-1041", due: str = "1234.50", currency: str = "GBP", total: str | None = None, **changes
) -> InvoiceLine:
    defaults = {
        "number": number,
        "issued_on": date(2026, 2, 10),
        "due_on": date(2026, 3, 12),
        "days_overdue": 8,
        "total": Money.of(total or due, currency),
        "due": Money.of(due, currency),
        "pay_url": None,
    }
    return InvoiceLine(**{**defaults, **changes})


def message_about(*lines: InvoiceLine, **changes) -> MessageContext:
    context = MessageContext(
        company="Seller Ltd",
        sender_name="Ann Seller",
        customer="Buyer plc",
        first_name="Bo",
        locale="en_GB",
        stage="soft",
        lines=lines or (invoice(),),
        deadline=None,
        reply_to="accounts@seller.example",
        reference="DUN-7F3A",
    )
    return replace(context, **changes)


@pytest.fixture(name="invoice")
def invoice_fixture():
    return invoice


@pytest.fixture(name="message_about")
def message_about_fixture():
    return message_about


@pytest.fixture(scope="session")
def built_in() -> Templates:
    return Templates.load(None)


@pytest.fixture
def folder(tmp_path):
    """A tenant's own templates: `folder(**{"soft.txt": "..."})` writes them and returns the path."""

    def write(files: dict[str, str | bytes]):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write
