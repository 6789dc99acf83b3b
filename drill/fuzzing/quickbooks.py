"""QuickBooks on loopback: queries, the change feed and batches over a handful of records."""

import copy
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.ledger import Ledger
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.transport import CallMeter
from drill.fuzzing.loopback import Reply, Request
from drill.fuzzing.mutation import Row
from drill.fuzzing.service import Aim, Exchange, Lists, Tokens, quoted_ids, sent
from state.clock import Clock
from state.model import EntityKind

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REALM = "9130350000001"
KINDS: dict[str, EntityKind] = {
    "Customer": "contact",
    "Invoice": "invoice",
    "CreditMemo": "credit",
    "Payment": "payment",
}
_STAMPS = "MetaData"


class QuickBooksService:
    """A company's records as QuickBooks serves them; tombstones (`status` Deleted) only in the change feed."""

    kinds = KINDS

    def __init__(self, lists: Lists, now: datetime = NOW, page_size: int = 1000) -> None:
        self.lists = lists
        self.now = now
        self.page_size = page_size
        self.aim: Aim | None = None
        self.exchanges: list[Exchange] = []

    def identifier(self, name: str, row: Row) -> str:  # noqa: ARG002 - every kind has the same key here
        return str(row["Id"])

    def ledger(self, address: str, clock: Clock) -> Ledger:
        endpoints = QuickBooksEndpoints(api=f"{address}/v3")
        return QuickBooksLedger(endpoints, REALM, Tokens(), clock, CallMeter(), page_size=self.page_size)

    def reply(self, request: Request) -> Reply:
        operation = request.path.split("/company/", 1)[-1].split("/")[1]
        if operation == "cdc":
            return sent(self, self._feed(request.params["changedSince"]), by_id=False, names=list(KINDS))
        if operation == "query":
            answer = {"QueryResponse": self._rows(request.body), "time": written(self.now)}
            return sent(self, json.dumps(answer).encode(), by_id=False, names=[_entity(request.body)])
        if operation == "batch":
            return self._batch(json.loads(request.body)["BatchItemRequest"])
        return self._one(operation, request.path.rsplit("/", 1)[-1])

    def oldest(self) -> datetime:
        return min(_stamp(row) for rows in self.lists.values() for row in rows)

    def earlier(self, at: datetime) -> Lists:
        return {name: [_restored(row, at) for row in _living(rows)] for name, rows in self.lists.items()}

    def later(self, at: datetime) -> Lists:
        stamped = copy.deepcopy(self.lists)
        for rows in stamped.values():
            for row in rows:
                row[_STAMPS] = {"LastUpdatedTime": written(at)}
                if "SyncToken" in row:
                    row["SyncToken"] = f"{row['SyncToken']}0"
        return stamped

    def _feed(self, since: str) -> bytes:
        start = datetime.fromisoformat(since)
        parts = [_counted(name, [r for r in rows if _stamp(r) >= start]) for name, rows in self.lists.items()]
        return json.dumps({"CDCResponse": [{"QueryResponse": parts}], "time": written(self.now)}).encode()

    def _rows(self, statement: str) -> dict[str, Any]:
        entity = _entity(statement)
        if entity == "CompanyInfo":
            return _counted(entity, [{"Id": "1", "CompanyName": "Nobody's", "Country": "US"}])
        if entity == "Preferences":
            several = {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}
            return _counted(entity, [{"Id": "1", "CurrencyPrefs": several}])
        rows = sorted(_among(_living(self.lists[entity]), statement), key=_stamp)
        position, limit = _number("STARTPOSITION", statement) or 1, _number("MAXRESULTS", statement) or 100
        return _counted(entity, rows[position - 1 : position - 1 + limit], position)

    def _batch(self, items: list[dict[str, str]]) -> Reply:
        answers = [{"QueryResponse": self._rows(item["Query"]), "bId": item["bId"]} for item in items]
        body = json.dumps({"BatchItemResponse": answers, "time": written(self.now)}).encode()
        return sent(self, body, by_id=True, names=[_entity(item["Query"]) for item in items])

    def _one(self, operation: str, identifier: str) -> Reply:
        for name in KINDS:
            for row in self.lists[name]:
                if name.lower() == operation.lower() and row["Id"] == identifier:
                    return Reply(json.dumps({name: row, "time": written(self.now)}).encode())
        gone = {"Fault": {"Error": [{"Message": "Object Not Found", "code": "610"}], "type": "ValidationFault"}}
        return Reply(json.dumps(gone).encode(), 400)


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _entity(statement: str) -> str:
    return statement.split(" FROM ", 1)[1].split()[0]


