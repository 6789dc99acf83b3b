"""Whom a proxy in front of the page says somebody is. A header is believed only from a proxy that was declared."""

import re
from collections.abc import Collection
from ipaddress import ip_address

from starlette.requests import Request

from connectors.loopback import is_this_machine

NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,63}")  # as [people] takes them


def from_proxy(request: Request, proxies: Collection[str]) -> bool:
    """Whether a proxy of ours hands this request on: one on this machine, or one at a declared address."""
    peer = request.client.host if request.client else ""
    try:
        return is_this_machine(peer) or str(ip_address(peer)) in proxies
    except ValueError:
        return False


def vouched(request: Request, header: str, proxies: Collection[str]) -> str | None:
    """The person the proxy names; None if it names none, or two, or something no person is called."""
    told = request.headers.getlist(header)
    if len(told) != 1 or not from_proxy(request, proxies) or not NAME.fullmatch(told[0]):
        return None
    return told[0]


def place(request: Request, proxies: Collection[str]) -> str:
    """Where a request comes from: the address that the nearest proxy of ours was asked by, or the one that asks us."""
    peer = request.client.host if request.client else ""
    handed_on = request.headers.getlist("x-forwarded-for")
    if handed_on and from_proxy(request, proxies):
        return handed_on[-1].rpartition(",")[2].strip()[:64]
    return peer


def is_encrypted(request: Request, proxies: Collection[str]) -> bool:
    """Whether the browser speaks https, to us or to our proxy; cookies are then for https alone."""
    told = request.headers.get("x-forwarded-proto", "") if from_proxy(request, proxies) else ""
    return request.url.scheme == "https" or told == "https"
