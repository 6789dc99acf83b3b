"""Recordings played back over real HTTP, so that SDK and client of an adapter run as they would outside."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.transport import CallMeter
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.ledger import XeroLedger
from drill.fuzzing.loopback import Reply, Request, speaking
from drill.fuzzing.service import Tokens
from state.clock import ManualClock

TRUTH = Path(os.environ.get("DUN_TRUTH_DIR", Path(__file__).resolve().parents[3] / "shared" / "truth"))
UNTOLD = {"content-length", "transfer-encoding", "connection", "content-encoding"}  # those are the server's own affair

needs_truth = pytest.mark.skipif(
    not TRUTH.is_dir(), reason=f"NO TRUTH AT {TRUTH}: the adapters were not compared with recordings; set DUN_TRUTH_DIR"
)


def body_of(path: str) -> bytes:
    return (TRUTH / path).read_bytes()


def taped(path: str) -> list[Reply]:
    """The answers of a cassette, written by the Ruby or the Python recorder, with status and headers as recorded."""
    tape = yaml.load((TRUTH / path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - strings only
    turns = tape.get("http_interactions") or tape["interactions"]
    return [_reply(turn["response"]) for turn in turns]


def _reply(response: dict[str, Any]) -> Reply:
    headers = {name: values[0] for name, values in response["headers"].items() if name.lower() not in UNTOLD}
    return Reply(response["body"]["string"].encode(), int(response["status"]["code"]), headers)


def always(reply: Reply | bytes) -> Callable[[Request], Reply]:
    return lambda _: reply if isinstance(reply, Reply) else Reply(reply)


@contextmanager
def xero(answer: Callable[[Request], Reply], now: datetime, tenant: str = "t") -> Iterator[XeroLedger]:
    """A ledger whose Xero gives recorded answers, at the time they were recorded."""
    with speaking(answer) as address:
        endpoints = XeroEndpoints(api=f"{address}/api.xro/2.0")
        ledger = XeroLedger(endpoints, tenant, Tokens(), ManualClock(now), CallMeter(), timeout=(2, 5))
        yield ledger
        ledger.close()


@contextmanager
def quickbooks(answer: Callable[[Request], Reply], now: datetime) -> Iterator[QuickBooksLedger]:
    with speaking(answer) as address:
        endpoints = QuickBooksEndpoints(api=f"{address}/v3")
        ledger = QuickBooksLedger(endpoints, "9130350000001", Tokens(), ManualClock(now), CallMeter())
        yield ledger
        ledger.close()


def queried(time: str, **rows: list[Any]) -> bytes:
    """Recorded records in the envelope that a query puts around them."""
    counted = {"startPosition": 1, "maxResults": sum(map(len, rows.values()))} if rows else {}
    return json.dumps({"QueryResponse": {**rows, **counted}, "time": time}).encode()
