"""Texts and calls are short: of several invoices they say how many there are and what they come to, and name none.

Such a message is taken to be about the one choice of the customer's open invoices that is as many and comes to as much,
currency by currency, less the customer's credit where the message says so. Where several choices fit, or none, it is
about nothing that anybody could tell.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from connectors.sandbox.documents import Invoice

_MOST = 14  # invoices among which a choice is looked for: 3,432 choices of seven at the worst
_NUMBER = re.compile(r"(?<![\w+])\d[\d.,'\u2019\u00a0\u202f]*")


def summed_up(text: str, owing: Sequence[Invoice], credits: Mapping[str, Decimal]) -> list[Invoice]:
    """The invoices of `owing`, at least two, that `text` counts and adds up; empty if nobody can tell.

    `credits` is the money of whoever owes them that no invoice has taken, by currency.
    """
    numbers = {re.sub(r"\D", "", found) for found in _NUMBER.findall(text)}
    if len(owing) > _MOST:
        return []
    counts = [count for count in range(2, len(owing) + 1) if str(count) in numbers]
    fitting = [
        chosen for count in counts for chosen in combinations(owing, count) if _adds_up(chosen, numbers, credits)
    ]
    return list(fitting[0]) if len(fitting) == 1 else []


def _adds_up(chosen: Iterable[Invoice], numbers: set[str], credits: Mapping[str, Decimal]) -> bool:
    """Whether each currency's sum stands there, whole or with the credit that was taken off it."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in chosen:
        totals[invoice.currency] += invoice.due_amount
    return all(
        _stands(total, numbers) or (_stands(credit, numbers) and _stands(total - credit, numbers))
        for total, credit in ((total, credits.get(currency, Decimal(0))) for currency, total in totals.items())
    )


def _stands(amount: Decimal, numbers: set[str]) -> bool:
    """By its digits: voices leave out the cents where there are none."""
    digits = re.sub(r"\D", "", f"{amount:.2f}")
    return amount > 0 and not numbers.isdisjoint({digits, digits.removesuffix("00")})
