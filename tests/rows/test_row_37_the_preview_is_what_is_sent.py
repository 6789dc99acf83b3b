"""Row 37: words for each channel and language in the firm's voice, and a preview that is what leaves, byte for byte."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

import pytest
from rows_stage import Arrived, RowsStage

from connectors.sandbox.pdf_text import text_of

POLICY = """
[[policy.stages]]
name = "soft"
offset_days = 1
channels = ["email", "sms", "voice", "letter"]
"""
_MARKUP = re.compile(r"<[^>]*>")  # of what Twilio is handed of a call
_BLANK = re.compile(r"\s+")  # a letter breaks long words where a line ends
_ID = re.compile(r"(?<=dun:)[0-9a-f]{24}")


def previewed(stage: RowsStage) -> Path:
    """The only file that would leave now."""
    stage.told(f"dun preview --render --out {stage.folder / 'drafts'}")
    [file] = (stage.folder / "drafts" / stage.slug).iterdir()
    return file


def without_id(text: str) -> str:
    """Every attempt has an id of its own, also in its reference."""
    return _ID.sub("ID", _BLANK.sub("", text))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("channel", ["email", "sms", "voice", "letter"])
def test_the_preview_of_each_channel_and_language_is_what_arrives(
    firm: Callable[..., RowsStage], channel: str, language: str
) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(stage.customer(name="Buyer Ltd"), overdue=1)
    stage.told("dun sync")
    stage.told(f'dun customer "Buyer Ltd" --language {language} --prefer {channel}')

    file = previewed(stage)
    stage.run()

    [arrived] = stage.messages(invoice)
    assert arrived.kind == channel
    assert without_id(shown(file)) == without_id(seen(arrived))


def shown(file: Path) -> str:
    if file.suffix == ".pdf":
        return text_of(file.read_bytes())
    if file.suffix == ".txt":
        return _MARKUP.sub("", file.read_text())
    mail = message_from_bytes(file.read_bytes(), policy=modern)
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    texts = [part.get_content() for part in parts if part is not None]
    return "\n".join([mail["From"], mail["To"], mail["Subject"], *texts])


def seen(arrived: Arrived) -> str:
    if arrived.kind == "letter":
        return arrived.text
    if arrived.kind in ("sms", "voice"):
        return f"{arrived.to}\n\n{arrived.text}"
    headers = [arrived.headers[name] for name in ("From", "To", "Subject")]
    return "\n".join([*headers, arrived.text, arrived.html])
