"""A person's words go for exactly the message they were written for, or not at all."""

import secrets
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenant_bench import TenantBench

from connector.dunning.policy import DEFAULT_STAGES, Policy
from connector.edited import EditLeavesOut, EditRefused, checked, rendered
from connector.editing import edit, message_about, take_back
from connector.holding import TargetError
from connector.leaving import as_file, leaving
from connectors.channels.channel import Message, NotSent, Receipt
from connectors.channels.dry import DryChannel
from connectors.sandbox.documents import Invoice
from state.agreed import Instalment, Share
from state.model import ContactId, InvoiceId, MessageId

PINNED = "0123456789abcdef01234567"
WORDS = "Dear Alex,\n\nplease have a look at 120.00 GBP.\n"


@pytest.fixture
def bench(bench: TenantBench) -> TenantBench:
    bench.set(mode="approve")
    return bench


def word(bench: TenantBench, invoice: Invoice, text: str = WORDS, subject: str = "About your invoice") -> None:
    edit(bench.tenant, about(bench, invoice), subject, text, "anna", anyway=True)


def about(bench: TenantBench, invoice: Invoice):
    mirrored = bench.store.mirror.invoice(InvoiceId(invoice.guid))
    assert mirrored is not None
    return message_about(bench.tenant, mirrored)


def approve(bench: TenantBench, *documents: Invoice) -> None:
    bench.store.reminders.approve([bench.reminder(each).id for each in documents], "anna", bench.now)


def deeds(bench: TenantBench) -> list[tuple[str, str]]:
    return [(entry.who, entry.action) for entry in reversed(bench.store.audit.entries())]


def our_reference(bench: TenantBench, invoice: Invoice) -> str:
    outgoing = about(bench, invoice).outgoing
    assert outgoing is not None
    return f"dun:{outgoing.message.id}"


def test_edited_words_leave_instead_of_the_templates(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)
    approve(bench, document)

    bench.run()

    [sent] = bench.channel.accepted
    assert (sent.subject, sent.text) == ("About your invoice", WORDS)
    assert bench.messages()[0].draft.text == WORDS
    assert deeds(bench) == [("anna", "edit")]


