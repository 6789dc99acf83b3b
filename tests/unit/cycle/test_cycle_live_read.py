"""The moment of truth: what the ledger says seconds before a message leaves decides, and silence means no."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connector.cycle import refresh
from connector.messages.templates import Templates
from connectors.ledger import BadData, Forbidden, LedgerError, NotFound, Outage, Reauthorise, Refused, RetryLater
from state.model import ReminderState

EVERY_ERROR = [
    Outage("no answer"),
    RetryLater("slow down", after=timedelta(minutes=1), limit="minute"),
    Reauthorise("connect again"),
    Forbidden("not allowed"),
    BadData("not JSON"),
]


def once(bench: TenantBench, happening: Callable[[], object]) -> None:
    """Let something happen after the pull and the decision, right before the live read."""
    refresh(bench.tenant)  # so that today's comparison, which reads live as well, is over

    def happens() -> None:
        bench.ledger.before_read = lambda: None
        happening()

    bench.ledger.before_read = happens


def test_a_payment_between_decision_and_live_read_stops_the_message(bench: TenantBench) -> None:
    document = bench.invoice()
    once(bench, lambda: bench.pay(document))

    report = bench.run()

    assert (report.stopped, bench.channel.offered) == (Counter(paid=1), [])
    assert (bench.state(document), bench.reminder(document).reason) == ("skipped", "paid")


def test_a_payment_of_one_invoice_leaves_the_customers_others_in_the_message(bench: TenantBench) -> None:
    customer = bench.customer()
    first, second = bench.invoice(customer, "100.00"), bench.invoice(customer, "30.00")
    once(bench, lambda: bench.pay(first))

    bench.run()

    assert bench.asks() == [{"GBP": 3000}]
    assert (bench.sent_stages(first), bench.sent_stages(second)) == ([], ["soft"])


def test_a_part_payment_at_the_last_moment_waits_and_then_asks_for_the_rest(bench: TenantBench) -> None:
    document = bench.invoice(amount="120.00")
    once(bench, lambda: bench.pay(document, "20.00"))
    first = bench.run()

    bench.run()

    assert first.stopped == Counter(changed_since_decided=1)
    assert bench.asks() == [{"GBP": 10000}]
    assert bench.judgement() == {}


def test_credit_at_the_last_moment_that_covers_the_invoice_stops_the_message(bench: TenantBench) -> None:
    document = bench.invoice(amount="120.00")
    once(bench, lambda: bench.credit(bench.owner_of(document), "120.00"))

    report = bench.run()

    assert (report.stopped, bench.channel.offered) == (Counter(covered_by_credit=1), [])
    assert (bench.state(document), bench.reminder(document).reason) == ("planned", "covered_by_credit")


def test_credit_at_the_last_moment_reduces_what_is_asked(bench: TenantBench) -> None:
    document = bench.invoice(amount="120.00")
    once(bench, lambda: bench.credit(bench.owner_of(document), "20.00"))

    report = bench.run()

    assert (report.netted, bench.asks()) == (1, [{"GBP": 10000}])


def test_a_dispute_at_the_last_moment_stops_the_message(bench: TenantBench) -> None:
    document = bench.invoice()
    once(bench, lambda: bench.books.edit_invoice(document, disputed=True))

    bench.run()

    assert (bench.channel.offered, bench.state(document)) == ([], "planned")


def test_a_customer_archived_at_the_last_moment_is_not_written_to(bench: TenantBench) -> None:
    document = bench.invoice()
    once(bench, lambda: bench.books.edit_customer(bench.owner_of(document), archived=True))

    report = bench.run()

    assert (report.stopped, bench.channel.offered) == (Counter(customer_not_active=1), [])


def test_a_customer_merged_at_the_last_moment_waits_and_then_answers_under_the_new_name(bench: TenantBench) -> None:
    document = bench.invoice()
    winner = bench.customer(name="The winner", email="winner@customer.example")
    once(bench, lambda: bench.books.merge(bench.owner_of(document), winner))
    bench.run()
    assert bench.channel.offered == []

    bench.run()

    assert [address.email for address in bench.channel.accepted[0].to] == ["winner@customer.example"]


def test_an_address_changed_at_the_last_moment_is_used(bench: TenantBench) -> None:
    document = bench.invoice()
    once(bench, lambda: bench.books.edit_customer(bench.owner_of(document), email="new@customer.example"))

    bench.run()

    assert [address.email for address in bench.channel.accepted[0].to] == ["new@customer.example"]


@pytest.mark.parametrize("operation", ["read_invoices", "read_contacts", "open_credits"])
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_a_ledger_out_of_reach_at_the_last_moment_sends_nothing(
    bench: TenantBench, operation: str, error: LedgerError
) -> None:
    documents = [bench.invoice() for _ in range(3)]
    refresh(bench.tenant)
    bench.ledger.fail_next(operation, error)

    report = bench.run()

    assert (bench.channel.offered, report.waiting) == ([], Counter(ledger_unreachable=3))
    assert {bench.reminder(document).reason for document in documents} == {"ledger_unreachable"}
    assert {bench.state(document) for document in documents} == {"planned"}
    way_back = "; run `dun reconnect harbour`" if isinstance(error, Reauthorise) else ""
    assert [problem.words for problem in report.problems] == [f"{error}{way_back}"]


def test_what_waited_for_the_ledger_leaves_when_it_answers_again(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(3)]
    bench.ledger.fail_next("read_contacts", Outage("no answer"))
    bench.run()

    bench.run()

    assert [bench.sent_stages(document) for document in documents] == [["soft"]] * 3
    assert bench.judgement() == {}


@pytest.mark.parametrize("operation", ["organisation", "changes", "open_invoices"])
def test_a_ledger_out_of_reach_from_the_start_decides_nothing(bench: TenantBench, operation: str) -> None:
    document = bench.invoice()
    bench.ledger.fail_next(operation, Outage("no answer"))

    report = bench.run()

    assert (bench.reminders(document), report.decided, bench.channel.offered) == ([], Counter(), [])
    assert [problem.code for problem in report.problems] == ["outage"]


def test_a_dead_connection_needs_a_person(bench: TenantBench) -> None:
    bench.ledger.fail_next("changes", Reauthorise("connect again"))

    assert [problem.needs_person for problem in bench.run().problems] == [True]


def test_an_invoice_without_its_pdf_waits_alone(bench: TenantBench) -> None:
    bench.set(attach_pdf=True)
    first, second = bench.invoice(overdue=9), bench.invoice(overdue=1)
    bench.ledger.fail_at("invoice_pdf", 1 if first.guid < second.guid else 2, Refused("no such template"))

    report = bench.run()

    assert report.waiting == Counter(enclosure_missing=1)
    assert (bench.state(first), bench.reminder(first).reason) == ("planned", "enclosure_missing")
    assert bench.sent_stages(second) == ["soft"]


@pytest.mark.parametrize("error", [NotFound("no such invoice"), Refused("no")], ids=lambda e: type(e).__name__)
def test_an_invoice_without_its_link_to_pay_waits(bench: TenantBench, error: LedgerError) -> None:
    document = bench.invoice()
    bench.ledger.fail_next("online_invoice_url", error)

    bench.run()

    assert (bench.channel.offered, bench.state(document)) == ([], "planned")


def test_the_pdf_and_the_link_go_along(bench: TenantBench) -> None:
    bench.set(attach_pdf=True)
    document = bench.invoice()

    bench.run()

    [message] = bench.channel.accepted
    assert [attachment.content_type for attachment in message.attachments] == ["application/pdf"]
    assert f"https://pay.example/{document.guid}" in message.text


def test_the_link_to_pay_is_asked_for_once_in_an_invoices_life(bench: TenantBench) -> None:
    bench.invoice()

    bench.live(60)

    assert (len(bench.channel.accepted), bench.ledger.calls["online_invoice_url"]) == (3, 1)


def test_a_record_that_turns_unreadable_at_the_last_moment_holds_its_whole_customer(bench: TenantBench) -> None:
    customer = bench.customer()
    bad, sibling, other = bench.invoice(customer), bench.invoice(customer), bench.invoice()
    bench.ledger.before_read = lambda: bench.ledger.unreadable.add(bad.guid)

    report = bench.run()

    assert report.stopped == Counter(unreadable=1, customer_unreadable=1)
    assert [bench.sent_stages(document) for document in (bad, sibling, other)] == [[], [], ["soft"]]


def test_credit_that_turns_unreadable_at_the_last_moment_holds_its_customer(bench: TenantBench) -> None:
    document, other = bench.invoice(), bench.invoice()
    credit = bench.credit(bench.owner_of(document), "5.00")
    bench.ledger.before_read = lambda: bench.ledger.unreadable.add(credit.guid)

    bench.run()

    assert (bench.sent_stages(document), bench.sent_stages(other)) == ([], ["soft"])


def test_credit_of_nobody_knows_whom_holds_everybody(bench: TenantBench) -> None:
    document = bench.invoice()
    credit = bench.credit(bench.owner_of(document), "120.00")
    bench.ledger.unreadable = bench.ledger.nameless = {credit.guid}

    bench.live(2)

    assert bench.channel.offered == []
    assert bench.judgement() == {}


def test_a_record_in_quarantine_holds_its_customer_and_nobody_else(bench: TenantBench) -> None:
    customer = bench.customer()
    bad, sibling, other = bench.invoice(customer), bench.invoice(customer), bench.invoice()
    bench.ledger.unreadable = {bad.guid}

    report = bench.run()

    assert report.quarantined == 1
    assert (bench.sent_stages(sibling), bench.why(sibling)) == ([], ["customer_unreadable"])
    assert bench.sent_stages(other) == ["soft"]


def test_a_customer_is_written_to_again_once_the_record_is_readable(bench: TenantBench) -> None:
    bad = bench.invoice()
    bench.ledger.unreadable = {bad.guid}
    bench.run()
    bench.ledger.unreadable = set()
    bench.next_day()

    bench.run()

    assert bench.sent_stages(bad) == ["soft"]


@pytest.mark.parametrize("kind", ["invoice", "customer", "credit"])
def test_a_record_garbled_once_at_the_live_read_holds_its_customer_for_a_day_at_most(
    bench: TenantBench, kind: str
) -> None:
    document = bench.invoice()
    credit = bench.credit(bench.owner_of(document), "5.00")
    bench.run()
    bench.next_day(7)  # nothing in the books has changed for a week
    bad = {"invoice": document, "customer": bench.owner_of(document), "credit": credit}[kind]
    once(bench, lambda: bench.ledger.unreadable.add(bad.guid))
    bench.run()
    bench.ledger.unreadable = set()
    bench.next_day()

    bench.run()
    bench.run()

    assert bench.sent_stages(document) == ["soft", "firm"]


@pytest.mark.parametrize("address", ["ring her @ the office", "accounts@", "@"])
def test_an_address_no_carrier_could_use_is_listed_like_none(bench: TenantBench, address: str) -> None:
    document, other = bench.invoice(bench.customer(email=address)), bench.invoice()

    bench.run()

    assert (bench.sent_stages(document), bench.sent_stages(other)) == ([], ["soft"])
    assert bench.why(document) == ["no_address"]


@pytest.mark.parametrize("address", ["ring her @ the office", None])
def test_an_address_spoilt_at_the_last_moment_stops_the_message(bench: TenantBench, address: str | None) -> None:
    document = bench.invoice()
    once(bench, lambda: bench.books.edit_customer(bench.owner_of(document), email=address))

    report = bench.run()

    assert (report.stopped, bench.channel.offered) == (Counter(no_address=1), [])
    assert bench.reminder(document).reason == "no_address"


def test_further_persons_serve_where_the_customer_has_no_address(bench: TenantBench) -> None:
    bench.invoice(bench.customer(email=None, cc=("boss@customer.example",)))

    bench.run()

    [message] = bench.channel.accepted
    assert ([address.email for address in message.to], message.cc) == (["boss@customer.example"], ())


def test_a_template_that_fails_holds_that_customer_only(bench: TenantBench, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    trap = "{% if customer == 'Zero Works' %}{{ 1 / 0 }}{% endif %}"
    (folder / "soft.subject.txt").write_text(f"Reminder{trap}")
    bench.templates = Templates.load(folder)
    bad, good = bench.invoice(bench.customer(name="Zero Works")), bench.invoice()

    report = bench.run()

    assert (bench.sent_stages(bad), bench.sent_stages(good)) == ([], ["soft"])
    assert (bench.state(bad), bench.reminder(bad).reason) == ("planned", "message_not_written")
    assert [(problem.code, problem.needs_person) for problem in report.problems] == [("template", True)]


def test_what_is_proven_is_stored_with_the_message(bench: TenantBench) -> None:
    document = bench.invoice()

    bench.run()

    reminder = bench.reminder(document)
    assert reminder.state is ReminderState.NOTED
    assert reminder.proof is not None
    assert '"due_minor":12000' in reminder.proof
    assert '"read_at":"2026-03-02T10:00:00Z"' in reminder.proof
