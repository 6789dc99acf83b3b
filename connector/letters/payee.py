"""Which payment slip a letter gets: that of the account's country and the currency, or none where none exists.

A letter that asks for two currencies has no slip, because a slip carries one amount and the other would be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from connector.letters.accounts import SEPA_LENGTHS, checked_iban, is_qr_iban, qr_reference
from connector.letters.data import Slip, Window
from connector.letters.epc import LEAST_MINOR, MOST_BYTES, MOST_MINOR, NAME_LIMIT, TEXT_LIMIT, SepaTransfer
from connector.letters.swiss import MESSAGE_LIMIT, SwissParty, SwissPayment, usable_party
from connectors.channels.headers import one_line
from state.model import PostalAddress
from state.money import Money
from state.plain_text import plain

_OTHER_LINES = 85  # bytes of a code that has the longest IBAN, BIC and amount, and neither name nor text
_SWISS = frozenset({"CH", "LI"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who is paid, and where; `iban` and `bic` are checked. `address` is the firm's, with its country's code."""

    name: str
    iban: str
    bic: str = ""
    address: PostalAddress


def slip_for(
    payee: Payee, asked: Sequence[Money], *, window: Window, reference: str, text: str, debtor: SwissParty | None = None
) -> Slip | None:
    """The slip for `asked`, amounts per currency. `text` is what the payee reads on his account, cut where it must be.

    `reference` is the letter's own; a QR-IBAN gets digits that are always the same for the same reference.
    """
    if len(asked) != 1 or not LEAST_MINOR <= asked[0].minor <= MOST_MINOR:
        return None
    amount, iban = asked[0], checked_iban(payee.iban)
    a4 = window in {"din-5008-b", "uk-dl"}  # a Swiss slip is as wide as that
    if iban[:2] in _SWISS and amount.currency in {"CHF", "EUR"} and a4:
        return SwissPayment(
            iban=iban,
            creditor=swiss_party(payee.name, payee.address),
            amount=amount,
            debtor=usable_party(debtor),
            reference=qr_reference(own_digits(reference)) if is_qr_iban(iban) else "",
            message=_whole_words(text, MESSAGE_LIMIT, MESSAGE_LIMIT * 2),
        )
    if iban[:2] in SEPA_LENGTHS and amount.currency == "EUR":
        name = one_line(payee.name, NAME_LIMIT)
        room = MOST_BYTES - _OTHER_LINES - len(name.encode())
        return SepaTransfer(
            name=name, iban=iban, bic=payee.bic, amount=amount, text=_whole_words(text, TEXT_LIMIT, room)
        )
    return None


def swiss_party(name: str, postal: PostalAddress) -> SwissParty:
    """`postal` with its country as a code."""
    return SwissParty(
        name=name,
        street=", ".join(postal.lines),
        postcode=postal.postcode or "",
        town=postal.city or "",
        country=postal.country or "",
    )


def own_digits(reference: str) -> str:
    """22 digits that stand for `reference`; two references share them once in many thousand millions."""
    return str(int.from_bytes(blake2b(reference.encode(), digest_size=9).digest())).rjust(22, "0")


def _whole_words(text: str, characters: int, most_bytes: int) -> str:
    """As many words as there is room for, in what banks carry: a number cut in half would be another invoice's."""
    shown = ""
    for word in plain(text[: characters * 10]).encode("latin-1", "replace").decode("latin-1").split():
        longer = f"{shown} {word}".strip()
        if len(longer) > characters or len(longer.encode()) > most_bytes:
            break
        shown = longer
    return shown
