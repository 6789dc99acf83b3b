"""Account numbers and payment references, checked by the digits they carry for that purpose.

A letter with one wrong digit in its account sends a customer's money astray. Sources: ISO 13616 (IBAN, with the length
each country has registered), ISO 9362 (BIC), ISO 11649 (creditor reference), and the Swiss implementation guidelines
for the QR-bill (QR-IBAN, QR reference).
"""

import re

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_CREDITOR_REFERENCE = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")
_QR_REFERENCE = re.compile(r"\d{27}")
_QR_INSTITUTIONS = range(30000, 32000)  # bank numbers kept for QR-IBANs
_QR_DIGITS = 26  # of a QR reference, without the check digit
_CARRIES = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)  # of the recursive check digit, modulo 10

# Countries and territories of the SEPA schemes' geographical scope, with the length of their IBAN (EPC409-09).
SEPA_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys("DK FI NL".split(), 18),
    **dict.fromkeys("MK SI".split(), 19),
    **dict.fromkeys("AT BA EE LT LU XK".split(), 20),
    **dict.fromkeys("CH HR LI LV".split(), 21),
    **dict.fromkeys("BG DE GB IE ME RS VA".split(), 22),
    **dict.fromkeys("GI".split(), 23),
    **dict.fromkeys("AD CZ ES MD RO SE SK".split(), 24),
    **dict.fromkeys("PT".split(), 25),
    **dict.fromkeys("IS".split(), 26),
    **dict.fromkeys("FR GR IT MC SM".split(), 27),
    **dict.fromkeys("AL CY HU PL".split(), 28),
    **dict.fromkeys("MT".split(), 31),
}
# Check digits do not always tell a letter from a digit; where there are no letters it is seen all the same.
_DIGITS_ALONE = frozenset("AT BA BE CZ DE DK EE ES FI HR HU IS LT ME NO PL PT RS SE SI SK XK".split())


class AccountError(ValueError):
    """An account number or reference that cannot be right; `str()` does not repeat it."""


def checked_iban(text: str) -> str:
    """The IBAN `text` without its blanks; AccountError if its form, length or check digits are not right."""
    iban = _without_blanks(text)
    if not _IBAN.fullmatch(iban):
        raise AccountError("is not an IBAN: two letters, two digits, then letters and digits")
    length = SEPA_LENGTHS.get(iban[:2])
    if length is not None and len(iban) != length:
        raise AccountError(f"is not an IBAN: those of {iban[:2]} have {length} characters, this one has {len(iban)}")
    if _remainder(iban) != 1 or (iban[:2] in _DIGITS_ALONE and not iban[2:].isdecimal()):
        raise AccountError("is not an IBAN: its check digits do not fit, so a character is wrong or out of place")
    return iban


def checked_bic(text: str) -> str:
    """The BIC `text` without its blanks; AccountError if it has not the form of one."""
    bic = _without_blanks(text)
    if not _BIC.fullmatch(bic):
        raise AccountError("is not a BIC: eight or eleven letters and digits")
    return bic


def is_qr_iban(iban: str) -> bool:
    """Whether `iban`, checked, is one of the Swiss numbers that are paid to with a QR reference only."""
    return iban[:2] in {"CH", "LI"} and int(iban[4:9]) in _QR_INSTITUTIONS


def creditor_reference(digits: str) -> str:
    """`digits`, letters or digits of our own, as an ISO 11649 reference; AccountError if they cannot become one."""
    body = _without_blanks(digits)
    check = 98 - _remainder(f"RF00{body}") if body.isascii() and body.isalnum() else 0
    return checked_creditor_reference(f"RF{check:02d}{body}")


def checked_creditor_reference(text: str) -> str:
    reference = _without_blanks(text)
    if not _CREDITOR_REFERENCE.fullmatch(reference) or _remainder(reference) != 1:
        raise AccountError("is not a creditor reference (ISO 11649): RF, two check digits, up to 21 letters and digits")
    return reference


def qr_reference(digits: str) -> str:
    """`digits`, at most 26 of our own, as a Swiss QR reference of 27; AccountError if they cannot become one."""
    body = _without_blanks(digits).rjust(_QR_DIGITS, "0")
    if not (body.isascii() and body.isdecimal()):
        raise AccountError("is not a QR reference: 26 digits at most, and a check digit")
    return checked_qr_reference(f"{body}{_recursive_check_digit(body)}")


def checked_qr_reference(text: str) -> str:
    reference = _without_blanks(text)
    if not reference.isascii() or not _QR_REFERENCE.fullmatch(reference) or not int(reference):
        raise AccountError("is not a QR reference: 27 digits, not all of them zero")
    if _recursive_check_digit(reference[:-1]) != int(reference[-1]):
        raise AccountError("is not a QR reference: its check digit does not fit")
    return reference


def in_groups(text: str, size: int = 4) -> str:
    """An IBAN or creditor reference as it is printed: groups of four from the left."""
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def in_groups_from_the_right(text: str) -> str:
    """A QR reference as it is printed: two digits, then groups of five."""
    return f"{text[:2]} {in_groups(text[2:], 5)}"


def _without_blanks(text: str) -> str:
    return "".join(text.split()).upper()


def _remainder(text: str) -> int:
    """Modulo 97 of an account or reference, letters counted from 10 and the first four characters put last."""
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97


def _recursive_check_digit(digits: str) -> int:
    carry = 0
    for digit in digits:
        carry = _CARRIES[(carry + int(digit)) % 10]
    return (10 - carry) % 10
