"""What is in a name stays in that name: no field of a message can reach another one."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.channels.channel import Address, Attachment, RefusedMessage
from connectors.channels.headers import NAME_LIMIT, SUBJECT_LIMIT, one_line
from connectors.channels.mime import mime_bytes
from state.addresses import ascii_address

HOSTILE = [
    '"><script>alert(1)</script>',
    "Eve\r\nBcc: victim@evil.example",
    "Eve\nContent-Type: text/html\n\n<b>",
    "a@evil.example>, <b@evil.example",
    'comma, "quote" \\ back; (comment) <x@evil.example>',
    "x" * 1000,
    "漢字, " * 100,
    "\u202eecalp rehto",
    "שלום בע״מ",
    "😀" * 90,
    "=?utf-8?q?=0D=0ABcc:_x@evil.example?=",
    "\x00\x0b\x0c\x1c\x85\u2028end",
    "lone \ud800 surrogate",
    "",
    "   ",
    "Größe & Söhne GmbH, “München”",
]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))


class _RawHeaders(EmailMessage):
    """Headers as they arrived: the modern parser of Python 3.11 puts a blank between encoded words of a name."""

    def get_raw(self, header: str) -> str:
        return next(value for name, value in self.raw_items() if name == header)


def shown_names(header: str) -> set[str]:
    names = [name for name, _ in getaddresses([header.replace("\r\n", "")])]
    return {str(make_header(decode_header(name))) for name in names}


def parsed(message, clock) -> _RawHeaders:
    return message_from_bytes(mime_bytes(message, clock.now()), _class=_RawHeaders, policy=policy.default)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(name=NAMES, subject=NAMES)
def test_any_name_arrives_as_that_name_and_as_nothing_else(change, clock, name, subject) -> None:
    message = change(
        sender=Address("accounts@seller.example", name),
        reply_to=Address("desk@seller.example", name),
        to=(Address("ap@buyer.example", name), Address("second@buyer.example", name)),
        subject=subject,
    )
    mail = parsed(message, clock)
    expected = one_line(name, NAME_LIMIT)
    for header, emails in {
        "From": ["accounts@seller.example"],
        "Reply-To": ["desk@seller.example"],
        "To": ["ap@buyer.example", "second@buyer.example"],
        "Cc": ["boss@buyer.example"],
    }.items():
        assert [address.addr_spec for address in mail[header].addresses] == emails
        assert shown_names(mail.get_raw(header)) == {"" if header == "Cc" else expected}
    assert mail["Subject"] == one_line(subject, SUBJECT_LIMIT)
    assert sorted(mail.keys()) == sorted(parsed(change(), clock).keys())


@pytest.mark.parametrize("text", HOSTILE)
def test_the_bytes_are_short_ascii_lines(change, clock, text) -> None:
    message = change(subject=text, sender=Address("accounts@seller.example", text), text=text * 20, html=text * 20)
    lines = mime_bytes(message, clock.now()).split(b"\r\n")
    assert all(line.isascii() and len(line) <= 200 and b"\n" not in line and b"\r" not in line for line in lines)


@pytest.mark.parametrize("text", ["£1,234.50 für Müller\n", "a.\n.\nb\n", "plain\n", "x" * 5000 + "\n", "\n"])
def test_text_and_html_arrive_as_written(change, clock, text) -> None:
    mail = parsed(change(text=text, html=f"<p>{text}</p>\n"), clock)
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == text
    assert mail.get_body(("html",)).get_content().replace("\r\n", "\n") == f"<p>{text}</p>\n"


def test_the_parts_are_nested_as_mail_programs_expect(message, clock) -> None:
    kinds = [part.get_content_type() for part in parsed(message, clock).walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]


def test_an_attachment_arrives_byte_for_byte(message, clock) -> None:
    [pdf] = parsed(message, clock).iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("Invoice-INV-1.pdf", b"%PDF-1.7 \x00\xff")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_attachments_name_is_a_plain_file_name(change, clock, text) -> None:
    mail = parsed(change(attachments=(Attachment(f"../{text}.pdf", "application/pdf", b"x"),)), clock)
    [pdf] = mail.iter_attachments()
    assert pdf.get_filename().isascii()
    assert not set(pdf.get_filename()) & set('/\\"\r\n<>')


@pytest.mark.parametrize("content_type", ["pdf", "application/pdf\r\nX: y", "a/b; c=d", "/", ""])
def test_a_malformed_content_type_is_refused(change, clock, content_type) -> None:
    with pytest.raises(RefusedMessage, match="content type"):
        mime_bytes(change(attachments=(Attachment("a.pdf", content_type, b"x"),)), clock.now())


def test_dun_and_mail_programs_can_thread_and_recognise_it(message, clock) -> None:
    mail = parsed(message, clock)
    assert mail["Message-ID"] == "<att-0001@seller.example>"
    assert mail["In-Reply-To"] == "<att-0000b@seller.example>"
    assert mail["References"] == "<att-0000@seller.example> <att-0000b@seller.example>"
    assert (mail["X-Dun-Message"], mail["X-Dun-Stage"]) == ("att-0001", "soft")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == clock.now()


def test_a_first_message_refers_to_no_other(change, clock) -> None:
    mail = parsed(change(references=(), reply_to=None, cc=(), attachments=()), clock)
    assert not {"References", "In-Reply-To", "Reply-To", "Cc"} & set(mail.keys())


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "@buyer.example", "a@b", "a b@buyer.example", "a@buyer.example\r\nBcc: x@y.example", "a@-x.example",
     "jörg@buyer.example",
     '"a b"@buyer.example', "a@buyer..example", ".a@buyer.example", "a@[127.0.0.1]", "a@127.0.0.1", "<a@buyer.example>",
     "a@straße.example", "a@" + "x" * 64 + ".example", "a@" + "x." * 130 + "example", "a" * 65 + "@buyer.example"],
)  # fmt: skip
def test_an_address_no_carrier_can_use_is_refused_without_repeating_it(change, clock, email) -> None:
    with pytest.raises(RefusedMessage) as caught:
        mime_bytes(change(to=(Address(email),)), clock.now())
    assert not email or email not in str(caught.value)


def test_a_message_to_nobody_is_refused(change, clock) -> None:
    with pytest.raises(RefusedMessage, match="no recipient"):
        mime_bytes(change(to=()), clock.now())


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ap@Buyer.EXAMPLE", "ap@buyer.example"),
        ("O'Neil+x@buyer.example", "O'Neil+x@buyer.example"),
        ("info@münchen.example", "info@xn--mnchen-3ya.example"),
        ("info@例え.example", "info@xn--r8jz45g.example"),
    ],
)
def test_an_international_domain_travels_in_its_ascii_form(typed, sent) -> None:
    assert ascii_address(typed) == sent
