"""The rehearsal carrier leaves exactly one whole file per message."""

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


@pytest.mark.parametrize("identifier", ["../escape", "a/b", ".hidden", "", "a\nb", "x" * 200])
def test_an_id_that_is_no_plain_word_is_refused(tmp_path, clock, change, identifier) -> None:
    with pytest.raises(RefusedMessage, match="id"):
        DryChannel(tmp_path / "outbox", clock).send(change(id=identifier))
    assert list(Path(tmp_path).iterdir()) == []
