"""The owner hears on each business day what leaves on the next one: once, after the hour, and never instead of it."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tenant_bench import TenantBench

from connector.dunning.calendar import Calendar
from connector.dunning.policy import DEFAULT_STAGES, Policy
from connector.forewarning import forewarn
from connectors.channels.channel import Address, Message, NotSent, RefusedMessage, Unsure
from state.edits import NewEdit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    """Monday, 10:00; one invoice is to be asked for tomorrow."""
    made = TenantBench.open(tmp_path)
    made.set(forewarn=(Address("owner@harbour.example"),), forewarn_at=time(15))
    made.invoice(overdue=0, number="INV-77")
    made.run()
    yield made
    made.store.close()


def at_three(bench: TenantBench) -> TenantBench:
    bench.let_pass(5 * HOUR)
    return bench


def mails(bench: TenantBench) -> list[Message]:
    return [message for message in bench.channel.offered if message.stage == "forewarning"]


def test_nobody_is_told_before_the_hour(bench: TenantBench) -> None:
    bench.let_pass(5 * HOUR - timedelta(minutes=1))
    forewarn(bench.tenant)

    assert mails(bench) == []


def test_the_owner_is_told_what_leaves_on_the_next_day(bench: TenantBench) -> None:
    forewarn(at_three(bench).tenant)

    [mail] = mails(bench)
    assert [address.email for address in mail.to] == ["owner@harbour.example"]
    for word in ("Customer 1", "INV-77", "120.00", "payment reminder", "e-mail"):
        assert word in mail.text
    assert "not yet approved" not in mail.text
    assert bench.store.forewarnings.outcome(TUESDAY) == "sent"


def test_what_waits_for_approval_is_marked(bench: TenantBench) -> None:
    bench.set(mode="approve")
    forewarn(at_three(bench).tenant)

    assert "not yet approved" in mails(bench)[0].text


def test_a_stage_that_needs_approval_is_marked_although_the_tenant_does_not(bench: TenantBench) -> None:
    bench.set(policy=Policy(stages=tuple(replace(stage, mode="approve") for stage in DEFAULT_STAGES)))
    forewarn(at_three(bench).tenant)

    assert "not yet approved" in mails(bench)[0].text


def test_what_has_waited_for_approval_since_today_is_among_it(bench: TenantBench) -> None:
    bench.set(mode="approve")
    bench.invoice(overdue=1, number="INV-78")
    bench.run()
    forewarn(at_three(bench).tenant)

    assert {number for number in ("INV-77", "INV-78") if number in mails(bench)[0].text} == {"INV-77", "INV-78"}


def test_nobody_is_told_twice(bench: TenantBench) -> None:
    at_three(bench)
    for _ in range(3):
        forewarn(bench.tenant)
        bench.let_pass(HOUR)

    assert len(mails(bench)) == 1


def test_a_crash_between_claim_and_mail_never_doubles_it(bench: TenantBench) -> None:
    at_three(bench)

    def die(_: Message) -> None:
        raise KeyboardInterrupt

    bench.channel.before_send = die
    with pytest.raises(KeyboardInterrupt):
        forewarn(bench.tenant)
    bench.channel.before_send = lambda _: None
    forewarn(bench.tenant)

    assert mails(bench) == []
    assert bench.store.forewarnings.outcome(TUESDAY) == "sending"


@pytest.mark.parametrize("error", [NotSent("away"), RefusedMessage("no such mailbox")])
def test_a_mail_that_certainly_did_not_leave_is_tried_again(bench: TenantBench, error) -> None:
    at_three(bench)
    bench.channel.fail_next(error)
    forewarn(bench.tenant)
    failed = bench.store.forewarnings.outcome(TUESDAY)
    forewarn(bench.tenant)

    assert (failed, bench.store.forewarnings.outcome(TUESDAY), len(mails(bench))) == ("failed", "sent", 2)


def test_a_mail_that_perhaps_left_is_not_sent_again(bench: TenantBench) -> None:
    at_three(bench)
    bench.channel.fail_next(Unsure("no answer"))
    forewarn(bench.tenant)
    forewarn(bench.tenant)

    assert (bench.store.forewarnings.outcome(TUESDAY), len(mails(bench))) == ("unsure", 1)


def test_a_carrier_that_is_away_for_good_is_not_tried_without_end(bench: TenantBench) -> None:
    at_three(bench)
    for _ in range(30):
        bench.channel.fail_next(NotSent("away"))
    for _ in range(30):
        forewarn(bench.tenant)

    assert len(mails(bench)) == 20


def test_on_friday_the_owner_hears_of_monday(bench: TenantBench) -> None:
    bench.let_pass(4 * DAY)
    bench.invoice(overdue=0, number="INV-80")  # a day after its due date is Saturday
    bench.run()
    forewarn(at_three(bench).tenant)

    assert bench.store.forewarnings.outcome(date(2026, 3, 9)) == "sent"
    assert "INV-80" in mails(bench)[0].text


def test_on_a_closed_day_nobody_is_told(bench: TenantBench) -> None:
    bench.set(calendar=Calendar(closed_days=frozenset({bench.today})))
    forewarn(at_three(bench).tenant)

    assert mails(bench) == []


@pytest.mark.parametrize("changes", [{"read_only": True}, {"mode": "off"}, {"forewarn": ()}])
def test_where_nothing_will_leave_or_nobody_wants_it_nobody_is_told(bench: TenantBench, changes) -> None:
    bench.set(**changes)
    forewarn(at_three(bench).tenant)

    assert mails(bench) == []


def test_with_nothing_to_leave_there_is_no_mail_and_no_claim(bench: TenantBench) -> None:
    bench.store.holds.place("tenant", "*", "manual", None, None, bench.now, "anna")
    forewarn(at_three(bench).tenant)

    assert (mails(bench), bench.store.forewarnings.outcome(TUESDAY)) == ([], None)


def test_what_waits_in_mode_auto_because_its_words_were_dropped_is_among_it(bench: TenantBench) -> None:
    bench.set(mode="approve")
    waiting = bench.invoice(overdue=1, number="INV-78")
    bench.run()
    reminder = bench.reminder(waiting)
    words = NewEdit(
        contact_id=reminder.contact_id,
        reminders=(reminder.id,),
        kind="email",
        basis="0" * 64,
        reference="0" * 24,
        subject="About INV-78",
        text="please pay",
        edited_by="ada",
    )
    bench.store.edits.keep(words, bench.now)
    bench.store.edits.drop([reminder.id], bench.now)
    bench.set(mode="auto")
    forewarn(at_three(bench).tenant)

    assert "INV-78" in mails(bench)[0].text
