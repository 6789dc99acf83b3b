"""Reading mail never fails, whatever it is made of, and what is legible is read."""

from datetime import UTC, datetime
from time import process_time

import letters_from_outside as outside
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from letters_from_outside import OURS, letter

from connector.replies.classify import classify
from connector.replies.mail import TEXT_LIMIT, Mail, read_mail
from connector.replies.match import references_in
from connector.replies.quoted import NEW_TEXT_LIMIT, new_text
from connector.replies.reports import returned_ids

AT = datetime(2026, 3, 12, 10, 2, tzinfo=UTC)


def mail(parts: tuple[bytes, bytes]) -> Mail:
    return read_mail(*parts, AT)


def test_a_reply_is_read_with_its_people_and_thread() -> None:
    read = mail(outside.OUTLOOK_REPLY)

    assert (read.sender, read.sender_name) == ("ann.payable@buyer.example", "Payable, Ann")
    assert read.subject == "RE: Invoice INV-1041 is due"
    assert read.replies_to == (f"{OURS}@seller.example",)
    assert read.id == "LO0P265MB1@LO0P265.GBRP265.PROD.OUTLOOK.example"


def test_the_plain_part_is_preferred_and_decoded() -> None:
    assert mail(outside.GMAIL_REPLY).text.startswith("This invoice is wrong, we never got the goods.")


def test_html_alone_is_read_without_its_markup_and_styles() -> None:
    text = mail(outside.HTML_ONLY_REPLY).text

    assert "Wir zahlen nächste Woche." in text
    assert "red" not in text
    assert "<" not in text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?B?w6RuZGVydW5n?=", "änderung"),
        (b"=?iso-8859-1?Q?=E4nderung?= =?iso-8859-1?Q?_2?=", "änderung 2"),
        (b"=?no-such-charset?B?w6Q=?=", "ä"),
        (b"=?utf-8?B?!!!not base64?=", "=?utf-8?B?!!!not base64?="),
        ("änderung".encode(), "änderung"),
        (b"\xe4nderung", "\N{REPLACEMENT CHARACTER}nderung"),
        (b"a\r\n folded", "a folded"),
        (b"turned \xe2\x80\xaeround", "turned round"),
    ],
)
def test_a_subject_is_shown_as_well_as_it_can_be(raw: bytes, text: str) -> None:
    assert read_mail(b"Subject: " + raw + b"\r\n", b"", AT).subject == text


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-8", "idna", "base64", "unicode_escape", ""])
def test_a_text_in_a_wrong_charset_is_shown_as_well_as_it_can_be(charset: str) -> None:
    head, body = letter(f'Content-Type: text/plain; charset="{charset}"', "we have paid \udce4\n")

    assert "we have paid" in read_mail(head, body, AT).text


@pytest.mark.parametrize(
    "line",
    ["", "nobody", "a@b@c", "=?utf-8?q?ap=40buyer.example?=", "undisclosed:;", '"a b"@buyer.example', "<" * 500],
)
def test_a_sender_without_a_usable_address_has_none(line: str) -> None:
    assert mail(letter(f"From: {line}\nSubject: x")).sender == ""


def test_two_senders_are_none() -> None:
    assert mail(letter("From: ap@buyer.example\nFrom: other@buyer.example")).sender == ""


def test_the_same_mail_is_recognised_though_servers_add_to_its_headers() -> None:
    head, body = outside.OUTLOOK_REPLY
    moved = read_mail(b"Received: from old by new\r\nX-Moved: yes\r\n" + head, body, AT)

    assert moved.key == mail(outside.OUTLOOK_REPLY).key


def test_a_program_that_repeats_its_message_id_does_not_hide_later_mail() -> None:
    first = letter("Message-ID: <always@buyer.example>\nDate: Thu, 12 Mar 2026 10:00:00 +0000\nFrom: ap@buyer.example")
    second = letter("Message-ID: <always@buyer.example>\nDate: Fri, 13 Mar 2026 10:00:00 +0000\nFrom: ap@buyer.example")

    assert mail(first).key != mail(second).key


def test_mail_without_an_id_is_told_apart_by_its_headers() -> None:
    assert mail(letter("Subject: a")).key != mail(letter("Subject: b")).key


def test_words_behind_many_styles_are_read() -> None:
    styles = "<style>" + "p { color: red } " * 3000 + "</style>"

    assert mail(letter("Content-Type: text/html", f"{styles}<p>We paid.</p>")).text.strip() == "We paid."


def test_an_attachment_is_not_read() -> None:
    parts = letter(
        'Content-Type: multipart/mixed; boundary="M"',
        "--M\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nsecret\n\n"
        "--M\nContent-Type: text/plain\n\nsee attachment\n\n--M--\n",
    )

    assert mail(parts).text.strip() == "see attachment"