def test_words_without_the_amount_or_the_number_are_kept_only_when_meant(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()

    with pytest.raises(EditLeavesOut, match=rf"120\.00 GBP, {document.number}, how to object, "):
        edit(bench.tenant, about(bench, document), "A word", "Please ring us.", "anna")
    assert deeds(bench) == []

    missing = edit(bench.tenant, about(bench, document), "A word", "Please ring us.", "anna", anyway=True).left_out

    *answers, reference = ("how to object", "what to do if it is paid already", our_reference(bench, document))
    assert missing == ("120.00 GBP", document.number, *answers, f"our reference ({reference})")
    assert bench.store.audit.entries()[0].details["left_out"] == ", ".join(missing)


def test_words_with_both_are_kept_without_a_question(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    words = f"Please pay £120 for {document.number}. Already paid, or is it wrong? {our_reference(bench, document)}"

    assert edit(bench.tenant, about(bench, document), "A word", words, "anna").left_out == ()


def test_the_html_shows_the_edited_words_and_nothing_they_could_open(bench: TenantBench) -> None:
    made = rendered("email", "<b>", "1 < 2 & <script>")

    assert "1 &lt; 2 &amp; &lt;script&gt;" in made.html
    assert "<script>" not in made.html


def test_the_reference_in_edited_words_is_that_of_the_message_sent(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    old = about(bench, document).outgoing.message
    assert f"dun:{old.id}" in old.text
    word(bench, document, "Hello.\n" + old.text)
    approve(bench, document)

    bench.run()

    [sent] = bench.channel.accepted
    assert f"dun:{sent.id}" in sent.text
    assert old.id not in sent.text


def paid_in_part(bench: TenantBench, document: Invoice) -> None:
    bench.pay(document, "20.00")


def owed_more(bench: TenantBench, document: Invoice) -> None:
    bench.invoice(bench.owner_of(document), "30.00")


def credited(bench: TenantBench, document: Invoice) -> None:
    bench.credit(bench.owner_of(document), "15.00")


@pytest.mark.parametrize(
    ("mode", "change"),
    [("approve", paid_in_part), ("approve", credited), ("auto", paid_in_part), ("auto", credited), ("auto", owed_more)],
)
def test_what_changes_the_amounts_drops_the_words_and_asks_again(bench, change, mode) -> None:
    bench.let_pass(timedelta(hours=10))  # 20:00: what is planned leaves tomorrow
    document = bench.invoice()
    bench.run()
    word(bench, document)
    approve(bench, document)
    bench.set(mode=mode)
    change(bench, document)
    bench.let_pass(timedelta(hours=14))

    for reminder in bench.store.reminders.planned():
        bench.store.reminders.approve([reminder.id], "anna", bench.now)
    first = bench.run()
    for other in bench.store.reminders.planned():  # what has come up since is approved too, and is not the cause
        if other.id != bench.reminder(document).id:
            bench.store.reminders.approve([other.id], "anna", bench.now)
    second = bench.run()

    assert all(WORDS not in message.text for message in bench.channel.offered)
    assert bench.sent_stages(document) == []
    assert "edit_dropped" in [problem.code for report in (first, second) for problem in report.problems]
    assert not bench.reminder(document).approved


def test_dropped_words_leave_nothing_in_mode_auto_until_somebody_approves(bench: TenantBench) -> None:
    bench.let_pass(timedelta(hours=10))
    document = bench.invoice()
    bench.run()
    word(bench, document)
    bench.set(mode="auto")
    bench.pay(document, "20.00")
    bench.let_pass(timedelta(hours=14))

    reports = [bench.run() for _ in range(3)]
    waiting = bench.channel.offered == [] and bench.reminder(document).reason == "edit_dropped"
    approve(bench, document)
    bench.run()

    assert waiting
    assert [report.awaiting_approval for report in reports] == [0, 1, 1]
    assert bench.asks() == [{"GBP": 10000}]
    assert bench.judgement() == {}


def test_words_edited_again_after_they_were_dropped_leave(bench: TenantBench) -> None:
    bench.let_pass(timedelta(hours=10))
    document = bench.invoice()
    bench.run()
    word(bench, document)
    bench.set(mode="auto")
    bench.pay(document, "20.00")
    bench.let_pass(timedelta(hours=14))
    bench.run()
    word(bench, document, "Only 100.00 GBP are left.\n")

    bench.run()

    assert [message.text for message in bench.channel.accepted] == ["Only 100.00 GBP are left.\n"]


def test_another_deadline_drops_the_words(bench: TenantBench) -> None:
    final = DEFAULT_STAGES[-1]
    bench.set(policy=Policy(stages=(type(final)("final", 1, "final", deadline_days=7),)))
    document = bench.invoice()
    bench.run()
    word(bench, document)
    approve(bench, document)
    bench.set(policy=Policy(stages=(type(final)("final", 1, "final", deadline_days=14),)))

    bench.run()

    assert bench.channel.offered == []
    assert bench.reminder(document).reason == "edit_dropped"


def test_a_day_later_the_words_still_go(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)
    bench.next_day()
    approve(bench, document)

    bench.run()

    assert [message.text for message in bench.channel.accepted] == [WORDS]


def test_words_for_two_invoices_do_not_go_for_one(bench: TenantBench) -> None:
    customer = bench.customer()
    first, second = bench.invoice(customer, "100.00"), bench.invoice(customer, "20.00")
    bench.run()
    word(bench, first)
    approve(bench, first)

    report = bench.run()

    assert bench.channel.offered == []
    assert [problem.code for problem in report.problems] == ["edit_dropped"]
    assert bench.state(second) == "planned"


def test_an_edit_survives_a_carrier_that_takes_nothing(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)
    approve(bench, document)
    bench.channel.fail_next(NotSent("the server is away"))
    bench.run()
    bench.let_pass(timedelta(hours=1))

    bench.run()

    assert [message.text for message in bench.channel.accepted] == [WORDS]


def test_words_can_be_taken_back(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)

    assert take_back(bench.tenant, about(bench, document), "ben")
    assert not take_back(bench.tenant, about(bench, document), "ben")
    approve(bench, document)
    bench.run()
    assert WORDS not in bench.channel.accepted[0].text
    assert deeds(bench) == [("anna", "edit"), ("ben", "edit withdrawn")]


def test_what_is_not_planned_cannot_be_edited(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run(dry_run=True)

    with pytest.raises(TargetError, match="nothing is to leave about it now"):
        about(bench, document)


@pytest.mark.parametrize(
    ("subject", "text", "why"),
    [
        ("", "Hello.", "a subject"),
        ("Hi", "  \n ", "needs words"),
        ("Hi", "a\x1b[2Jb", "control characters"),
        ("Hi\nBcc: other@customer.example", "Hello.", "control characters"),
        ("Hi", "pay \u202e001\u202c", "control characters"),
        ("Hi", "x" * 20_001, "at most 20,000"),
        ("x" * 241, "Hello.", "at most 20,000"),
    ],
)
def test_words_that_cannot_be_sent_are_refused(bench: TenantBench, subject: str, text: str, why: str) -> None:
    document = bench.invoice()
    bench.run()

    with pytest.raises(EditRefused, match=why):
        word(bench, document, text, subject)
    assert deeds(bench) == []


@given(st.text(max_size=300))
def test_words_that_are_kept_have_nothing_a_screen_obeys(text: str) -> None:
    try:
        _, kept = checked("email", "Hi", text)
    except EditRefused:
        return
    assert not [c for c in kept if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e")]


def test_a_text_message_is_one_short_line() -> None:
    assert checked("sms", "", "Please\npay “now”.")[1] == 'Please pay "now".'
    with pytest.raises(EditRefused, match="segments"):
        checked("sms", "", "x" * 1000)


# -- what would leave --------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(2_00, 9_999_99), min_size=1, max_size=3), st.booleans())
def test_the_rendered_bytes_are_those_that_leave(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[int], own_words: bool
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    bench = TenantBench.open(folder)
    bench.channel = DryChannel(folder / "outbox", bench.tenant.clock)
    bench.set(attach_pdf=True, mode="approve")
    customer = bench.customer(name="Bücher & Söhne")
    documents = [bench.invoice(customer, f"{minor // 100}.{minor % 100:02}") for minor in amounts]
    bench.run()
    if own_words:
        word(bench, documents[0])
    approve(bench, *documents)

    [each] = leaving(bench.tenant, enclosed="everything", message_id=MessageId(PINNED))
    file = as_file(bench.tenant, each.outgoing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_hex", lambda _: PINNED)  # the one thing a real send draws by lot
        bench.run()

    [left] = (folder / "outbox").iterdir()
    assert (left.name, left.read_bytes()) == (file.name, file.content)
    assert b"application/pdf" in file.content
    bench.store.close()


def test_an_instalment_is_edited_and_leaves_like_any_other_message(bench: TenantBench) -> None:
    document = bench.invoice(overdue=40)
    customer = ContactId(bench.owner_of(document).guid)
    bench.run(dry_run=True)
    parts = [Instalment(1, bench.today - timedelta(days=1), 50_00), Instalment(2, date(2026, 6, 1), 70_00)]
    bench.store.plans.make(customer, "GBP", [Share(InvoiceId(document.guid), 120_00)], parts, "ben", bench.now)
    bench.run()
    word(bench, document, "The first 50.00, please.")
    approve(bench, document)

    bench.run()

    [sent] = bench.channel.accepted
    assert (sent.text, bench.asks()) == ("The first 50.00, please.\n", [{"GBP": 5000}])


def test_looking_at_what_would_leave_changes_nothing(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)
    bench.pay(document, "20.00")
    bench.run()
    before = list(bench.store._connection.iterdump())

    [each] = leaving(bench.tenant)

    assert each.outgoing is None
    assert each.dropped == (bench.reminder(document).id,)
    assert list(bench.store._connection.iterdump()) == before


def test_what_is_approved_is_shown_without_what_is_not(bench: TenantBench) -> None:
    customer = bench.customer()
    first, second = bench.invoice(customer, "100.00"), bench.invoice(customer, "30.00")
    bench.run()
    [both] = leaving(bench.tenant)
    approve(bench, first)
    [one] = leaving(bench.tenant)
    [again] = leaving(bench.tenant, also={bench.reminder(second).id})

    assert [each.outgoing.asks for each in (both, one, again)] == [{"GBP": 13000}, {"GBP": 10000}, {"GBP": 13000}]
    assert [each.waits for each in (both, one, again)] == [True, False, True]


def test_what_no_cycle_has_planned_yet_is_shown_too(bench: TenantBench) -> None:
    bench.invoice()
    bench.run(dry_run=True)

    [each] = leaving(bench.tenant)

    assert (each.planned, each.outgoing.asks) == (False, {"GBP": 12000})


def test_an_edit_after_the_approval_takes_it_back(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    approve(bench, document)
    word(bench, document, "Dear Alex,\npay 120.00 GBP up or else.\n")

    bench.run()

    assert bench.channel.accepted == []
    assert (bench.reminder(document).approved, bench.reminder(document).reason) == (False, "edited_since_approved")
    assert deeds(bench) == [("anna", "edit"), ("anna", "approval taken back")]


def test_the_usual_words_again_are_not_what_was_approved_either(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    word(bench, document)
    approve(bench, document)

    ended = take_back(bench.tenant, about(bench, document), "ben")
    bench.run()

    assert ended is not None
    assert ended.approvals == 1
    assert bench.channel.accepted == []


def test_an_edit_while_others_messages_leave_takes_the_approval_back_too(
    bench: TenantBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [bench.invoice(overdue=9), bench.invoice(overdue=8)]
    bench.run()
    approve(bench, *documents)
    take = bench.channel.send
    monkeypatch.setattr("connector.dispatch.TOGETHER", 1)

    def send(message: Message) -> Receipt:
        if not bench.channel.accepted:
            word(bench, documents[1])
        return take(message)

    monkeypatch.setattr(bench.channel, "send", send)
    report = bench.run()

    assert (report.messages, report.awaiting_approval) == (1, 1)
    assert bench.reminder(documents[1]).reason == "edited_since_approved"
