"""Xero on loopback: lists with their paging, dates and words, as the adapter meets them."""

import copy
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.ledger import Ledger
from connectors.transport import CallMeter
from connectors.xero.dates import instant
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.ledger import XeroLedger
from drill.fuzzing.loopback import Reply, Request
from drill.fuzzing.mutation import Row
from drill.fuzzing.service import Aim, Exchange, Lists, Tokens, sent
from state.clock import Clock
from state.model import EntityKind

NOW = datetime(2026, 4, 24, 12, 5, tzinfo=UTC)
TENANT = "5d0f6cbb-0000-4000-8000-00000000c0de"
_KEYS = {
    "Invoices": "InvoiceID",
    "Contacts": "ContactID",
    "CreditNotes": "CreditNoteID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
}
KINDS: dict[str, EntityKind] = {
    "Invoices": "invoice",
    "Contacts": "contact",
    "CreditNotes": "credit",
    "Overpayments": "credit",
    "Prepayments": "credit",
}
_DAY = timedelta(days=1)
_ORGANISATION = {
    "Name": "Nobody's",
    "BaseCurrency": "NZD",
    "CountryCode": "NZ",
    "Timezone": "NEWZEALANDSTANDARDTIME",
    "OrganisationID": TENANT,
}


class XeroService:
    """A company's lists as Xero serves them."""

    kinds = KINDS

    def __init__(self, lists: Lists, now: datetime = NOW, page_size: int = 1000) -> None:
        self.lists = lists
        self.now = now
        self.page_size = page_size
        self.aim: Aim | None = None
        self.exchanges: list[Exchange] = []

    def identifier(self, name: str, row: Row) -> str:
        return str(row[_KEYS[name]])

    def ledger(self, address: str, clock: Clock) -> Ledger:
        endpoints = XeroEndpoints(api=f"{address}/api.xro/2.0")
        return XeroLedger(endpoints, TENANT, Tokens(), clock, CallMeter(), timeout=(2, 5))

    def reply(self, request: Request) -> Reply:
        name = request.path.rsplit("/", 1)[-1]
        if name == "Organisation":
            return Reply(json.dumps({"Organisations": [_ORGANISATION]}).encode())
        if name not in self.lists:
            return Reply(b"The resource you're looking for cannot be found", 404)
        ids = request.params.get("IDs")
        rows = self._matching(name, ids, request.params.get("where", ""), request.headers.get("if-modified-since"))
        live = ids is not None or "Status==" in request.params.get("where", "")
        return sent(self, self._page(name, rows, int(request.params.get("page", "1"))), by_id=live, names=[name])

    def oldest(self) -> datetime:
        return min(instant(row["UpdatedDateUTC"]) for rows in self.lists.values() for row in rows)

    def earlier(self, at: datetime) -> Lists:
        return {name: [_restored(row, at) for row in rows] for name, rows in self.lists.items()}

    def later(self, at: datetime) -> Lists:
        stamped = copy.deepcopy(self.lists)
        for rows in stamped.values():
            for row in rows:
                row["UpdatedDateUTC"] = written(at)
        return stamped

    def _matching(self, name: str, ids: str | None, where: str, since: str | None) -> list[Row]:
        rows = self.lists[name]
        if ids is not None:
            rows = [row for row in rows if row[_KEYS[name]] in ids.split(",")]
        if 'Status=="AUTHORISED"' in where:
            rows = [row for row in rows if row["Status"] == "AUTHORISED"]
        if since is not None:
            rows = [row for row in rows if instant(row["UpdatedDateUTC"]) >= _asked(since)]
        return sorted(rows, key=lambda row: instant(row["UpdatedDateUTC"]))

    def _page(self, name: str, rows: list[Row], page: int) -> bytes:
        pages = max(-(-len(rows) // self.page_size), 1)
        answer = {
            "Id": TENANT,
            "Status": "OK",
            "DateTimeUTC": written(self.now, ""),
            "pagination": {"page": page, "pageSize": self.page_size, "pageCount": pages, "itemCount": len(rows)},
            name: rows[(page - 1) * self.page_size : page * self.page_size],
        }
        return json.dumps(answer, indent=1).encode()


def written(moment: datetime, offset: str = "+0000") -> str:
    return f"/Date({int(moment.timestamp() * 1000)}{offset})/"


def _asked(since: str) -> datetime:
    """If-Modified-Since as the SDK writes it."""
    try:
        return datetime.fromisoformat(since).replace(tzinfo=UTC)
    except ValueError:
        return parsedate_to_datetime(since)


def _restored(row: Row, at: datetime) -> Row:
    changed: dict[str, Any] = {"UpdatedDateUTC": written(at)}
    if "AmountDue" in row:
        changed |= {"Status": "AUTHORISED", "AmountDue": row["Total"], "Payments": [], "CreditNotes": []}
    if "RemainingCredit" in row:
        changed |= {"Status": "AUTHORISED", "RemainingCredit": row["Total"]}
    return {**copy.deepcopy(row), **changed}


def invented() -> Lists:
    """A firm of nobody's, with one of everything that matters."""
    contacts = [_contact(1), _contact(2), _contact(3, ContactStatus="ARCHIVED")]
    invoices = [
        _invoice(1, 1),
        _invoice(
            2, 1, AmountDue=8.25, Payments=[{"PaymentID": _id(901), "Date": written(NOW - _DAY), "Amount": 100.0}]
        ),
        _invoice(3, 2, Status="PAID", AmountDue=0.0),
        _invoice(4, 2, Status="VOIDED"),
        _invoice(5, 2, Status="DRAFT"),
        _invoice(6, 1, Type="ACCPAY"),
        _invoice(7, 2, CreditNotes=[{"CreditNoteID": _id(21), "AppliedAmount": 8.0, "Date": written(NOW - _DAY)}]),
        _invoice(8, 3, Status="DELETED", AmountDue=0.0),
    ]
    return {
        "Invoices": invoices,
        "Contacts": contacts,
        "CreditNotes": [
            _credit("CreditNote", 21, "ACCRECCREDIT", 1, CreditNoteNumber="CN-1"),
            _credit("CreditNote", 22, "ACCRECCREDIT", 2, Status="PAID", RemainingCredit=0.0),
        ],
        "Overpayments": [_credit("Overpayment", 31, "RECEIVE-OVERPAYMENT", 2)],
        "Prepayments": [_credit("Prepayment", 41, "RECEIVE-PREPAYMENT", 3)],
    }


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _stamp(number: int) -> str:
    return written(NOW - timedelta(hours=2) + timedelta(seconds=number))


def _invoice(number: int, contact: int, **changed: Any) -> Row:
    return {
        "Type": "ACCREC",
        "InvoiceID": _id(number),
        "InvoiceNumber": f"INV-{number:04d}",
        "Reference": "Café № 5",
        "Payments": [],
        "CreditNotes": [],
        "AmountDue": 108.25,
        "Contact": {"ContactID": _id(500 + contact), "Name": "A customer"},
        "Date": written(datetime(2026, 2, 16, tzinfo=UTC)),
        "DueDate": written(datetime(2026, 3, 1, tzinfo=UTC)),
        "Status": "AUTHORISED",
        "Total": 108.25,
        "UpdatedDateUTC": _stamp(number),
        "CurrencyCode": "NZD",
        **changed,
    }


def _contact(number: int, **changed: Any) -> Row:
    return {
        "ContactID": _id(500 + number),
        "ContactStatus": "ACTIVE",
        "Name": f"Customer {number}",
        "EmailAddress": "accounts@customer.example",
        "Addresses": [{"AddressType": "POBOX", "Country": "New Zealand"}],
        "UpdatedDateUTC": _stamp(number),
        "ContactPersons": [{"EmailAddress": "bo@customer.example", "IncludeInEmails": True}],
        **changed,
    }


def _credit(kind: str, number: int, type_: str, contact: int, **changed: Any) -> Row:
    return {
        f"{kind}ID": _id(number),
        "Type": type_,
        "RemainingCredit": 32.5,
        "Contact": {"ContactID": _id(500 + contact), "Name": "A customer"},
        "Date": written(datetime(2026, 3, 5, tzinfo=UTC)),
        "Status": "AUTHORISED",
        "Total": 34.5,
        "UpdatedDateUTC": _stamp(number),
        "CurrencyCode": "NZD",
        **changed,
    }
