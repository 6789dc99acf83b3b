"""The control API's view of connections: how they were used, how a company's own user ends them, and a demo's end."""

from connectors.sandbox.audit import Audit
from connectors.sandbox.audit_report import audit_report
from connectors.sandbox.control.call import BadRequest, Call
from connectors.sandbox.control.views import Json
from connectors.sandbox.demo_company import reset_demo
from connectors.sandbox.setup import ledger_of
from connectors.sandbox.world import Grants


def show_audit(call: Call) -> Json:
    return audit_report(call.world)


def forget_audit(call: Call) -> Json:
    """Start counting anew."""
    call.world.audit = Audit()
    return audit_report(call.world)


def disconnect(call: Call) -> Json:
    """In Xero the organisation is taken away and tokens live on; in QuickBooks the tokens of the company die."""
    return {"ended": _grants(call).end_connection(call.books.company)}


def withdraw(call: Call) -> Json:
    """Tokens of every consent that this company was part of die."""
    return {"ended": _grants(call).end_grants(call.books.company)}


def start_demo_anew(call: Call) -> Json:
    """The company's documents come back under new ids, as those of Xero's demo company do."""
    return {"invoices": len(reset_demo(call.world, call.ledger).invoices)}


def _grants(call: Call) -> Grants:
    service = ledger_of(call.ledger)
    if service not in call.world.grants:
        raise BadRequest(f"{service} is not served here")
    return call.world.grants[service]
