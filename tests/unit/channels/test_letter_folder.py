"""The folder of letters holds whole documents, and its list names each of them once."""

import csv
import errno
import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hostile_people import NAMES

from connectors.channels import letter_folder
from connectors.channels.channel import NotSent, RefusedMessage, Unsure
from connectors.channels.letter_folder import COLUMNS, MANIFEST, LetterFolderChannel
from state.model import PostalAddress

PDF = b"%PDF-1.7\nthe letter\n%%EOF"
POSTAL = PostalAddress(lines=("1 High Street", "Floor 2"), city="London", postcode="EC1A 1BB", country="GB")


@pytest.fixture
def letter(message):
    return msgspec.structs.replace(
        message, to=(), cc=(), kind="letter", customer="Buyer plc", postal=POSTAL, letter=PDF, stage="final"
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "letters" / "seller"


@pytest.fixture
def channel(folder, clock) -> LetterFolderChannel:
    return LetterFolderChannel(folder, clock)


def listed(folder: Path) -> list[list[str]]:
    with (folder / MANIFEST).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_letter_becomes_a_document_and_a_row(channel, folder, letter, clock) -> None:
    receipt = channel.send(letter)

    assert (receipt.channel, receipt.provider_id, receipt.accepted_at) == ("letter-folder", "att-0001.pdf", clock.now())
    assert (folder / "att-0001.pdf").read_bytes() == PDF
    assert listed(folder) == [
        list(COLUMNS),
        ["att-0001", "2026-03-12", "Buyer plc", "1 High Street, Floor 2, EC1A 1BB London, GB", "final", "att-0001.pdf"],
    ]


def test_the_same_letter_twice_is_one_document_and_one_row(channel, folder, letter) -> None:
    assert channel.send(letter) == channel.send(letter)
    assert len(listed(folder)) == 2


def test_a_letter_that_was_taken_away_to_be_posted_is_not_laid_out_again(channel, folder, letter) -> None:
    channel.send(letter)
    (folder / "att-0001.pdf").unlink()
    channel.send(letter)

    assert not (folder / "att-0001.pdf").exists()
    assert len(listed(folder)) == 2


def test_letters_are_listed_in_the_order_they_came(channel, folder, letter) -> None:
    for number in range(3):
        channel.send(msgspec.structs.replace(letter, id=f"m-{number}"))

    assert [row[0] for row in listed(folder)[1:]] == ["m-0", "m-1", "m-2"]


def test_a_message_whose_id_begins_another_is_another(channel, folder, letter) -> None:
    channel.send(msgspec.structs.replace(letter, id="m-11"))
    channel.send(msgspec.structs.replace(letter, id="m-1"))

    assert len(listed(folder)) == 3


def test_what_people_write_into_the_list_stays(channel, folder, letter) -> None:
    channel.send(letter)
    written = "\ufeffid;date;posted\r\natt-0001;2026-03-12;by hand \xe9".encode("cp1252", "replace")
    (folder / MANIFEST).write_bytes(written)

    channel.send(letter)
    channel.send(msgspec.structs.replace(letter, id="att-0002"))

    content = (folder / MANIFEST).read_bytes()
    assert content.startswith(written)
    assert content.count(b"att-0001") == 1
    assert content.count(b"att-0002") == 2  # its id and its file


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_a_hostile_name_is_one_harmless_cell(channel, folder, letter, hostile) -> None:
    postal = PostalAddress(lines=(hostile.text, "1 High Street"), city="London", postcode=hostile.text, country="GB")
    try:
        channel.send(msgspec.structs.replace(letter, customer=f"{hostile.text} x", postal=postal))
    except RefusedMessage:
        return
    [_, row] = listed(folder)

    assert len(row) == len(COLUMNS)
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)
    assert (folder / MANIFEST).stat().st_size < 2000


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"letter": b""}, "PDF"),
        ({"letter": b"<html>"}, "PDF"),
        ({"postal": None}, "street"),
        ({"postal": PostalAddress(lines=("x",), city="y", country="GB")}, "postcode"),
        ({"postal": PostalAddress(lines=("x",), postcode="y", country="GB")}, "town"),
        ({"postal": PostalAddress(lines=(" ",), city="y", postcode="z", country="GB")}, "street"),
        ({"customer": " "}, "name"),
        ({"id": "../escape"}, "id"),
    ],
)
def test_a_letter_that_nobody_could_deliver_is_refused_and_leaves_nothing(channel, folder, letter, changes, lacks):
    with pytest.raises(RefusedMessage, match=lacks) as caught:
        channel.send(msgspec.structs.replace(letter, **changes))
    assert "High Street" not in str(caught.value)
    assert not folder.exists() or [file.name for file in folder.iterdir()] == []


