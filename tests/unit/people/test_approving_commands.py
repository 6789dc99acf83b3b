"""`dun approve`, `dun edit` and `dun preview --render` as somebody types them, over a connected office."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from connected_office import SLUGS, Office, connected_office
from unit.state.examples import AT, a_credit

from connector import approval, printing
from connector.approval import ChangedMeanwhile
from connector.cli import main
from connector.wiring import Installation, tenant_file
from state.money import Money
from state.store import TenantStore


class Desk:
    """`dun` as anna types it."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def run(self, *words: str, typed: str | None = None) -> Result:
        result = CliRunner().invoke(main, ["-c", str(self.office.folder / "config.toml"), *words], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def data(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def waiting(self, *words: str) -> list[dict[str, Any]]:
        return self.data("approve", *words)["reminders"]

    def listing(self) -> str:
        """What `dun approve` shows at a wide terminal, on one line."""
        words = ["-c", str(self.office.folder / "config.toml"), "approve"]
        before, printing.console.width = printing.console.width, 240
        try:
            return " ".join(CliRunner().invoke(main, words).output.split())
        finally:
            printing.console.width = before

    @property
    def store(self) -> TenantStore:
        return TenantStore.open(tenant_file(self.office.config, SLUGS["xero"]))

    def deeds(self) -> list[tuple[str, str, str]]:
        """Who did what to which invoice, the first first; not what Dun settled itself."""
        with closing(self.store) as store:
            return [(e.who, e.action, e.target) for e in reversed(store.audit.entries()) if e.who == "anna"]

    def reason(self, reminder_id: str) -> tuple[str, str | None]:
        with closing(self.store) as store:
            reminder = store.reminders.get(reminder_id)  # type: ignore[arg-type]
            assert reminder is not None
            return reminder.state, reminder.reason


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """What is due today has been planned and waits."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("connector.people._account", lambda _: "anna")
    with connected_office(tmp_path, "xero", customers=12) as office:
        made = Desk(office)
        config = office.folder / "config.toml"
        config.write_text(config.read_text().replace('mode = "auto"', 'mode = "approve"'))
        made.run("run", "--once")
        assert len(made.waiting()) >= 3
        yield made


def test_what_waits_can_be_narrowed_to_stages_and_customers(desk: Desk) -> None:
    everything = desk.waiting()
    first = everything[0]
    of_stage = [each for each in everything if each["stage"] == first["stage"]]
    of_customer = [each for each in everything if each["customer"] == first["customer"]]

    assert desk.waiting("--stage", first["stage"]) == of_stage
    assert desk.waiting("--customer", first["customer"]) == of_customer
    assert desk.waiting("--customer", first["customer_id"]) == of_customer


def test_a_stage_that_there_is_not_is_refused_with_those_there_are(desk: Desk) -> None:
    refused = desk.run("approve", "--all", "--stage", "no-such-stage")

    assert refused.exit_code == 2
    assert "no stage 'no-such-stage'; there are: friendly, soft, firm, final" in refused.output


def test_all_of_a_customer_are_approved_and_nothing_else(desk: Desk) -> None:
    first = desk.waiting()[0]
    wanted = desk.waiting("--customer", first["customer"])

    told = desk.data("approve", "--all", "--customer", first["customer"])

    assert told["approved"] == len(wanted)
    assert first["customer"] not in {each["customer"] for each in desk.waiting()}
    assert desk.deeds() == [("anna", "approve", each["invoice_id"]) for each in wanted]


def test_what_still_waits_is_counted_over_all_stages(desk: Desk) -> None:
    everything = desk.waiting()
    stage = everything[0]["stage"]
    others = [each for each in everything if each["stage"] != stage]
    assert others

    told = desk.run("approve", "--all", "--stage", stage).output

    assert f"; {len(others)} still waiting." in told


def test_a_skipped_reminder_says_who_skipped_it_and_why(desk: Desk) -> None:
    first = desk.waiting()[0]

    told = desk.data("approve", "--skip", first["invoice"], "--reason", "rang, pays on Friday")

    assert told["skipped"] == 1
    assert desk.reason(first["reminder_id"]) == ("skipped", "skipped by anna: rang, pays on Friday")
    assert desk.deeds() == [("anna", "skip", first["invoice_id"])]
    assert first["reminder_id"] not in {each["reminder_id"] for each in desk.waiting()}


def test_a_skipped_stage_does_not_come_back_with_the_next_cycle(desk: Desk) -> None:
    first = desk.waiting()[0]
    desk.data("approve", "--skip", first["invoice"])
    desk.run("run", "--once")

    assert first["invoice"] not in {each["invoice"] for each in desk.waiting()}


@pytest.mark.parametrize(
    "words", [["--skip"], ["--skip", "--all"], ["--all", "INV-1"], ["INV-1", "--reason", "because"], ["--skip", "NOPE"]]
)
def test_what_contradicts_itself_is_refused_and_changes_nothing(desk: Desk, words: list[str]) -> None:
    before = desk.waiting()

    assert desk.run("approve", *words).exit_code == 2
    assert desk.waiting() == before
    assert desk.deeds() == []


def test_the_text_that_is_shown_is_the_text_that_is_sent(desk: Desk) -> None:
    first = desk.waiting()[0]
    [shown] = desk.data("approve", "--all", "--customer", first["customer"], "--show")["messages"]
    printed = desk.run("approve", "--customer", first["customer"], "--show").output
    desk.run("run", "--once")

    with closing(desk.store) as store:
        [sent] = [each for each in store.reminders.messages(None, 10) if each.outcome == "sent"]
    assert "Nothing waits" in printed
    assert without_reference(shown["text"]) == without_reference(sent.draft.text)
    assert shown["subject"] == sent.draft.subject


def without_reference(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "dun:" not in line)


def test_the_list_of_what_waits_shows_its_texts_too(desk: Desk) -> None:
    output = desk.run("approve", "--show").output

    assert output.count("Subject: ") >= 2
    assert "Next: dun approve INVOICE" in output


def test_a_message_is_edited_from_a_file_and_marked_where_it_waits(desk: Desk, tmp_path: Path) -> None:
    first = desk.waiting()[0]
    words = tmp_path / "words.txt"
    words.write_text("Just between us.\r\nPlease pay.", encoding="utf-8")

    told = desk.data("edit", first["invoice"], "--subject", "A word", "--text-file", str(words), "--anyway")
    desk.data("approve", "--all", "--customer", first["customer"])
    desk.run("run", "--once")

    assert told["done"] == "edited"
    assert first["invoice"] in told["left_out"]
    assert ("anna", "edit", first["invoice_id"]) in desk.deeds()
    with closing(desk.store) as store:
        [sent] = [each for each in store.reminders.messages(None, 10) if each.outcome == "sent"]
    assert (sent.draft.subject, sent.draft.text) == ("A word", "Just between us.\nPlease pay.\n")


def test_words_that_leave_out_what_is_asked_are_refused_with_what_it_is(desk: Desk, tmp_path: Path) -> None:
    first = desk.waiting()[0]
    words = tmp_path / "words.txt"
    words.write_text("Just between us.", encoding="utf-8")

    result = desk.run("edit", first["invoice"], "--subject", "A word", "--text-file", str(words))

    assert result.exit_code == 2
    assert first["invoice"] in result.output
    assert "--anyway" in result.output
    assert desk.deeds() == []


@pytest.mark.parametrize(("answer", "done"), [("n", "unchanged"), ("y", "edited")])
def test_after_the_editor_a_person_is_asked_about_what_is_left_out(
    desk: Desk, tmp_path: Path, monkeypatch, answer: str, done: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Subject: A word\\n\\nJust between us.\\n" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))

    output = desk.run("edit", desk.waiting()[0]["invoice"], typed=answer).output

    assert "Your words leave out" in output
    assert f"is {done}." in output


def test_an_edited_message_is_named_as_such_until_that_is_undone(desk: Desk) -> None:
    first = desk.waiting()[0]
    desk.data("edit", first["invoice"], "--subject", "A word")
    edited = next(each for each in desk.waiting() if each["invoice"] == first["invoice"])

    undone = desk.data("edit", first["invoice"], "--undo")["done"]
    again = desk.data("edit", first["invoice"], "--undo")["done"]
    usual = next(each for each in desk.waiting() if each["invoice"] == first["invoice"])

    assert (edited["why"], undone, again, usual["why"]) == ("edited", "withdrawn", "unchanged", "")


def test_the_editor_gets_the_message_and_its_words_are_kept(desk: Desk, tmp_path: Path, monkeypatch) -> None:
    first = desk.waiting()[0]
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i -e "s/^Subject: .*/Subject: By hand/" -e "\\$a One more line." "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))

    desk.data("edit", first["invoice"])

    [shown] = desk.data("approve", "--customer", first["customer"], "--show")["messages"]
    assert shown["subject"] == "By hand"
    assert shown["text"].endswith("One more line.\n")


def test_an_editor_that_changes_nothing_keeps_nothing(desk: Desk, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL", "true")

    assert desk.data("edit", desk.waiting()[0]["invoice"])["done"] == "unchanged"
    assert desk.deeds() == []


def test_a_file_that_is_no_text_is_refused(desk: Desk, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_bytes(b"\xff\xfe\x00")

    result = desk.run("edit", desk.waiting()[0]["invoice"], "--text-file", str(words))

    assert result.exit_code == 2
    assert "cannot be read as UTF-8" in result.output


def test_todays_messages_are_written_out_as_they_would_leave(desk: Desk, tmp_path: Path) -> None:
    first = desk.waiting()[0]
    found = desk.data("preview", "--render", first["invoice"])["messages"]
    kept = desk.data("preview", "--render", "--customer", first["customer"], "--out", str(tmp_path / "drafts"))

    [one], [path] = found, [Path(each["path"]) for each in kept["messages"]]
    assert one["waits_for_approval"]
    assert path.read_bytes().decode() == one["content"]
    assert "Content-Type: multipart" in one["content"]
    assert desk.waiting()[0] == first


def test_of_what_is_not_in_the_mirror_nothing_is_written_out(desk: Desk) -> None:
    result = desk.run("preview", "--render", "NOPE-1")

    assert result.exit_code == 2
    assert "is not in the mirror" in result.output


def test_the_round_that_comes_after_the_hour_forewarns_the_owner(desk: Desk) -> None:
    config = desk.office.folder / "config.toml"
    config.write_text(
        config.read_text().replace(
            "[tenants.north]\n", '[tenants.north]\nforewarn = ["owner@north.example"]\nforewarn_at = "09:00"\n'
        )
    )
    dry = desk.run("run", "--once", "--dry-run")
    with closing(desk.store) as store:
        before = store.forewarnings.outcome(date(2026, 3, 3))

    real = desk.run("run", "--once")

    assert (dry.exit_code, real.exit_code) == (0, 0), real.output
    with closing(desk.store) as store:
        assert (before, store.forewarnings.outcome(date(2026, 3, 3))) == (None, "sent")
    [mail] = [mail for mail in desk.office.world.messages if mail.stage == "forewarning"]
    assert (mail.recipients, "not yet approved" in mail.text) == (("owner@north.example",), True)


def test_all_that_was_listed_is_approved_only_as_it_was_listed(desk: Desk, tmp_path: Path) -> None:
    listed = desk.data("approve")
    words = tmp_path / "words.txt"
    words.write_text("Please pay.", encoding="utf-8")
    desk.run("edit", listed["reminders"][0]["invoice"], "--text-file", str(words), "--anyway")

    refused = desk.run("approve", "--all", "--seen", listed["mark"])

    assert (refused.exit_code, "not what was listed" in refused.output) == (2, True)
    assert desk.data("approve", "--all", "--seen", desk.data("approve")["mark"])["waiting"] == 0


def test_words_that_somebody_gave_it_while_the_editor_was_open_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = desk.waiting()[0]["invoice"]

    def slowly(text: str, **_: object) -> str:
        monkeypatch.setattr("click.edit", lambda text, **_: text + "\nWords of the other.")
        desk.run("edit", invoice)
        return text + "\nWords of anna's."

    monkeypatch.setattr("click.edit", slowly)
    refused = desk.run("edit", invoice)

    assert (refused.exit_code, "somebody else has worded this message" in refused.output) == (2, True)
    assert "Words of the other." in desk.run("approve", "--show").output


def test_an_approval_is_taken_back_as_long_as_nothing_has_left(desk: Desk) -> None:
    first = desk.waiting()[0]
    desk.run("approve", first["invoice"])

    assert desk.data("approve", "--undo", first["invoice"]) == {"taken_back": 1}
    assert first["invoice"] in [each["invoice"] for each in desk.waiting()]
    refused = desk.run("approve", "--undo", first["invoice"])
    assert "nothing is approved and has not left" in refused.output


def test_the_list_says_what_will_be_asked_and_names_the_credit(desk: Desk) -> None:
    first = desk.waiting()[0]
    with closing(desk.store) as store:
        invoice = store.mirror.invoice(first["invoice_id"])
        assert invoice is not None
        credit = a_credit(contact_id=invoice.contact_id, currency=invoice.currency, updated_at=AT, remaining_minor=1_00)
        store.mirror.save_credits([credit])
    asked = str(Money(invoice.due_minor - 1_00, invoice.currency))

    [listed] = [each for each in desk.waiting() if each["reminder_id"] == first["reminder_id"]]

    assert (listed["asked"], listed["deducted"]) == (asked, f"{Money(1_00, invoice.currency)}")
    assert f"{first['due']} {listed['deducted']} {asked}" in desk.listing()


def prefer_french(desk: Desk, customer: str) -> None:
    assert desk.run("customer", customer, "--language", "fr").exit_code == 0


def test_what_took_an_approval_back_is_listed_and_told(desk: Desk) -> None:
    first = desk.waiting()[0]
    desk.run("approve", first["invoice"])
    prefer_french(desk, first["customer"])

    desk.run("run", "--once")

    [listed] = [each for each in desk.waiting() if each["reminder_id"] == first["reminder_id"]]
    assert (listed["approval_ended"], listed["terms"]["language"]) == ("language_changed_since_approved", "fr")
    assert "language changed since approved" in desk.listing()
    assert "language changed since approved" in desk.run("why", first["invoice"]).output
    trail = desk.run("audit", "--json").output
    assert "language_changed_since_approved" in trail


def test_a_list_that_was_of_another_language_is_not_approved(desk: Desk) -> None:
    listed = desk.data("approve")
    prefer_french(desk, listed["reminders"][0]["customer"])

    refused = desk.run("approve", "--all", "--seen", listed["mark"])

    assert (refused.exit_code, "not what was listed" in refused.output) == (2, True)


def test_a_yes_to_what_has_changed_meanwhile_says_what(desk: Desk) -> None:
    slug = SLUGS["xero"]
    with Installation(desk.office.config) as own:
        [first, *_] = approval.waiting(own, [slug])
        prefer_french(desk, first.customer)

        with pytest.raises(ChangedMeanwhile, match=r"has changed since you looked \(the language\)"):
            approval.approve(own, [first], "anna")
