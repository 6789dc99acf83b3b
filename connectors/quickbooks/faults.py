"""QuickBooks says no in four shapes; here they become one `Fault`, and a fault becomes what the caller has to do.

The shapes: `Fault` in JSON, `fault` in lower case from the gateway, XML although JSON was asked for, and HTML or
nothing from a proxy. A fault may hide in an answer with status 200. Detail texts can carry names and addresses, so
they are matched here and never repeated: errors speak in our words, with QuickBooks' code and transaction id.
"""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
from msgspec import Raw, Struct

from connectors.ledger import BadData, Forbidden, LedgerError, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.unreadable import NOT_JSON

THROTTLE_PAUSE = timedelta(seconds=60)  # Intuit's advice; no header says so
_XML_NAMESPACE = re.compile(r"\{[^}]*\}")
_DANGEROUS_XML = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class PoisonedQuery(BadData):
    """One record behind this query makes QuickBooks fail on all of them. Ask for fewer until it stands alone."""


class BadReference(Refused):
    """Something that a document names is missing or inactive: its customer, or the product or service of a line."""


class Fault(Struct, frozen=True):
    """What QuickBooks said. `code` has no leading zeros ('3001'); it is empty when only a status came."""

    code: str = ""
    message: str = ""
    detail: str = ""
    kind: str = ""


def read_fault(body: bytes) -> Fault | None:
    """The first fault in a body of any shape; None if there is none to be recognised."""
    text = body.lstrip()
    if text.startswith(b"{"):
        return _from_json(text)
    if text.startswith(b"<"):
        return _from_xml(text)
    return None


def fault_in(answer: dict[str, Any]) -> Fault | None:
    """The fault of a decoded JSON object: an answer or one item of a batch."""
    lower = {key.lower(): value for key, value in answer.items()}
    fault = lower.get("fault")
    if not isinstance(fault, dict):
        return None
    fields = {key.lower(): value for key, value in fault.items()}
    errors = fields.get("error")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    error = {key.lower(): value for key, value in first.items()}
    return _fault(error.get("code"), error.get("message"), error.get("detail"), fields.get("type"))


def classify(
    status: int, fault: Fault | None, *, tid: str | None = None, pause: timedelta | None = None
) -> LedgerError:
    """The error to raise for an HTTP status and the fault that came with it.

    `pause` is what a Retry-After header asked for, `tid` QuickBooks' transaction id for its support.
    """
    fault = fault or Fault()
    trace = _trace(status, fault, tid)
    if status == 429 or fault.code == "3001":
        return RetryLater(f"QuickBooks asks for a pause {trace}", after=pause or THROTTLE_PAUSE, limit="minute")
    if status >= 500:  # before the codes: the gateway sends 500 with 3100, which elsewhere means forbidden
        return _poisoned_or_outage(fault, trace)
    return _by_code(fault, trace) or _by_kind(fault, trace) or _by_status(status, fault, trace)


def nested(fault: Raw) -> LedgerError:
    """The error for a fault inside an answer that was a success as a whole: a batch item, a part of the change feed."""
    try:
        return classify(200, fault_in({"fault": msgspec.json.decode(fault)}))
    except NOT_JSON:
        return classify(200, None)


_FORBIDDEN = {
    "130": "this company lives in another QuickBooks environment than these keys; check `environment` in [quickbooks]",
    "3100": "QuickBooks does not let this app read this company; check environment, plan and company",
    "120": "the person who connected QuickBooks lost the rights, or the plan lacks the feature",
    "6190": "the QuickBooks subscription of this company has ended",
}
_REFUSED = {
    "5010": "somebody changed the document in QuickBooks meanwhile",
    "6210": "the accounting period is closed in QuickBooks",
    "6000": "a QuickBooks business rule forbids it",
    "6240": "QuickBooks already has one of that name",
    "4000": "QuickBooks could not parse our query",
    "4001": "QuickBooks does not accept our query",
}


def _by_code(fault: Fault, trace: str) -> LedgerError | None:
    code = fault.code
    if code in {"3200", "100"}:
        return Reauthorise(f"QuickBooks no longer accepts this connection {trace}")
    if code in _FORBIDDEN:
        return Forbidden(f"{_FORBIDDEN[code]} {trace}")
    if code == "2500":
        return BadReference(f"QuickBooks does not have something that the document names {trace}")
    if code == "610" or (code == "6000" and "does not exist" in fault.detail):
        return NotFound(f"QuickBooks does not have what was asked for, or has made it inactive {trace}")
    if code in {"4002", "10000"}:
        return _poisoned_or_outage(fault, trace)
    if code in _REFUSED:
        return Refused(f"{_REFUSED[code]} {trace}")
    return None


def _by_kind(fault: Fault, trace: str) -> LedgerError | None:
    kind = fault.kind.lower()
    if kind.startswith("authentication"):
        return Reauthorise(f"QuickBooks no longer accepts this connection {trace}")
    if kind.startswith("authoriza"):  # Intuit's schema spells it AuthorizatonFault
        return Forbidden(f"QuickBooks does not allow this {trace}")
    if kind in {"systemfault", "service"}:
        return Outage(f"QuickBooks failed {trace}")
    return None


def _by_status(status: int, fault: Fault, trace: str) -> LedgerError:
    if status == 401:
        return Reauthorise(f"QuickBooks no longer accepts this connection {trace}")
    if status == 403:
        return Forbidden(f"QuickBooks does not allow this {trace}")
    if fault.code or fault.kind:
        return Refused(f"QuickBooks refused the request {trace}")
    return Outage(f"QuickBooks gave no usable answer {trace}")  # an HTML 404 is no proof that a document is gone


def _poisoned_or_outage(fault: Fault, trace: str) -> LedgerError:
    if fault.code == "4002" or (fault.code == "10000" and "made inactive" in fault.detail):
        return PoisonedQuery(f"QuickBooks cannot deliver one of the records asked for {trace}")
    return Outage(f"QuickBooks failed {trace}")


def _trace(status: int, fault: Fault, tid: str | None) -> str:
    parts = [f"HTTP {status}"]
    if fault.code:
        parts.append(f"code {fault.code}")
    if tid:
        parts.append(f"intuit_tid {tid}")
    return f"({', '.join(parts)})"


def _from_json(body: bytes) -> Fault | None:
    try:
        answer = msgspec.json.decode(body)
    except NOT_JSON:
        return None
    return fault_in(answer)


def _from_xml(body: bytes) -> Fault | None:
    if _DANGEROUS_XML.search(body):  # HTML pages, and anything that would make a parser work for it
        return None
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - no document type, hence no entities to expand
    except (ElementTree.ParseError, LookupError, ValueError):  # the latter two: an encoding that Python cannot read
        return None
    elements = {_XML_NAMESPACE.sub("", element.tag): element for element in reversed(list(root.iter()))}
    if "Fault" not in elements:
        return None
    error = elements.get("Error")
    code = error.get("code") if error is not None else None
    texts = {name: elements[name].text for name in ("Message", "Detail") if name in elements}
    return _fault(code, texts.get("Message"), texts.get("Detail"), elements["Fault"].get("type"))


def _fault(code: object, message: object, detail: object, kind: object) -> Fault:
    number = str(code).strip() if isinstance(code, str | int) else ""
    return Fault(
        code=number.lstrip("0") if number.isalnum() and len(number) <= 10 else "",
        message=message if isinstance(message, str) else "",
        detail=detail if isinstance(detail, str) else "",
        kind=kind if isinstance(kind, str) else "",
    )
