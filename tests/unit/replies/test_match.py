"""Whose reply it is: thread, then reference, then sender."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import letters_from_outside as outside
from letters_from_outside import OURS, letter

from connector.replies.mail import Mail, read_mail
from connector.replies.match import Match, match
from state.model import ContactId, MessageId

AT = datetime(2026, 3, 12, 10, 2, tzinfo=UTC)
ANN, BO = ContactId("ann"), ContactId("bo")


@dataclass
class Memory:
    messages: Mapping[str, ContactId] = field(default_factory=lambda: {OURS: ANN})
    addresses: Mapping[str, tuple[ContactId, ...]] = field(default_factory=dict)

    def contact_of(self, message_id: MessageId) -> ContactId | None:
        return self.messages.get(message_id)

    def contacts_at(self, address: str) -> tuple[ContactId, ...]:
        return self.addresses.get(address, ())


def mail(parts: tuple[bytes, bytes]) -> Mail:
    return read_mail(*parts, AT)


def test_the_thread_leads_to_the_message_and_its_customer() -> None:
    assert match(mail(outside.OUTLOOK_REPLY), Memory()) == Match((ANN,), "thread", MessageId(OURS))


def test_the_latest_of_several_messages_of_a_thread_is_the_one_answered() -> None:
    parts = letter(f"From: x@y.example\nReferences: <{OURS}@seller.example> <later@seller.example> <foreign@z.example>")

    found = match(mail(parts), Memory({OURS: ANN, "later": BO}))

    assert found == Match((BO,), "thread", MessageId("later"))


def test_a_mail_program_that_drops_the_thread_is_found_by_the_reference() -> None:
    parts = letter("From: new@elsewhere.example\nSubject: your letter", f"> Reference: dun:{OURS}.\nwe paid\n")

    assert match(mail(parts), Memory()) == Match((ANN,), "reference", MessageId(OURS))


def test_a_reference_in_the_subject_counts_too() -> None:
    assert match(mail(letter(f"From: a@b.example\nSubject: AW: (dun:{OURS})")), Memory()).contacts == (ANN,)


def test_a_reference_that_nobody_has_sent_leads_nowhere() -> None:
    parts = letter("From: a@b.example\nSubject: dun:0000000000000000\nIn-Reply-To: <forged@seller.example>")

    assert match(mail(parts), Memory()) == Match((), "nothing")


def test_a_sender_leads_to_the_customer_whatever_the_case() -> None:
    memory = Memory(addresses={"ap@buyer.example": (BO,)})

    assert match(mail(letter("From: AP <AP@Buyer.Example>")), memory) == Match((BO,), "sender")


def test_an_address_of_two_customers_is_both_of_them() -> None:
    memory = Memory(addresses={"ap@buyer.example": (ANN, BO)})

    assert match(mail(letter("From: ap@buyer.example")), memory).contacts == (ANN, BO)


def test_the_thread_goes_before_the_sender() -> None:
    memory = Memory(addresses={"ann.payable@buyer.example": (BO,)})

    assert match(mail(outside.OUTLOOK_REPLY), memory).contacts == (ANN,)


def test_a_reply_without_a_readable_sender_is_nobodys() -> None:
    assert match(mail(letter("From: ???")), Memory(addresses={"": (ANN,)})) == Match((), "nothing")


def test_an_answer_from_an_address_that_its_customer_shares_is_the_others_too() -> None:
    memory = Memory(addresses={"ap@buyer.example": (BO, ANN)})
    parts = letter("From: ap@buyer.example\nSubject: Re: your letter", f"> Reference: dun:{OURS}.\nwe paid\n")
    in_thread = letter(f"From: ap@buyer.example\nIn-Reply-To: <{OURS}@seller.example>")

    assert match(mail(parts), memory) == Match((ANN, BO), "reference", MessageId(OURS))
    assert match(mail(in_thread), memory) == Match((ANN, BO), "thread", MessageId(OURS))


def test_an_answer_from_somebody_elses_address_is_its_customers_alone() -> None:
    memory = Memory(addresses={"ap@buyer.example": (BO,)})
    parts = letter("From: ap@buyer.example\nSubject: Re: your letter", f"> Reference: dun:{OURS}.\n")

    assert match(mail(parts), memory).contacts == (ANN,)
