"""The ways out as a bookkeeper types them: told in words or JSON, refused in words."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from unit.agreements.conftest import FILE, Office, north, office
from unit.state.examples import a_credit, a_reply

from connector.reporting.waiting import waiting
from state.agreed import PlanState
from state.model import ContactId, DecisionRow, InvoiceId, TenantSlug
from state.store import TenantStore
from state.tasks import NewTask

__all__ = ["north", "office"]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NEXT = f"{datetime.now(UTC).year + 5}-01-31"  # of the real clock, as the commands go by it


def with_task(office: Office, **facts: Any) -> str:
    """The id of a new task about invoice inv-1."""
    task = NewTask(
        **{
            "kind": "call",
            "subject": "a call",
            "contact_id": ContactId("buyer"),
            "invoice_id": InvoiceId("inv-1"),
            "owner": "ada",
            "phone": "+442071234567",
            "script": "Ask when it will be paid.",
        }
        | facts
    )
    with closing(TenantStore.open(office.folder / FILE)) as store:
        store.tasks.open([task], AT)
        return store.tasks.all()[-1].id


def with_decision(office: Office) -> str:
    return with_task(office, kind="decision", subject="inv-1/1", blocks=False)


# -- the work list -----------------------------------------------------------------------------------------------------


def test_the_list_names_customer_phone_and_open_items(office: Office) -> None:
    key = with_task(office)

    [job] = office.data("tasks")["tasks"]

    assert (job["id"], job["customer"], job["phone"], job["owner"]) == (key, "Buyer plc", "+442071234567", "ada")
    assert [(item["number"], item["due"]) for item in job["items"]] == [("INV-1", "600.00 GBP")]


def test_an_open_dispute_stands_on_the_list_of_its_owner_until_it_is_settled(office: Office) -> None:
    office.told("dispute", "INV-1", "--reason", "two boxes broken", "--amount", "50.00", "--owner", "grace")

    [job] = office.data("tasks", "--owner", "grace", "--kind", "dispute")["tasks"]
    assert (job["customer"], job["script"]) == ("Buyer plc", "50.00 GBP of it disputed: two boxes broken")
    assert "two boxes broken" in office.told("tasks", "--full")

    office.told("dispute", "INV-1", "--settle", "credited")
    assert office.data("tasks")["tasks"] == []


def with_broken_plan(office: Office) -> None:
    """And what the cycle has decided about its invoices."""
    office.told("plan", "make", "Euro SA", "--invoices", "INV-3", "--instalments", "2", "--first", "2034-01-02")
    with closing(TenantStore.open(office.folder / FILE)) as store:
        [plan] = store.plans.active()
        store.plans.settle(plan.id, PlanState.BROKEN, AT)
        broken = DecisionRow(InvoiceId("inv-3"), "ask_person", None, '[["plan_broken",{}]]', None)
        store.decisions.record([broken], AT.date(), AT)


def test_a_broken_plan_stands_on_the_list_of_whoever_made_it_until_it_is_cancelled(office: Office) -> None:
    with_broken_plan(office)

    [job] = office.data("tasks", "--owner", "ada")["tasks"]
    assert (job["kind"], job["customer"]) == ("plan", "Euro SA")
    assert "the plan of 2 instalments over 600.00 GBP is broken" in job["script"]
    assert "plan broken" in office.told("holds", "--kind", "plan")

    office.told("plan", "cancel", "Euro SA")
    assert office.data("tasks")["tasks"] == []


def test_disputes_and_broken_plans_wait_in_the_monthly_report_too(office: Office, north: TenantStore) -> None:
    office.told("dispute", "INV-1", "--reason", "two boxes broken", "--owner", "grace")
    with_broken_plan(office)

    found = waiting(north, TenantSlug("north"), UTC)

    assert {(each.invoice, each.owner) for each in found} == {("INV-1", "grace"), ("INV-3", "ada")}


def test_an_answer_that_nobody_has_read_waits_in_the_monthly_report(north: TenantStore) -> None:
    buyer = ContactId("buyer")
    reply = north.correspondence.save(a_reply("k1", received_at=AT), [buyer], AT)
    hold = north.holds.place("contact", buyer, "reply", None, "", AT, "dun")
    north.correspondence.concern(reply, buyer, hold.id)
    north.correspondence.save(a_reply("k2", sender_name="Somebody else", received_at=AT), [], AT)
    north.correspondence.save(a_reply("k3", kind="auto_reply"), [], AT)

    found = [(str(each.what), each.customer, each.since) for each in waiting(north, TenantSlug("north"), UTC)]

    assert [who for _, who, _ in found] == ["Buyer plc", "Somebody else"]
    assert {(what, since) for what, _, since in found} == {("an answer is to be read", AT.date())}


def test_a_dispute_is_not_written_down_as_done(office: Office) -> None:
    office.told("dispute", "INV-1", "--reason", "two boxes broken")
    [job] = office.data("tasks")["tasks"]

    assert "dun dispute INVOICE --settle" in office.refused(
        "tasks", "done", job["id"], "--outcome", "spoke", "--note", "n"
    )


def test_an_empty_list_is_told_in_words(office: Office) -> None:
    assert office.told("tasks") == "There is nothing to do."


def test_an_owner_sees_what_is_everybodys_too(office: Office) -> None:
    with_task(office, subject="one", owner="grace")
    with_task(office, subject="two", owner="")
    with_task(office, subject="three", owner="ada")

    assert [job["owner"] for job in office.data("tasks", "--owner", "ada")["tasks"]] == ["", "ada"]


def test_kinds_can_be_asked_for_and_scripts_shown(office: Office) -> None:
    with_task(office)
    with_decision(office)

    told = office.told("tasks", "--kind", "call", "--full")

    assert "Ask when it will be paid." in told
    assert [job["kind"] for job in office.data("tasks", "--kind", "decision")["tasks"]] == ["decision"]


def test_a_task_that_is_done_leaves_the_list_and_stays_in_the_whole_one(office: Office) -> None:
    key = with_task(office)

    told = office.told("tasks", "done", key.lower(), "--outcome", "no_answer", "--note", "rang twice")

    assert told == "Done: no answer; the sequence goes on."
    assert office.data("tasks")["tasks"] == []
    [job] = office.data("tasks", "--all")["tasks"]
    assert (job["outcome"], job["note"], job["closed_by"]) == ("no_answer", "rang twice", "ada")
    assert office.deeds() == [("ada", "task done")]


def test_a_promise_on_the_telephone_is_kept_as_a_promise(office: Office, north: TenantStore) -> None:
    key = with_task(office)

    office.told(
        "tasks", "done", key, "--outcome", "promise", "--promise", NEXT, "--amount", "50", "--note", "rest later"
    )

    [promise] = north.promises.open()
    assert (promise.amount_minor, str(promise.promised_on), promise.note) == (50_00, NEXT, "rest later")


def test_a_dispute_on_the_telephone_is_kept_as_a_dispute(office: Office, north: TenantStore) -> None:
    key = with_task(office)

    office.told("tasks", "done", key, "--outcome", "dispute", "--note", "two boxes were broken")

    [dispute] = north.disputes.standing()
    assert (dispute.invoice_id, dispute.reason, dispute.owner) == ("inv-1", "two boxes were broken", "ada")


def test_who_says_it_has_paid_is_left_alone_for_a_week(office: Office, north: TenantStore) -> None:
    key = with_task(office)

    told = office.told("tasks", "done", key, "--outcome", "paid_says", "--note", "on Friday")

    [hold] = north.holds.active(AT.date())
    assert (hold.target, hold.reason, hold.note) == ("inv-1", "says_it_has_paid", "on Friday")
    assert str(hold.until) in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--outcome", "promise"], "a promise needs its day"),
        (["--outcome", "spoke", "--promise", NEXT], "a promise needs its day"),
        (["--outcome", "promise", "--promise", "2020-01-01"], "which is past"),
        (["--outcome", "promise", "--promise", NEXT, "--amount", "700"], "more than what is due"),
        (["--outcome", "vanished"], "vanished"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_and_the_task_stays(
    office: Office, arguments: list[str], words: str
) -> None:
    key = with_task(office)

    assert words in office.refused("tasks", "done", key, "--note", "x", *arguments)

    assert len(office.data("tasks")["tasks"]) == 1


def test_a_task_ends_once(office: Office) -> None:
    key = with_task(office)
    office.told("tasks", "done", key, "--outcome", "spoke", "--note", "x")

    assert "was done on" in office.refused("tasks", "done", key, "--outcome", "spoke", "--note", "y")


def test_an_unknown_task_is_refused_in_words(office: Office) -> None:
    assert "there is no task 'NONE'" in office.refused("tasks", "done", "NONE", "--outcome", "spoke", "--note", "x")


def test_a_decision_is_not_done_but_decided(office: Office) -> None:
    key = with_decision(office)

    assert "dun decide" in office.refused("tasks", "done", key, "--outcome", "spoke", "--note", "x")


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_a_decision_to_call_puts_a_call_on_the_list(office: Office) -> None:
    with_decision(office)

    office.told("decide", "INV-1", "--to", "call")

    assert [job["kind"] for job in office.data("tasks")["tasks"]] == ["call"]
    assert office.deeds() == [("ada", "decide")]


def test_a_decision_to_wait_is_a_hold(office: Office, north: TenantStore) -> None:
    with_decision(office)

    told = office.told("decide", "--customer", "Buyer plc", "--to", "wait", "--until", NEXT)

    assert NEXT in told
    assert [(hold.target, str(hold.until)) for hold in north.holds.active(AT.date())] == [("inv-1", NEXT)]


def test_the_ways_with_commands_of_their_own_are_named(office: Office) -> None:
    with_decision(office)

    decided = office.data("decide", "INV-1", "--to", "plan")["decided"]

    assert decided["command"].startswith("dun plan make 'Buyer plc' --invoices INV-1")
    assert len(office.data("tasks")["tasks"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["INV-1", "--to", "letter"], "no decision is open about invoice INV-1"),
        (["INV-1", "--to", "wait"], "--until goes with --to wait"),
        (["INV-1", "--to", "call", "--until", NEXT], "--until goes with --to wait"),
        (["INV-9", "--to", "call"], "dun sync"),
        (["PAID", "--to", "call"], "nothing is due on invoice PAID"),
        (["--to", "call"], "name one thing"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(office: Office, arguments: list[str], words: str) -> None:
    assert words in office.refused("decide", *arguments)


def test_a_wait_that_is_over_is_refused(office: Office) -> None:
    with_decision(office)

    assert "which is past" in office.refused("decide", "INV-1", "--to", "wait", "--until", "2020-01-01")


# -- write-offs --------------------------------------------------------------------------------------------------------


def test_a_write_off_is_proposed_approved_and_exported(office: Office, tmp_path: Path) -> None:
    office.told("write-off", "propose", "INV-1", "--reason", "=insolvent")
    told = office.told("write-off", "approve", "INV-1")
    file = tmp_path / "off.csv"

    office.told("write-off", "list", "--export", str(file))

    assert told == "Approved: 600.00 GBP on invoice INV-1 of north is given up."
    assert "INV-1" in file.read_text()
    assert ",'=insolvent," in file.read_text()
    [listed] = office.data("write-off", "list")["write_offs"]
    assert (listed["state"], listed["exported"]) == ("approved", True)
    assert office.deeds() == [("ada", "write-off proposed"), ("ada", "write-off approved")]


def test_an_export_names_what_it_leaves_out_for_money_in_hand(office: Office, tmp_path: Path) -> None:
    office.told("write-off", "propose", "INV-1", "--reason", "insolvent")
    office.told("write-off", "approve", "INV-1")
    with closing(TenantStore.open(office.folder / FILE)) as store:
        store.mirror.save_credits([a_credit("money", contact_id="buyer", remaining_minor=500_00)])

    told = office.told("write-off", "list", "--export", str(tmp_path / "off.csv"))

    assert "0 write-offs in" in told
    assert "Left out: invoice INV-1 of north, since 500.00 GBP of Buyer plc is in hand" in told
    [listed] = office.data("write-off", "list")["write_offs"]
    assert (listed["exported"], "may have paid it" in listed["words"]) == (False, True)


def test_a_release_says_what_ends_the_hold_of_a_write_off(office: Office) -> None:
    office.told("write-off", "propose", "INV-1", "--reason", "insolvent")

    assert "`dun write-off refuse INVOICE` asks for it again" in office.refused("release", "INV-1")


def test_a_release_ends_other_holds_and_says_what_stays(office: Office) -> None:
    office.told("hold", "INV-1")
    office.told("write-off", "propose", "INV-1", "--reason", "insolvent")

    told = office.told("release", "INV-1")

    assert told.startswith("1 hold ended; invoice INV-1 of north stays held: it is to be written off;")


def test_with_four_eyes_the_proposer_may_not_approve_and_somebody_else_may(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = office.folder / "config.toml"
    file.write_text(f"{file.read_text()}[policy.write_off]\nfour_eyes = true\n")
    office.told("write-off", "propose", "INV-1", "--reason", "insolvent")

    refused = office.refused("write-off", "approve", "INV-1")
    monkeypatch.setattr("connector.people._account", lambda _: "grace")
    told = office.told("write-off", "approve", "INV-1")

    assert "was proposed by ada, and four_eyes in [policy.write_off] wants somebody else" in refused
    assert told == "Approved: 600.00 GBP on invoice INV-1 of north is given up."
    assert office.deeds() == [("ada", "write-off proposed"), ("grace", "write-off approved")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["propose", "PAID", "--reason", "x"], "nothing is due on invoice PAID"),
        (["propose", "INV-9", "--reason", "x"], "dun sync"),
        (["approve", "INV-1"], "no write-off of invoice INV-1 of north is proposed"),
        (["refuse", "INV-1", "--reason", "x"], "is proposed or approved"),
        (["propose", "INV-1"], "--reason"),
    ],
)
def test_a_write_off_that_cannot_be_is_refused(office: Office, arguments: list[str], words: str) -> None:
    assert words in office.refused("write-off", *arguments)


def test_an_invoice_is_proposed_once(office: Office) -> None:
    office.told("write-off", "propose", "INV-1", "--reason", "x")

    assert "to be written off already" in office.refused("write-off", "propose", "INV-1", "--reason", "y")


def test_an_export_never_overwrites_a_file(office: Office, tmp_path: Path) -> None:
    office.told("write-off", "propose", "INV-1", "--reason", "x")
    office.told("write-off", "approve", "INV-1")
    file = tmp_path / "off.csv"
    file.write_text("mine")

    assert "exists already" in office.refused("write-off", "list", "--export", str(file))

    assert file.read_text() == "mine"
    assert [each["exported"] for each in office.data("write-off", "list")["write_offs"]] == [False]


# -- handovers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["INV-1"],
        ["--to", "Agency"],
        ["INV-1", "--customer", "Buyer plc", "--to", "Agency"],
        ["INV-1", "--to", "Agency", "--return"],
        ["--customer", "Buyer plc", "--return"],
    ],
)
def test_a_handover_names_its_invoices_and_who_gets_them(office: Office, arguments: list[str]) -> None:
    assert "hand over INVOICE..." in office.refused("handover", *arguments)


def test_what_is_with_nobody_cannot_be_returned(office: Office) -> None:
    assert "is with nobody" in office.refused("handover", "--return", "INV-1")


def test_what_is_handed_over_can_be_returned(office: Office, north: TenantStore) -> None:
    with north.transaction():
        north.handovers.record([InvoiceId("inv-1")], "Agency", "0" * 64, "ada", AT)
        north.holds.place("invoice", "inv-1", "handed_over", None, None, AT, "Agency")

    told = office.told("handover", "--return", "INV-1")

    assert told == "invoice INV-1 of north is back; its sequence goes on with the next cycle."
    assert (north.handovers.out(), north.holds.active(AT.date())) == ([], [])


# -- leaving and forgetting --------------------------------------------------------------------------------------------


def test_everything_leaves_with_the_client(office: Office, north: TenantStore, tmp_path: Path) -> None:
    north.handovers.record([InvoiceId("inv-1")], "Agency", "0" * 64, "ada", AT)
    north.write_offs.propose(InvoiceId("inv-2"), "insolvent", "ada", AT)
    north.last_letters.decide(InvoiceId("inv-2"), "ada", AT)
    folder = tmp_path / "leaving"

    office.told("export", "north", "--to", str(folder))

    rows = [json.loads(line) for line in (folder / "handovers.jsonl").read_text().splitlines()]
    assert [(row["handed_to"], row["due"]) for row in rows] == [("Agency", "600.00")]
    assert "insolvent" in (folder / "write_offs.csv").read_text()
    assert "inv-2" in (folder / "last_letters.csv").read_text()


def test_what_was_written_about_a_forgotten_person_is_gone(north: TenantStore) -> None:
    north.write_offs.propose(InvoiceId("inv-1"), "a sad story", "ada", AT)

    north.forgetting.forget(ContactId("buyer"), AT)

    assert [each.reason for each in north.write_offs.all()] == [""]
