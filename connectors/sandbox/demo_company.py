"""What Xero does to a demo company every 28 days: the same organisation, and none of its documents.

Their likes are there again, under new ids and with stamps of years ago, so that no list of changes ever mentions them.
"""

import copy
import uuid
from datetime import UTC, datetime, timedelta
from itertools import chain

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Document, Payment
from connectors.sandbox.world import World

_STAMPED = datetime(2010, 3, 1, tzinfo=UTC)  # the real demo company's documents carry stamps of 2008 to 2013


def reset_demo(world: World, company: str) -> Books:
    """Put anew what the books of `company` hold. Notes and the history of settlements are gone."""
    old = world.companies[company]
    fresh = copy.deepcopy(old, {id(old.clock): old.clock})
    documents: list[Document] = [
        *chain(fresh.customers.values(), fresh.invoices.values(), fresh.payments.values(), fresh.credits.values())
    ]
    for document in documents:
        document.guid = _another(document.guid)
        document.created = document.updated = _STAMPED + timedelta(minutes=document.id)
        for part in document.allocations + document.released if isinstance(document, Payment) else ():
            part.id = _another(part.id)
    fresh.by_guid = {document.guid: document for document in documents}
    fresh.notes.clear()
    fresh.settlements.clear()
    world.companies[company] = fresh
    if company in world.lives:
        world.lives[company].books = fresh
    return fresh


def _another(guid: str) -> str:
    return str(uuid.uuid5(uuid.UUID(guid), "reset"))
