"""What a customer gets over days and weeks of cycles."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from tenant_bench import TenantBench

from connector.dunning.policy import Policy
from connector.story import stories
from connectors.sandbox.documents import Invoice


def test_a_first_connection_to_old_debts_sends_only_soft_reminders(bench: TenantBench) -> None:
    documents = [bench.invoice(overdue=730 - 10 * number) for number in range(12)]

    report = bench.run()

    assert report.sent == Counter(soft=12)
    assert [bench.sent_stages(document) for document in documents] == [["soft"]] * 12
    assert bench.judgement() == {}


def test_old_debts_go_through_the_whole_sequence_at_its_own_pace(bench: TenantBench) -> None:
    document = bench.invoice(overdue=730)

    bench.live(60)

    assert bench.sent_stages(document) == ["soft", "firm", "final"]
    gaps = [later - earlier for earlier, later in pairwise(bench.channel.accepted_at)]
    assert gaps == [timedelta(days=7), timedelta(days=14)]  # firm 7 days after soft; final 13, on a Sunday
    assert bench.why(document) == ["end_of_sequence"]


def test_an_invoice_that_becomes_due_is_reminded_before_and_after(bench: TenantBench) -> None:
    document = bench.invoice(overdue=-7)

    bench.live(60)

    assert bench.sent_stages(document) == ["friendly", "soft", "firm", "final"]
    assert bench.judgement() == {}


def test_an_outage_of_two_months_ends_in_one_message(bench: TenantBench) -> None:
    document = bench.invoice(overdue=1)
    bench.run()
    bench.next_day(59)  # nobody ran anything; it is a Thursday

    reports = bench.live(1) + bench.live(3)

    assert [report.messages for report in reports] == [1, 0, 0, 0]
    assert bench.sent_stages(document) == ["soft", "firm"]


def test_a_customer_gets_one_message_with_all_that_is_due(bench: TenantBench) -> None:
    customer = bench.customer()
    documents = [bench.invoice(customer, amount, overdue=5) for amount in ("100.00", "20.50", "3.00")]

    report = bench.run()

    assert (report.messages, bench.asks()) == (1, [{"GBP": 12350}])
    assert all(document.number in bench.channel.accepted[0].text for document in documents)


def test_amounts_in_different_currencies_are_never_added_up(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.invoice(customer, "100.00")
    bench.invoice(customer, "70.00", currency="EUR")
    bench.invoice(customer, "30.00", currency="EUR")

    bench.run()

    assert bench.asks() == [{"GBP": 10000, "EUR": 10000}]
    assert bench.judgement() == {}


def test_an_invoice_that_becomes_due_shortly_after_a_message_waits_for_the_gap(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.invoice(customer, overdue=1)
    second = bench.invoice(customer, overdue=0)
    bench.run()
    bench.next_day(2)

    bench.run()

    assert (len(bench.channel.accepted), bench.why(second)) == (1, ["minimum_gap"])


def test_after_a_part_payment_the_rest_is_asked_for(bench: TenantBench) -> None:
    document = bench.invoice(amount="120.00")
    bench.run()
    bench.pay(document, "19.99")
    bench.next_day(7)

    bench.run()

    assert bench.asks() == [{"GBP": 12000}, {"GBP": 10001}]
    assert bench.judgement() == {}


def test_a_payment_ends_what_was_planned(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    bench.run()
    bench.pay(document)

    report = bench.run()

    assert report.ended == {"paid": 1}
    assert (bench.state(document), bench.reminder(document).reason) == ("skipped", "paid")


def test_unapplied_credit_reduces_what_is_asked(bench: TenantBench) -> None:
    document = bench.invoice(amount="500.00")
    bench.credit(bench.owner_of(document), "100.00")

    report = bench.run()

    assert (report.netted, bench.asks()) == (1, [{"GBP": 40000}])
    assert bench.judgement() == {}


def test_unapplied_credit_that_would_settle_the_invoice_holds_it(bench: TenantBench) -> None:
    document = bench.invoice(amount="500.00")
    bench.credit(bench.owner_of(document), "500.00", kind="overpayment")

    bench.run()

    assert (bench.channel.offered, bench.action(document)) == ([], "ask_person")
    assert bench.why(document) == ["covered_by_credit"]


def test_credit_in_another_currency_changes_nothing(bench: TenantBench) -> None:
    document = bench.invoice(amount="500.00")
    bench.credit(bench.owner_of(document), "500.00", currency="EUR")

    bench.run()

    assert bench.asks() == [{"GBP": 50000}]


def test_credit_that_was_voided_no_longer_holds(bench: TenantBench) -> None:
    document = bench.invoice(amount="500.00")
    credit = bench.credit(bench.owner_of(document), "500.00")
    bench.run()
    bench.books.void_credit(credit)

    bench.run()

    assert bench.asks() == [{"GBP": 50000}]


def test_a_bounced_payment_starts_the_sequence_again(bench: TenantBench) -> None:
    document = bench.invoice(overdue=1)
    bench.live(10)
    payment = bench.pay(document)
    bench.live(3)
    bench.books.delete_payment(payment)

    bench.live(5)

    rounds = [(reminder.round, reminder.stage) for reminder in bench.reminders(document)]
    assert rounds == [(1, "soft"), (1, "firm"), (2, "soft")]
    assert bench.judgement() == {}


def test_the_second_round_keeps_its_distance_to_the_first(bench: TenantBench) -> None:
    document = bench.invoice(overdue=1)
    bench.run()
    payment = bench.pay(document)
    bench.let_pass(timedelta(hours=1))
    bench.run()
    bench.books.delete_payment(payment)
    bench.next_day()

    bench.run()

    assert (len(bench.channel.accepted), bench.why(document)) == (1, ["minimum_gap"])


def test_the_messages_of_one_customer_form_one_conversation(bench: TenantBench) -> None:
    bench.invoice(overdue=1)

    bench.live(30)

    first, second, third = bench.channel.accepted
    assert (first.references, second.references, third.references) == ((), (first.id,), (first.id, second.id))


def test_the_highest_stage_among_a_customers_invoices_sets_the_tone(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.invoice(customer, overdue=1)
    bench.run()
    bench.next_day(7)
    bench.invoice(customer, overdue=2)

    report = bench.run()

    assert report.sent == Counter(firm=1, soft=1)
    assert bench.channel.accepted[-1].stage == "firm"


def test_a_debt_not_worth_a_letter_is_left_alone(bench: TenantBench) -> None:
    document = bench.invoice(amount="1.00")

    bench.live(40)

    assert (bench.channel.offered, bench.why(document)) == ([], ["below_tolerance"])


def test_a_policy_of_its_own_is_followed(bench: TenantBench) -> None:
    bench.set(policy=Policy(stages=Policy().stages[1:2], handover_days=10))
    document = bench.invoice(overdue=1)

    bench.live(40)

    assert (bench.sent_stages(document), bench.why(document)) == (["soft"], ["end_of_sequence"])


def put_off(bench: TenantBench, days: int) -> Invoice:
    """An invoice whose soft reminder has gone today, and which is due so many days from now since."""
    invoice = bench.invoice()
    bench.run()
    bench.next_day()
    bench.books.edit_invoice(invoice, due=bench.today + timedelta(days=days))
    bench.run()
    return invoice


def test_after_a_moved_due_date_the_next_stage_goes_by_the_new_day(bench: TenantBench) -> None:
    document = put_off(bench, 28)

    bench.live(28 + 8)
    assert bench.sent_stages(document) == ["soft"]
    bench.run()
    assert bench.sent_stages(document) == ["soft", "firm"]


def test_why_says_what_counts_as_sent_after_a_moved_due_date(bench: TenantBench) -> None:
    document = put_off(bench, 28)

    [story] = stories(bench.tenant, document.number)

    [moved] = [words for words in story.happened if words.startswith("due date moved")]
    assert "soft on 2026-03-02 counts as sent and is not repeated, and what comes next counts from the new day" in moved
