"""Ports that are listened at, and what a person is told when one cannot be had."""

import socket


class PortTaken(Exception):
    """The configured address cannot be used; `str()` says why and what to do."""


def listening(host: str, port: int, most: int, otherwise: str) -> socket.socket:
    """A listening socket; from now on nobody is refused, even before the thread has come up.

    Raises PortTaken, which says `otherwise`: what is missing now, and how to mend it.
    """
    address = "127.0.0.1" if host == "localhost" else host
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(most)
    except OSError as error:
        listener.close()
        raise PortTaken(f"nothing can be served at {host}:{port} ({error.strerror}), {otherwise}") from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