def _number(word: str, statement: str) -> int | None:
    found = re.search(rf"{word} (\d+)", statement)
    return int(found[1]) if found else None


def _among(rows: Iterable[Row], statement: str) -> list[Row]:
    found = list(rows)
    if ids := re.search(r"Id IN \(([^)]*)\)", statement):
        found = [row for row in found if row["Id"] in quoted_ids(ids[1])]
    if "Balance > '0'" in statement:
        found = [row for row in found if row["Balance"] > 0]
    if since := re.search(r"LastUpdatedTime >= '([^']*)'", statement):
        found = [row for row in found if _stamp(row) >= datetime.fromisoformat(since[1])]
    return found


def _counted(name: str, rows: list[Row], position: int = 1) -> dict[str, Any]:
    return {name: rows, "startPosition": position, "maxResults": len(rows)} if rows else {}


def _living(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.get("status") != "Deleted"]


def _stamp(row: Row) -> datetime:
    return datetime.fromisoformat(row[_STAMPS]["LastUpdatedTime"])


def _restored(row: Row, at: datetime) -> Row:
    old = copy.deepcopy(row)
    old[_STAMPS] = {"LastUpdatedTime": written(at)}
    old["SyncToken"] = "0"
    if "Balance" in row and "TotalAmt" in row:
        old["TotalAmt"] = old["Balance"] = row["TotalAmt"] or 45.0
        old.pop("PrivateNote", None)
    if "RemainingCredit" in row:
        old["RemainingCredit"] = old["TotalAmt"]
    if "UnappliedAmt" in row:
        old |= {"TotalAmt": row["TotalAmt"] or 45.0, "UnappliedAmt": row["TotalAmt"] or 45.0, "Line": []}
    return old


def invented() -> Lists:
    """A firm of nobody's, with one of everything that matters."""
    return {
        "Customer": [
            _record(
                "7", 1, DisplayName="Harbour Kiosk", Active=True, Job=False, PrimaryEmailAddr={"Address": "r@h.example"}
            ),
            _record("8", 2, DisplayName="Roof", Active=True, Job=True, ParentRef={"value": "7"}),
            _record("9", 3, DisplayName="Bay & Söhne", Active=True, Job=False, BillAddr={"Country": "USA"}),
            _record("10", 4, DisplayName="Gone (deleted)", Active=False, Job=False),
        ],
        "Invoice": [
            _invoice("130", 1, "7"),
            _invoice("131", 2, "8", Balance=239.00),
            _invoice("132", 3, "9", Balance=0),
            _invoice("133", 4, "9", Balance=0, TotalAmt=0, PrivateNote="Voided - call"),
            _invoice("134", 5, "9", EInvoiceStatus="Disputed"),
            {"domain": "QBO", "status": "Deleted", "Id": "135", _STAMPS: {"LastUpdatedTime": _at(6)}},
        ],
        "CreditMemo": [
            _money("310", 1, "7", Balance=40.00, RemainingCredit=40.00),
            _money("311", 2, "9", Balance=0, RemainingCredit=0),
        ],
        "Payment": [
            _money("210", 1, "9", UnappliedAmt=0, Line=[_line(100.00, "132")]),
            _money("211", 2, "9", UnappliedAmt=20.00, Line=[_line(80.00, "132")]),
            _money("212", 3, "7", TotalAmt=0, UnappliedAmt=0, Line=[], PrivateNote="Voided"),
        ],
    }


def _at(number: int) -> str:
    return written(NOW - timedelta(hours=2) + timedelta(seconds=number))


def _record(identifier: str, number: int, **fields: Any) -> Row:
    return {"domain": "QBO", "Id": identifier, "SyncToken": "1", _STAMPS: {"LastUpdatedTime": _at(number)}, **fields}


def _invoice(identifier: str, number: int, customer: str, **changed: Any) -> Row:
    fields = {
        "DocNumber": f"INV-{identifier}",
        "TxnDate": "2026-01-15",
        "DueDate": "2026-02-14",
        "CurrencyRef": {"value": "USD"},
        "CustomerRef": {"value": customer, "name": "Harbour Kiosk"},
        "BillEmail": {"Address": "till@h.example"},
        "TotalAmt": 362.07,
        "Balance": 362.07,
    }
    return _record(identifier, number, **{**fields, **changed})


def _money(identifier: str, number: int, customer: str, **changed: Any) -> Row:
    fields = {"CurrencyRef": {"value": "USD"}, "CustomerRef": {"value": customer}, "TotalAmt": 100.00}
    return _record(identifier, number, **{"TxnDate": "2026-02-20", **fields, **changed})


def _line(amount: float, invoice: str) -> Row:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
