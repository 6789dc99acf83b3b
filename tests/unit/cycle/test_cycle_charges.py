"""Interest and compensation in messages: claimed, mentioned, or kept back because they cannot be reckoned."""

from connector.config.charges import Charging
from connector.dunning.late_terms import UNITED_KINGDOM
from connector.dunning.policy import Policy, Stage
from connector.dunning.reference_rates import Rates
from connector.law.published_rates import published_rates
from state.model import ReminderState

BUSINESS = Charging(terms=UNITED_KINGDOM, customers="business", rates=published_rates())


def saying(charges: str) -> Policy:
    return Policy(stages=(Stage("firm", 8, "firm", charges=charges),))


def test_claimed_charges_are_asked_for_with_the_law_that_gives_them(bench) -> None:
    bench.set(policy=saying("claim"), charges=BUSINESS)
    bench.invoice(amount="1200.00", overdue=30)

    bench.run()

    [message] = bench.channel.accepted
    assert "Late Payment of Commercial Debts (Interest) Act 1998" in message.text
    asked = bench.messages()[0].draft.totals
    assert asked != '{"GBP":120000}'
    assert int(asked.partition(":")[2].rstrip("}")) > 1200_00 + 70_00  # a debt of this size bears 70 pounds


def test_the_note_names_the_stage_as_the_policy_does_and_the_charges_that_were_claimed(bench) -> None:
    stage = Stage("2-Mahnung-ABC", 8, "firm", charges="claim")
    bench.set(policy=Policy(stages=(stage,)), charges=BUSINESS)
    document = bench.invoice(amount="1200.00", overdue=30)

    bench.run()

    [note] = bench.notes(document)
    assert note.startswith("2-Mahnung-ABC reminder sent to ")
    assert ": 1,200.00 GBP due, and claimed besides 11.59 GBP interest and 70.00 GBP compensation." in note


def test_the_note_of_a_reminder_that_claims_nothing_names_no_charges(bench) -> None:
    bench.set(policy=saying("mention"), charges=BUSINESS)
    document = bench.invoice(amount="1200.00", overdue=30)

    bench.run()

    assert ": 1,200.00 GBP due. [" in bench.notes(document)[0]


def test_mentioned_charges_are_words_and_not_part_of_the_sum(bench) -> None:
    bench.set(policy=saying("mention"), charges=BUSINESS)
    bench.invoice(amount="1200.00", overdue=30)

    bench.run()

    [message] = bench.channel.accepted
    assert "Late Payment of Commercial Debts (Interest) Act 1998" in message.text
    assert bench.messages()[0].draft.totals == '{"GBP":120000}'


def test_a_claim_whose_rate_nobody_knows_waits_and_is_told(bench) -> None:
    bench.set(policy=saying("claim"), charges=Charging(terms=UNITED_KINGDOM, customers="business", rates=Rates({})))
    invoice = bench.invoice(overdue=30)

    report = bench.run()

    assert (bench.channel.accepted, bench.state(invoice)) == ([], ReminderState.PLANNED)
    assert [problem.code for problem in report.problems] == ["charges_unknown"]


def test_a_mention_whose_rate_nobody_knows_is_left_out(bench) -> None:
    bench.set(policy=saying("mention"), charges=Charging(terms=UNITED_KINGDOM, customers="business", rates=Rates({})))
    bench.invoice(overdue=30)

    assert bench.run().messages == 1
    assert "Interest" not in bench.channel.accepted[0].text


def test_nothing_is_charged_to_customers_of_whom_nobody_says_that_they_are_businesses(bench) -> None:
    bench.set(policy=saying("claim"), charges=Charging(terms=UNITED_KINGDOM, rates=published_rates()))
    bench.invoice(amount="1200.00", overdue=30)

    bench.run()

    assert bench.messages()[0].draft.totals == '{"GBP":120000}'
