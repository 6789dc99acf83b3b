"""The European payment code says exactly what is to be paid, or is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qr_pictures import read_qr

from connector.letters.codes import epc_code
from connector.letters.epc import LEAST_MINOR, MOST_BYTES, MOST_MINOR, PaymentCodeError, SepaTransfer, epc_payload
from state.money import Money

IBAN = "DE89370400440532013000"


def transfer(**changes) -> SepaTransfer:
    fields = {"name": "Muster Bau GmbH", "iban": IBAN, "amount": Money.of("1234.5", "EUR"), "text": "RE-1"}
    return SepaTransfer(**{**fields, **changes})


def test_the_lines_are_those_of_the_guideline() -> None:
    assert epc_payload(transfer(bic="COBADEFFXXX")).split("\n") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "COBADEFFXXX",
        "Muster Bau GmbH",
        IBAN,
        "EUR1234.50",
        "",
        "",
        "RE-1",
    ]


def test_a_creditor_reference_stands_in_its_own_line_and_ends_the_code() -> None:
    assert epc_payload(transfer(reference="RF18 5390 0754 7034", text="")).endswith("EUR1234.50\n\nRF18539007547034")


def test_the_picture_says_what_the_lines_say() -> None:
    payment = transfer(name="Müller & Söhne, Ægir", bic="COBADEFF", text="Rechnung 1,\n2 \u202e3")

    assert read_qr(epc_code(payment))[0] == epc_payload(payment)


@given(
    st.integers(LEAST_MINOR, MOST_MINOR),
    st.text(min_size=1, max_size=70).filter(lambda name: name.split()),
    st.text(max_size=140),
)
def test_every_code_that_is_made_can_be_read_and_is_no_larger_than_allowed(minor, name, text) -> None:
    payment = transfer(amount=Money(minor, "EUR"), name=name, text=text)
    try:
        picture = epc_code(payment)
    except PaymentCodeError:
        return
    read, version = read_qr(picture)

    assert read == epc_payload(payment)
    assert version <= 13
    assert len(read.encode()) <= MOST_BYTES
    assert read.count("\n") <= 10
    assert read.split("\n")[7] == f"EUR{minor // 100}.{minor % 100:02d}"


@pytest.mark.parametrize("minor", [LEAST_MINOR, MOST_MINOR])
def test_the_least_and_the_most_amount_have_a_code(minor) -> None:
    assert epc_code(transfer(amount=Money(minor, "EUR")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": Money(0, "EUR")}, "between"),
        ({"amount": Money(-1, "EUR")}, "between"),
        ({"amount": Money(MOST_MINOR + 1, "EUR")}, "between"),
        ({"amount": Money.of("1", "GBP")}, "for euro"),
        ({"amount": Money.of("1", "JPY")}, "for euro"),
        ({"iban": "DE89370400440532013001"}, "check digits"),
        ({"iban": ""}, "IBAN"),
        ({"iban": "BR1800360305000010009795493C1"}, "outside SEPA"),
        ({"bic": "COBADEF"}, "BIC"),
        ({"reference": "RF19539007547034", "text": ""}, "reference"),
        ({"reference": "RF18539007547034"}, "not both"),
        ({"name": ""}, "name"),
        ({"name": "\u202e \n"}, "name"),
        ({"name": "M" * 71}, "70"),
        ({"name": "M" * 1_000_000}, "70"),
        ({"text": "x" * 141}, "140"),
        ({"name": "Ж" * 70, "text": "Ж" * 140}, "331 bytes"),
    ],
)
def test_what_the_guideline_does_not_allow_has_no_code(changes, reason) -> None:
    with pytest.raises(PaymentCodeError, match=reason):
        epc_code(transfer(**changes))
