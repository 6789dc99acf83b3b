"""All checks in their order, for the daemon's alerts and for `dun doctor` alike: what one of them finds, both find."""

from collections.abc import Callable, Iterator
from datetime import datetime

from connector.checks.books import held, needs_person, own_reminders_on, quarantined, suspicious
from connector.checks.connection import (
    comparison_stale,
    connection_ends,
    disconnected,
    never_synced,
    parked,
    scope_missing,
    sync_stale,
)
from connector.checks.finding import found
from connector.checks.ground import Ground
from connector.checks.installation import (
    alerts_undelivered,
    budgets_unusable,
    clock_set_back,
    daemon_silent,
    disk_full,
    disk_low,
    folder_open,
    folder_unusable,
    nobody_told,
    secrets_missing,
    templates_wrong,
)
from connector.checks.replies import mailbox_unread, replies_waiting
from connector.checks.sending import (
    approvals_waiting,
    calls_spent,
    carrier_refusing,
    cost_cap,
    forewarning_unsure,
    messages_unwritten,
    notes_owed,
    silent,
    unsettled_sends,
)
from connector.checks.sight import Sight, has_left
from connector.config.settings import Config
from connector.report import how_to_revive
from state.alerts import Finding
from state.errors import DamagedToken, DiskFull, FileBusy, StateError
from state.model import TenantSlug, TokenSet
from state.registry import Tenant
from state.store import TenantStore

Checks = tuple[Callable[[Sight], Iterator[Finding]], ...]

TROUBLES: Checks = (
    parked,
    connection_ends,
    scope_missing,
    never_synced,
    sync_stale,
    comparison_stale,
    suspicious,
    own_reminders_on,
    quarantined,
    needs_person,
    silent,
    approvals_waiting,
    carrier_refusing,
    calls_spent,
    cost_cap,
    messages_unwritten,
    unsettled_sends,
    forewarning_unsure,
    notes_owed,
    mailbox_unread,
    replies_waiting,
)
EVERYTHING: Checks = (*TROUBLES, held, disconnected)  # and what is as somebody wanted it
_AFTER_A_FAREWELL = (disconnected, unsettled_sends)
_RESTING_ON_THE_KEY = (never_synced, sync_stale, comparison_stale, silent)  # without it, consequences
_RESTING_ON_TOKENS = (parked, needs_person, *_RESTING_ON_THE_KEY)
_OF_THE_CONFIGURATION = (secrets_missing, folder_unusable, folder_open, disk_low)


def of_configuration(config: Config) -> list[Finding]:
    """What can be seen without opening anything of ours."""
    return [finding for check in _OF_THE_CONFIGURATION for finding in check(config)]


def of_installation(ground: Ground, now: datetime) -> list[Finding]:
    """What concerns all tenants, as far as the registry and the clock know."""
    return [*budgets_unusable(ground), *daemon_silent(ground, now), *clock_set_back(ground, now)]


def for_the_doctor(ground: Ground) -> list[Finding]:
    """Of the installation as a whole, what no alert could tell, and what takes a second to look at."""
    return [*alerts_undelivered(ground), *nobody_told(ground.config), *templates_wrong(ground.config)]


def of_tenant(ground: Ground, slug: TenantSlug, now: datetime, checks: Checks = TROUBLES) -> tuple[list[Finding], bool]:
    """What is wrong with one connected tenant, and whether everything could be looked at."""
    known = ground.registry.tenant(slug)
    if known is None:
        return [], True
    if lost := list(_file_lost(ground, known)):
        return lost, False
    try:
        with ground.store(slug) as store:
            return _look(ground, known, store, now, checks), True
    except FileBusy:
        return [], False
    except DiskFull as error:
        return [disk_full(error, slug)], False
    except StateError as error:
        mend = "restore it from a backup, or mend what is said"
        return [found("file_unusable", f"the tenant's file cannot be used: {error}", mend, slug)], False


def _file_lost(ground: Ground, known: Tenant) -> Iterator[Finding]:
    """A cycle would make a new file, which does not know what has been sent already."""
    file = ground.file(known.slug)
    if has_left(known):
        return
    if known.succeeded_at is not None and not file.exists():
        words = f"the tenant's file {file} is not there, and with it the memory of what was sent"
        yield found("file_unusable", words, "stop Dun, and put the file back from a backup", known.slug)


def _look(ground: Ground, known: Tenant, store: TenantStore, now: datetime, checks: Checks) -> list[Finding]:
    tokens, findings = _tokens(ground, known)
    if has_left(known):
        checks = tuple(check for check in checks if check in _AFTER_A_FAREWELL)
    elif ground.vault is None:
        checks = tuple(check for check in checks if check not in _RESTING_ON_THE_KEY)
    elif tokens is None:
        checks = tuple(check for check in checks if check not in _RESTING_ON_TOKENS)
    sight = Sight(
        settings=ground.config.tenant(known.slug),
        known=known,
        store=store,
        tokens=tokens,
        limits=ground.config.alerts,
        now=now,
    )
    return findings + [finding for check in checks for finding in check(sight)]


def _tokens(ground: Ground, known: Tenant) -> tuple[TokenSet | None, list[Finding]]:
    if has_left(known) or ground.vault is None:
        return None, []
    try:
        tokens = ground.vault.load(known.slug)
    except DamagedToken as error:
        mend = f"restore the last backup, or {how_to_revive(known.slug)}"
        return None, [found("tokens_unusable", str(error), mend, known.slug)]
    except StateError as error:
        mend = f"give back the right key, or {how_to_revive(known.slug)}"
        return None, [found("tokens_unusable", str(error), mend, known.slug)]
    if tokens is None:
        words = "there are no tokens for this connection"
        return None, [found("tokens_unusable", words, how_to_revive(known.slug), known.slug)]
    return tokens, []
