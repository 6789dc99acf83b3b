"""The loopback end of a consent, over real HTTP."""

import socket

import pytest
import requests

from connector.callback import CallbackServer, ConsentError, read_consent


def visit(url: str, **parameters: str) -> requests.Response:
    return requests.get(url.replace("localhost", "127.0.0.1"), params=parameters, timeout=5)


def test_the_redirect_address_uses_the_name_localhost() -> None:
    with CallbackServer(0, "s") as server:
        assert server.url.startswith("http://localhost:")


def test_a_consent_brings_code_and_company() -> None:
    with CallbackServer(0, "s3cret") as server:
        visit(server.url, code="c0de", state="s3cret", realmId="9341")
        consent = server.wait(5)

    assert (consent.code, consent.realm) == ("c0de", "9341")


def test_a_forged_state_is_refused() -> None:
    with CallbackServer(0, "right") as server:
        visit(server.url, code="c", state="wrong")
        with pytest.raises(ConsentError, match="does not belong"):
            server.wait(5)


def test_a_denied_consent_says_so() -> None:
    with CallbackServer(0, "s") as server:
        visit(server.url, error="access_denied", state="s")
        with pytest.raises(ConsentError, match="access_denied"):
            server.wait(5)


def test_only_the_first_visit_counts() -> None:
    with CallbackServer(0, "s") as server:
        visit(server.url, code="first", state="s")

        assert visit(server.url, code="second", state="s").status_code == 404
        assert server.wait(5).code == "first"


def test_another_path_is_not_the_callback() -> None:
    with CallbackServer(0, "s") as server:
        assert visit(server.url + "/other", code="c", state="s").status_code == 404


def test_nobody_answering_ends_in_words() -> None:
    with CallbackServer(0, "s") as server, pytest.raises(ConsentError, match="nobody answered"):
        server.wait(0.01)


def test_a_taken_port_ends_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConsentError, match="is taken"):
            CallbackServer(taken.getsockname()[1], "s")


def test_an_answer_without_code_is_no_consent() -> None:
    with pytest.raises(ConsentError, match="no code"):
        read_consent({"state": "s"}, "s")
