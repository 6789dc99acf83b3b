"""The text inside the code of a Swiss QR-bill (SIX, Swiss implementation guidelines for the QR-bill, version 2.3).

Banks refuse a bill whose code breaks a rule, so each rule is kept here. Addresses are structured, the only form that is
still permitted. A debtor whose name or address the character set cannot hold is left out: the guidelines then provide
for a box that the customer fills in by hand.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connector.letters.accounts import (
    AccountError,
    checked_creditor_reference,
    checked_iban,
    checked_qr_reference,
    is_qr_iban,
)
from connector.letters.epc import LEAST_MINOR, MOST_MINOR, PaymentCodeError, one_of_at_most
from state.money import Money

MOST_VERSION = 25
MOST_CHARACTERS = 997
MESSAGE_LIMIT = 140
_NAME, _STREET, _POSTCODE, _TOWN = 70, 70, 16, 35  # characters
_NO_ADDRESS = ("",) * 7
_PERMITTED = re.compile("[\\x20-\\x7e\u00a0-\u017f\u0218-\u021b\u20ac]*")  # Latin, as far as Swiss payments carry it


@dataclass(frozen=True, slots=True, kw_only=True)
class SwissParty:
    """Somebody who pays or is paid; `street` includes the house number."""

    name: str
    street: str = ""
    postcode: str
    town: str
    country: str  # ISO 3166, two letters


@dataclass(frozen=True, slots=True, kw_only=True)
class SwissPayment:
    """A payment in francs or euro. A QR-IBAN needs a QR `reference`; others take a creditor reference, or none."""

    iban: str
    creditor: SwissParty
    amount: Money
    debtor: SwissParty | None = None
    reference: str = ""
    message: str = ""


def swiss_payload(payment: SwissPayment) -> str:
    """The lines of the code; PaymentCodeError for what the guidelines do not allow."""
    iban = _iban(payment.iban)
    kind, reference = _reference(iban, payment.reference)
    lines = (
        *("SPC", "0200", "1", iban),
        *_address(payment.creditor, "creditor"),
        *_NO_ADDRESS,  # the ultimate creditor, kept for the future
        *(_amount(payment.amount), payment.amount.currency),
        *(_NO_ADDRESS if payment.debtor is None else _address(payment.debtor, "debtor")),
        *(kind, reference, _permitted(one_of_at_most(payment.message, MESSAGE_LIMIT, "message"), "message"), "EPD"),
    )
    payload = "\n".join(lines)
    if len(payload) > MOST_CHARACTERS:
        raise PaymentCodeError(f"the code would have more than {MOST_CHARACTERS} characters")
    return payload


def usable_party(party: SwissParty | None) -> SwissParty | None:
    """`party` if the code can hold it, else None."""
    try:
        if party is not None:
            _address(party, "debtor")
    except PaymentCodeError:
        return None
    return party


def _iban(text: str) -> str:
    try:
        iban = checked_iban(text)
    except AccountError as error:
        raise PaymentCodeError(f"the account {error}") from None
    if iban[:2] not in {"CH", "LI"}:
        raise PaymentCodeError("a Swiss QR-bill needs an account in Switzerland or Liechtenstein")
    return iban


def _reference(iban: str, reference: str) -> tuple[str, str]:
    """The kind of reference, and the reference as the code has it."""
    try:
        if is_qr_iban(iban):
            return "QRR", checked_qr_reference(reference)
        return ("SCOR", checked_creditor_reference(reference)) if reference else ("NON", "")
    except AccountError as error:
        raise PaymentCodeError(f"the payment's reference {error}") from None


def _amount(amount: Money) -> str:
    if amount.currency not in {"CHF", "EUR"}:
        raise PaymentCodeError(f"a Swiss QR-bill is in CHF or EUR, not in {amount.currency}")
    if not LEAST_MINOR <= amount.minor <= MOST_MINOR:
        raise PaymentCodeError("the amount is not between 0.01 and 999999999.99")
    return f"{amount.amount:.2f}"


def _address(party: SwissParty, whose: str) -> Iterable[str]:
    required = {"name": (party.name, _NAME), "postcode": (party.postcode, _POSTCODE), "town": (party.town, _TOWN)}
    fields = {what: one_of_at_most(text, limit, f"{whose}'s {what}") for what, (text, limit) in required.items()}
    absent = [what for what, text in fields.items() if not text]
    if absent or not re.fullmatch(r"[A-Z]{2}", party.country):
        raise PaymentCodeError(f"the {whose}'s {', '.join(absent) or 'country'} is missing")
    street = one_of_at_most(party.street, _STREET, f"{whose}'s street")
    lines = ("S", fields["name"], street, "", fields["postcode"], fields["town"], party.country)
    return tuple(_permitted(line, whose) for line in lines)


def _permitted(text: str, what: str) -> str:
    if not _PERMITTED.fullmatch(text):
        raise PaymentCodeError(f"the payment's {what} has characters that Swiss payments do not carry")
    return text
