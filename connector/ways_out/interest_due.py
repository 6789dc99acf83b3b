"""What an invoice of a case bears of interest and fixed sums to the day, as plain data.

Reckoned as every message and every charge is (`connector.charging`): a case file must claim what the customer was told.
"""

from datetime import date
from typing import Any

from msgspec import Struct

from connector.charging import Reckoned
from connector.dunning.interest import Refused
from connector.messages.laws import law_for


class Claimed(Struct, frozen=True, kw_only=True):
    """Interest and fixed sums on one invoice as plain data, or in words why there are none. Minor units.

    `source` is the law or the contract; empty where the law is none in the debtor's country. `total_minor` is what is
    claimed: interest and fixed sums less what is `beyond_cap_minor`, and less `raised_minor`, which the ledger asks for
    already in an invoice of its own.
    """

    source: str = ""
    last_day_to_pay: date | None = None
    periods: tuple[dict[str, Any], ...] = ()
    interest_minor: int = 0
    fixed_minor: int = 0
    beyond_cap_minor: int = 0
    raised_minor: int = 0
    total_minor: int = 0
    daily_minor: int = 0
    words: str = ""

    @property
    def unnamed(self) -> bool:
        """Whether it was reckoned by a law that must not be named."""
        return self.last_day_to_pay is not None and not self.source


def interest_due(found: Reckoned | Refused | None, country: str | None) -> Claimed:
    """`found` as it stands in a case file against a debtor in `country`, as the ledger writes it."""
    if found is None:
        return Claimed(words="no right to interest is configured in [charges], or the invoice can bear none")
    return Claimed(words=found.words) if isinstance(found, Refused) else _claimed(found, country)


def _claimed(found: Reckoned, country: str | None) -> Claimed:
    charges = found.charges
    return Claimed(
        source=law_for(country, charges.source),
        last_day_to_pay=charges.last_day,
        periods=tuple(
            {
                "first": period.first,
                "last": period.last,
                "days": period.days,
                "balance_minor": period.balance_minor,
                "percent": str(period.percent),
                "interest_minor": period.interest_minor,
            }
            for period in charges.periods
        ),
        interest_minor=charges.interest_minor,
        fixed_minor=charges.fixed_minor,
        beyond_cap_minor=charges.beyond_cap_minor,
        raised_minor=charges.total_minor - found.total_minor,
        total_minor=found.total_minor,
        daily_minor=charges.daily_minor,
        words=charges.without_fixed,
    )
