"""The code of a Swiss QR-bill keeps the rules that Swiss banks check, or is not there."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qr_pictures import read_qr

from connector.letters.codes import swiss_code
from connector.letters.epc import LEAST_MINOR, MOST_MINOR, PaymentCodeError
from connector.letters.swiss import SwissParty, SwissPayment, swiss_payload, usable_party
from state.money import Money

PLAIN_IBAN, QR_IBAN = "CH9300762011623852957", "CH4431999123000889012"
CREDITOR = SwissParty(name="Robert Schneider AG", street="Rue du Lac 1268", postcode="2501", town="Biel", country="CH")
DEBTOR = SwissParty(name="Pia Rutschmann", street="Marktgasse 28", postcode="9400", town="Rorschach", country="CH")


def payment(**changes) -> SwissPayment:
    fields = {"iban": PLAIN_IBAN, "creditor": CREDITOR, "amount": Money.of("1949.75", "CHF"), "message": "RE-1"}
    return SwissPayment(**{**fields, **changes})


def test_the_lines_are_those_of_the_guidelines() -> None:
    made = payment(iban=QR_IBAN, reference="21 00000 00003 13947 14300 09017", debtor=DEBTOR)

    creditor = ["S", "Robert Schneider AG", "Rue du Lac 1268", "", "2501", "Biel", "CH"]
    debtor = ["S", "Pia Rutschmann", "Marktgasse 28", "", "9400", "Rorschach", "CH"]
    assert swiss_payload(made).split("\n") == [
        *["SPC", "0200", "1", QR_IBAN],
        *creditor,
        *[""] * 7,
        *["1949.75", "CHF"],
        *debtor,
        *["QRR", "210000000003139471430009017", "RE-1", "EPD"],
    ]


def test_an_ordinary_account_takes_a_creditor_reference_or_none() -> None:
    assert "\nSCOR\nRF18539007547034\n" in swiss_payload(payment(reference="RF18539007547034"))
    assert "\nNON\n\nRE-1\nEPD" in swiss_payload(payment())


@given(
    st.integers(LEAST_MINOR, MOST_MINOR),
    st.sampled_from(["CHF", "EUR"]),
    st.text(max_size=140),
    st.builds(
        SwissParty,
        name=st.text(min_size=1, max_size=70),
        street=st.text(max_size=70),
        postcode=st.just("9400"),
        town=st.text(min_size=1, max_size=35),
        country=st.just("CH"),
    ),
)
def test_every_code_that_is_made_can_be_read_and_has_all_its_lines(minor, currency, message, debtor) -> None:
    made = payment(amount=Money(minor, currency), message=message, debtor=usable_party(debtor))
    try:
        picture = swiss_code(made)
    except PaymentCodeError:
        return
    read, version = read_qr(picture)

    assert read == swiss_payload(made)
    assert version <= 25
    assert len(lines := read.split("\n")) == 31
    assert (lines[18], lines[19], lines[30]) == (f"{minor // 100}.{minor % 100:02d}", currency, "EPD")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": Money(0, "CHF")}, "between"),
        ({"amount": Money(MOST_MINOR + 1, "CHF")}, "between"),
        ({"amount": Money.of("1", "USD")}, "CHF or EUR"),
        ({"iban": "DE89370400440532013000"}, "Switzerland"),
        ({"iban": "CH9300762011623852958"}, "check digits"),
        ({"iban": QR_IBAN}, "QR reference"),
        ({"iban": QR_IBAN, "reference": "RF18539007547034"}, "QR reference"),
        ({"iban": QR_IBAN, "reference": "210000000003139471430009018"}, "check digit"),
        ({"reference": "210000000003139471430009017"}, "creditor reference"),
        ({"message": "x" * 141}, "140"),
        ({"message": "Счёт"}, "characters"),
        ({"creditor": replace(CREDITOR, town="")}, "town is missing"),
        ({"creditor": replace(CREDITOR, country="Schweiz")}, "country is missing"),
        ({"creditor": replace(CREDITOR, name="漢字")}, "characters"),
        ({"debtor": replace(DEBTOR, name="M" * 71)}, "70"),
    ],
)
def test_what_the_guidelines_do_not_allow_has_no_code(changes, reason) -> None:
    with pytest.raises(PaymentCodeError, match=reason):
        swiss_code(payment(**changes))


@pytest.mark.parametrize("name", ["漢字", "M" * 1_000_000, "", "Eve\u0000\u202e"])
def test_a_debtor_whom_the_code_cannot_hold_is_left_out_and_a_usable_one_is_kept(name) -> None:
    party = usable_party(replace(DEBTOR, name=name))

    assert party is None or swiss_payload(payment(debtor=party))
    assert usable_party(DEBTOR) is DEBTOR
