"""The envelope: the right people, once each, and file names that are safe everywhere."""

import pytest

from connector.messages.compose import compose, invoice_attachments
from connector.messages.render import Rendered
from connectors.channels.channel import Address, Attachment

WRITTEN = Rendered("Reminder", "text", "<p>html</p>")


def composed(**changes):
    defaults = {
        "id": "att-1",
        "tenant": "seller",
        "stage": "soft",
        "sender": Address("accounts@seller.example", "Seller Ltd"),
        "reply_to": Address("desk@seller.example"),
        "to": ("ap@buyer.example",),
    }
    return compose(WRITTEN, **{**defaults, **changes})


def test_a_written_message_becomes_a_finished_one() -> None:
    pdf = Attachment("Invoice-1.pdf", "application/pdf", b"x")
    message = composed(references=["att-0"], attachments=[pdf])
    assert (message.subject, message.text, message.html) == ("Reminder", "text", "<p>html</p>")
    assert (message.id, message.tenant, message.stage) == ("att-1", "seller", "soft")
    assert (message.references, message.attachments) == (("att-0",), (pdf,))


def test_who_is_addressed_is_not_copied_as_well() -> None:
    message = composed(to=("ap@buyer.example",), cc=("AP@buyer.example", "boss@buyer.example"))
    assert message.to == (Address("ap@buyer.example"),)
    assert message.cc == (Address("boss@buyer.example"),)


def test_a_message_to_nobody_is_not_made() -> None:
    with pytest.raises(ValueError, match="recipient"):
        composed(to=())


@pytest.mark.parametrize(
    ("number", "filename"),
    [
        ("INV-1041", "Invoice-INV-1041.pdf"),
        ("2026/03 #7", "Invoice-2026-03-7.pdf"),
        ("../../etc/passwd", "Invoice-etc-passwd.pdf"),
        ('a"\r\nX: y', "Invoice-a-X-y.pdf"),
        ("CON", "Invoice-CON.pdf"),
        ("...", "Invoice.pdf"),
        ("番号", "Invoice.pdf"),
        ("", "Invoice.pdf"),
        (None, "Invoice.pdf"),
        ("9" * 300, f"Invoice-{'9' * 60}.pdf"),
    ],
)
def test_an_attachment_is_named_after_its_invoice_safely(number, filename) -> None:
    [attachment] = invoice_attachments([(number, b"%PDF")])
    assert attachment == Attachment(filename, "application/pdf", b"%PDF")


def test_attachments_never_share_a_name() -> None:
    attachments = invoice_attachments([("A/1", b"1"), ("a-1", b"2"), ("A 1", b"3"), (None, b"4"), (None, b"5")])
    assert [attachment.content for attachment in attachments] == [b"1", b"2", b"3", b"4", b"5"]
    assert len({attachment.filename.lower() for attachment in attachments}) == 5
