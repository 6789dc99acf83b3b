"""Every kind of message, from the decision to its carrier."""

from datetime import timedelta

import pytest

from connector.config.letters import LetterheadSection
from connector.dunning.policy import Policy, Stage
from connector.messages.templates import Templates
from connectors.channels.channel import RecipientOptedOut
from state.model import ReminderState

STREET = {"street": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
LETTERHEAD = LetterheadSection(
    name="Northgate Ltd", street=("2 Low Street",), city="York", postcode="YO1 1AA", country="GB"
)


def by(*channels: str, **stage) -> Policy:
    return Policy(stages=(Stage("soft", 1, "soft", channels=channels, **stage), Stage("firm", 8, "firm")))


@pytest.fixture
def bench(bench):
    bench.set(letterhead=LETTERHEAD)
    return bench


def test_a_text_message_goes_to_the_customers_mobile(bench) -> None:
    bench.set(policy=by("sms", "email"))
    invoice = bench.invoice(bench.customer(mobile="+447700900123"))

    bench.run()

    [message] = bench.texts.accepted
    assert (message.kind, message.phone, bench.channel.accepted) == ("sms", "+447700900123", [])
    assert all(words in message.text for words in (invoice.number, "£120.00"))
    assert bench.messages()[0].draft.recipients == ("+447700900123",)


def test_a_customer_without_a_mobile_gets_the_stages_next_channel(bench) -> None:
    bench.set(policy=by("sms", "email"))
    bench.invoice()

    assert bench.run().messages == 1
    assert (len(bench.channel.accepted), bench.texts.accepted) == (1, [])


def test_a_letter_goes_with_its_pdf_and_its_address(bench) -> None:
    bench.set(policy=by("letter"))
    bench.invoice(bench.customer(**STREET))

    bench.run()

    [message] = bench.letters.accepted
    assert message.letter.startswith(b"%PDF")
    assert (message.postal.postcode, message.to) == ("LS1 1AA", ())


def test_a_letter_to_a_country_without_postcodes_leaves(bench) -> None:
    bench.set(policy=by("letter"))
    bench.invoice(bench.customer(street="1 Queen's Rd", city="Hong Kong", country="HK"))

    bench.run()

    assert [message.postal.city for message in bench.letters.accepted] == ["Hong Kong"]


def test_the_account_to_pay_to_is_written_in_groups(bench) -> None:
    bench.set(letterhead=LETTERHEAD.model_copy(update={"iban": "GB33BUKB20201555555555"}))
    bench.invoice()

    bench.run()

    [message] = bench.channel.accepted
    assert "GB33 BUKB 2020 1555 5555 55" in message.text


def test_a_voice_call_says_who_calls_and_what_for(bench) -> None:
    bench.set(policy=by("voice"))
    bench.invoice(bench.customer(phone="+442079460000"))

    bench.run()

    [message] = bench.voice.accepted
    assert message.phone == "+442079460000"
    assert "Northgate" in message.text or bench.books.company.name in message.text


def test_a_call_stands_on_its_owners_list_and_blocks_what_comes_next(bench) -> None:
    bench.set(policy=by("call", owner="Ann"))
    invoice = bench.invoice()
    bench.run()

    [task] = bench.store.tasks.open_ones()
    assert (task.new.owner, task.new.stage) == ("Ann", "soft")
    assert invoice.number in task.new.script

    bench.next_day(10)
    bench.run()
    assert bench.why(invoice) == ["call_pending"]

    bench.store.tasks.close(task.id, "spoke", None, "ann", bench.now)
    bench.run()
    assert bench.sent_stages(invoice) == ["soft", "firm"]


def test_a_customer_who_answered_stop_meanwhile_gets_the_next_channel_and_no_text(bench) -> None:
    bench.set(policy=by("sms", "email"))
    invoice = bench.invoice(bench.customer(mobile="+447700900123"))
    bench.texts.fail_next = RecipientOptedOut("the recipient wants no texts")

    bench.run()
    assert bench.state(invoice) is ReminderState.PLANNED

    bench.run()
    assert (len(bench.channel.accepted), bench.texts.accepted) == (1, [])


def test_the_gap_counts_over_all_channels(bench) -> None:
    text = Stage("soft", 1, "soft", channels=("sms",))
    bench.set(policy=Policy(stages=(text, Stage("firm", 8, "firm"))))
    customer = bench.customer(mobile="+447700900123")
    bench.invoice(customer)
    older = bench.invoice(customer, overdue=-2)
    bench.run()

    bench.next_day(3)
    bench.run()

    assert bench.why(older) == ["minimum_gap"]
    assert len(bench.texts.accepted) == 1


def test_a_letter_that_cannot_be_written_waits_and_is_told(bench) -> None:
    bench.set(policy=by("letter"), letterhead=LetterheadSection())
    invoice = bench.invoice(bench.customer(**STREET))

    report = bench.run()

    assert bench.state(invoice) is ReminderState.PLANNED
    assert [problem.code for problem in report.problems] == ["template"]


def test_a_german_customer_reads_german(bench) -> None:
    bench.templates = Templates.load(None, "en_GB")
    bench.invoice(bench.customer(**{**STREET, "country": "Germany"}))

    bench.run()

    [message] = bench.channel.accepted
    assert "1. Mahnung" in message.subject
    assert "120,00" in message.text


def test_a_reminder_is_numbered_by_what_has_left_and_not_by_its_stage(bench) -> None:
    bench.templates = Templates.load(None, "en_GB")
    bench.set(policy=Policy(stages=(Stage("firm", 1, "firm"), Stage("firm-2", 8, "firm"))))
    bench.invoice(bench.customer(**{**STREET, "country": "Germany"}))

    bench.live(8)

    titles = [message.subject.partition(":")[0] for message in bench.channel.accepted]
    assert titles == ["1. Mahnung", "2. Mahnung"]


def test_the_escalated_sender_writes_where_the_stage_says_so(bench) -> None:
    bench.set(
        policy=by("email", sender="escalated"), escalated_sender=bench.settings.sender.__class__("cfo@firm.example")
    )
    bench.invoice()

    bench.run()

    assert bench.channel.accepted[0].sender.email == "cfo@firm.example"


def test_messages_are_spread_over_the_window(bench) -> None:
    bench.set(spread_minutes=240)
    for _ in range(8):
        bench.invoice()

    early = bench.run()
    bench.let_pass(timedelta(minutes=240))
    late = bench.run()

    assert early.waiting["spread_over_the_window"] > 0
    assert early.messages + late.messages == 8


def test_a_message_goes_under_the_name_of_its_stage_whatever_its_wording(bench) -> None:
    """Carriers are told by stages what goes certified, and lists show them: a wording serves several stages."""
    stages = (Stage("soft", 1, "soft"), Stage("by post", 8, "firm", channels=("letter",)))
    bench.set(policy=Policy(stages=stages))
    bench.invoice(bench.customer(**STREET))
    bench.live(8)

    [letter] = bench.letters.accepted
    assert letter.stage == "by post"
    assert [message.draft.stage for message in bench.messages()] == ["soft", "by post"]
