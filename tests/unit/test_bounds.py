"""Answers of other people's servers end where Dun says, whatever the server wants."""

import gzip
import tracemalloc
from io import BytesIO

import pytest
import urllib3
from torrents import TorrentServer, on_the_way

from connectors import bounds
from connectors.bounds import DOCUMENT_BYTES, TOKEN_BYTES, read_within
from connectors.ledger import BadData, Outage

ON_THE_WAY = on_the_way()


def read(server: TorrentServer, limit: int) -> bytes:
    with urllib3.PoolManager() as pool:
        raw = pool.request("GET", server.url, preload_content=False, timeout=5)
        return read_within(raw, limit, "Nobody's answer to a question")


@pytest.mark.parametrize("torrent", ["endless", "chunked", "announced", "bomb"])
def test_an_answer_beyond_the_limit_is_refused_in_words(torrent) -> None:
    with TorrentServer(torrent) as server, pytest.raises(BadData) as refused:
        read(server, TOKEN_BYTES)

    assert str(refused.value) == (
        "Nobody's answer to a question is larger than 1 MB, which no genuine one is; it was not read"
    )


@pytest.mark.parametrize("torrent", ["endless", "chunked"])
def test_the_line_is_cut_where_the_limit_is(torrent) -> None:
    with TorrentServer(torrent) as server:
        with pytest.raises(BadData):
            read(server, TOKEN_BYTES)

        assert server.sent < TOKEN_BYTES + ON_THE_WAY


def test_a_gigabyte_out_of_a_megabyte_is_never_in_memory() -> None:
    tracemalloc.start()
    try:
        with TorrentServer("bomb") as server, pytest.raises(BadData):
            read(server, DOCUMENT_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * DOCUMENT_BYTES


def test_an_answer_that_drips_for_ever_is_an_outage(monkeypatch) -> None:
    monkeypatch.setattr(bounds, "ANSWER_SECONDS", 0.1)

    with TorrentServer("drip") as server, pytest.raises(Outage, match="Nobody's answer to a question did not end"):
        read(server, TOKEN_BYTES)


def answer(body: bytes, **headers: str) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(BytesIO(body), headers=headers, status=200, preload_content=False)


@pytest.mark.parametrize("size", [0, 1, 300_000, TOKEN_BYTES])
def test_an_answer_up_to_the_limit_is_read_whole(size) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert read_within(answer(body), TOKEN_BYTES, "") == body
    packed = {"content-encoding": "gzip"}
    assert read_within(answer(gzip.compress(body, 1), **packed), TOKEN_BYTES, "") == body


def test_one_byte_beyond_the_limit_is_too_much() -> None:
    with pytest.raises(BadData):
        read_within(answer(bytes(TOKEN_BYTES + 1)), TOKEN_BYTES, "It")


def test_an_answer_that_ends_before_its_announced_length_is_not_taken_for_whole() -> None:
    with pytest.raises(urllib3.exceptions.ProtocolError):
        read_within(answer(b"half", **{"content-length": "8"}), TOKEN_BYTES, "")
