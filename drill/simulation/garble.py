"""Records that nobody can read: the service sends them, and one of their figures is no figure.

Only the records of the ids given are touched. What an adapter makes of every other kind of damage is what the fuzzer
finds out (`drill/fuzz.py`); here it matters what a cycle does with a record that stays unreadable for days.
"""

import json
from collections.abc import Collection
from typing import Any

_FIGURES = ("AmountDue", "Balance", "RemainingCredit", "UnappliedAmt", "ContactStatus", "Active")
_IDS = ("InvoiceID", "ContactID", "CreditNoteID", "OverpaymentID", "PrepaymentID", "Id")


def garbled(body: bytes, ids: Collection[str]) -> bytes:
    """`body` with the figures of the records called `ids` replaced by something that is none."""
    if not any(one.encode() in body for one in ids):
        return body
    try:
        tree = json.loads(body)
    except ValueError:
        return body
    _spoil(tree, ids)
    return json.dumps(tree).encode()


def _spoil(node: Any, ids: Collection[str]) -> None:
    if isinstance(node, list):
        for one in node:
            _spoil(one, ids)
    elif isinstance(node, dict):
        if any(node.get(key) in ids for key in _IDS):
            node.update({figure: {"?": "#REF!"} for figure in _FIGURES if figure in node})
        for one in node.values():
            _spoil(one, ids)
