"""Row 23: a letter is a job at the provider's with its id and what became of it, or a PDF that waits to be posted."""

import csv
from collections.abc import Callable
from datetime import timedelta

from rows_stage import RowsStage

POLICY = """
[[policy.stages]]
name = "by-post"
offset_days = 1
template = "final"
channels = ["letter"]
"""
ALBANY = {
    "street": "7 Lake Avenue",
    "city": "Albany",
    "region": "NY",
    "postcode": "12207",
    "country": "US",
}


def facts(stage: RowsStage) -> list[tuple[str, str]]:
    """Of each letter: the provider's id, and the last that was told of it."""
    with stage.store() as store:
        return store._connection.execute(
            "SELECT provider_id, delivery.kind FROM message JOIN delivery ON message_id = message.id ORDER BY at"
        ).fetchall()


def by_lob(firm: Callable[..., RowsStage]) -> RowsStage:
    """Letters are made with a live key; those of a test key are printed and followed by nobody."""
    stage = firm(POLICY, letters="lob")
    (stage.folder / "lob-key").write_text("live_key_of_the_sandbox")
    config = stage.folder / "config.toml"
    config.write_text(config.read_text().replace('carrier = "lob"', 'carrier = "lob"\ncertified_stages = ["by-post"]'))
    return stage


def test_a_certified_letter_has_an_id_and_is_followed_to_the_door(firm: Callable[..., RowsStage]) -> None:
    stage = by_lob(firm)
    stage.invoice(stage.customer(**ALBANY), overdue=1)
    stage.told("dun run --once")
    for _ in range(7):
        stage.world.clock.advance(timedelta(days=1))
        stage.told("dun run --once")

    [letter] = stage.world.outside.post.letters
    assert letter.options["extra_service"] == "certified"
    assert {provider_id for provider_id, _ in facts(stage)} == {letter.id}
    assert [kind for _, kind in facts(stage)][-1] == "delivered"


def test_a_letter_that_comes_back_is_told_and_put_on_the_work_list(firm: Callable[..., RowsStage]) -> None:
    stage = by_lob(firm)
    stage.control("fates", postcode="12207", letter="returned")
    invoice = stage.invoice(stage.customer(**ALBANY), overdue=1)
    stage.told("dun run --once")
    for _ in range(8):
        stage.world.clock.advance(timedelta(days=1))
        stage.told("dun run --once")

    assert [kind for _, kind in facts(stage)][-1] == "returned"
    [task] = stage.tasks()
    assert (task.new.kind, task.new.stage, task.new.contact_id) == (
        "delivery",
        "by-post",
        stage.key(stage.owner(invoice)),
    )


def test_a_letter_to_be_posted_is_a_pdf_with_its_row_in_the_manifest(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    buyer = stage.customer(name="Buyer Ltd", street="9 Quay Street", city="Hull", postcode="HU1 1AA")
    invoice = stage.invoice(buyer, overdue=1)
    stage.run()

    folder = stage.folder / "letters" / stage.slug
    [row] = csv.DictReader((folder / "manifest.csv").open(encoding="utf-8-sig", newline=""))
    assert (row["customer"], row["stage"], row["date"]) == ("Buyer Ltd", "by-post", "2026-03-02")
    assert "9 Quay Street" in row["address"]
    assert (folder / row["file"]).read_bytes().startswith(b"%PDF")
    [letter] = stage.messages(invoice)
    assert "£120.00" in letter.text
