"""The firm posts the letters in its outbox: each arrives, and is judged by the books as they are when it was written.

For that the folder is looked into before anything else happens in the world.
"""

from pathlib import Path

from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import Addressee, ReceivedMessage
from connectors.sandbox.pdf_text import text_of
from connectors.sandbox.world import World


def collect(world: World) -> None:
    """Post what the firm has put into its outbox since the last look. The caller holds the world's lock."""
    if world.outbox is None:
        return
    for folder, row in world.outbox.take():
        receive(world, _letter(world, folder, row))


def _letter(world: World, folder: Path, row: dict[str, str]) -> ReceivedMessage:
    """Without its file it says nothing: the judge finds no invoice in it, and counts it as unmatched."""
    document = folder / Path(row["file"]).name
    content = document.read_bytes() if document.is_file() else b""
    name = row["customer"].removeprefix("'")  # which a spreadsheet is shown in front of what looks like a formula
    return ReceivedMessage(
        id=row["id"],
        channel="letter",
        arrived_at=world.clock.now(),
        sender="",
        recipients=(f"{name}, {row['address']}",),
        subject="",
        text=text_of(content) if content else "",
        html="",
        stage=row["stage"] or None,
        attempt=row["id"],
        pdf=content,
        addressee=Addressee((name,), "", row["address"]),
    )
