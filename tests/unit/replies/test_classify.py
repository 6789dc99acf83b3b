"""What a piece of mail is, told by what real mail programs and servers write."""

from datetime import UTC, datetime

import letters_from_outside as outside
import pytest
from letters_from_outside import OURS, letter

from connector.replies.classify import AutoReply, Bounce, Complaint, Delayed, Human, OutOfOffice, Own, classify
from connector.replies.mail import Mail, read_mail
from connector.replies.reports import returned_ids

AT = datetime(2026, 3, 12, 10, 2, tzinfo=UTC)
OWN = frozenset({"accounts@seller.example"})


def mail(parts: tuple[bytes, bytes]) -> Mail:
    return read_mail(*parts, AT)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (outside.OUTLOOK_REPLY, Human),
        (outside.GMAIL_REPLY, Human),
        (outside.HTML_ONLY_REPLY, Human),
        (outside.THROUGH_OUR_GROUP, Human),
        (outside.EXCHANGE_AWAY, OutOfOffice),
        (outside.GMAIL_AWAY, OutOfOffice),
        (outside.TICKET, AutoReply),
        (outside.READ_RECEIPT, AutoReply),
        (outside.NEWSLETTER, AutoReply),
        (outside.POSTFIX_BOUNCE, Bounce),
        (outside.EXCHANGE_BOUNCE, Bounce),
        (outside.EXIM_BOUNCE, Bounce),
        (outside.DELAYED, Delayed),
        (outside.COMPLAINT, Complaint),
        (outside.OUR_OWN_COPY, Own),
    ],
)
def test_each_is_what_it_is(parts: tuple[bytes, bytes], kind: type) -> None:
    assert type(classify(mail(parts), OWN)) is kind


def test_a_reply_without_any_mark_of_a_machine_leaves_no_doubt() -> None:
    assert classify(mail(outside.OUTLOOK_REPLY), OWN) == Human("")


def test_a_subject_alone_makes_no_machine() -> None:
    assert classify(mail(outside.LOOKS_AUTOMATIC), OWN) == Human("its subject")


@pytest.mark.parametrize(
    ("header", "because"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: AUTO-GENERATED; x=y", "Auto-Submitted: auto-generated"),
        ("X-Autoreply: yes", "X-Autoreply"),
        ("X-Autorespond: Re: Invoice", "X-Autorespond"),
        ("Precedence: auto_reply", "Precedence: auto_reply"),
        ("Return-Path: <>", "Return-Path: <>"),
    ],
)
def test_what_machines_write_for_machines_tells_them(header: str, because: str) -> None:
    assert classify(mail(letter(f"From: ap@buyer.example\nSubject: Re: x\n{header}")), OWN) == AutoReply(because)


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: no", "Auto-Submitted: No (really)", "X-Autoreply: no", "Return-Path: <ap@buyer.example>"],
)
def test_what_denies_a_machine_is_believed(header: str) -> None:
    assert classify(mail(letter(f"From: ap@buyer.example\nSubject: Re: x\n{header}")), OWN) == Human("")


def test_a_wish_to_get_no_answers_is_a_doubt_and_no_proof() -> None:
    parts = letter("From: ap@buyer.example\nX-Auto-Response-Suppress: DR, AutoReply")

    assert classify(mail(parts), OWN) == Human("X-Auto-Response-Suppress")


def test_what_answers_us_through_a_list_is_a_reply() -> None:
    parts = letter(f"From: ap@buyer.example\nList-Id: <ap.buyer.example>\nPrecedence: list\n{outside.THREADED}")

    assert classify(mail(parts), OWN) == Human("Precedence")


def test_a_bounce_names_its_recipient_code_and_cause() -> None:
    verdict = classify(mail(outside.POSTFIX_BOUNCE), OWN)

    assert isinstance(verdict, Bounce)
    [failure] = verdict.failures
    assert (failure.recipient, failure.original_recipient) == ("ap@buyer.example", "ap@buyer.example")
    assert (failure.status, failure.permanent) == ("5.1.1", True)
    assert failure.detail.endswith("Recipient address rejected: User unknown")


def test_a_full_mailbox_is_not_for_ever() -> None:
    verdict = classify(mail(outside.EXCHANGE_BOUNCE), OWN)

    assert isinstance(verdict, Bounce)
    assert [(failure.status, failure.permanent) for failure in verdict.failures] == [("5.2.2", False)]


def test_a_delivery_report_of_success_is_no_bounce() -> None:
    head, body = outside.POSTFIX_BOUNCE

    assert classify(mail((head, body.replace(b"Action: failed", b"Action: delivered"))), OWN) == AutoReply(
        "delivery-status"
    )


def test_a_bounce_with_several_recipients_names_all_of_them() -> None:
    verdict = classify(mail(outside.EXIM_BOUNCE), OWN)

    assert isinstance(verdict, Bounce)
    assert [failure.recipient for failure in verdict.failures] == ["ap@buyer.example", "boss@buyer.example"]


def test_failed_recipients_in_a_persons_mail_are_no_bounce() -> None:
    parts = letter("From: ap@buyer.example\nReturn-Path: <ap@buyer.example>\nX-Failed-Recipients: boss@buyer.example")

    assert classify(mail(parts), OWN) == Human("")


def test_a_complaint_names_who_complained() -> None:
    assert classify(mail(outside.COMPLAINT), OWN) == Complaint("ap@buyer.example")


def test_mail_from_our_own_address_is_our_own() -> None:
    assert classify(mail(letter("From: Accounts <ACCOUNTS@seller.example>\nSubject: note")), OWN) == Own()


def test_the_id_of_what_was_returned_is_ours() -> None:
    assert returned_ids(mail(outside.POSTFIX_BOUNCE))[0] == OURS
    assert returned_ids(mail(outside.EXCHANGE_BOUNCE))[0] == OURS
