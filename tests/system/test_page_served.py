"""The page as `dun web` and `dun run` serve it, in processes of their own."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from page_guest import PASSWORD, Guest

pytestmark = pytest.mark.slow


def test_the_first_link_of_dun_web_leads_to_the_morning_list(terminal: Any, stop: Callable[..., Any]) -> None:
    (terminal.folder / "config.toml").write_text("", encoding="utf-8")
    serving = terminal.start("web", "--listen", "127.0.0.1:0", "--json")
    told = json.loads(serving.stdout.readline())
    path = told["first_link"].removeprefix(told["url"])
    guest = Guest(told["url"]).get(path).press(path, name="anna", password=PASSWORD)
    assert "This morning" in guest.text

    assert stop(serving, signal.SIGINT)[0] == 0
    again = terminal.start("web", "--listen", "127.0.0.1:0", "--json")
    assert json.loads(again.stdout.readline())["first_link"] is None
    assert stop(again)[0] == 0


def test_where_a_log_reads_along_no_key_is_shown(terminal: Any, stop: Callable[..., Any]) -> None:
    (terminal.folder / "config.toml").write_text("", encoding="utf-8")
    serving = terminal.start("web", "--listen", "127.0.0.1:0")
    serving.stdout.readline()
    told = serving.stdout.readline()

    assert "dun people add NAME" in told
    assert "/welcome/" not in told + "".join(stop(serving)[1:])


@pytest.mark.parametrize(("listen", "told"), [("nowhere", "not an address"), ("192.0.2.1:80", "nothing can be served")])
def test_an_address_that_cannot_be_is_refused_in_words(terminal: Any, listen: str, told: str) -> None:
    (terminal.folder / "config.toml").write_text("", encoding="utf-8")
    done = terminal.dun("web", "--listen", listen)

    assert (done.returncode, told in done.stderr) == (2, True)


def test_dun_run_serves_it_beside_its_work(filled_office: Path, terminal: Any, stop: Callable[..., Any]) -> None:
    import shutil

    shutil.copytree(filled_office, terminal.folder, dirs_exist_ok=True)
    config = terminal.folder / "config.toml"
    tables = '\n[page]\nlisten = "127.0.0.1:0"\n[daemon]\nlisten = ""\n'
    config.write_text('log_format = "json"\n' + config.read_text() + tables, encoding="utf-8")
    daemon = terminal.start("run")
    lines = iter(daemon.stderr if daemon.stderr is not None else [])
    url = next(json.loads(line)["at"] for line in lines if '"the page is open"' in line)

    assert requests.get(f"{url}/sign-in", timeout=10).status_code == 200
    stop(daemon)
