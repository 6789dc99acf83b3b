"""Thanks go on the next working day, once, for what was paid in full after a reminder, and for nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tenant_bench import TenantBench

from connectors.channels.channel import NotSent, RefusedMessage, Unsure
from connectors.ledger import Outage
from connectors.sandbox.documents import Invoice
from state.agreed import Preference
from state.courtesies import Courtesy
from state.model import ContactId, InvoiceId


@pytest.fixture
def reminded(bench: TenantBench) -> Invoice:
    """120.00 GBP that was due on Friday and asked for on Monday, 2 March 2026; thanks are wanted."""
    bench.set(thanks="email")
    document = bench.invoice(overdue=3)
    bench.run()
    return document


def thanks(bench: TenantBench) -> list[tuple[date, str]]:
    """Day and text of every message of thanks that the carrier took."""
    pairs = zip(bench.channel.accepted, bench.channel.accepted_at, strict=True)
    return [(at.date(), message.text) for message, at in pairs if message.stage == "thanks"]


def courtesies(bench: TenantBench) -> list[Courtesy]:
    return bench.store.courtesies.all()


def test_a_payment_in_full_is_thanked_for_on_the_next_working_day(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)

    bench.live(6)

    [(day, text)] = thanks(bench)
    assert day == date(2026, 3, 3)
    assert reminded.number in text
    assert "120.00" in text
    assert bench.judgement() == {}


def test_thanks_do_not_say_that_nothing_is_left_to_pay(bench: TenantBench, reminded: Invoice) -> None:
    bench.invoice(bench.owner_of(reminded), overdue=30)
    bench.pay(reminded)

    bench.live(6)

    [(_, text)] = thanks(bench)
    assert "no need to answer" in text
    assert "Nothing more" not in text


def test_a_payment_on_friday_is_thanked_for_on_monday(bench: TenantBench, reminded: Invoice) -> None:
    bench.next_day(4)
    bench.pay(reminded)

    bench.live(6)

    assert [day for day, _ in thanks(bench)] == [date(2026, 3, 9)]


def test_thanks_are_said_once_however_often_the_cycle_runs(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day()

    for _ in range(5):
        bench.run()
        bench.let_pass(timedelta(minutes=30))

    assert len(thanks(bench)) == 1


def test_nobody_is_thanked_unless_the_firm_wants_it(bench: TenantBench, reminded: Invoice) -> None:
    bench.set(thanks="off")
    bench.pay(reminded)

    bench.live(6)

    assert (thanks(bench), courtesies(bench)) == ([], [])


def test_a_payment_before_any_reminder_is_not_thanked_for(bench: TenantBench) -> None:
    bench.set(thanks="email")
    document = bench.invoice(overdue=-10)
    bench.run()
    bench.pay(document)

    bench.live(6)

    assert thanks(bench) == []


def test_a_courtesy_before_the_due_date_deserves_no_thanks(bench: TenantBench) -> None:
    bench.set(thanks="email")
    document = bench.invoice(overdue=-3)
    bench.run()
    assert bench.sent_stages(document) == ["friendly"]
    bench.pay(document)

    bench.live(6)

    assert thanks(bench) == []


def test_a_part_payment_is_not_thanked_for(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded, "20.00")

    bench.live(6)

    assert thanks(bench) == []


def test_a_part_payment_is_thanked_for_where_the_firm_wants_it(bench: TenantBench, reminded: Invoice) -> None:
    bench.set(thanks_for_parts=True)
    bench.pay(reminded, "20.00")

    bench.live(4)

    [(_, text)] = thanks(bench)
    assert "20.00" in text
    assert bench.judgement() == {}


@pytest.mark.parametrize("part", ["120.00", "20.00"])
def test_a_credit_note_that_settles_an_invoice_is_not_thanked_for(
    bench: TenantBench, reminded: Invoice, part: str
) -> None:
    if part != "120.00":
        bench.pay(reminded, "100.00")
        bench.next_day()
    credit = bench.credit(bench.owner_of(reminded), part)
    bench.books.apply_credit(credit, reminded, credit.amount, on=bench.today)

    bench.live(6)

    assert thanks(bench) == []


def test_a_write_off_is_not_thanked_for(bench: TenantBench, reminded: Invoice) -> None:
    bench.books.write_off(reminded, on=bench.today)

    bench.live(6)

    assert thanks(bench) == []


def test_several_invoices_paid_at_once_are_one_message(bench: TenantBench, reminded: Invoice) -> None:
    second = bench.invoice(bench.owner_of(reminded), "30.00", overdue=3)
    bench.next_day(7)
    bench.run()
    bench.pay(reminded)
    bench.pay(second)

    bench.live(6)

    [(_, text)] = thanks(bench)
    assert reminded.number in text
    assert second.number in text


def test_an_invoice_that_is_open_again_when_the_thanks_are_due_is_not_thanked_for(
    bench: TenantBench, reminded: Invoice
) -> None:
    payment = bench.pay(reminded)
    bench.run()
    bench.next_day()

    def bounce() -> None:
        bench.ledger.before_read = lambda: None
        bench.books.delete_payment(payment)

    bench.ledger.before_read = bounce
    bench.run()

    assert thanks(bench) == []
    assert [(c.state, c.reason) for c in courtesies(bench)] == [("skipped", "no_longer_paid")]


def test_after_a_bounced_payment_the_next_round_is_thanked_for_anew(bench: TenantBench, reminded: Invoice) -> None:
    payment = bench.pay(reminded)
    bench.live(3)
    bench.books.delete_payment(payment)
    bench.live(10)
    bench.pay(reminded)

    bench.live(4)

    assert len(thanks(bench)) == 2
    assert [courtesy.round for courtesy in courtesies(bench)] == [1, 2]
    assert bench.judgement() == {}


def test_an_outage_longer_than_ten_days_ends_in_silence(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day(14)

    bench.live(3)

    assert thanks(bench) == []


def test_a_ledger_that_cannot_be_asked_delays_the_thanks(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.run()
    bench.next_day()
    bench.ledger.fail_next("read_invoices", Outage("no answer"))

    first = bench.run()
    bench.run()

    assert first.thanked == 0
    assert len(thanks(bench)) == 1


def test_thanks_that_certainly_did_not_leave_go_later(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day()
    bench.channel.fail_next(NotSent("the carrier is closed"))

    bench.run()
    bench.run()

    assert len(thanks(bench)) == 1


@pytest.mark.parametrize(
    ("error", "state"), [(RefusedMessage("unknown user"), "failed"), (Unsure("no answer"), "unknown")]
)
def test_thanks_of_which_nobody_knows_are_never_repeated(
    bench: TenantBench, reminded: Invoice, error: RefusedMessage | Unsure, state: str
) -> None:
    bench.pay(reminded)
    bench.next_day()
    bench.channel.fail_next(error)

    bench.live(4)

    assert (thanks(bench), [courtesy.state for courtesy in courtesies(bench)]) == ([], [state])


def test_a_kill_while_the_thanks_leave_can_lose_them_and_never_double_them(
    bench: TenantBench, reminded: Invoice
) -> None:
    bench.pay(reminded)
    bench.next_day()

    def die(_: object) -> None:
        raise KeyboardInterrupt

    bench.channel.before_send = die
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    bench.channel.before_send = lambda _: None

    bench.live(4)

    assert (thanks(bench), [courtesy.state for courtesy in courtesies(bench)]) == ([], ["unknown"])
    assert [message.outcome for message in bench.messages()] == ["sent", "unsure"]


def test_thanks_count_for_the_gap_to_the_next_reminder(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day()
    bench.run()
    other = bench.invoice(bench.owner_of(reminded), overdue=1)

    report = bench.run()

    assert report.messages == 0
    assert bench.why(other)[0] == "minimum_gap"


def test_somebody_written_to_today_is_thanked_tomorrow(bench: TenantBench, reminded: Invoice) -> None:
    bench.next_day(6)
    bench.pay(reminded)
    bench.invoice(bench.owner_of(reminded), "9.00", overdue=1)
    bench.next_day()

    bench.live(3)

    days = [(at.date(), m.stage) for m, at in zip(bench.channel.accepted, bench.channel.accepted_at, strict=True)]
    assert days[1:] == [(date(2026, 3, 9), "soft"), (date(2026, 3, 10), "thanks")]


def test_outside_the_sending_window_nobody_is_thanked(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.world.clock.advance(datetime(2026, 3, 3, 20, tzinfo=UTC) - bench.now)

    bench.run()

    assert thanks(bench) == []
    assert [courtesy.state for courtesy in courtesies(bench)] == ["planned"]


@pytest.mark.parametrize("wish", ["do_not_chase", "email"])
def test_who_wants_no_messages_gets_no_thanks(bench: TenantBench, reminded: Invoice, wish: str) -> None:
    contact = ContactId(bench.owner_of(reminded).guid)
    preference = Preference(
        contact_id=contact,
        do_not_chase="a friend" if wish == "do_not_chase" else None,
        owner="ada" if wish == "do_not_chase" else None,
        opted_out=("email",) if wish == "email" else (),
    )
    bench.store.preferences.save(preference, "ada", bench.now)
    bench.pay(reminded)

    bench.live(4)

    assert thanks(bench) == []


def test_a_held_customer_gets_no_thanks(bench: TenantBench, reminded: Invoice) -> None:
    bench.store.holds.place("contact", bench.owner_of(reminded).guid, "manual", None, None, bench.now)
    bench.pay(reminded)

    bench.live(4)

    assert thanks(bench) == []


def test_a_rehearsal_plans_and_sends_no_thanks(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)
    bench.next_day()

    bench.run(dry_run=True)

    assert (thanks(bench), courtesies(bench)) == ([], [])


def test_the_invoice_thanked_for_owes_no_note(bench: TenantBench, reminded: Invoice) -> None:
    bench.pay(reminded)

    bench.live(4)

    assert len(bench.notes(reminded)) == 1  # that of the reminder
    assert bench.store.mirror.invoice(InvoiceId(reminded.guid)) is not None
