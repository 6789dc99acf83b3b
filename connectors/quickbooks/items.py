"""Refusals of a document because something it names is not there: they say which product or service, and whose it is.

QuickBooks says only that something is missing or inactive. What a person can mend is the item of the configuration, or
the customer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.ledger import NotFound, Refused
from connectors.quickbooks.faults import BadReference


@contextmanager
def booked_on(item: str, section: str) -> Iterator[None]:
    """What is created within is booked on `item` of the table `section`. Refused, with both, where one is missing.

    Nothing was written then, so what QuickBooks calls not found is refused as well: asking again does not help.
    """
    try:
        yield
    except (BadReference, NotFound) as error:
        mend = "let it name an active one with an income account, see that the customer is active, then propose it anew"
        words = f"it was to be booked on the product or service {item} (`item` in [{section}])"
        raise Refused(f"{error}; {words}: {mend}") from None
