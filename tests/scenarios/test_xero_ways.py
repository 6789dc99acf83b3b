"""The nineteen ways in which a naive poll of Xero misses a payment, and what becomes of each.

Every test asks what a bookkeeper would: was anybody chased who had paid, is the mirror right afterwards, and is it said
why? `judgement` is the books' own, on every message that arrived. Polls often come in the evening here: after 17:00
nothing is sent, so no live read repairs what the poll alone should know.
`python -m drill.guards xero` takes away what holds each promise and sees its test fail.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from xero_stage import Killed, XeroStage, xero_stage

from connectors.sandbox.access import REVOKED, cut_off
from connectors.sandbox.demo_company import reset_demo
from connectors.sandbox.documents import Invoice, Line
from connectors.sandbox.xero.rows import payment_rows
from connectors.xero import ledger as xero_ledger


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[XeroStage]:
    with xero_stage(tmp_path) as made:
        yield made


def test_1_a_clock_ahead_of_xeros_does_not_step_over_a_payment(stage: XeroStage) -> None:
    stage.clock.ahead = timedelta(minutes=14)
    invoice = stage.invoice(overdue=1)
    stage.at(17, 30)
    stage.let_pass(timedelta(minutes=2))
    stage.pay(invoice)  # for us before the last poll, for Xero after it

    stage.at(17, 45)

    assert stage.wrong_in_mirror() == {}
    assert stage.fate(invoice) == ("skipped", "paid")
    stage.at(10)
    assert stage.messages() == []


def test_2_a_payment_in_the_very_second_of_the_last_poll_is_seen(stage: XeroStage) -> None:
    invoice = stage.invoice(overdue=1)
    stage.at(17, 30, run=False)
    stage.let_pass(timedelta(milliseconds=200))
    stage.run()
    stage.let_pass(timedelta(milliseconds=500))
    stage.pay(invoice)

    stage.at(17, 45)

    assert stage.wrong_in_mirror() == {}
    assert stage.fate(invoice) == ("skipped", "paid")
    stage.at(10)
    assert stage.messages() == []


def test_3_a_payment_that_became_visible_later_than_its_stamp_is_seen(stage: XeroStage) -> None:
    stage.world.switches["xero.replica_lag_seconds"] = "180"
    invoice = stage.invoice(overdue=1)
    stage.at(17, 29, run=False)
    stage.pay(invoice)
    stage.at(17, 30)
    not_visible_yet = stage.wrong_in_mirror()

    stage.at(17, 45)

    assert list(not_visible_yet) == [invoice.number]
    assert stage.wrong_in_mirror() == {}
    assert stage.fate(invoice) == ("skipped", "paid")
    stage.at(10)
    assert stage.messages() == []


@pytest.fixture
def six_paid(stage: XeroStage, monkeypatch: pytest.MonkeyPatch) -> list[Invoice]:
    """Known since the morning and paid since, one a minute; the poll to come reads them in pages of two."""
    invoices = [stage.invoice(overdue=1) for _ in range(6)]
    stage.at(8)
    for invoice in invoices:
        stage.let_pass(timedelta(minutes=1))
        stage.pay(invoice)
    monkeypatch.setattr(xero_ledger, "_PAGE", 2)
    return invoices


def test_4_a_payment_that_slips_to_an_earlier_page_while_pages_are_turned_is_seen(
    stage: XeroStage, six_paid: list[Invoice]
) -> None:
    stage.meanwhile("the next page", lambda: stage.books.edit_invoice(six_paid[0], reference="PO 7"))

    stage.at(8, 30)

    assert stage.wrong_in_mirror() == {}
    assert {stage.fate(invoice) for invoice in six_paid} == {("skipped", "paid")}
    stage.at(10)
    assert stage.messages() == []


def test_5_a_kill_between_two_pages_loses_no_payment(stage: XeroStage, six_paid: list[Invoice]) -> None:
    def die() -> None:
        raise Killed

    stage.meanwhile("the next page", die)
    with pytest.raises(Killed):
        stage.at(8, 30)
    stage.restart()

    stage.at(8, 45)

    assert stage.wrong_in_mirror() == {}
    assert {stage.fate(invoice) for invoice in six_paid} == {("skipped", "paid")}
    stage.at(10)
    assert stage.messages() == []


def test_6_a_payment_that_a_statuses_filter_would_hide_stops_the_reminder(stage: XeroStage) -> None:
    invoice = stage.invoice(overdue=1)
    stage.at(17, 30)
    stage.pay(invoice)

    stage.at(17, 45)

    assert stage.wrong_in_mirror() == {}
    assert stage.fate(invoice) == ("skipped", "paid")
    assert stage.why(invoice) == ["paid"]
    stage.at(10)
    assert stage.messages() == []


def test_7_a_due_date_moved_without_a_stamp_is_found_in_the_night(stage: XeroStage) -> None:
    invoice = stage.invoice(overdue=1)
    stage.pay(invoice, "40.00")
    stage.at(17, 30)
    agreed = stage.today + timedelta(days=28)
    stage.books.edit_invoice(invoice, silently=True, due=agreed)  # part-paid: Xero does not stamp that
    stage.at(17, 45)
    untold = stage.wrong_in_mirror()

    night = stage.at(2, 30)

    assert list(untold) == [invoice.number]
    assert (stage.wrong_in_mirror(), night.differences) == ({}, 1)
    stage.at(10)
    assert stage.messages() == []
    assert stage.why(invoice) == ["stage_not_due"]


def test_8_a_voided_invoice_that_still_shows_an_amount_is_not_chased(stage: XeroStage) -> None:
    stage.world.switches["xero.void_keeps_amount_due"] = "yes"
    invoice = stage.invoice(overdue=1)
    stage.at(17, 30)
    stage.books.void_invoice(invoice)

    stage.at(10)

    assert stage.judgement() == {}
    assert stage.messages() == []
    assert stage.wrong_in_mirror() == {}
    assert (stage.fate(invoice), stage.why(invoice)) == (("skipped", "void"), ["void"])


def test_9_an_invoice_whose_payment_was_deleted_is_chased_again_from_the_beginning(stage: XeroStage) -> None:
    invoice = stage.invoice(overdue=1)
    stage.run()
    payment = stage.pay(invoice)
    stage.at(17, 30)
    paid = stage.why(invoice)
    stage.books.delete_payment(payment)

    stage.at(17, 45)
    mirror = stage.wrong_in_mirror()
    stage.at(10, run=False)
    stage.live(days=5)

    assert (paid, mirror) == (["paid"], {})
    assert stage.sent_stages(invoice) == ["soft", "soft"]
    assert stage.judgement() == {}


def test_10_credit_that_nobody_has_allocated_yet_holds_the_reminder(stage: XeroStage) -> None:
    kinds = ("credit_note", "overpayment", "prepayment")
    invoices = {kind: stage.invoice(overdue=1) for kind in kinds}

    def money_comes_in() -> None:
        for kind, invoice in invoices.items():
            stage.credit(stage.owner_of(invoice), "120.00", kind=kind)

    stage.meanwhile("open_credits", money_comes_in)
    stage.run()

    assert stage.messages() == []
    assert [stage.fate(invoice) for invoice in invoices.values()] == [("planned", "covered_by_credit")] * 3
    assert [stage.why(invoice) for invoice in invoices.values()] == [["covered_by_credit"]] * 3
    stage.next_day()
    stage.run()
    assert stage.messages() == []
    assert {stage.action(invoice) for invoice in invoices.values()} == {"ask_person"}


def test_11_a_customer_who_moved_was_merged_or_archived_is_written_to_as_of_now(stage: XeroStage) -> None:
    moved, gone, loser = (stage.invoice(overdue=1) for _ in range(3))
    winner = stage.customer(email="winner@customer.example")

    def office_tidies_up() -> None:
        stage.books.edit_customer(stage.owner_of(moved), email="new@customer.example")
        stage.books.edit_customer(stage.owner_of(gone), archived=True)
        stage.books.merge(stage.owner_of(loser), winner)

    stage.meanwhile("open_credits", office_tidies_up)
    stage.run()
    first = (stage.written_to(), stage.fate(gone), stage.fate(loser))
    stage.let_pass(timedelta(hours=1))
    stage.run()

    assert first == (
        ["new@customer.example"],
        ("planned", "customer_not_active"),
        ("planned", "changed_since_decided"),
    )
    assert stage.written_to() == ["new@customer.example", "winner@customer.example"]
    assert stage.why(gone) == ["customer_archived"]
    assert stage.wrong_in_mirror() == {}
    assert stage.judgement() == {}


def test_12_a_batch_payment_counts_for_each_of_its_invoices_and_is_taken_back_as_a_whole(stage: XeroStage) -> None:
    customer = stage.customer()
    invoices = [stage.invoice(customer, overdue=1) for _ in range(2)]
    stage.run()
    receipt = stage.pay_together(*invoices)
    stage.at(17, 30)
    paid = (stage.wrong_in_mirror(), stage.paid_by(*invoices))
    payments = [row.guid for row in payment_rows(receipt)]
    stage.books.delete_payment(receipt)

    stage.at(17, 45)
    taken_back = (stage.wrong_in_mirror(), stage.paid_by(*invoices))
    stage.at(10, run=False)
    stage.live(days=5)

    assert paid == ({}, [[payments[0]], [payments[1]]])
    assert taken_back == ({}, [[], []])
    assert [stage.sent_stages(invoice) for invoice in invoices] == [["soft", "soft"]] * 2
    assert stage.judgement() == {}


def test_13_a_payment_between_poll_and_send_stops_the_message(stage: XeroStage) -> None:
    invoice = stage.invoice(overdue=1)
    stage.meanwhile("open_credits", lambda: stage.pay(invoice))

    report = stage.run()

    assert stage.judgement() == {}
    assert (stage.messages(), report.stopped) == ([], {"paid": 1})
    assert stage.wrong_in_mirror() == {}
    assert stage.fate(invoice) == ("skipped", "paid")


def test_14_money_in_the_bank_that_is_not_coded_yet_meets_a_day_of_grace_and_kind_words(stage: XeroStage) -> None:
    coded_next_morning, coded_late = (stage.invoice(overdue=0) for _ in range(2))  # both paid today, in the bank

    stage.run()
    assert (stage.written_to(), stage.why(coded_late)) == ([], ["stage_not_due"])

    stage.at(8)
    stage.pay(coded_next_morning)
    stage.at(10)
    [message] = stage.channel.accepted
    stage.pay(coded_late)
    stage.live(days=15)

    assert stage.written_to() == [stage.owner_of(coded_late).email]
    assert "If you have already paid, thank you: please ignore this message" in message.text
    assert (stage.wrong_in_mirror(), stage.judgement()) == ({}, {})


DISASTERS: dict[str, tuple[Callable[[XeroStage], None], str]] = {
    "429 for the day": (lambda stage: stage.goes_wrong("429_day"), "retry_later"),
    "503": (lambda stage: stage.goes_wrong("503", times=9), "outage"),
    "token dead": (lambda stage: cut_off(stage.world, "xero", REVOKED), "reauthorise"),
}


@pytest.mark.parametrize("disaster", DISASTERS)
def test_15_when_xero_cannot_be_asked_at_send_time_nothing_is_sent(stage: XeroStage, disaster: str) -> None:
    strike, code = DISASTERS[disaster]
    paid, owed = stage.invoice(overdue=1), stage.invoice(overdue=1)

    def payment_and_disaster() -> None:
        stage.pay(paid)
        strike(stage)

    stage.meanwhile("open_credits", payment_and_disaster)
    report = stage.run()
    at_the_time = (stage.judgement(), stage.written_to(), stage.fate(paid), stage.fate(owed))
    stage.all_is_well()
    stage.next_day()
    stage.run()

    assert at_the_time == ({}, [], ("planned", "ledger_unreachable"), ("planned", "ledger_unreachable"))
    assert code in [problem.code for problem in report.problems]
    assert stage.written_to() == [stage.owner_of(owed).email]
    assert stage.fate(paid) == ("skipped", "paid")
    assert stage.judgement() == {}


def test_16_after_a_reset_of_the_demo_company_nothing_is_sent_until_a_person_has_looked(stage: XeroStage) -> None:
    debtor = stage.invoice(overdue=0)
    for _ in range(24):
        stage.invoice(overdue=-30)
    stage.run()
    stage.at(2, 30)
    reset_demo(stage.world, "xero")

    day = stage.at(10)
    fate = stage.fate(debtor)
    night = stage.at(2, 30)
    stage.at(10, run=False)
    stage.live(days=3)

    assert (day.messages, fate) == (0, ("planned", "not_returned_by_the_ledger"))
    assert [problem.code for problem in night.problems] == ["replaced"]
    assert stage.why(debtor) == ["gone"]
    assert stage.wrong_in_mirror() == {}
    assert stage.messages() == []


def test_17_the_letter_asks_for_what_is_due_at_the_last_look(stage: XeroStage) -> None:
    part_paid = stage.invoice(amount="100.01", overdue=1)
    abroad = stage.customer()
    thirds = [Line("A third of a day", Decimal("0.333"), Decimal("33.33"))] * 3
    due = stage.today - timedelta(days=1)
    stage.books.add_invoice(abroad, thirds, issued=due, due=due, currency="EUR")
    stage.invoice(abroad, "5000.00", overdue=1, currency="JPY")

    def part_payment_of_the_day_after_tomorrow() -> None:
        part, on = Decimal("33.34"), stage.today + timedelta(days=2)
        stage.books.pay(stage.owner_of(part_paid), part, on=on, against={part_paid.id: part})

    stage.meanwhile("open_credits", part_payment_of_the_day_after_tomorrow)
    stage.run()
    fate = stage.fate(part_paid)
    stage.let_pass(timedelta(minutes=15))
    stage.run()

    assert stage.asks() == [{"EUR": 3330, "JPY": 5000}, {"GBP": 6667}]
    assert (stage.judgement(), stage.wrong_in_mirror()) == ({}, {})
    assert fate == ("planned", "changed_since_decided")


def test_18_a_note_whose_answer_is_lost_is_written_once(stage: XeroStage) -> None:
    first, second = stage.invoice(overdue=1), stage.invoice(overdue=0)

    stage.world.switches["xero.replica_lag_seconds"] = "180"  # so the history does not show the note yet
    stage.let_pass(timedelta(minutes=5))
    stage.goes_wrong("drop_after", "/History", method="PUT")
    lost = stage.run()
    stage.let_pass(timedelta(minutes=2))
    stage.run()  # Xero remembers the key
    stage.next_day()
    stage.goes_wrong("drop_after", "/History", method="PUT")
    lost_again = stage.run()
    stage.let_pass(timedelta(minutes=15))
    stage.run()  # Xero has forgotten the key, but the marker can be found

    assert (lost.notes_waiting, lost_again.notes_waiting) == (1, 1)
    assert [len(stage.notes(invoice)) for invoice in (first, second)] == [1, 1]
    assert [stage.state(invoice) for invoice in (first, second)] == ["noted", "noted"]
    assert stage.judgement() == {}


def test_19_answers_of_another_organisation_settle_and_chase_nobody(tmp_path: Path) -> None:
    with xero_stage(tmp_path, custom_connection=True) as stage:
        ours = stage.invoice(overdue=0)
        stage.run()
        stage.at(2, 30)
        stage.give_connection_to_a_stranger()  # for everything of ours, the answer is 200 and an empty list

        morning = stage.at(10)
        stage.pay(ours)
        night = stage.at(2, 30)
        stage.at(10)
        meanwhile = (stage.written_to(), stage.store.mirror.open_invoice_ids())
        stage.take_connection_back()
        stage.at(12)

        assert meanwhile == ([], {ours.guid})
        assert [problem.needs_person for problem in (*morning.problems, *night.problems)] == [True, True]
        assert (stage.messages(), stage.wrong_in_mirror()) == ([], {})
        assert stage.fate(ours) == ("skipped", "paid")
