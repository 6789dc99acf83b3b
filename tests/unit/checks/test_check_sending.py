"""The dead-man's switch: something was due and nothing left. Sundays, wishes and full days are no silence."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from unit.state.test_state_edits import an_edit

from connector.budget.reserve import SPENT
from connector.checks import sending
from connector.config.phone import PhoneSection
from connector.config.service import AlertsSection
from connector.dunning.policy import DEFAULT_STAGES, Policy, Stage
from connector.messages.templates import Templates
from connector.report import CycleReport, Problem
from connectors.channels.channel import NotSent, RecipientBusy, Unsure
from connectors.ledger import Outage

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DEAD = NotSent("the mail server refused the login (535)")


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]


@pytest.fixture
def cycles(bench):
    """Cycles every hour, with a carrier that takes nothing."""

    def refuse(message) -> None:
        raise DEAD

    def run(hours: int) -> None:
        for _ in range(hours):
            bench.channel.before_send = refuse
            bench.run()
            bench.let_pass(HOUR)
        bench.channel.before_send = lambda _: None

    return run


def test_a_reminder_that_could_not_leave_for_a_sending_day_is_told(sight, bench, cycles) -> None:
    bench.invoice()
    cycles(23)
    early = codes(sending.silent(sight()))
    cycles(2)

    [finding] = sending.silent(sight())
    assert early == []
    assert finding.severity == "critical"
    assert finding.words == "1 reminder due, but nothing has left since 2026-03-02 10:00 UTC"


def test_a_weekend_is_no_silence(sight, bench) -> None:
    bench.let_pass(4 * DAY + 6 * HOUR)  # Friday, 16:00
    bench.invoice()
    for _ in range(3):
        bench.channel.fail_next(DEAD)
    bench.run()
    bench.let_pass(3 * DAY - HOUR)
    monday_afternoon = codes(sending.silent(sight()))
    bench.let_pass(HOUR)

    assert (monday_afternoon, codes(sending.silent(sight()))) == ([], ["silent"])


def test_a_short_limit_still_waits_for_the_window(sight, bench) -> None:
    bench.let_pass(8 * HOUR)  # 18:00
    bench.invoice()
    bench.run()
    bench.let_pass(15 * HOUR + HOUR / 2)  # 09:30, half an hour into the window
    one_hour = AlertsSection(silent_hours=1)
    early = codes(sending.silent(sight(one_hour)))
    bench.let_pass(HOUR / 2)

    assert (early, codes(sending.silent(sight(one_hour)))) == ([], ["silent"])


def test_a_backlog_that_shrinks_is_no_silence(sight, bench) -> None:
    bench.set(daily_cap=1)
    for _ in range(6):
        bench.invoice()
    bench.live(4)

    assert codes(sending.silent(sight())) == []


def test_what_a_person_holds_or_nobody_may_send_is_no_silence(sight, bench, cycles) -> None:
    bench.invoice()
    cycles(30)
    parked = sight(parked_because="dead", parked_at=bench.now)
    bench.set(read_only=True)
    looking = sight()
    bench.set(read_only=False)
    told = codes(sending.silent(sight()))
    bench.store.holds.place("tenant", "*", reason="manual", until=None, note=None, at=bench.now)

    assert told == ["silent"]
    assert [codes(sending.silent(seen)) for seen in (parked, looking, sight())] == [[], [], []]


def test_an_invoice_that_waits_for_its_turn_is_not_due(sight, bench, cycles) -> None:
    invoice = bench.invoice()
    cycles(30)
    bench.store.holds.place("invoice", invoice.guid, reason="dispute", until=None, note=None, at=bench.now)
    bench.run()

    assert codes(sending.silent(sight())) == []


def test_a_reminder_is_as_late_as_it_has_been_due_again(sight, bench, cycles) -> None:
    invoice = bench.invoice()
    cycles(30)
    bench.store.holds.place("invoice", invoice.guid, reason="dispute", until=None, note=None, at=bench.now)
    bench.run()
    bench.let_pass(HOUR)
    bench.store.holds.release("invoice", invoice.guid, bench.now)
    cycles(2)

    assert codes(sending.silent(sight())) == []


def test_reminders_nobody_approves_are_a_notice_of_their_own(sight, bench) -> None:
    bench.set(mode="approve")
    bench.invoice()
    bench.run()
    fresh = codes(sending.approvals_waiting(sight()))
    bench.next_day()
    bench.run()

    [finding] = sending.approvals_waiting(sight())
    assert (fresh, finding.severity) == ([], "notice")
    assert codes(sending.silent(sight())) == []


def test_an_approval_after_days_begins_to_count_with_the_approval(sight, bench) -> None:
    bench.set(mode="approve")
    invoice = bench.invoice()
    bench.live(3)
    bench.store.reminders.approve([bench.reminder(invoice).id], "jo", bench.now)
    bench.let_pass(HOUR)
    young = codes(sending.silent(sight()))
    bench.next_day()

    assert (young, codes(sending.silent(sight()))) == ([], ["silent"])


@pytest.mark.parametrize("error", [DEAD, Unsure("no answer"), RecipientBusy("not now")])
def test_a_carrier_that_takes_nothing_is_told_after_the_third_time(sight, bench, error) -> None:
    for _ in range(4):
        bench.invoice()
        bench.channel.fail_next(error)
    bench.run()

    [finding] = sending.carrier_refusing(sight())
    assert str(error) in finding.words


def test_a_carrier_that_takes_mail_again_is_fine(sight, bench, cycles) -> None:
    bench.invoice()
    cycles(3)
    before = codes(sending.carrier_refusing(sight()))
    bench.run()
    bench.invoice()
    bench.run()

    assert (before, codes(sending.carrier_refusing(sight()))) == (["carrier_refusing"], [])


def test_sends_of_unknown_fate_are_told_until_a_person_has_spoken(sight, bench) -> None:
    invoice = bench.invoice()
    bench.channel.fail_next(Unsure("no answer"))
    bench.run()
    before = codes(sending.unsettled_sends(sight()))
    bench.store.reminders.resolve(bench.reminder(invoice).id, "sent", "jo saw it", bench.now)

    assert (before, codes(sending.unsettled_sends(sight()))) == (["unsettled_sends"], [])


def test_a_forewarning_that_a_crash_cut_short_is_told_until_its_day_is_over(sight, bench) -> None:
    tomorrow = bench.today + DAY
    bench.store.forewarnings.claim(tomorrow, bench.now)
    under_way = codes(sending.forewarning_unsure(sight()))
    bench.let_pass(HOUR)

    [finding] = sending.forewarning_unsure(sight())
    bench.next_day(2)

    assert under_way == []
    assert finding.words == "perhaps nobody was told beforehand what leaves on 2026-03-03"
    assert codes(sending.forewarning_unsure(sight())) == []


@pytest.mark.parametrize(("outcome", "told"), [("unsure", ["forewarning_unsure"]), ("sent", []), ("failed", [])])
def test_of_forewarnings_that_were_settled_only_the_unsure_are_told(sight, bench, outcome, told) -> None:
    """A failed one is tried again by the next cycle, and its carrier is a finding of its own."""
    tomorrow = bench.today + DAY
    bench.store.forewarnings.claim(tomorrow, bench.now)
    bench.store.forewarnings.settle(tomorrow, outcome, "the mail server went silent")

    assert codes(sending.forewarning_unsure(sight())) == told


def test_notes_that_are_owed_for_long_are_told(sight, bench) -> None:
    bench.invoice()
    bench.ledger.fail_next("write_note", Outage("no answer"))
    bench.run()
    fresh = codes(sending.notes_owed(sight()))
    bench.let_pass(25 * HOUR)

    [finding] = sending.notes_owed(sight())
    assert fresh == []
    assert finding.words == "1 note not yet written to the ledger, the oldest since 2026-03-02 10:00 UTC (no answer)"


def test_calls_that_are_spent_are_told_with_what_is_due(sight, bench) -> None:
    report = CycleReport(tenant=bench.settings.slug, business_day=bench.today)
    report.problems.append(Problem(SPENT, "nothing more is sent for now: 3 calls are left today"))
    cycle = bench.store.cycles.start(bench.now, bench.today)
    bench.store.cycles.finish(cycle, bench.now, msgspec.json.encode(report).decode())

    [finding] = sending.calls_spent(sight())
    assert "3 calls are left" in finding.words


def test_a_text_that_waits_for_the_next_month_is_told(sight, bench) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)),)))
    bench.set(phone=PhoneSection(monthly_cap="0.05"))
    none_waits = codes(sending.cost_cap(sight()))
    bench.invoice(bench.customer(mobile="07700 900201", country="GB"))
    bench.run()

    [finding] = sending.cost_cap(sight())
    assert none_waits == []
    assert "0.05 is the cap" in finding.words
    assert "2026-04-01" in finding.mend


def test_messages_that_cannot_be_written_are_told_also_at_night_and_no_more_once_they_are(
    sight, bench, tmp_path
) -> None:
    (tmp_path / "soft.subject.txt").write_text("Reminder {{ 1 / 0 }}")
    bench.templates = Templates.load(tmp_path)
    invoice = bench.invoice()
    bench.run()
    bench.let_pass(10 * HOUR)
    bench.run()
    [finding] = sending.messages_unwritten(sight())
    bench.templates = Templates.load(None)
    bench.let_pass(14 * HOUR)
    bench.run()

    assert invoice.number in finding.words
    assert codes(sending.messages_unwritten(sight())) == []


def of_soft(mode) -> Policy:
    return Policy(stages=tuple(replace(each, mode=mode if each.name == "soft" else None) for each in DEFAULT_STAGES))


@pytest.mark.parametrize(
    ("usual", "of_stage", "found"),
    [
        ("auto", "approve", ([], ["approvals_waiting"])),
        ("approve", "auto", (["silent"], [])),
        ("auto", None, (["silent"], [])),
        ("approve", None, ([], ["approvals_waiting"])),
        ("off", "approve", ([], [])),
    ],
)
def test_each_stages_own_mode_says_who_is_being_waited_for(sight, bench, cycles, usual, of_stage, found) -> None:
    bench.set(mode="approve" if usual == "off" else usual, policy=of_soft(of_stage))
    bench.invoice()
    cycles(26)
    bench.set(mode=usual)

    assert (codes(sending.silent(sight())), codes(sending.approvals_waiting(sight()))) == found


def test_a_dropped_edit_is_waited_for_although_the_tenant_sends_by_itself(sight, bench, cycles) -> None:
    bench.let_pass(8 * HOUR)
    document = bench.invoice()
    bench.run()
    bench.store.edits.keep(an_edit(bench.reminder(document).id), bench.now)
    bench.store.edits.drop([bench.reminder(document).id], bench.now)
    bench.let_pass(16 * HOUR)
    cycles(26)

    assert codes(sending.approvals_waiting(sight())) == ["approvals_waiting"]
    assert codes(sending.silent(sight())) == []
