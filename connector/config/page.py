"""The table about the page: where it is served, under which names, and who says who somebody is."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import HostName, Listen, refusal

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


def _check_header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise refusal("is not the name of a header", 'write it as "Remote-User"')
    return text


def _check_address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise refusal("is not an IP address", 'write it as "10.0.0.2"') from None


HeaderName = Annotated[str, AfterValidator(_check_header)]
MachineAddress = Annotated[str, AfterValidator(_check_address)]


class PageSection(Section):
    """The bookkeeper's page: `dun web` serves it, and so does `dun run`."""

    listen: Listen = Field(
        default="127.0.0.1:8486", description="where the page is; empty: `dun run` does not serve it"
    )
    hosts: Annotated[tuple[HostName, ...], Field(strict=False)] = Field(
        default=(),
        description="further names under which the page may be asked for: the public one of a proxy, a container's",
        examples=[["dun.example.com"]],
        json_schema_extra=OPTIONAL,
    )
    behind_proxy: bool = Field(
        default=False,
        description="a proxy signs people in and says who they are; nobody signs in with a password then",
    )
    proxy_header: HeaderName = Field(
        default="Remote-User", description="with behind_proxy: the header in which the proxy names the person"
    )
    proxies: Annotated[tuple[MachineAddress, ...], Field(strict=False)] = Field(
        default=(),
        description="addresses of proxies on other machines that are believed; those on this machine always are",
        examples=[["10.0.0.2"]],
        json_schema_extra=OPTIONAL,
    )
    idle_minutes: int = Field(
        default=60, ge=5, le=1440, description="whoever does nothing for so long has to sign in again"
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="and everybody after so long")
