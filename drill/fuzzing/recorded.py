"""Companies whose records are recorded ones; they are read where they lie and never copied."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from connectors.xero.dates import instant
from drill.fuzzing.mutation import Row
from drill.fuzzing.quickbooks import QuickBooksService
from drill.fuzzing.service import Lists, Service
from drill.fuzzing.xero import KINDS, XeroService

_HOUR = timedelta(hours=1)
_EXAMPLES = (
    "get_-Invoices_200",
    "get_-Invoices-InvoiceID_200",
    "put_-Invoices_200",
    "get_-Contacts_200",
    "get_-Contacts-ContactID_200",
    "get_-CreditNotes_200",
    "get_-Overpayments_200",
    "get_-Prepayments_200",
)


def services(truth: Path) -> list[Service]:
    """The firms of Xero's published examples and of a recorded sandbox company of QuickBooks."""
    return [_xero(truth / "xero" / "samples" / "oas-examples"), _quickbooks(truth / "quickbooks" / "minimul-qbo_api")]


def _xero(folder: Path) -> XeroService:
    lists: Lists = {name: [] for name in KINDS}
    for example in _EXAMPLES:
        answer = json.loads((folder / f"{example}.json").read_bytes())
        for name in KINDS.keys() & answer.keys():
            lists[name] += answer[name]
    lists["Contacts"] += [row["Contact"] for row in lists["Invoices"][-1:]]  # told in full, unlike the others
    latest = max(instant(row["UpdatedDateUTC"]) for rows in lists.values() for row in rows)
    return XeroService(lists, latest + _HOUR)


def _quickbooks(folder: Path) -> QuickBooksService:
    invoices = [body["Invoice"] for name in ("create/invoice", "void/invoice") for body in _bodies(folder, name)[-1:]]
    customers = _bodies(folder, "all/customers")[-1]["QueryResponse"]["Customer"]
    latest = max(datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"]) for row in [*invoices, *customers])
    lists: Lists = {"Customer": customers, "Invoice": invoices, "CreditMemo": [], "Payment": []}
    return QuickBooksService(lists, latest + _HOUR)


def _bodies(folder: Path, name: str) -> list[Row]:
    tape: dict[str, Any] = yaml.safe_load((folder / "vcr" / f"{name}.yml").read_text(encoding="utf-8"))
    return [json.loads(turn["response"]["body"]["string"]) for turn in tape["http_interactions"]]
