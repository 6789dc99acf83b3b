"""Secrets by reference: found where the reference says, and never shown."""

import pytest

from connector.credentials import CredentialError, Secret, resolve


def test_a_secret_comes_from_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("DUN_TEST_SECRET", "s3cret")

    assert resolve("env:DUN_TEST_SECRET", tmp_path).reveal() == "s3cret"


def test_a_secret_comes_from_a_file_beside_the_configuration_without_its_line_end(tmp_path) -> None:
    (tmp_path / "key").write_bytes(b" s3cret \r\n")

    assert resolve("file:key", tmp_path).reveal() == " s3cret "
    assert resolve(f"file:{tmp_path / 'key'}", tmp_path / "elsewhere").reveal() == " s3cret "


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:DUN_TEST_UNSET", "DUN_TEST_UNSET is not set"),
        ("file:nowhere", "cannot be read"),
        ("file:empty", "is empty"),
        ("file:binary", "is not UTF-8"),
        ("file:/dev/zero", "is larger than 65,536 bytes"),
        ("file:.", "cannot be read"),
        ("s3cret", "not as plain text"),
        ("", "not as plain text"),
    ],
)
def test_what_cannot_be_had_is_told_without_a_value(tmp_path, reference, words) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    with pytest.raises(CredentialError, match=words) as caught:
        resolve(reference, tmp_path)

    assert "s3cret" not in str(caught.value)


def test_a_secret_does_not_print() -> None:
    secret = Secret("s3cret")

    assert "s3cret" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("s3cret")
    assert secret != Secret("other")
    assert len({secret, Secret("s3cret")}) == 1
