"""The rehearsal carrier leaves exactly one whole file per message."""

import stat
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from connectors.channels.channel import NotSent, RefusedMessage
from connectors.channels.dry import DryChannel


def test_the_message_becomes_a_file_named_after_its_attempt(tmp_path, clock, message) -> None:
    receipt = DryChannel(tmp_path / "outbox" / "seller", clock).send(message)
    [file] = (tmp_path / "outbox" / "seller").iterdir()
    assert (receipt.channel, receipt.provider_id, file.name) == ("dry", "att-0001.eml", "att-0001.eml")


def test_the_file_opens_as_an_e_mail(tmp_path, clock, message) -> None:
    DryChannel(tmp_path, clock).send(message)
    mail = message_from_bytes((tmp_path / "att-0001.eml").read_bytes(), policy=policy.default)
    assert (mail["Subject"], mail["To"].addresses[0].addr_spec) == (message.subject, "ap@buyer.example")


def test_the_same_attempt_twice_is_one_file(tmp_path, clock, message) -> None:
    channel = DryChannel(tmp_path, clock)
    assert channel.send(message) == channel.send(message)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_has_not_sent(tmp_path, clock, message) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotSent, match="folder"):
        DryChannel(tmp_path / "file", clock).send(message)


def test_a_name_that_is_taken_by_a_folder_leaves_no_half_file(tmp_path, clock, message) -> None:
    (tmp_path / "att-0001.eml").mkdir()
    with pytest.raises(NotSent):
        DryChannel(tmp_path, clock).send(message)
    assert [path.name for path in tmp_path.iterdir()] == ["att-0001.eml"]


def test_a_letter_is_for_its_owner_alone(tmp_path, clock, message) -> None:
    DryChannel(tmp_path / "outbox", clock).send(message)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "outbox").iterdir()] == [0o600]
    assert stat.S_IMODE((tmp_path / "outbox").stat().st_mode) == 0o700


def test_a_letter_is_not_written_through_a_link_that_somebody_left(tmp_path, clock, message) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "outbox" / "att-0001.part").symlink_to(tmp_path / "theirs")

    DryChannel(tmp_path / "outbox", clock).send(message)

    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "outbox" / "att-0001.eml").is_symlink()


def test_a_letter_does_not_take_over_the_rights_of_a_draft_that_was_there(tmp_path, clock, message) -> None:
    (tmp_path / "att-0001.part").touch(mode=0o666)

    DryChannel(tmp_path, clock).send(message)

    assert stat.S_IMODE((tmp_path / "att-0001.eml").stat().st_mode) == 0o600


@pytest.mark.parametrize("identifier", ["../escape", "a/b", ".hidden", "", "a\nb", "x" * 200])
def test_an_id_that_is_no_plain_word_is_refused(tmp_path, clock, change, identifier) -> None:
    with pytest.raises(RefusedMessage, match="id"):
        DryChannel(tmp_path / "outbox", clock).send(change(id=identifier))
    assert list(Path(tmp_path).iterdir()) == []
