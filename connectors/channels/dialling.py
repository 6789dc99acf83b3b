"""A line over which it is known whether anything can have been sent.

`requests` gives one kind of error to a refused connection, a certificate that is not valid and an answer that broke
off. Only the first two mean that nothing left, and only the moment of connecting tells them apart from the third.
"""

from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from connectors.bounds import UnledSession
from connectors.channels.channel import NotSent


class DiallingSession(UnledSession):
    """Follows nobody, tries nothing twice, and raises NotSent for as long as it has not connected."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(max_retries=0))


class _Dialling(HTTPConnection):
    """Until this has connected nothing can have been sent."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError, UnicodeError) as error:  # UnicodeError: not a host name
            raise _not_connected(error) from None


class _SecureDialling(HTTPSConnection):
    """The same over TLS; the handshake is part of connecting."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError, UnicodeError) as error:
            raise _not_connected(error) from None


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Dialling


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureDialling


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        super().init_poolmanager(*sizes, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


def _not_connected(error: Exception) -> NotSent:
    return NotSent(f"no connection ({type(error).__name__}); check network and host")
