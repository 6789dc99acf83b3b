"""The text inside the code that European banking apps scan (EPC069-12, version 3: SEPA Credit Transfer).

A code that an app cannot read is worse than none, so whatever the guideline does not allow is refused here.
"""

from dataclasses import dataclass

from connector.letters.accounts import SEPA_LENGTHS, AccountError, checked_bic, checked_creditor_reference, checked_iban
from state.money import Money
from state.plain_text import plain

LEAST_MINOR, MOST_MINOR = 1, 99_999_999_999  # 0.01 to 999,999,999.99 euro
NAME_LIMIT, TEXT_LIMIT = 70, 140  # characters
MOST_BYTES = 331  # of the whole text, so that the code stays at version 13 with error correction M
MOST_VERSION = 13


class PaymentCodeError(ValueError):
    """A payment for which there is no valid code; `str()` says why, and names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SepaTransfer:
    """A transfer in euro. At most one of `reference` (ISO 11649) and `text` is given."""

    name: str  # of the beneficiary
    iban: str
    bic: str = ""  # may be left out within the EEA
    amount: Money
    reference: str = ""
    text: str = ""


def epc_payload(transfer: SepaTransfer) -> str:
    """The lines of the code; PaymentCodeError for what the guideline does not allow."""
    try:
        iban = checked_iban(transfer.iban)
        bic = checked_bic(transfer.bic) if transfer.bic else ""
        reference = checked_creditor_reference(transfer.reference) if transfer.reference else ""
    except AccountError as error:
        raise PaymentCodeError(f"an account or reference of the payment {error}") from None
    if iban[:2] not in SEPA_LENGTHS:
        raise PaymentCodeError("the account is outside SEPA, where the code is not known")
    if reference and transfer.text:
        raise PaymentCodeError("a payment has a creditor reference or a text, not both")
    name, text = one_of_at_most(transfer.name, NAME_LIMIT, "name"), one_of_at_most(transfer.text, TEXT_LIMIT, "text")
    if not name:
        raise PaymentCodeError("the account has no holder's name")
    amount = f"EUR{_euros(transfer.amount)}"
    payload = "\n".join(("BCD", "002", "1", "SCT", bic, name, iban, amount, "", reference, text)).rstrip("\n")
    if len(payload.encode()) > MOST_BYTES:
        raise PaymentCodeError(f"the code would have more than {MOST_BYTES} bytes")
    return payload


def one_of_at_most(text: str, limit: int, what: str) -> str:
    """`text` as one line without what scanners stumble over; PaymentCodeError if it is too long."""
    line = " ".join(plain(text[: limit * 10]).split())
    if len(line) > limit:
        raise PaymentCodeError(f"the payment's {what} has more than {limit} characters")
    return line


def _euros(amount: Money) -> str:
    if amount.currency != "EUR":
        raise PaymentCodeError(f"the code is for euro, not for {amount.currency}")
    if not LEAST_MINOR <= amount.minor <= MOST_MINOR:
        raise PaymentCodeError("the amount is not between 0.01 and 999999999.99")
    return f"{amount.amount:.2f}"
