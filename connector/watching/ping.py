"""Tells a watchman outside this machine that rounds begin and end: if Dun falls silent altogether, he notices.

The address is a secret: whoever knows it can pretend that all is well. It is never logged, and neither is what an
error says of it. The call has a thread of its own, because a name server can keep a caller longer than any timeout.
"""

import threading
from typing import Literal

import requests
import structlog

from connector.config.settings import Config
from connector.credentials import CredentialError, resolve
from connectors.bounds import UnledSession
from connectors.transport import USER_AGENT

TIMEOUT_SECONDS = 5
LONGEST_WAIT_SECONDS = 8

log = structlog.get_logger()


def ping(config: Config, ending: Literal["/start", "", "/fail"]) -> None:
    """Call the configured address with `ending` appended; nothing happens without one, and nothing is ever raised.

    Returns after at most eight seconds, whatever the network does.
    """
    if not config.alerts.ping_url:
        return
    try:
        url = resolve(config.alerts.ping_url, config.base).reveal().rstrip("/") + ending
    except CredentialError as error:
        log.warning("ping not possible", reason=str(error))
        return
    caller = threading.Thread(target=_call, args=(url,), name="dun-ping", daemon=True)
    caller.start()
    caller.join(LONGEST_WAIT_SECONDS)


def _call(url: str) -> None:
    try:
        with (
            UnledSession() as session,
            session.get(
                url,
                headers={"User-Agent": USER_AGENT},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,  # the answer's body concerns nobody, however long it is
            ) as answer,
        ):
            if not answer.ok:
                log.warning("ping not accepted", status=answer.status_code)
    except (requests.RequestException, ValueError) as error:  # ValueError: not a host name
        log.warning("ping failed", reason=type(error).__name__)
