"""A configuration for rehearsals: the same file an admin would write, with every address on the sandbox's port.

The sandbox serves each service under its real paths, so the real addresses with another host are the sandbox's.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import requests
from msgspec import Struct

from connectors.quickbooks.endpoints import PRODUCTION as QUICKBOOKS
from connectors.xero.endpoints import XeroEndpoints
from state.plain_text import plain

_TIMEOUT_SECONDS = 10
_SECRETS = {
    "sandbox-sendgrid-key": "SG.sandbox.key",
    "sandbox-quickbooks-secret": "sandbox-quickbooks-secret",
    "sandbox-twilio-token": "sandboxtoken",
    "sandbox-lob-key": "live_sandbox",
    "sandbox-mailbox-password": "sandbox-password",
}
_TWILIO_ACCOUNT = "AC" + "5a" * 16
_NUMBERS = {"GBP": "+441134960000", "USD": "+12125550100"}  # of ranges kept for drama
_SEATS = {
    "GBP": 'street = ["1 Rehearsal Row"]\ncity = "Eastmere"\npostcode = "ZX4 7QP"\ncountry = "GB"\nwindow = "uk-dl"\n',
    "USD": (
        'street = ["1 Rehearsal Row"]\ncity = "Maplewood"\nregion = "NY"\npostcode = "00412"\ncountry = "US"\n'
        'window = "us-10"\n'
    ),
}
_TENANT_OF = {"xero": "north", "quickbooks": "west"}  # short names: the tenants of a rehearsal are nobody's clients


Letters = Literal["folder", "lob"]


class RehearsalCompany(Struct, frozen=True):
    """A company as the sandbox's control API lists it: 'xero', or 'xero-2' for the second of that ledger."""

    company: str
    name: str
    zone: str
    currency: str

    @property
    def ledger(self) -> str:
        return self.company.partition("-")[0]

    @property
    def slug(self) -> str:
        """north, north-2, north-3, ... in the order of the companies."""
        return _TENANT_OF[self.ledger] + self.company.removeprefix(self.ledger)

    @property
    def mailbox(self) -> str:
        """The address that customers of this company answer to: each company's own."""
        return f"{self.slug}@rehearsal.example"


def write_sandbox_config(
    path: Path,
    url: str,
    *,
    smtp_port: int | None = None,
    imap_port: int | None = None,
    mode: str = "auto",
    letters: Letters = "folder",
    policy: str = "",
) -> None:
    """Write a configuration for the sandbox at `url` to `path`, and the secrets it refers to beside it.

    With `smtp_port`, the QuickBooks tenant sends by SMTP; with `imap_port`, each tenant's mailbox is read there. Lob
    posts from the United States only: with `letters` "lob" the other tenants have no letterhead. `policy` is further
    text, such as a table [policy]. Raises requests.RequestException if no sandbox answers.
    """
    text = sandbox_config(url, smtp_port=smtp_port, mode=mode, imap_port=imap_port, letters=letters)
    for name, secret in _SECRETS.items():
        (path.parent / name).write_text(secret, encoding="utf-8")
    path.write_text(f"{text}\n{policy}" if policy else text, encoding="utf-8")


def sandbox_config(
    url: str, *, smtp_port: int | None, mode: str, imap_port: int | None = None, letters: Letters = "folder"
) -> str:
    """The text of such a configuration."""
    answer = requests.get(f"{url}/_books/companies", timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
    companies = msgspec.json.decode(answer.content, type=list[RehearsalCompany])
    parts = [
        _head(url, mode),
        _email(url, smtp_port),
        _phone(url),
        _letters(url, letters),
        _xero(url),
        _quickbooks(url),
    ]
    for company in companies:
        parts += [_numbers(company), _letterhead(company, letters)]
        parts += [_mailbox(company, imap_port)] if imap_port else []
        parts += [_tenant(company, smtp_port)]  # last, so that a line added to the file is one more key of the tenant
    return "\n".join(part for part in parts if part)


def _head(url: str, mode: str) -> str:
    return f"""# A rehearsal against the sandbox at {url}. Nothing here reaches anybody.
data = "data"

[sending]
mode = "{mode}"  # approve: a person lets each reminder go; auto: they go by themselves
channel = "sendgrid"
from = "Accounts Receivable <accounts@rehearsal.example>"

[rehearsal]
clock = "{url}/_books/clock"
"""


def _email(url: str, smtp_port: int | None) -> str:
    smtp = f'\n[email.smtp]\nhost = "127.0.0.1"\nport = {smtp_port}\nsecurity = "none"\n' if smtp_port else ""
    return f'[email.sendgrid]\napi_key = "file:sandbox-sendgrid-key"\nhost = "{url}"\n{smtp}'


def _phone(url: str) -> str:
    return (
        f'[phone]\naccount_sid = "{_TWILIO_ACCOUNT}"\nauth_token = "file:sandbox-twilio-token"\nhost = "{url}/twilio"\n'
    )


def _letters(url: str, carrier: Letters) -> str:
    lob = f'\n[letters.lob]\napi_key = "file:sandbox-lob-key"\nhost = "{url}/lob"\n' if carrier == "lob" else ""
    return f'[letters]\ncarrier = "{carrier}"\n{lob}'


def _xero(url: str) -> str:
    lines = _rehosted(msgspec.structs.asdict(XeroEndpoints()).items(), url)
    return f'[xero]\nclient_id = "sandbox-xero-app"\nredirect_port = 0\n\n[xero.endpoints]\n{lines}'


def _quickbooks(url: str) -> str:
    lines = _rehosted(msgspec.structs.asdict(QUICKBOOKS).items(), url)
    return (
        '[quickbooks]\nclient_id = "sandbox-quickbooks-app"\nclient_secret = "file:sandbox-quickbooks-secret"\n'
        f"redirect_port = 0\n\n[quickbooks.endpoints]\n{lines}"
    )


def _rehosted(endpoints: Iterable[tuple[str, str]], url: str) -> str:
    return "".join(f'{name} = "{url}{urlsplit(address).path}"\n' for name, address in endpoints)


def _tenant(company: RehearsalCompany, smtp_port: int | None) -> str:
    channel = 'channel = "smtp"\n' if smtp_port and company.ledger == "quickbooks" else ""
    locale = "en_US" if company.currency == "USD" else "en_GB"
    return (
        f'# {plain(company.name)}\n[tenants.{company.slug}]\nledger = "{company.ledger}"\n'
        f'zone = "{company.zone}"\nlocale = "{locale}"\n{channel}'
        f'from = "Accounts Receivable <{company.mailbox}>"\n'
    )


def _numbers(company: RehearsalCompany) -> str:
    number = _NUMBERS[company.currency]
    return f'[tenants.{company.slug}.phone]\ntext_from = "{number}"\ncall_from = "{number}"\nforward_to = "{number}"\n'


def _letterhead(company: RehearsalCompany, carrier: Letters) -> str:
    seat = _SEATS[company.currency]
    if carrier == "lob":
        if company.currency != "USD":
            return ""
        seat = seat.replace("us-10", "lob")
    return f'[tenants.{company.slug}.letterhead]\nname = "{plain(company.name)}"\n{seat}'


def _mailbox(company: RehearsalCompany, imap_port: int) -> str:
    return (
        f'[tenants.{company.slug}.mailbox]\nhost = "127.0.0.1"\nport = {imap_port}\nsecurity = "none"\n'
        f'username = "{company.mailbox}"\npassword = "file:sandbox-mailbox-password"\n'
    )
