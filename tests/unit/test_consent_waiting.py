"""Waiting for an answer that comes by the browser or by hand, whichever is first."""

import os
import pty
import termios
from collections.abc import Iterator

import pytest
import requests

from connector.connecting.callback import ConsentError
from connector.connecting.consent import ExpectedAnswer

ELSEWHERE = "https://example.com/dun"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """What is read here was written there."""
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_an_answer_by_the_browser_is_taken_although_nobody_pastes(pipe: tuple[int, int]) -> None:
    with ExpectedAnswer(0, "", pipe[0]) as answer:
        address = answer.redirect_uri.replace("localhost", "127.0.0.1")
        requests.get(address, params={"code": "c", "state": answer.state}, timeout=5)

        assert answer.wait(5).code == "c"


def test_an_answer_by_hand_is_taken_although_no_browser_comes(pipe: tuple[int, int]) -> None:
    with ExpectedAnswer(0, "", pipe[0]) as answer:
        os.write(pipe[1], f"\n \n{answer.redirect_uri}?code=c&state={answer.state}\nthe next answer\n".encode())

        assert answer.wait(5).code == "c"
    assert os.read(pipe[0], 100) == b"the next answer\n"


def test_with_a_redirect_address_elsewhere_nothing_listens_here(pipe: tuple[int, int]) -> None:
    with ExpectedAnswer(0, ELSEWHERE, pipe[0]) as answer:
        os.write(pipe[1], f"?code=c&state={answer.state}\n".encode())

        assert answer.redirect_uri == ELSEWHERE
        assert answer.wait(5).code == "c"


def test_the_last_line_needs_no_end(pipe: tuple[int, int]) -> None:
    with ExpectedAnswer(0, ELSEWHERE, pipe[0]) as answer:
        os.write(pipe[1], f"?code=c&state={answer.state}".encode())
        os.close(pipe[1])

        assert answer.wait(5).code == "c"


def test_a_terminal_that_ends_without_a_word_ends_the_waiting(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    with ExpectedAnswer(0, ELSEWHERE, pipe[0]) as answer, pytest.raises(ConsentError, match="nothing was pasted"):
        answer.wait(5)


def test_a_terminal_that_ends_leaves_the_way_of_the_browser_open(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    with ExpectedAnswer(0, "", pipe[0]) as answer:
        with pytest.raises(ConsentError, match="nobody answered"):
            answer.wait(0.01)
        address = answer.redirect_uri.replace("localhost", "127.0.0.1")
        requests.get(address, params={"code": "c", "state": answer.state}, timeout=5)

        assert answer.wait(5).code == "c"


def test_nobody_answering_ends_in_words_that_name_what_to_compare() -> None:
    with ExpectedAnswer(0, "", None) as answer:
        address = answer.redirect_uri
        requests.get(address.replace("localhost", "127.0.0.1"), params={"code": "c", "state": "x"}, timeout=5)
        with pytest.raises(ConsentError, match=f"client id and its redirect address {address}") as caught:
            answer.wait(0.01)
    assert "were ignored: 1" in str(caught.value)


def test_without_anybody_to_paste_an_address_elsewhere_is_refused() -> None:
    with pytest.raises(ConsentError, match="where it can be pasted"):
        ExpectedAnswer(0, ELSEWHERE, None)


def test_an_endless_line_is_not_read_to_its_end(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"x" * 20_000)
    with ExpectedAnswer(0, ELSEWHERE, pipe[0]) as answer, pytest.raises(ConsentError, match="not the address"):
        answer.wait(5)


def test_every_request_has_a_state_of_its_own() -> None:
    with ExpectedAnswer(0, "", None) as one, ExpectedAnswer(0, "", None) as other:
        assert one.state != other.state
        assert len(one.state) >= 43


def test_what_is_pasted_is_not_shown_and_the_terminal_is_left_as_it_was() -> None:
    there, here = pty.openpty()
    try:
        before = termios.tcgetattr(here)
        with ExpectedAnswer(0, ELSEWHERE, here) as answer:
            assert not termios.tcgetattr(here)[3] & termios.ECHO
            os.write(there, f"?code=c0de&state={answer.state}\n".encode())
            assert answer.wait(5).code == "c0de"
        assert termios.tcgetattr(here) == before
    finally:
        os.close(there)
        os.close(here)
