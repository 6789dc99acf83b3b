"""Row 20: each stage names its channels and who is responsible, and that person finds the calls on its list."""

from collections.abc import Callable
from datetime import timedelta

from rows_stage import RowsStage

POLICY = """
[policy]
minimum_gap_days = 1

[[policy.stages]]
name = "first-call"
offset_days = 1
template = "soft"
channels = ["call"]
owner = "ada"
blocks = false

[[policy.stages]]
name = "second-call"
offset_days = 3
template = "firm"
channels = ["call"]
owner = "ben"

[[policy.stages]]
name = "by-post"
offset_days = 5
template = "final"
channels = ["letter"]
owner = "ben"
"""


def test_each_call_stands_on_the_list_of_its_stages_owner(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(overdue=1)
    stage.run()
    stage.days(2)

    assert [(t.new.stage, t.new.owner, t.new.kind) for t in stage.tasks()] == [
        ("first-call", "ada", "call"),
        ("second-call", "ben", "call"),
    ]
    for owner, own in (("ada", "first-call"), ("ben", "second-call")):
        listed = stage.json(f"dun tasks --owner {owner}")["tasks"]
        assert [task["stage"] for task in listed] == [own]
        assert [item["number"] for item in listed[0]["items"]] == [invoice.number]


def test_who_is_responsible_stands_beside_every_message_to_come_letters_too(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    stage.invoice(stage.customer(street="9 Quay Street", city="Hull", postcode="HU1 1AA"), overdue=1)
    stage.told("dun sync")

    sends = stage.json("dun preview")["tenants"][0]["sends"]

    assert [(send["stage"], send["owner"]) for send in sends] == [
        ("first-call", "ada"),
        ("second-call", "ben"),
        ("by-post", "ben"),
    ]
    assert "whose" in stage.told("dun preview")


LETTER = """
[[policy.stages]]
name = "by-post"
offset_days = 1
template = "final"
channels = ["letter"]
owner = "ben"
"""


def test_a_letter_that_comes_back_is_on_the_list_of_its_stages_owner(firm: Callable[..., RowsStage]) -> None:
    stage = firm(LETTER, letters="lob")
    (stage.folder / "lob-key").write_text("live_key_of_the_sandbox")
    stage.control("fates", postcode="12207", letter="returned")
    albany = {"street": "7 Lake Avenue", "city": "Albany", "region": "NY", "postcode": "12207", "country": "US"}
    stage.invoice(stage.customer(**albany), overdue=1)
    stage.told("dun run --once")
    for _ in range(8):
        stage.world.clock.advance(timedelta(days=1))
        stage.told("dun run --once")

    [task] = stage.json("dun tasks --owner ben")["tasks"]
    assert (task["kind"], task["stage"], task["owner"]) == ("delivery", "by-post", "ben")
    assert stage.json("dun tasks --owner ada")["tasks"] == []


def test_the_policy_says_who_is_responsible_for_each_stage(firm: Callable[..., RowsStage]) -> None:
    said = firm(POLICY).told("dun policy check")

    owners = {line.strip().split(": ")[1]: line for line in said.splitlines() if "in the care of" in line}
    assert "in the care of ada" in owners["first-call"]
    assert "5 days after the due date, by letter" in owners["by-post"]
    assert "in the care of ben" in owners["by-post"]
