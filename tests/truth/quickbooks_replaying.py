"""What the replays of QuickBooks share: where recordings lie, how a record is pulled alone, and rows in few words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from truth import quickbooks_xml
from truth.replaying import body_of, queried, quickbooks, taped

from connectors.ledger import Page
from drill.fuzzing.loopback import Reply, Request
from state.model import (
    Contact,
    ContactId,
    ContactStatus,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Payment,
    PaymentId,
)

NOW = datetime(2022, 9, 2, 14, tzinfo=UTC)
VCR, RUBY, DOTNET = (
    "quickbooks/minimul-qbo_api/vcr",
    "quickbooks/ruckus-quickbooks-ruby/fixtures",
    "quickbooks/intuit-dotnet-oauth",
)
HOME = {"CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}}


def bodies(name: str) -> list[Any]:
    return [json.loads(reply.body) for reply in taped(f"{VCR}/{name}")]


def xml(name: str) -> Any:
    return quickbooks_xml.answer(etree.fromstring(body_of(f"{RUBY}/{name}")))


def as_pulled(kind: str, row: Any, time: str) -> Page:
    """The record as it comes with a first pull, in a company that keeps its books in US dollars."""

    def answer(request: Request) -> Reply:
        if request.path.endswith("/batch"):
            rows = {"CompanyInfo": {"CompanyInfo": [{"CompanyName": "C"}]}, "Preferences": {"Preferences": [HOME]}}
            items = [{"bId": f"q{n}", "QueryResponse": part} for n, part in enumerate(rows.values())]
            return Reply(json.dumps({"BatchItemResponse": items, "time": time}).encode())
        asked = f"FROM {kind} " in request.body
        return Reply(queried(time, **{kind: [row]}) if asked else queried(time))

    with quickbooks(answer, NOW) as ledger:
        pages = list(ledger.changes("changes", None))
    assert [page.rejected for page in pages if page.rejected] == []
    return next(page for page in pages if page.invoices or page.payments or page.credits or page.contacts)


def pacific(*parts: int, summer: bool = False) -> datetime:
    """An instant as QuickBooks stamps it, eight hours behind UTC, or seven."""
    return datetime(*parts, tzinfo=UTC) + timedelta(hours=7 if summer else 8)  # type: ignore[arg-type,misc]


def invoice(key: str, number: str, customer: str, status: InvoiceStatus, total: int, due: int, **facts: Any) -> Invoice:
    return Invoice(
        id=InvoiceId(key),
        number=number,
        contact_id=ContactId(customer),
        status=status,
        currency="USD",
        total_minor=total,
        due_minor=due,
        **facts,
    )


def money_in(key: str, customer: str, amount: int, rest: int, **facts: Any) -> Payment:
    usual = {"status": DocumentStatus.VALID, "currency": "USD", "allocations": ()}
    return Payment(
        id=PaymentId(key), contact_id=ContactId(customer), amount_minor=amount, unapplied_minor=rest, **(usual | facts)
    )


def customer(key: str, name: str, version: str, stamp: datetime, **facts: Any) -> Contact:
    usual = {"status": ContactStatus.ACTIVE, "email": None, "owes_minor": 0, "currency": "USD"}
    return Contact(id=ContactId(key), name=name, version=version, updated_at=stamp, **(usual | facts))


def first_pull(answers: dict[str, bytes], time: str) -> list[Page]:
    def answer(request: Request) -> Reply:
        kind = request.body.split(" FROM ")[1].split()[0]
        return Reply(answers.get(kind, queried(time)))

    with quickbooks(answer, NOW) as ledger:
        return list(ledger.changes("changes", None))
