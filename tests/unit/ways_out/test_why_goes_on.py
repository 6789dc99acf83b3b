"""`dun why` has no dead ends: what happened, since when, by whom, and which command goes on from there."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tenant_bench import TenantBench

from connector.agreements.disputes import open_dispute
from connector.agreements.subject import AtHand
from connector.commands.why import lines_of
from connector.holding import Target
from connector.story import InvoiceStory, stories
from connector.ways_out.giving_up import approve, propose
from connector.ways_out.handing import Wanted, hand_over
from connector.ways_out.work import jobs
from connectors.sandbox.documents import Invoice
from state.correspondence import ReplyDraft
from state.deliveries import Delivery
from state.model import ContactId, InvoiceId


@pytest.fixture
def reminded(bench: TenantBench) -> Invoice:
    """120.00 GBP, 60 days overdue, reminded of once."""
    document = bench.invoice(overdue=60)
    bench.run()
    return document


def story_of(bench: TenantBench, invoice: Invoice) -> InvoiceStory:
    [story] = stories(bench.tenant, invoice.guid)
    return story


def at_hand(bench: TenantBench, invoice: Invoice) -> AtHand:
    target = Target(bench.settings.slug, "invoice", invoice.guid, f"invoice {invoice.number}")
    return AtHand(target=target, store=bench.store, now=bench.now, today=bench.today)


def test_an_ordinary_invoice_has_nothing_to_tell(bench: TenantBench, reminded: Invoice) -> None:
    assert story_of(bench, reminded).happened == ()


def test_texts_stopped_by_the_customer_are_told_also_after_the_invoice_is_paid(bench: TenantBench) -> None:
    document = bench.invoice(bench.customer(mobile="07700 900123", country="GB"), overdue=60)
    bench.run()
    bench.store.opt_outs.opt_out("+447700900123", bench.now, "text")
    bench.pay(document)
    bench.run()

    [told] = story_of(bench, document).happened

    assert told.startswith(f"no texts since {bench.today}: STOP came")
    assert "07700" not in told


def test_a_reminder_that_bounced_is_not_told_as_if_it_had_arrived(bench: TenantBench) -> None:
    document = bench.invoice(bench.customer(phone="020 7946 0321", country="GB"), overdue=60)
    bench.run()
    message = bench.reminder(document).message_id
    fact = Delivery(message_id=message, kind="bounced", at=bench.now, detail="", recipient=None, source="sendgrid")
    bench.store.deliveries.record(fact, bench.now)
    bench.run()

    [task] = [each for each in bench.store.tasks.open_ones() if each.new.kind == "delivery"]
    told = " ".join(lines_of(story_of(bench, document)))
    assert f"soft by email: noted, but it did not arrive: task {task.id} has what to do (`dun tasks" in told
    [job] = jobs(bench.store, bench.settings.slug, None, "delivery", done=False)
    assert job.phone == "+442079460321"


def test_a_task_that_is_done_is_not_pointed_at(bench: TenantBench) -> None:
    document = bench.invoice(overdue=60)
    bench.run()
    message = bench.reminder(document).message_id
    fact = Delivery(message_id=message, kind="bounced", at=bench.now, detail="", recipient=None, source="sendgrid")
    bench.store.deliveries.record(fact, bench.now)
    bench.run()
    [task] = [each for each in bench.store.tasks.open_ones() if each.new.kind == "delivery"]
    bench.store.tasks.close(task.id, "other", "phoned", "ada", bench.now)

    told = list(lines_of(story_of(bench, document)))

    assert any(line.endswith("noted, but it did not arrive") for line in told)


def test_a_dispute_is_told_with_who_sees_to_it_and_how_it_ends(bench: TenantBench, reminded: Invoice) -> None:
    open_dispute(at_hand(bench, reminded), "two boxes were broken", None, "grace", "ada")

    story = story_of(bench, reminded)

    assert story.happened == (
        (
            f"disputed since {bench.today}, taken down by ada: all of it, two boxes were broken; grace sees to it,"
            f' and `dun dispute {reminded.number} --settle "..."` ends it'
        ),
    )
    assert story.next.startswith("grace settles the dispute")


def test_a_dispute_of_the_ledger_is_told_as_such(bench: TenantBench, reminded: Invoice) -> None:
    invoice = bench.store.mirror.invoice(InvoiceId(reminded.guid))
    assert invoice is not None
    bench.store.mirror.save_invoices([replace(invoice, disputed=True)])

    [told] = story_of(bench, reminded).happened

    assert told.startswith("marked as disputed in the ledger")


def test_a_handed_over_invoice_says_to_whom_and_how_it_comes_back(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    hand_over(bench.tenant, Wanted(invoices=(InvoiceId(reminded.guid),)), "Northern", tmp_path, "ada")

    story = story_of(bench, reminded)

    assert story.happened == (
        (
            f"handed over to Northern on {bench.today} by ada, for 120.00 GBP;"
            f" `dun handover --return {reminded.number}` takes it back"
        ),
    )
    assert "dun handover --return" in story.next


def test_a_write_off_says_at_each_step_who_did_what_and_what_follows(bench: TenantBench, reminded: Invoice) -> None:
    propose(at_hand(bench, reminded), "insolvent", "ada")
    [proposed] = story_of(bench, reminded).happened
    approve(at_hand(bench, reminded), "grace")
    [approved] = story_of(bench, reminded).happened

    assert f"write-off of 120.00 GBP proposed on {bench.today} by ada (insolvent)" in proposed
    assert f"`dun write-off approve {reminded.number}`" in proposed
    assert f"approved on {bench.today} by grace; the next cycle books it" in approved


def replied(bench: TenantBench, invoice: Invoice) -> str:
    """The id of a mail that the customer has answered with."""
    customer = ContactId(bench.owner_of(invoice).guid)
    draft = ReplyDraft(
        key="one",
        mail_id="one@customer.example",
        validity=1,
        uid=1,
        received_at=bench.now,
        sender="ap@customer.example",
        sender_name="",
        subject="Re: reminder",
        text="on Friday",
        kind="human",
        matched_by="sender",
    )
    with bench.store.transaction():
        hold = bench.store.holds.place("contact", customer, "reply", None, None, bench.now)
        reply = bench.store.correspondence.save(draft, [customer], bench.now)
        bench.store.correspondence.concern(reply, customer, hold.id)
    return reply


def test_an_answer_nobody_has_handled_is_told_with_the_command_that_handles_it(
    bench: TenantBench, reminded: Invoice
) -> None:
    reply = replied(bench, reminded)

    [told] = story_of(bench, reminded).happened

    assert told.endswith(f"`dun replies handle {reply} --outcome ... --release` ends it")


def test_an_answer_that_was_handled_is_not_looked_for_in_an_empty_list(bench: TenantBench, reminded: Invoice) -> None:
    reply = replied(bench, reminded)
    bench.store.correspondence.handle(reply, "promise", "ada", bench.now, release=False)

    story = story_of(bench, reminded)

    [told] = story.happened
    assert f"ada handled the reply on {bench.today}: promise (`dun promise` writes it down, if nobody has)" in told
    assert told.endswith("`dun release --customer NAME` ends it")
    assert "dun replies" not in told + story.next
    assert "dun release --customer NAME" in story.next


def test_an_answer_by_text_is_looked_for_among_the_tasks(bench: TenantBench, reminded: Invoice) -> None:
    customer = bench.owner_of(reminded).guid
    bench.store.holds.place("contact", customer, "reply", None, "answered by text", bench.now)

    [told] = story_of(bench, reminded).happened

    assert "`dun tasks --kind text --all` shows what was written" in told


def test_a_due_date_that_was_moved_is_told_with_the_day_that_was_known_before(
    bench: TenantBench, reminded: Invoice
) -> None:
    before = reminded.due
    bench.books.edit_invoice(reminded, due=bench.today + timedelta(days=10))
    bench.next_day()
    bench.run()

    [told] = story_of(bench, reminded).happened

    assert f"it was {before}, now it is {bench.today + timedelta(days=9)}" in told


def test_a_payment_that_was_taken_back_begins_a_new_round_and_is_named(bench: TenantBench, reminded: Invoice) -> None:
    payment = bench.pay(reminded)
    bench.next_day()
    bench.run()
    bench.books.delete_payment(payment)
    bench.next_day()
    bench.run()

    told = next(words for words in story_of(bench, reminded).happened if "owed again" in words)

    assert "this is round 2, and its sequence begins anew, after soft on" in told
    assert f"`dun hold {reminded.number}`" in told


def test_a_hold_says_which_command_ends_it(bench: TenantBench, reminded: Invoice) -> None:
    owner = bench.owner_of(reminded)
    bench.store.holds.place("contact", owner.guid, "manual", None, None, bench.now, "ada")

    story = story_of(bench, reminded)

    assert story.happened == (
        f"on hold (manual) since {bench.today}; ada sees to it; `dun release --customer NAME` ends it",
    )
    assert story.next == "nothing, until `dun release --customer NAME`"
