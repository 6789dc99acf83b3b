"""The rate on a document in another currency. It settles nothing, so one that makes no sense is unknown, no fault."""

from decimal import Decimal

_LEAST, _MOST = Decimal("1e-9"), Decimal("1e9")
_DIGITS = Decimal("1e-12")


def stated_rate(rate: Decimal | None) -> Decimal | None:
    """`rate` as the ledger states it; None where it states none. Xero writes 0 where it leaves the rate to the bank."""
    if rate is None or not rate.is_finite() or not _LEAST <= rate <= _MOST:
        return None
    return rate.quantize(_DIGITS).normalize()
