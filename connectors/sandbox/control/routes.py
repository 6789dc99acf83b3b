"""The control API under /_books/: the sandbox driven from outside, by scripts in any language.

Everything about one company can be asked as /_books/invoices?company=xero or as /_books/xero/invoices.
docs/reference/sandbox.md shows every route with an example.
"""

from collections.abc import Iterator

from starlette.routing import Route

from connectors.sandbox.control import endings, money, people, sales, stage
from connectors.sandbox.control.call import Handler, route
from connectors.sandbox.control.callouts import callout_routes
from connectors.sandbox.control.hooks import delivery_route
from connectors.sandbox.world import World

_OF_THE_WORLD: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_books/", stage.overview),
    ("GET", "/_books/clock", stage.show_clock),
    ("POST", "/_books/clock", stage.move_clock),
    ("GET", "/_books/companies", stage.list_companies),
    ("POST", "/_books/live", stage.live),
    ("GET", "/_books/messages", stage.list_messages),
    ("DELETE", "/_books/messages", stage.forget_messages),
    ("POST", "/_books/messages/{id}/reply", people.reply),
    ("POST", "/_books/messages/{id}/out-of-office", people.out_of_office),
    ("POST", "/_books/messages/{id}/bounce", people.bounce),
    ("GET", "/_books/answers", people.list_answers),
    ("GET", "/_books/mailbox", people.show_mailbox),
    ("POST", "/_books/mailbox", people.write_mail),
    ("POST", "/_books/mailbox/renumber", people.renumber_mailbox),
    ("GET", "/_books/fates", people.list_fates),
    ("POST", "/_books/fates", people.settle_fate),
    ("DELETE", "/_books/fates", people.forget_fates),
    ("GET", "/_books/texts", people.list_texts),
    ("POST", "/_books/texts", people.write_text),
    ("GET", "/_books/phone-calls", people.list_phone_calls),
    ("GET", "/_books/letters", people.list_letters),
    ("GET", "/_books/letters/{id}", people.show_letter),
    ("GET", "/_books/calls", stage.count_calls),
    ("DELETE", "/_books/calls", stage.forget_calls),
    ("GET", "/_books/faults", stage.list_faults),
    ("POST", "/_books/faults", stage.add_fault),
    ("DELETE", "/_books/faults", stage.forget_faults),
    ("GET", "/_books/switches", stage.show_switches),
    ("POST", "/_books/switches", stage.set_switches),
    ("GET", "/_books/truth", stage.truth),
    ("POST", "/_books/tokens/revoke", stage.revoke_tokens),
    ("POST", "/_books/tokens/expire", stage.expire_tokens),
    ("POST", "/_books/reset", stage.reset),
    ("GET", "/_books/audit", endings.show_audit),
    ("DELETE", "/_books/audit", endings.forget_audit),
)
_OF_A_COMPANY: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "notes", stage.list_notes),
    ("POST", "disconnect", endings.disconnect),
    ("POST", "withdraw", endings.withdraw),
    ("POST", "reset-demo", endings.start_demo_anew),
    ("GET", "customers", sales.list_customers),
    ("POST", "customers", sales.add_customer),
    ("GET", "customers/{key}", sales.show_customer),
    ("POST", "customers/{key}", sales.edit_customer),
    ("POST", "customers/{key}/merge", sales.merge_customer),
    ("GET", "invoices", sales.list_invoices),
    ("POST", "invoices", sales.add_invoice),
    ("GET", "invoices/{key}", sales.show_invoice),
    ("POST", "invoices/{key}", sales.edit_invoice),
    ("POST", "invoices/{key}/void", sales.void_invoice),
    ("POST", "invoices/{key}/delete", sales.delete_invoice),
    ("POST", "invoices/{key}/write-off", sales.write_off_invoice),
    ("POST", "invoices/{key}/dispute", sales.dispute_invoice),
    ("POST", "invoices/{key}/promise", sales.promise_invoice),
    ("GET", "payments", money.list_payments),
    ("POST", "payments", money.add_payment),
    ("GET", "payments/{key}", money.show_payment),
    ("POST", "payments/{key}/delete", money.delete_payment),
    ("POST", "payments/{key}/void", money.void_payment),
    ("POST", "payments/{key}/apply", money.apply_payment),
    ("GET", "credits", money.list_credits),
    ("POST", "credits", money.add_credit),
    ("GET", "credits/{key}", money.show_credit),
    ("POST", "credits/{key}/apply", money.apply_credit),
    ("POST", "credits/{key}/void", money.void_credit),
)


def control_routes(world: World) -> list[Route]:
    """Every route of the control API; paths of a company exist with and without its name in them."""
    return list(_routes(world))


def _routes(world: World) -> Iterator[Route]:
    yield delivery_route(world)
    yield from callout_routes(world)
    for method, path, handler in _OF_THE_WORLD:
        yield route(world, path, method, handler)
    for method, path, handler in _OF_A_COMPANY:
        yield route(world, f"/_books/{path}", method, handler)
    for method, path, handler in _OF_A_COMPANY:
        yield route(world, f"/_books/{{company}}/{path}", method, handler)
