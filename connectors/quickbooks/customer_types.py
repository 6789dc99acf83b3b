"""What QuickBooks calls its customer types. A customer carries only the id of its type; people know the name."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Forbidden, Page, Refused
from connectors.quickbooks.batch import ask
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.query import select
from connectors.quickbooks.wire import CustomerTypeRow
from connectors.unreadable import NOT_JSON
from connectors.whereabouts import distinct, filled_in
from state.model import Contact


class _Types(Struct, rename="pascal"):
    customer_type: list[CustomerTypeRow] = []


class CustomerTypes:
    """The names, asked for when the first customer that has a type comes by, and once more for each type unheard of."""

    def __init__(self, client: QuickBooksClient) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._asked_for: set[str] = set()

    def name_pages(self, pages: Iterable[Page]) -> Iterator[Page]:
        """`pages`, with names in place of ids."""
        for page in pages:
            page.contacts = [self.named(contact) for contact in page.contacts]
            yield page

    def named(self, contact: Contact) -> Contact:
        """`contact` in the group that its type is called. A type of no known name stays under its id: it is one."""
        if not contact.groups:
            return contact
        unheard = {key for key in contact.groups if key not in self._names} - self._asked_for
        if unheard:
            self._names = self._read()
            self._asked_for |= unheard
        names = self._names
        return msgspec.structs.replace(contact, groups=distinct(names.get(key, key) for key in contact.groups))

    def _read(self) -> dict[str, str]:
        """Nothing where QuickBooks does not let the list be read: that is no reason to learn of no customer at all."""
        try:
            (answer,) = ask(self._client, [select("CustomerType")])
        except (Forbidden, Refused):
            return {}
        if isinstance(answer, PoisonedQuery):
            return {}
        try:
            types = msgspec.json.decode(answer.rows, type=_Types).customer_type
        except NOT_JSON as error:
            raise BadData(f"QuickBooks listed its customer types in an unexpected way: {error}") from None
        return {one.id: name for one in types if one.id and (name := filled_in(one.name))}
