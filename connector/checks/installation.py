"""What is wrong with the ground everything stands on: file, folder, disk, clock, daemon, and the alerts themselves."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from connector.checks.finding import found, when
from connector.checks.ground import Ground
from connector.config.settings import Config
from connector.credentials import CredentialError
from connector.data_folder import loose_rights
from connector.messages.check import check_templates
from connector.wiring import missing_secrets
from state.alerts import Finding
from state.budgets import Budgets
from state.errors import DiskFull, FileBusy, StateError, UnusableKey, WrongKey
from state.model import TenantSlug
from state.registry import Tenant

_MEGABYTE = 1_000_000
_SKEW = timedelta(minutes=15)


def not_to_be_opened(error: StateError | CredentialError) -> Finding:
    """What stands in the way of opening registry and vault, without which nobody can be worked on."""
    if isinstance(error, CredentialError | WrongKey | UnusableKey):
        return found("key_unusable", str(error), "give the key back where the configuration says, or mend what is said")
    if isinstance(error, DiskFull):
        return disk_full(error)
    busy = isinstance(error, FileBusy)
    mend = "wait until that has finished" if busy else "restore that file from a backup, or mend what is said"
    return found("registry_unusable", str(error), mend)


def not_worked_on(slug: TenantSlug, words: str) -> Finding:
    """A turn that could not be tried, where no check sees why."""
    mend = f"mend what is said, then run `dun run --once --tenant {slug}`"
    return found("not_worked_on", f"nothing is done for it: {words}", mend, slug)


def disk_full(error: DiskFull, tenant: TenantSlug | None = None) -> Finding:
    """As bad as it gets: not even a file can be opened any more."""
    return found(
        "disk_low", str(error), "free some space, or move the data folder to a larger disk", tenant, "critical"
    )


def secrets_missing(config: Config) -> Iterator[Finding]:
    for problem in missing_secrets(config):
        what, _, mend = problem.partition("; ")
        yield found("secret_missing", what, mend or "give the secret, and start Dun again")


def templates_wrong(config: Config) -> Iterator[Finding]:
    """In tenants' own wordings; the built-in ones have been looked at before they came here."""
    folders = {(tenant.templates, tenant.locale) for tenant in config.tenants.values() if tenant.templates is not None}
    for folder, locale in sorted(folders):
        for problem in check_templates(folder, locale):
            line = f", line {problem.line}" if problem.line else ""
            yield found("template_wrong", f"{problem.file}{line}: {problem.message}", "correct the template")


def folder_open(config: Config) -> Iterator[Finding]:
    for words in loose_rights(config.data):
        what, _, mend = words.partition("; ")
        yield found("folder_open", what, mend or f"run: chmod 700 {config.data}")


def folder_unusable(config: Config) -> Iterator[Finding]:
    """A folder that cannot be written to keeps nothing: no claim, no token, no note."""
    if config.data.is_dir() and not os.access(config.data, os.W_OK | os.X_OK):
        mend = f"give {config.data} to the user Dun runs as"
        yield found("folder_unusable", f"the data folder {config.data} cannot be written to", mend)


def disk_low(config: Config) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(config.data).free // _MEGABYTE
    except OSError:
        return  # there is no folder yet; whoever makes it says what is wrong
    if free < config.alerts.disk_free_mb:
        words = f"only {free:,} MB are free where the data folder is; on a full disk nothing can be sent"
        yield found("disk_low", words, f"free some space, or move the data folder {config.data}")


def nobody_told(config: Config) -> Iterator[Finding]:
    if not config.alerts.to:
        mend = 'add to = ["you@example.com"] to [alerts] in the configuration'
        yield found("nobody_told", "nobody is written to when something goes wrong", mend)


def alerts_undelivered(ground: Ground) -> Iterator[Finding]:
    failure = ground.registry.alerts.failure()
    if failure is not None:
        words = f"the last alert could not be delivered on {when(failure.failed_at)}: {failure.words}"
        yield found("alerts_undelivered", words, "correct [alerts] and [email] in the configuration")


def daemon_silent(ground: Ground, now: datetime) -> Iterator[Finding]:
    """Connected tenants, and no cycle of any of them for long: nothing is running."""
    if ground.vault is None:
        return  # no cycle can run without the key, which is a finding of its own
    config = ground.config
    working = [t for t in ground.registry.tenants() if t.slug in config.tenants and not t.parked_because]
    last = [at for tenant in working if (at := _last_look(ground, tenant)) is not None]
    slowest = max((config.tenants[tenant.slug].poll_minutes for tenant in working), default=0)
    if last and now - max(last) > max(timedelta(hours=config.alerts.stale_hours), 2 * timedelta(minutes=slowest)):
        words = f"no cycle has run since {when(max(last))}"
        yield found("daemon_silent", words, "start `dun run`, or the service that runs it")


def budgets_unusable(ground: Ground) -> Iterator[Finding]:
    """Without its counts of calls Dun asks no ledger anything."""
    try:
        Budgets.open(ground.config.data / "budgets.db").close()
    except FileBusy:
        return
    except DiskFull as error:
        yield disk_full(error)
    except StateError as error:
        mend = "stop Dun and move that file away; it is made anew, and counts from there"
        yield found("registry_unusable", str(error), mend)


def clock_set_back(ground: Ground, now: datetime) -> Iterator[Finding]:
    seen = [t.succeeded_at for t in ground.registry.tenants() if t.succeeded_at is not None]
    if seen and max(seen) - now > _SKEW:
        words = f"this machine's clock says {when(now)}, but a cycle ended on {when(max(seen))}"
        yield found("clock_set_back", words, "set the clock, and let it be kept by NTP")


def _last_look(ground: Ground, tenant: Tenant) -> datetime | None:
    if not ground.file(tenant.slug).exists():
        return None  # a look must not make a file
    try:
        with ground.store(tenant.slug) as store:
            cycles = store.cycles.last(1)
    except StateError:
        return None  # the tenant's own checks say what is wrong with its file
    return cycles[0].started_at if cycles else None
