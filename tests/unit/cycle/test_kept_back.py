"""What is due and let go and still does not leave is told with its cause, its invoices and the way on."""

from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connector.commands.preview import _print
from connector.commands.run import summary_lines
from connector.commands.why import lines_of
from connector.config.letters import LetterheadSection
from connector.config.phone import PhoneSection
from connector.dunning.policy import Channel, Policy, Stage
from connector.messages.templates import Templates
from connector.outlook import outlook
from connector.story import stories
from connectors.sandbox.documents import Invoice

SPENT = PhoneSection(monthly_cap="0.05", currency="USD")
STREET = {"city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}


def by(bench: TenantBench, channel: Channel) -> None:
    head = LetterheadSection(
        name="Seller Ltd", street=("1 Cable Street",), city="London", postcode="E1 1AA", country="GB"
    )
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=(channel,)),)), letterhead=head)


def broken(bench: TenantBench, folder: Path) -> None:
    folder.mkdir()
    (folder / "soft.subject.txt").write_text("Reminder {{ 1 / 0 }}")
    bench.templates = Templates.load(folder)


def why(bench: TenantBench, invoice: Invoice) -> str:
    [story] = stories(bench.tenant, invoice.number)
    return "\n".join(lines_of(story))


@pytest.fixture
def to_text(bench: TenantBench) -> Invoice:
    """An invoice whose customer would get a text, in a month that has no money left for it."""
    by(bench, "sms")
    bench.set(phone=SPENT)
    return bench.invoice(bench.customer(mobile="07700 900201", country="GB"))


def test_a_spent_cap_is_told_by_the_cycle_with_the_invoices_that_wait(bench: TenantBench, to_text: Invoice) -> None:
    report = bench.run()

    told = "\n".join(summary_lines(report))
    assert f"kept back: {to_text.number}." in told
    assert "0.05 is the cap; it goes on 2026-04-01" in told
    assert report.went_well


def test_a_spent_cap_is_the_answer_to_why(bench: TenantBench, to_text: Invoice) -> None:
    bench.run()

    told = why(bench, to_text)
    assert "Today: the soft reminder is due and cannot leave: texts and calls of this month" in told
    assert "Next: it goes on 2026-04-01, when a new month begins, or once [phone] monthly_cap is raised" in told


def test_the_preview_does_not_say_that_a_text_goes_which_the_cap_keeps_back(
    bench: TenantBench, to_text: Invoice, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run()
    coming = outlook(bench.tenant, 3)

    _print(coming, 3)

    told = " ".join(capsys.readouterr().out.split())
    assert "due, and cannot leave: texts and calls of this month" in told
    assert "0 messages in 3 days, 1 message that cannot leave" in told
    assert coming.sends[0].problem is not None


def test_a_text_of_a_later_day_of_the_month_is_kept_back_too(bench: TenantBench) -> None:
    by(bench, "sms")
    bench.set(phone=SPENT)
    bench.invoice(bench.customer(mobile="07700 900201", country="GB"), overdue=-2)
    bench.run()

    [send] = outlook(bench.tenant, 7).sends

    assert send.problem is not None
    assert "is the cap" in send.problem


def test_a_text_of_the_next_month_is_not(bench: TenantBench) -> None:
    by(bench, "sms")
    bench.set(phone=SPENT)
    bench.invoice(bench.customer(mobile="07700 900201", country="GB"), overdue=-35)
    bench.run()

    [send] = outlook(bench.tenant, 60).sends

    assert send.problem is None


def test_a_template_that_fails_is_named_once_with_its_invoices(bench: TenantBench, tmp_path: Path) -> None:
    broken(bench, tmp_path / "templates")
    invoices = [bench.invoice() for _ in range(5)]

    report = bench.run()

    [problem] = report.problems
    assert f"{invoices[0].number}, " in problem.words
    assert "and 2 more" in problem.words
    assert "soft.subject.txt" in problem.words
    assert "`dun why " in problem.words
    told = "\n".join(summary_lines(report))
    assert "live check" not in told
    assert "5 kept for later: message not written" in told


def test_a_template_that_fails_is_the_answer_to_why(bench: TenantBench, tmp_path: Path) -> None:
    broken(bench, tmp_path / "templates")
    invoice = bench.invoice()
    bench.run()

    told = why(bench, invoice)

    assert "Today: the soft reminder is due and cannot leave: its message cannot be written: " in told
    assert "soft.subject.txt" in told


def test_an_address_that_fits_no_letter_is_told_with_its_customer(
    bench: TenantBench, capsys: pytest.CaptureFixture[str]
) -> None:
    by(bench, "letter")
    street = "Unit 4\nBlock C\nThe Old Works\n12 Long Lane"
    invoice = bench.invoice(bench.customer(name="Long Lane Ltd", street=street, **STREET))

    report = bench.run()
    _print(outlook(bench.tenant, 3), 3)

    assert "more than 3 lines" in why(bench, invoice)
    assert invoice.number in report.problems[0].words
    told = capsys.readouterr().out
    assert "Long Lane Ltd" in told
    assert "cannot leave" in told


def test_a_message_that_can_leave_is_kept_back_by_nothing(bench: TenantBench) -> None:
    bench.set(mode="approve")
    invoice = bench.invoice()
    bench.run()

    assert "Next: the soft reminder goes when the live check confirms it" in why(bench, invoice)