def test_a_country_without_postcodes_needs_none(channel, letter) -> None:
    postal = PostalAddress(lines=("1 Queen's Road",), country="Hong Kong SAR China")

    assert channel.send(msgspec.structs.replace(letter, postal=postal)).provider_id == "att-0001.pdf"


def test_a_folder_that_cannot_be_made_has_not_sent(tmp_path, clock, letter) -> None:
    (tmp_path / "file").write_text("in the way")
    channel = LetterFolderChannel(tmp_path / "file", clock)
    with pytest.raises(NotSent, match="folder"):
        channel.send(letter)
    with pytest.raises(NotSent, match="folder"):
        channel.check()


def test_a_list_that_cannot_be_written_takes_the_document_back(channel, folder, letter) -> None:
    (folder / "manifest.part").mkdir(parents=True)
    with pytest.raises(NotSent):
        channel.send(letter)
    assert not (folder / "att-0001.pdf").exists()
    assert not (folder / MANIFEST).exists()


def test_a_row_that_may_not_be_on_the_disk_leaves_us_unsure(channel, folder, letter, monkeypatch) -> None:
    answers = iter((None, OSError(errno.EIO, "Input/output error")))

    def failing_at_last(_: Path) -> None:
        if (answer := next(answers)) is not None:
            raise answer

    monkeypatch.setattr(letter_folder, "flush_folder", failing_at_last)
    with pytest.raises(Unsure):
        channel.send(letter)


def test_a_good_folder_passes_the_check_and_stays_empty(channel, folder) -> None:
    channel.check()

    assert [file.name for file in folder.iterdir() if not file.name.startswith(".")] == []


def test_letters_are_their_owners_alone(channel, folder, letter) -> None:
    channel.send(letter)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes["att-0001.pdf"] == modes[MANIFEST] == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import msgspec
from connectors.channels import letter_folder
from connectors.channels.channel import Address, Message
from state.clock import ManualClock
from state.model import PostalAddress

calls = 0
def dying(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

letter_folder.write_durably = dying(letter_folder.write_durably)
letter_folder.flush_folder = dying(letter_folder.flush_folder)
Path.replace = dying(Path.replace)
message = msgspec.json.decode(sys.stdin.buffer.read(), type=Message)
letter_folder.LetterFolderChannel(Path(sys.argv[1]), ManualClock(datetime(2026, 3, 12, tzinfo=UTC))).send(message)
"""


@pytest.mark.parametrize("moment", range(1, 7))
def test_killed_at_any_moment_a_row_has_its_whole_document_and_the_next_attempt_is_one_of_each(
    channel, folder, letter, moment
) -> None:
    first = msgspec.structs.replace(letter, id="earlier")
    channel.send(first)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(moment)],
        input=msgspec.json.encode(letter),
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    for row in listed(folder)[1:]:
        assert (folder / row[-1]).read_bytes() == PDF
    channel.send(letter)
    assert [row[0] for row in listed(folder)[1:]] == ["earlier", "att-0001"]
    assert (folder / "att-0001.pdf").read_bytes() == PDF
