"""The four shapes in which QuickBooks says no, with the words it was recorded using.

The data service answers JSON with capitals, the gateway in front of it JSON without, both sometimes XML although JSON
was asked, and the proxies HTML. A client that knows only one of them reads an outage as an empty ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connectors.sandbox.quickbooks.stamps import envelope_time

Payload = dict[str, Any]

XML_NAMESPACE = "http://schema.intuit.com/finance/v3"
_INACTIVE = (
    "Object Not Found : Something you're trying to use has been made inactive."
    " Check the fields with accounts, customers, items, vendors or employees."
)
_STALE = (
    "Stale Object Error : You and Sandbox Bookkeeper were working on this at the same time."
    " Sandbox Bookkeeper finished before you did, so your work was not saved."
)


@dataclass(slots=True)
class ServiceFault(Exception):
    """The data service refuses: becomes a `Fault` body, alone with status 400 or inside a batch item with 200."""

    code: str
    message: str
    detail: str
    element: str | None = None  # None: the key is absent, as in most recordings
    type: str = "ValidationFault"
    status: int = 400
    timed: bool = True  # "Invalid ID" was recorded without the envelope's time

    def fault(self) -> Payload:
        error = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None:
            error["element"] = self.element
        return {"Error": [error], "type": self.type}

    def body(self, now: datetime) -> Payload:
        return {"Fault": self.fault()} | ({"time": envelope_time(now)} if self.timed else {})


def object_not_found() -> ServiceFault:
    return ServiceFault("610", "Object Not Found", _INACTIVE, element="")


def stale_object() -> ServiceFault:
    return ServiceFault("5010", "Stale Object Error", _STALE, element="")


def invalid_id(supplied: str) -> ServiceFault:
    detail = f"Id should be a valid number. Supplied value:{supplied}"
    return ServiceFault("2030", "Invalid ID", detail, element="Id", timed=False)


def missing_parameter(name: str) -> ServiceFault:
    message = "Required param missing, need to supply the required value for the API"
    return ServiceFault("2020", message, f"Required parameter {name} is missing in the request", element=name)


def unknown_property(name: str, entity: str) -> ServiceFault:
    detail = (
        f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{entity}),'
        " not marked as ignorable\n specified is unsupported or invalid"
    )
    return ServiceFault("2010", "Request has invalid or unsupported property", detail)


def too_long(name: str, limit: int, supplied: int) -> ServiceFault:
    message = "String length is either shorter or longer than supported by specification"
    detail = f"String length specified does not match the supported length. Min:0 Max:{limit} supported."
    return ServiceFault("2050", message, f"{detail} Supplied length:{supplied}", element=name)


def business_validation(detail: str) -> ServiceFault:
    message = "A business validation error has occurred while processing your request"
    return ServiceFault("6000", message, f"Business Validation Error: {detail}", element="")


def period_closed() -> ServiceFault:
    detail = (
        "The account period has closed and the account books cannot be updated through the QBO Services API."
        " Please check with the company administrator."
    )
    return ServiceFault("6210", "Account Period Closed, Cannot Update Through Services API", detail, element="")


def subscription_ended() -> ServiceFault:
    detail = "Subscription period has ended or canceled or there was a billing problem"
    return ServiceFault("6190", "Invalid Company Status", detail, element="")


def query_invalid(detail: str) -> ServiceFault:
    return ServiceFault("4001", "Invalid query", f"QueryValidationError: {detail}")


def query_unreadable(detail: str) -> ServiceFault:
    return ServiceFault("4000", "Error parsing query", f"QueryParserError: {detail}")


def query_failed() -> ServiceFault:
    detail = "QueryProcessingError: To email address entered is invalid"
    return ServiceFault("4002", "Error processing query", detail)


def query_inactive() -> ServiceFault:
    return ServiceFault("10000", "An application error has occurred while processing your request", _INACTIVE)


def unsupported_operation(what: str) -> ServiceFault:
    return ServiceFault("500", "Unsupported Operation", f"Operation {what} is not supported.")


def system_failure(status: int) -> ServiceFault:
    message = "An application error has occurred while processing your request"
    detail = "System Failure Error: java.lang.NullPointerException"
    return ServiceFault("10000", message, detail, type="SystemFault", status=status)


def throttled() -> ServiceFault:
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    return ServiceFault("3001", message, "The request limit was reached.  Try again later", type="SERVICE", status=429)


def gateway_body(name: str, code: str, status: int, detail: str | None, kind: str, now: datetime) -> Payload:
    """The gateway's own envelope: all lower case, every key present, time in milliseconds since 1970."""
    message = f"message={name}; errorCode={code.zfill(6)}; statusCode={status}"
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [{"message": message, "detail": detail, "code": code, "element": None}], "type": kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def xml_body(code: str, message: str, detail: str, kind: str, now: datetime) -> str:
    """The same fault as XML, which is what comes although JSON was asked."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="{XML_NAMESPACE}" time="{envelope_time(now)}">'
        f"<Fault type={quoteattr(kind)}><Error code={quoteattr(code)}>"
        f"<Message>{escape(message)}</Message><Detail>{escape(detail)}</Detail>"
        "</Error></Fault></IntuitResponse>"
    )


def html_body(title: str) -> str:
    """What nginx and envoy put in front of the service when it is away."""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
