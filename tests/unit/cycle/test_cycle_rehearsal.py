"""The dry channel writes letters down and nothing else: the ledger hears of none, and going live begins afresh."""

from tenant_bench import TenantBench


def test_a_letter_that_was_only_written_down_leaves_no_note_in_the_ledger(bench: TenantBench) -> None:
    bench.channel.name = "dry"
    document = bench.invoice()

    bench.live(3)

    assert bench.sent_stages(document) == ["soft"]
    assert bench.notes(document) == []


def test_the_sequence_can_be_watched_to_its_end_on_the_dry_channel(bench: TenantBench) -> None:
    bench.channel.name = "dry"
    document = bench.invoice(overdue=-3)

    bench.live(40)

    assert bench.sent_stages(document) == ["friendly", "soft", "firm", "final"]


def test_going_live_begins_with_the_first_stage_and_notes_it(bench: TenantBench) -> None:
    bench.channel.name = "dry"
    document = bench.invoice()
    bench.live(20)
    bench.channel.name = "smtp"

    bench.live(6)

    real = [reminder.stage for reminder in bench.reminders(document) if reminder.round == 2]
    assert real == ["soft"]
    assert len(bench.notes(document)) == 1


def test_going_live_does_not_repeat_what_really_went(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.live(3)

    bench.live(3)

    assert [(reminder.stage, reminder.round) for reminder in bench.reminders(document)] == [("soft", 1)]
