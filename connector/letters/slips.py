"""What stands on a payment slip, beside its code: the same payment for people who type."""

from typing import Any

from connector.letters.accounts import checked_iban, in_groups, in_groups_from_the_right
from connector.letters.codes import epc_code, swiss_code
from connector.letters.data import LetterError, Slip
from connector.letters.epc import PaymentCodeError, SepaTransfer
from connector.letters.shown import name, names
from connector.letters.swiss import SwissParty, SwissPayment
from connector.letters.words import words_of
from connector.messages.formats import format_money

_QR_DIGITS = 27


def shown_slip(slip: Slip | None, locale: str) -> dict[str, Any] | None:
    """As the layout reads it. Raises LetterError if there is no valid code for the payment."""
    try:
        if isinstance(slip, SepaTransfer):
            return _epc(slip, locale)
        return None if slip is None else _swiss(slip)
    except PaymentCodeError as error:
        raise LetterError(f"there is no payment slip for this: {error}") from None


def _epc(transfer: SepaTransfer, locale: str) -> dict[str, Any]:
    words = words_of(locale)
    code = epc_code(transfer)
    rows = {
        words["holder"]: name(transfer.name),
        "IBAN": in_groups(checked_iban(transfer.iban)),
        "BIC": transfer.bic,
        words["to_pay"]: format_money(transfer.amount, locale),
        words["purpose"]: in_groups(transfer.reference) if transfer.reference else name(transfer.text),
    }
    return {
        "kind": "epc",
        "code": code,
        "rows": [{"label": label, "value": value} for label, value in rows.items() if value],
    }


def _swiss(payment: SwissPayment) -> dict[str, Any]:
    """Amounts with a point and blanks between thousands, as the style guide prints them in every language."""
    code = swiss_code(payment)
    return {
        "kind": "swiss",
        "code": code,
        "payable_to": [in_groups(checked_iban(payment.iban)), *_party(payment.creditor)],
        "debtor": [] if payment.debtor is None else _party(payment.debtor),
        "reference": _reference(payment.reference),
        "message": name(payment.message),
        "currency": payment.amount.currency,
        "amount": f"{payment.amount.amount:,.2f}".replace(",", "\N{NO-BREAK SPACE}"),
    }


def _party(party: SwissParty) -> list[str]:
    return names((party.name, party.street, f"{party.country}-{party.postcode} {party.town}"))


def _reference(reference: str) -> str:
    plain = "".join(reference.split())
    return in_groups_from_the_right(plain) if len(plain) == _QR_DIGITS and plain.isdecimal() else in_groups(plain)
