"""Whatever a ledger's address field holds, the usable addresses come out of it and nothing is raised."""

import pytest
from hostile_people import ADDRESSES
from hypothesis import given
from hypothesis import strategies as st

from state.addresses import ascii_address, usable_addresses
from state.plain_text import LONGEST_TEXT


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        (None, ()),
        ("", ()),
        ("   ", ()),
        ("ap@buyer.example", ("ap@buyer.example",)),
        ("  ap@buyer.example\n", ("ap@buyer.example",)),
        ("ap@buyer.example, bo@buyer.example", ("ap@buyer.example", "bo@buyer.example")),
        ("ap@buyer.example;bo@buyer.example", ("ap@buyer.example", "bo@buyer.example")),
        ("ap@buyer.example bo@buyer.example", ("ap@buyer.example", "bo@buyer.example")),
        ("ap@buyer.example/bo@buyer.example", ("ap@buyer.example", "bo@buyer.example")),
        ("ap@buyer.example | bo@buyer.example,", ("ap@buyer.example", "bo@buyer.example")),
        ("Bo Buyer <bo@buyer.example>", ("bo@buyer.example",)),
        ('"Buyer, Bo" <bo@buyer.example>', ("bo@buyer.example",)),
        ('"bo@buyer.example"', ("bo@buyer.example",)),
        ('"bo@buyer.example" <bo@buyer.example>', ("bo@buyer.example",)),
        ("'bo@buyer.example'", ("bo@buyer.example",)),
        ("\u201cbo@buyer.example\u201d", ("bo@buyer.example",)),
        ("bo@buyer.example.", ("bo@buyer.example",)),
        ("bo@buyer.example (until June)", ("bo@buyer.example",)),
        ("Email: bo@buyer.example", ("bo@buyer.example",)),
        ("mailto:bo@buyer.example", ("bo@buyer.example",)),
        ("BO@BUYER.EXAMPLE", ("BO@buyer.example",)),
        ("bo@buyer.example, BO@Buyer.Example", ("bo@buyer.example",)),
        ("o'neil+dun@buyer.example", ("o'neil+dun@buyer.example",)),
        ("sales/uk@buyer.example", ("sales/uk@buyer.example",)),
        ("info@münchen.example", ("info@xn--mnchen-3ya.example",)),
        ("none", ()),
        ("n/a", ()),
        ("bo@buyer", ()),
        ("bo@@buyer.example", ()),
        ("@buyer.example", ()),
        ("bo@", ()),
        ("jörg@buyer.example", ()),
        ("bo@127.0.0.1", ()),
        ("bad@, good@buyer.example", ("good@buyer.example",)),
        ("bo@buyer.example (or eve@buyer.example)", ("bo@buyer.example",)),
        ("(bo@buyer.example)", ("bo@buyer.example",)),
        ("Bo <bo@buyer.example>, Eve <eve@buyer.example>", ("bo@buyer.example", "eve@buyer.example")),
        ('"eve@evil.example "@buyer.example', ()),
        ("<<bo@buyer.example>eve@evil.example>", ()),
        ("bo@buyer.example><eve@evil.example", ()),
        ("bo@buyer.example\x00", ()),
        ("bo@buyer.example\nBcc: eve@evil.example", ()),
        ("bo@buyer.example\r\nBcc: eve@evil.example", ()),
    ],
)
def test_a_field_gives_its_usable_addresses(field, addresses) -> None:
    assert usable_addresses(field) == addresses


@given(st.text(max_size=80) | st.text(alphabet="ab@.,;<>\"' /\r\n\u00fc", max_size=40))
def test_no_field_raises_and_every_address_can_be_sent_to(field) -> None:
    found = usable_addresses(field)
    assert all(ascii_address(address) == address for address in found)
    assert len({address.lower() for address in found}) == len(found)


@given(st.lists(st.from_regex(r"\A[a-z]{1,8}@[a-z]{1,8}\.example\Z"), unique=True, max_size=5), st.sampled_from(",; |"))
def test_order_is_kept_for_every_separator(addresses, separator) -> None:
    assert usable_addresses(separator.join(addresses)) == tuple(addresses)


@pytest.mark.parametrize("hostile", ADDRESSES, ids=lambda hostile: hostile.attacks)
def test_a_hostile_field_gives_nobody_who_is_not_named_in_it(hostile) -> None:
    for address in usable_addresses(hostile.text):
        assert address in hostile.text.replace("\uff20", "@").replace("\u3002", ".") or "xn--" in address


def test_what_looks_like_a_header_in_a_field_names_nobody() -> None:
    """No form lets a person type a line break there: whoever put it in wants something, and a person is asked."""
    assert usable_addresses(ADDRESSES[0].text) == ()


def test_a_field_longer_than_any_ledger_takes_is_no_list_of_addresses() -> None:
    crowd = ", ".join(f"{number}@evil.example" for number in range(50_000))

    assert usable_addresses(crowd) == ()
    assert usable_addresses("bo@buyer.example" + " " * LONGEST_TEXT) == ()
    assert usable_addresses("bo@buyer.example".ljust(LONGEST_TEXT)) == ("bo@buyer.example",)
