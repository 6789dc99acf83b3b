"""Contact groups: a list of their names, and each by itself with who is in it. Xero returns only active ones."""

from starlette.responses import Response

from connectors.sandbox.books import Books
from connectors.sandbox.xero.contacts import contact_short, group_node
from connectors.sandbox.xero.errors import NotFound
from connectors.sandbox.xero.gateway import Call
from connectors.sandbox.xero.wire import Tree


def contact_groups(call: Call) -> Response:
    """Every group that has a member, without its members."""
    return call.answer({"ContactGroups": [group_node(name, call.books) for name in _names(call.books)]})


def one_contact_group(call: Call) -> Response:
    wanted = call.path("id").lower()
    for name in _names(call.books):
        group = group_node(name, call.books)
        if group["ContactGroupID"] == wanted:
            members: list[Tree] = [contact_short(one) for one in call.books.customers.values() if name in one.groups]
            return call.answer({"ContactGroups": [group | {"Contacts": members}]})
    raise NotFound


def _names(books: Books) -> list[str]:
    return sorted({name for customer in books.customers.values() for name in customer.groups})
