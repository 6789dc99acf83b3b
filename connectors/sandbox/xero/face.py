"""Xero as the sandbox speaks it: identity on its paths, the accounting API on its own, and the answers of a bad day.

Every behaviour that no source settles is a switch of the world; `docs/reference/sandbox.md` lists them.
"""

from collections.abc import Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.world import Face, World
from connectors.sandbox.xero import errors, scopes
from connectors.sandbox.xero.accounting import list_of, one_of, online_invoice, organisation, reminder_settings
from connectors.sandbox.xero.credit_writes import write_allocations, write_credit_notes
from connectors.sandbox.xero.gateway import Call, Gateway
from connectors.sandbox.xero.groups import contact_groups, one_contact_group
from connectors.sandbox.xero.history import read_history, write_history
from connectors.sandbox.xero.identity import Identity
from connectors.sandbox.xero.new_invoices import create_invoices
from connectors.sandbox.xero.oauth import OAuth
from connectors.sandbox.xero.rows import Kind

API = "/api.xro/2.0"
_ANY_SCOPE = scopes.INVOICES | scopes.PAYMENTS | scopes.CONTACTS | scopes.SETTINGS
_LISTED: dict[Kind, frozenset[str]] = {
    "Invoices": scopes.INVOICES,
    "CreditNotes": scopes.INVOICES,
    "Payments": scopes.PAYMENTS,
    "Overpayments": scopes.PAYMENTS,
    "Prepayments": scopes.PAYMENTS,
    "Contacts": scopes.CONTACTS,
}


def xero_face(world: World) -> Face:
    """The face over `world.companies['xero']`; OAuth state lives as long as the face."""
    identity = Identity(world)
    oauth = OAuth(identity)
    routes = [*oauth.routes(), *_accounting_routes(Gateway(world, identity))]
    return Face("xero", routes, _error_of(world), oauth.caller)


def _accounting_routes(gateway: Gateway) -> list[BaseRoute]:
    guard = gateway.guard
    history = f"{API}/Invoices/{{id}}/History"
    settings = guard(organisation, scopes.SETTINGS)
    routes: list[BaseRoute] = [
        Route(history, guard(read_history, scopes.INVOICES), methods=["GET"]),
        Route(history, guard(write_history, scopes.INVOICES_WRITE), methods=["PUT", "POST"]),
        Route(f"{API}/Invoices/{{id}}/OnlineInvoice", guard(online_invoice, scopes.INVOICES), methods=["GET"]),
        Route(f"{API}/CreditNotes", guard(write_credit_notes, scopes.INVOICES_WRITE), methods=["PUT", "POST"]),
        Route(
            f"{API}/CreditNotes/{{id}}/Allocations",
            guard(write_allocations, scopes.INVOICES_WRITE),
            methods=["PUT"],
        ),
        Route(f"{API}/Invoices", guard(create_invoices, scopes.INVOICES_WRITE), methods=["PUT"]),
        Route(f"{API}/Organisation", settings, methods=["GET"]),
        Route(f"{API}/Organisations", settings, methods=["GET"]),
        Route(f"{API}/ContactGroups", guard(contact_groups, scopes.CONTACTS), methods=["GET"]),
        Route(f"{API}/ContactGroups/{{id}}", guard(one_contact_group, scopes.CONTACTS), methods=["GET"]),
        Route(f"{API}/InvoiceReminders/Settings", guard(reminder_settings, scopes.SETTINGS), methods=["GET"]),
    ]
    for kind, needed in _LISTED.items():
        routes.append(Route(f"{API}/{kind}", guard(list_of(kind), needed), methods=["GET"]))
        routes.append(Route(f"{API}/{kind}/{{id}}", guard(one_of(kind), needed), methods=["GET"]))
    every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    return [*routes, Route(f"{API}/{{rest:path}}", guard(_elsewhere, _ANY_SCOPE), methods=every_method)]


def _elsewhere(call: Call) -> Response:
    """Writing that these books do not take from an app is 501; a path nobody knows is the web server's 404."""
    known = call.path("rest").partition("/")[0] in {*_LISTED, "ContactGroups", "Organisation", "InvoiceReminders"}
    if known and call.request.method != "GET":
        raise errors.not_implemented()
    raise errors.NotFound


def _error_of(world: World) -> Callable[[str, Request], Response | None]:
    def error(kind: str, request: Request) -> Response | None:
        return _gateway_error(world, kind) or _server_error(kind, request)

    return error


def _gateway_error(world: World, kind: str) -> Response | None:
    left = {"x-daylimit-remaining": "344", "x-minlimit-remaining": "51", "x-appminlimit-remaining": "9938"}
    match kind:
        case "401":
            return errors.token_expired(world.clock.now() - timedelta(seconds=1))
        case "401_unsuccessful":
            return errors.bad_token()
        case "401_scope":
            return errors.missing_scope()
        case "403":
            return errors.wrong_tenant({"x-appminlimit-remaining": "9999"})
        case "429":
            return errors.limited("minute", left | {"x-minlimit-remaining": "0"}, 26)
        case "429_day":
            return errors.limited("day", left | {"x-daylimit-remaining": "0"}, 66_975)
        case "429_concurrent":
            return errors.limited("concurrent", left, None)
        case "429_app":
            return errors.limited("appminute", left | {"x-appminlimit-remaining": "0"}, 22)
    return None


def _server_error(kind: str, request: Request) -> Response | None:
    match kind:
        case "404":
            return errors.page_not_found()
        case "412":
            return errors.html(412, "Precondition Failed")
        case "500":
            text = "An unhandled error with the Xero API occurred. Contact the Xero API team if problems persist."
            return errors.html(500, text)
        case "501":
            return errors.api_exception(request, errors.not_implemented())
        case "503":
            return errors.html(503, "The Xero API is currently offline for maintenance")
        case "503_organisation":
            return errors.html(503, "The Organisation is temporarily unavailable")
        case "invalid_grant" | "invalid_client" | "unauthorized_client" | "invalid_scope":
            return JSONResponse({"error": kind}, 400, errors.UNCACHED)
    return None