def test_a_cut_off_body_is_read_as_far_as_it_goes() -> None:
    head, body = outside.GMAIL_REPLY

    assert "This invoice is wrong" in read_mail(head, body[:150], AT, whole=False).text


def nested(depth: int) -> tuple[bytes, bytes]:
    body = "".join(f'--B{n}\nContent-Type: multipart/mixed; boundary="B{n + 1}"\n\n' for n in range(depth))
    return letter('Subject: deep\nContent-Type: multipart/mixed; boundary="B0"', f"{body}--B{depth}\n\ntext\n")


@pytest.mark.parametrize("depth", [10, 300, 5000])
def test_parts_nested_without_end_leave_the_subject(depth: int) -> None:
    assert mail(nested(depth)).subject == "deep"


def test_a_great_many_parts_are_not_all_looked_at() -> None:
    body = "--B\nContent-Type: text/plain\n\nx\n\n" * 5000

    assert len(mail(letter('Content-Type: multipart/mixed; boundary="B"', body)).parts) < 100


def test_a_long_text_is_cut() -> None:
    assert len(mail(letter("Content-Type: text/plain", "word " * 100_000)).text) <= TEXT_LIMIT


HOSTILE = [
    (b"", b""),
    (b"\x00" * 1000, b"\xff" * 1000),
    (b"From: " + b"(" * 5000 + b"\r\n", b""),
    (b"References: " + b"<a@b> " * 10_000, b""),
    (b"Subject: " + b"=?utf-8?q?x?= " * 4000, b""),
    (b"Content-Type: multipart/report; report-type*0*=utf-99''%ff; boundary=B\r\n", b"--B\r\n\r\nx\r\n--B--"),
    (b"Content-Type: text/plain; charset*=utf-99'en'%80%81\r\n", b"x"),
    (b"Content-Type: text/html\r\n", b"<![" + b"<!--" * 5000),
    (b"Content-Type: text/html\r\n", b"<div " * 40_000),
    (b"Content-Type: text/html\r\n", b"<style>" * 40_000),
    (b"Content-Type: text/html\r\n", b"<style></style " * 20_000),
    (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n", b"=" * 5000),
    (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n", b"begin 666 a\r\n!!!\r\nend"),
    (b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n", b"AAAA"),
    (b"Content-Type: message/delivery-status\r\n", b"Final-Recipient: rfc822; \xff\r\nAction: failed\r\nStatus: 9\r\n"),
    (b"Content-Type: multipart/mixed; boundary=\r\n", b"--\r\n\r\n--\r\n"),
    (b"Content-Disposition: attachment; filename*=x''%zz\r\nContent-Type: text/plain\r\n", b"x"),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_mail_is_read_without_failing(number: int) -> None:
    all_of_it(*HOSTILE[number])


@pytest.mark.parametrize("head", [b"From: <" + b"a" * 65_000, b"In-Reply-To: " + b"<" * 65_000, b"A:\r\n" * 16_000])
def test_hostile_headers_cost_little(head: bytes) -> None:
    before = process_time()
    all_of_it(head, b"On " + b"wrote " * 40_000)

    assert process_time() - before < 20  # seconds; what grows with the square takes minutes


def all_of_it(head: bytes, body: bytes) -> None:
    read = read_mail(head, body, AT)
    classify(read)
    returned_ids(read)
    references_in(read)
    assert len(new_text(read.text)) <= NEW_TEXT_LIMIT + 1
    for text in (read.subject, read.sender_name, new_text(read.text)):
        text.encode()  # what is kept can be written down
        assert "\x00" not in text


LINES = st.sampled_from(
    [
        part
        for name in dir(outside)
        if name.isupper() and isinstance(parts := getattr(outside, name), tuple)
        for part in b"\r\n".join(parts).split(b"\r\n")
    ]
)


@settings(max_examples=200, deadline=None)
@given(head=st.binary(max_size=400), body=st.binary(max_size=800))
def test_any_bytes_are_read(head: bytes, body: bytes) -> None:
    all_of_it(head, body)


@settings(max_examples=300, deadline=None)
@given(
    head=st.lists(LINES | st.binary(max_size=30), max_size=20),
    body=st.lists(LINES | st.binary(max_size=30), max_size=40),
)
@example(
    head=[b"Content-Type: multipart/report; report-type=delivery-status; boundary=B"], body=[b"--B", b"", b"--B--"]
)
def test_any_mixture_of_real_lines_is_read(head: list[bytes], body: list[bytes]) -> None:
    all_of_it(b"\r\n".join(head), b"\r\n".join(body))
