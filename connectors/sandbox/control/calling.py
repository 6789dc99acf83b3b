"""Calls from the sandbox to a receiver on this machine, and nowhere else."""

import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from connectors.sandbox.control.call import BadRequest

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PATIENCE_SECONDS = 10.0


class Heard(NamedTuple):
    """What a receiver answered. Status 0: it could not be reached, or did not answer; `problem` says why."""

    status: int
    content: bytes = b""
    seconds: float = 0.0
    sets_cookie: bool = False
    problem: str = ""


def is_here(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def check_is_here(url: str) -> None:
    if not is_here(url):
        raise BadRequest("webhooks are posted to receivers on this machine only: 127.0.0.1 or localhost")


def post(url: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Heard:
    began = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy from the environment stands between two ports of this machine
            answer = session.request(
                method, url, data=body, headers=headers, timeout=_PATIENCE_SECONDS, allow_redirects=False
            )
    except requests.RequestException as problem:
        return Heard(0, problem=f"no answer: {type(problem).__name__}")
    return Heard(answer.status_code, answer.content, time.monotonic() - began, bool(answer.cookies))
