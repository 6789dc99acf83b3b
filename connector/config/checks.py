"""What a file can get wrong although every key in it is right: sequences that cannot run, channels without a key.

Each check yields the path of the key to look at and what to do about it.
"""

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from connector.config import lawful
from connector.config.carrier_checks import check_carriers
from connector.config.charges_checks import check_charges, check_rates
from connector.config.errors import Problem
from connector.config.letter_checks import check_letters
from connector.config.letters import letters_of
from connector.config.lines import KeyPath
from connector.config.mailbox import Flaw, flaws_of_mailbox, flaws_of_oauth
from connector.config.people_checks import check_people
from connector.config.policy_checks import Found, check_policy, check_quiet, problem
from connector.config.schema import (
    ConfigFile,
    SendingSection,
    SmtpSection,
    TenantSection,
)
from connector.credentials import CredentialError, resolve
from connector.dunning.segments import STANDARD
from connectors.loopback import is_this_machine

_SCOPE = ("terms", "customers", "with_consumers")  # of charges: by which right, and of whom


def check(file: ConfigFile, base: Path, unread: frozenset[KeyPath] = frozenset()) -> dict[KeyPath, Problem]:
    """Everything that does not fit together; `base` is the folder of the file.

    `unread` are the keys that were refused and are not in `file`: what cannot be judged without them is left out.
    """
    found: dict[KeyPath, Problem] = {}
    slugs = {*file.tenants, *(str(path[1]) for path in unread if path[0] == "tenants" and len(path) > 1)}
    for path, each in chain(
        check_policy(file.policy, unread),
        _segments_of_tenants(file, slugs),
        _charges(file, unread),
        _tenants(file, base, unread),
        _of_policies(file, unread),
        _alerts(file),
        _rehearsal(file, base, unread),
        check_letters(file),
        check_people(file.people, slugs),
    ):
        found.setdefault(path, each)
    return found


def sending_of(file: ConfigFile, tenant: TenantSection) -> SendingSection:
    """[sending] with what the tenant's own table says instead."""
    own = {name for name in SendingSection.model_fields if name in tenant.model_fields_set}
    return file.sending.model_copy(update={name: getattr(tenant, name) for name in own})


def _charges(file: ConfigFile, unread: frozenset[KeyPath]) -> Found:
    sections = {("charges",): file.charges} | {("tenants", s, "charges"): t.charges for s, t in file.tenants.items()}
    for path, section in sections.items():
        if section is not None:
            yield from check_charges(path, section, {each[len(path)] for each in unread if _is_in(each, path)})
    yield from check_rates(("rates",), file.rates)


def _is_in(key: KeyPath, table: KeyPath) -> bool:
    return key[: len(table)] == table and len(key) > len(table)


def _touched(unread: frozenset[KeyPath], *path: str | int) -> bool:
    """Whether something at `path`, or in it, was refused."""
    return any(refused[: len(path)] == path for refused in unread)


def _segments_of_tenants(file: ConfigFile, slugs: Collection[str]) -> Found:
    for position, segment in enumerate(file.policy.segments):
        for slug in segment.tenants:
            if slug not in slugs:
                path: KeyPath = ("policy", "segments", position, "tenants")
                mend = f"name tenants of this file: {', '.join(sorted(slugs)) or 'none yet'}"
                yield problem(path, f"names {slug!r}, which is none of the tenants", mend)


def _of_policies(file: ConfigFile, unread: frozenset[KeyPath]) -> Found:
    """What policies lack: the right to charge, and carriers."""
    known = {STANDARD, *file.policy.sequences}
    segments = tuple(
        segment
        for position, segment in enumerate(file.policy.segments)
        if segment.sequence in known and not _touched(unread, "policy", "segments", position)
    )
    file = file.model_copy(update={"policy": file.policy.model_copy(update={"segments": segments})})
    sendings = {s: sending_of(file, t) for s, t in file.tenants.items() if not t.sequence or t.sequence in known}
    yield from _of_charges(file, sendings, unread)
    for slug, sending in sendings.items():
        for path, lacking in check_carriers(file, slug, sending.channel):
            if not (_touched(unread, "policy") and "certified_stages" in path):
                yield path, lacking


