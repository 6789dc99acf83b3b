"""Account numbers and references with a wrong digit are found out before they are printed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.letters.accounts import (
    SEPA_LENGTHS,
    AccountError,
    checked_bic,
    checked_creditor_reference,
    checked_iban,
    checked_qr_reference,
    creditor_reference,
    in_groups_from_the_right,
    is_qr_iban,
    qr_reference,
)

IBANS = ("DE89370400440532013000", "GB33BUKB20201555555555", "CH9300762011623852957", "NL91ABNA0417164300")
QR_IBAN = "CH4431999123000889012"


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_may_be_written_with_blanks_and_small_letters(iban) -> None:
    spaced = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)).lower()

    assert checked_iban(spaced) == iban


@given(st.sampled_from(IBANS), st.data())
def test_one_wrong_digit_or_letter_in_an_iban_is_always_found(iban, data) -> None:
    at = data.draw(st.integers(0, len(iban) - 1))
    kind = string.digits if iban[at].isdigit() else string.ascii_uppercase
    other = data.draw(st.sampled_from(kind).filter(lambda one: one != iban[at]))

    with pytest.raises(AccountError):
        checked_iban(iban[:at] + other + iban[at + 1 :])


@given(st.integers(4, 21), st.sampled_from(string.ascii_uppercase))
def test_a_letter_in_an_account_of_digits_is_always_found(at, letter) -> None:
    iban = IBANS[0]

    with pytest.raises(AccountError):
        checked_iban(iban[:at] + letter + iban[at + 1 :])


@given(st.sampled_from(IBANS), st.data())
def test_two_neighbours_that_changed_places_in_an_iban_are_always_found(iban, data) -> None:
    at = data.draw(st.integers(4, len(iban) - 2).filter(lambda at: iban[at] != iban[at + 1]))

    with pytest.raises(AccountError):
        checked_iban(iban[:at] + iban[at + 1] + iban[at] + iban[at + 2 :])


@pytest.mark.parametrize("text", ["", "DE", "DE8937040044053201300", "DE893704004405320130000", "12345678", "ÄE89"])
def test_what_is_no_iban_is_refused_without_being_repeated(text) -> None:
    with pytest.raises(AccountError) as caught:
        checked_iban(text)
    assert "5320" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_iban_or_is_refused(text) -> None:
    try:
        iban = checked_iban(text)
    except AccountError:
        return
    assert len(iban) == SEPA_LENGTHS.get(iban[:2], len(iban))


@pytest.mark.parametrize("text", ["COBADEFF", "COBADEFFXXX", "cobadeff xxx"])
def test_a_bic_has_eight_or_eleven_characters(text) -> None:
    assert checked_bic(text).startswith("COBADEFF")


@pytest.mark.parametrize("text", ["COBADEF", "COBADEFFX", "C0BADEFF", ""])
def test_what_is_no_bic_is_refused(text) -> None:
    with pytest.raises(AccountError):
        checked_bic(text)


def test_a_qr_iban_is_told_by_its_bank_number() -> None:
    assert is_qr_iban(QR_IBAN)
    assert not any(is_qr_iban(iban) for iban in IBANS)


def test_the_examples_of_the_standards_are_right() -> None:
    """ISO 11649's own example, and the reference on the sample bills of SIX."""
    assert creditor_reference("539007547034") == "RF18539007547034"
    assert qr_reference("21000000000313947143000901") == "210000000003139471430009017"


def test_a_qr_reference_is_printed_in_groups_of_five_from_the_right() -> None:
    assert in_groups_from_the_right("210000000003139471430009017") == "21 00000 00003 13947 14300 09017"


@given(st.integers(1, 10**26 - 1), st.data())
def test_one_wrong_digit_in_a_qr_reference_is_always_found(number, data) -> None:
    reference = qr_reference(str(number))
    at = data.draw(st.integers(0, 26))
    other = data.draw(st.sampled_from("0123456789").filter(lambda one: one != reference[at]))

    with pytest.raises(AccountError):
        checked_qr_reference(reference[:at] + other + reference[at + 1 :])


@given(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True))
def test_a_creditor_reference_of_our_own_is_always_right(body) -> None:
    assert checked_creditor_reference(creditor_reference(body)).endswith(body)


@pytest.mark.parametrize("body", ["", "x" * 22, "ä", "1-2"])
def test_what_cannot_become_a_creditor_reference_is_refused(body) -> None:
    with pytest.raises(AccountError):
        creditor_reference(body)


@pytest.mark.parametrize("body", ["0", "1" * 27, "12a", "\u0663"])
def test_what_cannot_become_a_qr_reference_is_refused(body) -> None:
    with pytest.raises(AccountError):
        qr_reference(body)
