"""Every kind of secret is found where somebody leaves it, and the repository holds none.

The planted ones are put together here piece by piece, or this file would be a find.
"""

import subprocess
import sys
from pathlib import Path
from random import Random
from string import ascii_letters, digits, hexdigits

import pytest

from drill.leaks import ALLOWED, GIVEN, SHAPES, leaks, looks_drawn, tracked
from drill.plant import HOUSE

CHANCE = Random(20)
URL_SAFE = ascii_letters + digits + "-_"


def drawn(length: int, signs: str = ascii_letters + digits) -> str:
    assert length > 9, "too short to look drawn"
    while not looks_drawn(word := "".join(CHANCE.choices(signs, k=length))):
        pass
    return word


PLANTED = [
    ("private key", "-----BEGIN " + "PRIVATE KEY-----"),
    ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ("JSON web token", "token = 'ey" + f"J{drawn(20)}.ey" + f"J{drawn(40)}.{drawn(43)}'"),
    ("Intuit refresh token", "RT1" + f"-118-H0-175{drawn(20, digits + ascii_letters)}"),
    ("Intuit refresh token", "AB" + f"11{drawn(46)}"),
    ("SendGrid key", "SG" + f".{drawn(22, URL_SAFE)}.{drawn(43, URL_SAFE)}"),
    ("AWS key", "AKIA" + drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
    ("GitHub token", "ghp" + f"_{drawn(36)}"),
    ("GitHub token", "github" + f"_pat_{drawn(22)}_{drawn(59)}"),
    ("package index token", "pypi" + f"-AgEI{drawn(60)}"),
    ("password in an address", "https:" + f"//anna:{drawn(12)}@books.example/"),
    ("path of a machine", "see /" + "root/notes.txt"),
    ("path of a machine", "cd /" + "home/anna/dun && make"),
    ("path of a machine", '"/' + 'Users/anna/dun"'),
    ("host of a package index", "https://" + "pypi" + ".org/simple/"),
    ("option naming a package index", "  --extra-" + "index-url https://index.example/simple"),
    ("secret given to a name", f'client_secret = "{drawn(48, URL_SAFE)}"'),
    ("secret given to a name", f'"refresh_token": "{drawn(43, URL_SAFE)}"'),
    ("secret given to a name", f"DUN_VAULT_KEY={drawn(64, hexdigits[:16])}"),
    ("secret given to a name", f"vault_key: bytes = b'{drawn(44)}'"),
    ("secret given to a name", f"TOKENS['access_token'] = '{drawn(32)}'"),
    ("secret given to a name", f"smtp_password: {drawn(20)}"),
    ("secret given to a name", f"Authorization: Bearer {drawn(43, URL_SAFE)}"),
    ("secret given to a name", f"Authorization: Basic {drawn(60)}=="),
]


@pytest.mark.parametrize(
    ("kind", "text"), PLANTED, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(PLANTED)]
)
def test_a_planted_one_is_found_in_its_line(kind: str, text: str) -> None:
    assert (2, kind) in list(leaks(f"first\n{text}\nlast\n"))


def test_every_shape_is_planted() -> None:
    assert {kind for kind, _ in PLANTED} == {*SHAPES, "secret given to a name"}


@pytest.mark.parametrize(
    "text",
    [
        'client_secret = "env:DUN_QUICKBOOKS_CLIENT_SECRET"',
        'api_key = "systemd:sendgrid_api_key"',
        'token: str = "https://oauth.example.com/oauth2/v1/tokens/bearer"',
        '_SECRETS = {"sandbox-quickbooks-secret": "sandbox-quickbooks-secret"}',
        "    --hash=sha256:5a811826e1a5a06c25ebc3e6c4a704613eb9a1bcf6b78428fbe865f4f6c9a4b8",
        "/opt/dun/bin/dun --config /etc/dun/config.toml",
        "uv pip compile --no-emit-index-url",
    ],
)
def test_what_is_no_secret_is_left_in_peace(text: str) -> None:
    assert list(leaks(text)) == []


def test_one_that_is_allowed_does_not_hide_another_in_its_line() -> None:
    allowed = next(value for value in ALLOWED if value.startswith("SG."))

    assert list(leaks(f'keys = "{allowed}", KEY = "{drawn(40)}"')) == [(1, "secret given to a name")]


def test_a_find_is_red_and_told_without_the_secret(tmp_path: Path) -> None:
    secret = drawn(40)
    (tmp_path / "settings.toml").write_text(f'\napi_key = "{secret}"\n')
    command = [sys.executable, "-m", "drill.leaks", str(tmp_path / "settings.toml")]

    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)

    assert (done.returncode, "settings.toml:2: secret given to a name" in done.stderr) == (1, True)
    assert secret not in done.stdout + done.stderr


def test_every_tracked_file_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "ä file.txt").write_text("")
    (tmp_path / "untracked.txt").write_text("")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "ä file.txt"], cwd=tmp_path, check=True)

    assert tracked(tmp_path) == [tmp_path / "ä file.txt"]


def test_no_tracked_file_holds_one() -> None:
    found = {path: found for path in tracked() if (found := list(leaks(path.read_text(errors="replace"))))}

    assert found == {}


def test_every_allowed_value_is_still_needed() -> None:
    text = "\n".join(path.read_text(errors="replace") for path in tracked() if path.name != "leaks.py")
    met = {match[0] for shape in SHAPES.values() for match in shape.finditer(text)}
    met |= {match["value"] for match in GIVEN.finditer(text)}

    assert ALLOWED.keys() - met == set()
