"""Texts and calls are short: of several invoices they say how many there are and what they come to, and name none.

Such a message is taken to be about the one choice of the customer's open invoices that is as many and comes to as much,
currency by currency. Where several choices fit, or none, it is about nothing that anybody could tell.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import combinations

from connectors.sandbox.documents import Invoice

_MOST = 14  # invoices among which a choice is looked for: 3,432 choices of seven at the worst
_NUMBER = re.compile(r"(?<![\w+])\d[\d.,'\u2019\u00a0\u202f]*")


def summed_up(text: str, owing: Sequence[Invoice]) -> list[Invoice]:
    """The invoices of `owing`, at least two, that `text` counts and adds up; empty if nobody can tell."""
    numbers = {re.sub(r"\D", "", found) for found in _NUMBER.findall(text)}
    if len(owing) > _MOST:
        return []
    counts = [count for count in range(2, len(owing) + 1) if str(count) in numbers]
    fitting = [chosen for count in counts for chosen in combinations(owing, count) if _adds_up(chosen, numbers)]
    return list(fitting[0]) if len(fitting) == 1 else []


def _adds_up(chosen: Iterable[Invoice], numbers: set[str]) -> bool:
    """Whether each currency's sum stands there, by its digits: voices leave out the cents where there are none."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in chosen:
        totals[invoice.currency] += invoice.due_amount
    written = (re.sub(r"\D", "", f"{total:.2f}") for total in totals.values())
    return all(not numbers.isdisjoint({digits, digits.removesuffix("00")}) for digits in written)
