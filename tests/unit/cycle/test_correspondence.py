"""What comes back changes what happens next: replies hold, bounces go to the next address, machines change nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import letters_from_outside as outside
import pytest
from letters_from_outside import OURS, letter
from tenant_bench import TenantBench
from tiny_imap import TinyImap

from connector.correspondence import CorrespondenceReport, Sources, read_correspondence
from connector.cycle import run_cycle
from connectors.ledger import Outage
from connectors.mailbox.mailbox import Mailbox, MailboxSettings
from connectors.sandbox.documents import Customer, Invoice
from state.clock import ManualClock
from state.model import ContactId
from state.store import TenantStore

Look = Callable[..., CorrespondenceReport]


@pytest.fixture
def imap() -> Iterator[TinyImap]:
    with TinyImap().running() as server:
        yield server


@pytest.fixture
def customer(bench: TenantBench) -> Customer:
    return bench.customer(name="Buyer plc", email="ap@buyer.example")


@pytest.fixture
def invoice(bench: TenantBench, customer: Customer) -> Invoice:
    """Asked for once."""
    made = bench.invoice(customer)
    bench.run()
    return made


@pytest.fixture
def sources(imap: TinyImap) -> Sources:
    settings = MailboxSettings(
        host="127.0.0.1", port=imap.port, security="none", username="clerk", password="right", timeout_seconds=2
    )
    return Sources(name="imap:test", mailbox=Mailbox(settings), own=frozenset({"accounts@seller.example"}))


@pytest.fixture
def look(bench: TenantBench, sources: Sources) -> Look:
    return lambda: read_correspondence(bench.store, bench.tenant.clock, sources)


@pytest.fixture
def arrive(bench: TenantBench, imap: TinyImap) -> Callable[..., None]:
    """A letter comes in now, about the only message there is."""

    def come(parts: tuple[bytes, bytes]) -> None:
        sent = [message.draft.id for message in bench.messages()]
        ours = sent[-1] if sent else OURS
        head, body = (part.replace(OURS.encode(), ours.encode()) for part in parts)
        imap.add((head, body), bench.now.replace(microsecond=0))

    return come


def held(bench: TenantBench) -> list[tuple[str, str]]:
    return [(hold.reason, hold.target) for hold in bench.store.holds.active(bench.today)]


def test_a_real_reply_holds_its_customer_and_lands_on_the_list(
    bench: TenantBench, customer: Customer, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.OUTLOOK_REPLY)

    report = look()

    assert (report.replies, report.unmatched, report.held) == (1, 0, 1)
    assert held(bench) == [("reply", customer.guid)]
    [reply] = bench.store.correspondence.unhandled()
    assert reply.text.startswith("Hello,\n\nwe have paid this on Monday")
    assert (reply.matched_by, reply.message_id) == ("thread", bench.messages()[0].draft.id)


def test_nothing_more_is_sent_until_a_person_has_handled_it(
    bench: TenantBench, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.OUTLOOK_REPLY)
    look()
    bench.live(20)
    assert len(bench.messages()) == 1
    [reply] = bench.store.correspondence.unhandled()

    bench.store.correspondence.handle(reply.id, "answered", "Ada", bench.now, release=True)
    bench.live(5)

    assert len(bench.messages()) == 2


def test_other_customers_go_on(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.OUTLOOK_REPLY)
    look()
    other = bench.invoice()

    bench.next_day()
    bench.run()

    assert bench.sent_stages(other) == ["soft"]


@pytest.mark.parametrize(
    "parts", [outside.EXCHANGE_AWAY, outside.GMAIL_AWAY, outside.TICKET, outside.READ_RECEIPT], ids=range(4)
)
def test_a_machine_holds_nobody_but_is_kept(bench: TenantBench, invoice: Invoice, look: Look, arrive, parts) -> None:
    arrive(parts)

    report = look()

    assert (report.automatic, report.held) == (1, 0)
    assert held(bench) == []
    assert bench.store.correspondence.unhandled() == []
    assert len(bench.store.correspondence.unhandled(automatic=True)) == 1


def test_what_only_looks_automatic_holds(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.LOOKS_AUTOMATIC)

    assert look().held == 1
    assert bench.store.correspondence.unhandled()[0].doubt == "its subject"


def test_an_address_of_two_customers_holds_both_and_says_so(
    bench: TenantBench, customer: Customer, invoice: Invoice, look: Look, arrive
) -> None:
    twin = bench.customer(name="Buyer holding", email="AP@buyer.example")
    bench.invoice(twin, overdue=-30)
    bench.run()
    arrive(letter("From: ap@buyer.example\nSubject: about your letters\nMessage-ID: <n@buyer.example>", "see above\n"))

    report = look()

    assert (report.held, report.shared) == (2, 1)
    assert {target for _, target in held(bench)} == {customer.guid, twin.guid}
    notes = {hold.note for hold in bench.store.holds.active(bench.today)}
    assert all(note.endswith("from an address of 2 customers") for note in notes)


def test_a_reply_in_the_thread_from_an_address_of_two_customers_holds_both(
    bench: TenantBench, customer: Customer, invoice: Invoice, look: Look, arrive
) -> None:
    twin = bench.customer(name="Buyer holding", email="AP@buyer.example")
    bench.invoice(twin, overdue=-30)
    bench.run()
    message = bench.reminder(invoice).message_id
    arrive(
        letter(f"From: ap@buyer.example\nIn-Reply-To: <{message}@seller.example>\nMessage-ID: <t@b.example>", "ok\n")
    )

    look()

    assert {target for _, target in held(bench)} == {customer.guid, twin.guid}


def test_a_stranger_is_listed_with_the_beginning_of_the_text(
    bench: TenantBench, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(letter("From: who@nowhere.example\nSubject: hello\nMessage-ID: <s@nowhere.example>", "word " * 500))

    report = look()

    assert (report.replies, report.unmatched, report.held) == (1, 1, 0)
    [reply] = bench.store.correspondence.unhandled()
    assert (reply.contacts, reply.matched_by, len(reply.text)) == ((), "nothing", 400)


@pytest.mark.parametrize("ledger_answers", [True, False])
def test_mail_is_read_once_its_senders_are_known_and_also_without_the_ledger(
    bench: TenantBench, sources: Sources, customer: Customer, arrive, ledger_answers: bool
) -> None:
    """Its first mail comes before its first invoice was read: no message can be looked up, only its address."""
    bench.invoice(customer)
    head = "From: ap@buyer.example\nSubject: your invoice\nMessage-ID: <s@buyer.example>"
    arrive(letter(head, "We have paid."))
    tenant = replace(bench.tenant, sources=sources)

    report = run_cycle(tenant if ledger_answers else replace(tenant, ledger=_NoAnswer()))

    assert report.replies == 1
    assert held(bench) == ([("reply", customer.guid)] if ledger_answers else [])
    assert not bench.messages()


class _NoAnswer:
    def __getattr__(self, name: str) -> Any:
        raise Outage("the ledger does not answer")


def test_mail_to_many_from_strangers_is_not_kept(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.NEWSLETTER)

    assert look().letters == 1
    assert bench.store.correspondence.unhandled(automatic=True) == []


def test_our_own_copy_is_no_reply(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.OUR_OWN_COPY)

    assert look().replies == 0
    assert held(bench) == []


def test_a_letter_is_taken_once(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.OUTLOOK_REPLY)

    assert [look().replies, look().replies] == [1, 0]
    assert len(held(bench)) == 1


def test_a_mailbox_that_is_numbered_anew_brings_no_second_hold(
    bench: TenantBench, invoice: Invoice, look: Look, arrive, imap: TinyImap
) -> None:
    arrive(outside.OUTLOOK_REPLY)
    look()
    [reply] = bench.store.correspondence.unhandled()
    bench.store.correspondence.handle(reply.id, "answered", "Ada", bench.now, release=True)
    imap.renumber()

    report = look()

    assert (report.letters, report.replies) == (1, 0)
    assert held(bench) == []


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["save", "place", "concern", "move"])
def test_a_crash_between_the_steps_leaves_one_reply_and_one_hold(
    bench: TenantBench, invoice: Invoice, look: Look, arrive, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(outside.OUTLOOK_REPLY)
    owner = bench.store.holds if where == "place" else bench.store.correspondence
    step = getattr(owner, where)

    def killed_after(*arguments: object, **named: object) -> object:
        step(*arguments, **named)
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, where, killed_after)
        with pytest.raises(_Killed):
            look()
    assert bench.store.correspondence.unhandled() == []
    assert held(bench) == []

    look()
    look()

    assert len(bench.store.correspondence.unhandled()) == 1
    assert len(held(bench)) == 1


def test_a_mailbox_that_breaks_off_keeps_what_was_read_and_goes_on_there(
    bench: TenantBench, invoice: Invoice, look: Look, arrive, imap: TinyImap
) -> None:
    arrive(outside.OUTLOOK_REPLY)
    look()
    arrive(outside.GMAIL_REPLY)
    imap.trouble["FETCH"] = "BREAK"

    broken = look()
    imap.trouble.clear()
    whole = look()

    assert [(problem.code, problem.needs_person) for problem in broken.problems] == [("mailbox_unreachable", False)]
    assert (broken.letters, whole.letters) == (0, 1)


def test_a_refused_login_needs_a_person(look: Look, imap: TinyImap) -> None:
    imap.password = "changed"

    [problem] = look().problems

    assert (problem.code, problem.needs_person) == ("mailbox_refused", True)


# -- bounces -----------------------------------------------------------------------------------------------------


def suppressed(store: TenantStore) -> list[tuple[str, str]]:
    return [(address.address, address.reason) for address in store.deliveries.suppressed()]


def test_a_bounce_is_kept_with_its_message_and_the_address_is_not_used_again(
    bench: TenantBench, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.POSTFIX_BOUNCE)

    report = look()

    message = bench.messages()[0].draft.id
    [fact] = bench.store.deliveries.of_message(message)
    assert (fact.kind, fact.recipient, fact.source) == ("bounced", "ap@buyer.example", "mailbox")
    assert suppressed(bench.store) == [("ap@buyer.example", "bounced")]
    assert (report.bounced, report.held) == (1, 0)


def test_after_a_bounce_the_next_recipient_is_written_to(bench: TenantBench, look: Look, arrive) -> None:
    both = bench.invoice(bench.customer(email="ap@buyer.example", cc=("boss@buyer.example",)))
    bench.run()
    arrive(outside.POSTFIX_BOUNCE)
    look()

    bench.live(10)

    assert [to.email for to in bench.channel.accepted[-1].to] == ["boss@buyer.example"]
    assert len(bench.sent_stages(both)) == 2


def test_without_another_recipient_a_person_is_asked_and_others_go_on(
    bench: TenantBench, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.POSTFIX_BOUNCE)
    look()
    other = bench.invoice()

    bench.live(10)

    assert "no_address" in bench.why(invoice)
    assert bench.sent_stages(other)


def test_a_full_mailbox_is_told_and_written_to_again(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.EXCHANGE_BOUNCE)

    look()

    [fact] = bench.store.deliveries.of_message(bench.messages()[0].draft.id)
    assert (fact.kind, fact.detail[:5]) == ("failed", "5.2.2")
    assert suppressed(bench.store) == []


def test_a_delay_is_told_and_nothing_else(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.DELAYED)

    look()

    [fact] = bench.store.deliveries.of_message(bench.messages()[0].draft.id)
    assert fact.kind == "in_transit"
    assert suppressed(bench.store) == []


def test_a_bounce_that_returns_nothing_is_found_by_its_recipient(
    bench: TenantBench, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.EXIM_BOUNCE)

    assert look().bounced == 1
    assert suppressed(bench.store) == [("ap@buyer.example", "bounced")]


def test_a_bounce_of_mail_that_dun_has_not_sent_is_nothing_to_it(
    bench: TenantBench, invoice: Invoice, look: Look, imap: TinyImap
) -> None:
    head, body = outside.POSTFIX_BOUNCE
    imap.add((head, body.replace(b"ap@buyer.example", b"else@buyer.example")), bench.now)

    assert look().bounced == 0
    assert suppressed(bench.store) == []


def test_a_forged_bounce_blames_no_address_that_dun_has_not_written_to(bench: TenantBench, look: Look, arrive) -> None:
    bench.invoice(bench.customer(email="a@buyer.example, b@buyer.example"))
    bench.run()
    arrive(outside.POSTFIX_BOUNCE)

    look()

    assert suppressed(bench.store) == []


def test_a_complaint_stops_mail_to_that_address(bench: TenantBench, invoice: Invoice, look: Look, arrive) -> None:
    arrive(outside.COMPLAINT)

    assert look().complaints == 1
    assert suppressed(bench.store) == [("ap@buyer.example", "complaint")]


# -- SendGrid's lists --------------------------------------------------------------------------------------------


def test_a_mailbox_read_by_a_clock_that_was_ahead_is_read_again_at_once(
    bench: TenantBench, invoice: Invoice, sources: Sources, arrive
) -> None:
    hourly = replace(sources, every=timedelta(hours=1))
    read_correspondence(bench.store, ManualClock(bench.now + timedelta(days=40)), hourly)
    arrive(outside.OUTLOOK_REPLY)

    assert read_correspondence(bench.store, bench.tenant.clock, hourly).replies == 1


def test_a_customers_traces_in_its_mail_are_forgotten_with_it(
    bench: TenantBench, customer: Customer, invoice: Invoice, look: Look, arrive
) -> None:
    arrive(outside.OUTLOOK_REPLY)
    arrive(outside.POSTFIX_BOUNCE)
    look()

    bench.store.forgetting.forget(ContactId(customer.guid), bench.now)

    [reply, report] = bench.store.correspondence.unhandled(automatic=True)
    assert {reply.sender, reply.subject, reply.text, report.sender, report.subject, report.text} == {""}
    [fact] = bench.store.deliveries.of_message(bench.messages()[0].draft.id)
    assert (fact.recipient, fact.detail) == (None, "")
    assert suppressed(bench.store) == []