def _of_charges(file: ConfigFile, sendings: dict[str, SendingSection], unread: frozenset[KeyPath]) -> Found:
    """Where a right or its scope was refused, nothing is known of what may be charged."""
    right = {
        slug: sending
        for slug, sending in sendings.items()
        if not any(_touched(unread, *path, key) for path in _of_charging(file, slug) for key in _SCOPE)
    }
    paths: dict[str, KeyPath] = {STANDARD: ("policy", "stages")}
    paths |= {name: ("policy", "sequences", name) for name in file.policy.sequences}
    unsound = {name for name, path in paths.items() if _touched(unread, *path)}
    yield from lawful.problems(file, right, unsound)
    yield from lawful.without_right(file, right)


def _of_charging(file: ConfigFile, slug: str) -> tuple[KeyPath, ...]:
    """The tables that say by which right a tenant charges."""
    return (("charges",),) if file.tenants[slug].charges is None else (("tenants", slug, "charges"),)


def _tenants(file: ConfigFile, base: Path, unread: frozenset[KeyPath]) -> Found:
    for slug, tenant in file.tenants.items():
        path: KeyPath = ("tenants", slug)
        sending = sending_of(file, tenant)
        if not sending.sender:
            yield problem(
                (*path, "from"),
                "is missing, and [sending] has none either",
                'add from = "Accounts <accounts@example.com>"',
            )
        if tenant.templates and not (base / tenant.templates).is_dir():
            yield problem((*path, "templates"), "is not a folder", "create it, or leave the key out", tenant.templates)
        if tenant.sequence and tenant.sequence not in {STANDARD, *file.policy.sequences}:
            known = ", ".join([STANDARD, *file.policy.sequences])
            yield problem((*path, "sequence"), "is no sequence of this file", f"use one of {known}", tenant.sequence)
        yield from check_quiet(path, sending.quiet)
        if (*path, "ledger") not in unread:
            yield from _app(file, tenant, slug)
        yield from _mailbox(file, tenant, slug)
        yield from _channel(file, sending.channel, f"tenant {slug} sends")


def _app(file: ConfigFile, tenant: TenantSection, slug: str) -> Found:
    shared = file.xero if tenant.ledger == "xero" else file.quickbooks
    app = tenant if tenant.client_id else shared
    path: KeyPath = ("tenants", slug) if tenant.client_id else (tenant.ledger,)
    if not app.client_id:
        yield problem((*path, "client_id"), f"is missing, and tenant {slug} needs it", "copy it from your app's page")
    needs_secret = tenant.ledger == "quickbooks" or _is_custom(file, tenant)
    if needs_secret and not app.client_secret:
        yield problem(
            (*path, "client_secret"),
            f"is missing, and tenant {slug} needs it",
            f'add client_secret = "env:DUN_{tenant.ledger.upper()}_CLIENT_SECRET"',
        )
    yield from _own_app(file, tenant, slug)


def _is_custom(file: ConfigFile, tenant: TenantSection) -> bool:
    return tenant.custom_connection if tenant.client_id else file.xero.custom_connection


def _own_app(file: ConfigFile, tenant: TenantSection, slug: str) -> Found:
    path: KeyPath = ("tenants", slug)
    if not tenant.client_id and (tenant.client_secret or tenant.custom_connection):
        key = "client_secret" if tenant.client_secret else "custom_connection"
        yield problem((*path, key), "belongs to an app of the client's own, which is not named", "add client_id")
    if tenant.custom_connection and tenant.ledger != "xero":
        yield problem((*path, "custom_connection"), "is a kind of Xero app", "remove it")
    if not file.xero.custom_connection or tenant.ledger != "xero" or tenant.client_id:
        return
    first = next(other for other, t in file.tenants.items() if t.ledger == "xero" and not t.client_id)
    if first != slug:
        yield problem(
            (*path, "ledger"),
            f"cannot share the custom connection with {first}; it belongs to one organisation",
            "give this client a client_id and client_secret of its own",
        )


def _mailbox(file: ConfigFile, tenant: TenantSection, slug: str) -> Found:
    path: KeyPath = ("tenants", slug, "mailbox")
    yield from _flaws(path, flaws_of_mailbox(tenant.mailbox))
    place = (tenant.mailbox.host, tenant.mailbox.username, tenant.mailbox.folder)
    first = next(s for s, t in file.tenants.items() if (t.mailbox.host, t.mailbox.username, t.mailbox.folder) == place)
    if tenant.mailbox.host and first != slug:
        what = f"is the mailbox of {first} too, whose customers' mail would lie in this client's file"
        yield problem((*path, "username"), what, "give each client a mailbox or a folder of its own")


def _flaws(path: KeyPath, flaws: Iterator[Flaw]) -> Found:
    for key, what, mend in flaws:
        yield problem((*path, *key.split(".")), what, mend)


