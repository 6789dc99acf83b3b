"""The loopback end of a consent, over real HTTP."""

import select
import socket

import pytest
import requests
from forged_hosts import FOREIGN, OURS, ask

from connector.connecting.callback import CallbackServer, ConsentError, read_consent, read_pasted


def visit(url: str, host: str = "127.0.0.1", **parameters: str) -> requests.Response:
    return requests.get(url.replace("localhost", host), params=parameters, timeout=5)


def answered(server: CallbackServer) -> bool:
    return bool(select.select([server], [], [], 0.5)[0])


def test_the_redirect_address_uses_the_name_localhost() -> None:
    with CallbackServer(0, "s") as server:
        assert server.url.startswith("http://localhost:")


def test_a_consent_brings_code_and_company() -> None:
    with CallbackServer(0, "s3cret") as server:
        page = visit(server.url, code="c0de", state="s3cret", realmId="9341")
        assert answered(server)
        consent = server.consent()

    assert (consent.code, consent.realm) == ("c0de", "9341")
    assert "c0de" not in repr(consent)
    assert "Allowed" in page.text


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no ::1")
def test_a_browser_for_which_localhost_is_the_other_loopback_finds_it_too() -> None:
    with CallbackServer(0, "s") as server:
        visit(server.url, host="[::1]", code="c", state="s")

        assert server.consent().code == "c"


def test_a_forged_visit_neither_ends_the_journey_nor_is_accepted() -> None:
    with CallbackServer(0, "right") as server:
        forged = visit(server.url, code="forged", state="wrong")
        assert (forged.status_code, server.strays) == (400, 1)
        assert not select.select([server], [], [], 0)[0]

        visit(server.url, code="true", state="right")
        assert server.consent().code == "true"


def test_a_denied_consent_says_so_in_the_browser_and_at_the_terminal() -> None:
    with CallbackServer(0, "s") as server:
        assert "Access was not allowed" in visit(server.url, error="access_denied", state="s").text
        with pytest.raises(ConsentError, match=r"access_denied.*allow access on the page"):
            server.consent()


def test_only_the_first_visit_counts() -> None:
    with CallbackServer(0, "s") as server:
        visit(server.url, code="first", state="s")

        assert visit(server.url, code="second", state="s").status_code == 409
        assert server.consent().code == "first"


@pytest.mark.parametrize("path", ["/callback/other", "/favicon.ico", "/", "//["])
def test_another_path_is_not_the_callback(path: str) -> None:
    with CallbackServer(0, "s") as server:
        assert visit(server.url.replace("/callback", path), code="c", state="s").status_code == 404


def test_a_browser_that_opens_a_connection_and_says_nothing_holds_nobody_up() -> None:
    with CallbackServer(0, "s") as server, socket.socket() as idle:
        idle.connect(("127.0.0.1", int(server.url.split(":")[2].split("/")[0])))
        visit(server.url, code="c", state="s")

        assert server.consent().code == "c"


def test_a_browser_that_hangs_up_half_way_leaves_no_trace_at_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with CallbackServer(0, "s") as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset instead of farewell
            rude.send(b"GET /callback?state=x HTTP/1.1\r\n")
        visit(server.url, code="c", state="s")
        assert server.consent().code == "c"

    assert capfd.readouterr().err == ""


def test_the_page_keeps_nothing_of_the_code() -> None:
    with CallbackServer(0, "s") as server:
        page = visit(server.url, code="c0de", state="s")

    assert "c0de" not in page.text
    assert 'replaceState(null, "", "/callback")' in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, "127.0.0.1"),
        pytest.param(
            socket.AF_INET6, "::1", marks=pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no ::1")
        ),
    ],
)
def test_a_port_that_is_taken_on_either_loopback_ends_in_words(family: int, host: str) -> None:
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        with pytest.raises(ConsentError, match="is taken"):
            CallbackServer(taken.getsockname()[1], "s")


def test_an_answer_without_code_is_no_consent() -> None:
    with pytest.raises(ConsentError, match="no code"):
        read_consent({"state": "s"}, "s")


def test_what_the_service_calls_an_error_is_not_repeated_if_it_is_no_plain_word() -> None:
    with pytest.raises(ConsentError, match="unknown error") as caught:
        read_consent({"state": "s", "error": "<script>\x1b[2J"}, "s")
    assert "script" not in str(caught.value)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://example.com/dun?code=c0de&state=s&realmId=9341",
        "http://localhost:8484/callback?state=s&realmId=9341&code=c0de#_",
        "?code=c0de&state=s&realmId=9341",
        "  code=c0de&state=s&realmId=9341  ",
    ],
)
def test_a_pasted_address_brings_code_and_company(pasted: str) -> None:
    consent = read_pasted(pasted, "s")

    assert (consent.code, consent.realm) == ("c0de", "9341")


@pytest.mark.parametrize("pasted", ["yes", "https://example.com/dun", "?state=s", "c0de", "é" * 100])
def test_anything_else_that_is_pasted_is_told_what_belongs_there(pasted: str) -> None:
    with pytest.raises(ConsentError, match="not the address that the browser ended up at"):
        read_pasted(pasted, "s")


def test_a_pasted_answer_to_another_request_is_refused() -> None:
    with pytest.raises(ConsentError, match="state differs"):
        read_pasted("?code=c&state=other", "s")


@pytest.mark.parametrize("hosts", FOREIGN, ids=str)
def test_a_visit_under_a_foreign_name_is_no_answer_even_with_the_right_state(hosts) -> None:
    with CallbackServer(0, "s3cret") as server:
        status, text = ask(server.port, "/callback?code=c0de&state=s3cret", hosts)

        assert (status, f"Ask http://localhost:{server.port}" in text) == (421, True)
        assert not select.select([server], [], [], 0)[0]


@pytest.mark.parametrize("host", OURS)
def test_a_visit_under_any_name_of_this_machine_is_an_answer(host) -> None:
    with CallbackServer(0, "s3cret") as server:
        assert ask(server.port, "/callback?code=c0de&state=s3cret", (host,))[0] == 200
