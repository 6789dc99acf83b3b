"""The words of a PDF are read as a person reads them: every invoice, every amount, line by line."""

import zlib

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.pdf_text import text_of


def letter(source: str) -> bytes:
    made = typst.compile(source.encode())
    assert isinstance(made, bytes)
    return made


def page(content: bytes) -> bytes:
    """A document with this one page, in a font that needs no table."""
    return (
        b"%%PDF-1.4\n1 0 obj <</Type /Page /Contents 2 0 R /Resources <</Font <</F1 3 0 R>>>>>> endobj\n"
        b"2 0 obj <</Length %d>> stream\n%s\nendstream endobj\n3 0 obj <</Type /Font /Subtype /Type1>> endobj\n%%%%EOF"
    ) % (len(content), content)


def test_a_typeset_letter_is_read_line_by_line() -> None:
    source = (
        "= Mahnung\n#table(columns: 2, [INV-00012], [1.234,56 €], [INV-00013], [£99.00])\n"
        "Bitte *zahlen* Sie bis 1. März.\n#pagebreak()\nSeite zwei"
    )
    lines = text_of(letter(source)).splitlines()
    assert lines == [
        "Mahnung",
        "INV-00012 1.234,56 €",
        "INV-00013 £99.00",
        "Bitte zahlen Sie bis 1. März.",
        "Seite zwei",
    ]


@given(st.lists(st.from_regex(r"[A-Z]{2,4}-[0-9]{4,6}", fullmatch=True), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_no_invoice_number_is_lost(numbers: list[str]) -> None:
    words = text_of(letter("\n\n".join(numbers))).split()
    assert words[: len(numbers)] == numbers


def test_brackets_in_pairs_may_stand_in_a_string() -> None:
    """As the codes 28 and 29 of a font do, which mean other letters there."""
    assert text_of(page(b"BT /F1 12 Tf 72 700 Td (INV-(1)(2)\\)) Tj (3) Tj ET")) == "INV-(1)(2))3"


def test_a_string_that_never_ends_ends_the_page() -> None:
    assert text_of(page(b"BT /F1 12 Tf 72 700 Td (INV-1) Tj 0 -20 Td (INV-2 Tj ET")) == "INV-1"


def test_digits_are_read_as_such_although_one_of_them_may_end_a_line() -> None:
    source = "24 dun:14\u200b59e04\u200b247082\n\nINV-00042, 12 March 2026, £420.40"
    assert text_of(letter(source)).splitlines() == ["24 dun:1459e04247082", "INV-00042, 12 March 2026, £420.40"]


def test_old_fonts_and_uncompressed_text_are_read() -> None:
    content = b"BT /F1 12 Tf 72 700 Td (Invoice \\(INV-1\\)) Tj 0 -20 Td [(A) 20 (B) -500 (C)] TJ ET"
    assert text_of(page(content)) == "Invoice (INV-1)\nAB C"


@pytest.mark.parametrize(
    ("written", "read"),
    [(b"(due (INV-1) now)", "due (INV-1) now"), (b"(a(b(c)d)e)", "a(b(c)d)e"), (b"(\\)(x))", ")(x)")],
)
def test_parentheses_that_pair_up_belong_to_the_text(written: bytes, read: str) -> None:
    """Glyphs are numbers of two bytes, so any pair of letters may look like parentheses."""
    content = b"BT /F1 12 Tf 72 700 Td %s Tj ET" % written
    pdf = (
        b"%%PDF-1.4\n1 0 obj <</Type /Page /Contents 2 0 R /Resources <</Font <</F1 3 0 R>>>>>> endobj\n"
        b"2 0 obj <</Length %d>> stream\n%s\nendstream endobj\n3 0 obj <</Type /Font /Subtype /Type1>> endobj\n%%%%EOF"
    ) % (len(content), content)
    assert text_of(pdf) == read


def test_objects_packed_together_are_read() -> None:
    packed = b"1 0 3 %d "
    page = b"<</Type/Page/Contents 2 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    font = b"<</Type/Font/Subtype/Type1>>"
    head = packed % (len(page) + 1)
    squeezed = zlib.compress(head + page + b" " + font)
    content = b"BT /F1 12 Tf 72 700 Td (INV-7) Tj ET"
    pdf = (
        b"%%PDF-1.5\n4 0 obj <</Type/ObjStm/N 2/First %d/Filter/FlateDecode>> stream\n%s\nendstream endobj\n"
        b"2 0 obj <<>> stream\n%s\nendstream endobj\n%%%%EOF"
    ) % (len(head), squeezed, content)
    assert text_of(pdf) == "INV-7"


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n1 0 obj <</Type/Page>> endobj"])
def test_what_says_nothing_is_empty(content: bytes) -> None:
    assert text_of(content) == ""


@given(st.binary(max_size=300))
def test_rubbish_is_read_without_an_error(rubbish: bytes) -> None:
    pdf = b"%PDF-1.7\n1 0 obj <</Type/Page/Contents 2 0 R>> endobj\n2 0 obj <<>> stream\n" + rubbish
    assert isinstance(text_of(pdf + b"\nendstream endobj"), str)