def _channel(file: ConfigFile, channel: str, who: str) -> Found:
    """What a carrier lacks; `who` uses it, with the verb."""
    if channel == "sendgrid" and not file.email.sendgrid.api_key:
        yield problem(
            ("email", "sendgrid", "api_key"),
            f"is missing, and {who} by it",
            'add api_key = "env:DUN_SENDGRID_API_KEY"',
        )
    if channel == "smtp":
        yield from _smtp(file.email.smtp, who)


def _smtp(smtp: SmtpSection, who: str) -> Found:
    path: KeyPath = ("email", "smtp")
    if not smtp.host:
        yield problem((*path, "host"), f"is missing, and {who} by it", 'add host = "smtp.example.com"')
    by_token = smtp.oauth.provider != "none"
    if by_token and smtp.password:
        yield problem((*path, "password"), "is given, and oauth as well", "remove one of them")
    secret = bool(smtp.password) or by_token
    if bool(smtp.username) != secret:
        missing = "password" if smtp.username else "username"
        yield problem((*path, missing), "is missing", "give both username and password, or neither")
    yield from _flaws((*path, "oauth"), flaws_of_oauth(smtp.oauth))
    if smtp.security == "none" and secret and not is_this_machine(smtp.host):
        yield problem((*path, "security"), "would send the password unencrypted", "use starttls or tls", smtp.security)


def _alerts(file: ConfigFile) -> Found:
    if not file.alerts.to:
        return
    if not file.alerts.sender and not file.sending.sender:
        yield problem(
            ("alerts", "from"), "is missing, and [sending] has none either", 'add from = "Dun <dun@example.com>"'
        )
    yield from _channel(file, file.alerts.channel, "alerts are sent")


def _rehearsal(file: ConfigFile, base: Path, unread: frozenset[KeyPath]) -> Found:
    """A rehearsal lives in a borrowed time: from there nothing may reach a real ledger, customer or keeper."""
    if not file.rehearsal.clock:
        return
    path: KeyPath = ("rehearsal", "clock")
    if not is_this_machine(urlsplit(file.rehearsal.clock).hostname or ""):
        yield problem(path, "is not on this machine", "use an address at 127.0.0.1", file.rehearsal.clock)
    read = {slug: t for slug, t in file.tenants.items() if ("tenants", slug, "ledger") not in unread}
    reached = [(f"tenant {slug} reaches", *there) for slug, t in read.items() for there in _reached(file, t)]
    reached += [("alerts reach", *there) for there in _alerts_reach(file, base)]
    for who, key, host in reached:
        if not is_this_machine(host):
            yield problem(
                path,
                f"is set, but {who} {host or 'the real service'}",
                f"remove the clock, or point {key} at the sandbox",
                file.rehearsal.clock,
            )


def _reached(file: ConfigFile, tenant: TenantSection) -> Iterator[tuple[str, str]]:
    """Keys and hosts of the servers a tenant's cycle talks to."""
    ledger = file.xero if tenant.ledger == "xero" else file.quickbooks
    yield f"{tenant.ledger}.endpoints.api", urlsplit(ledger.endpoints.api).hostname or ""
    if tenant.mailbox.host:
        yield "mailbox.host", tenant.mailbox.host
    yield from _carrier(file, sending_of(file, tenant).channel)
    if file.phone.account_sid:
        yield "phone.host", urlsplit(file.phone.host).hostname or ""
    letters = letters_of(file.letters, tenant.letters)
    if letters.carrier == "lob" and tenant.letterhead.country:
        yield "letters.lob.host", urlsplit(letters.lob.host).hostname or ""


def _alerts_reach(file: ConfigFile, base: Path) -> Iterator[tuple[str, str]]:
    """The same for the alerts; where a ping goes stands in a secret, which is not repeated."""
    if file.alerts.to:
        yield from _carrier(file, file.alerts.channel)
    if file.alerts.ping_url:
        try:
            host = urlsplit(resolve(file.alerts.ping_url, base).reveal()).hostname
        except (CredentialError, ValueError):
            return  # it cannot be called either
        if not is_this_machine(host or ""):
            yield "alerts.ping_url", "another machine"


def _carrier(file: ConfigFile, channel: str) -> Iterator[tuple[str, str]]:
    if channel == "sendgrid":
        yield "email.sendgrid.host", urlsplit(file.email.sendgrid.host).hostname or ""
    if channel == "smtp":
        yield "email.smtp.host", file.email.smtp.host
