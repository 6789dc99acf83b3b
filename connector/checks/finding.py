"""Every kind of finding there is, and how bad it is. docs/reference/findings.md explains each of them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from state.alerts import Finding, Severity
from state.model import TenantSlug

SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        # the installation
        "config_wrong": "critical",
        "secret_missing": "critical",
        "template_wrong": "critical",
        "folder_unusable": "critical",
        "folder_open": "warning",
        "registry_unusable": "critical",
        "key_unusable": "critical",
        "clock_unusable": "critical",
        "clock_set_back": "warning",
        "disk_low": "warning",
        "daemon_silent": "critical",
        "alerts_undelivered": "warning",
        "nobody_told": "notice",
        # a tenant's connection
        "not_connected": "notice",
        "left_alone": "notice",
        "disconnected": "notice",
        "parked": "critical",
        "tokens_unusable": "critical",
        "connection_ends": "warning",
        "never_synced": "warning",
        "sync_stale": "critical",
        "comparison_stale": "warning",
        "not_worked_on": "critical",
        # a tenant's books
        "file_unusable": "critical",
        "suspicious": "critical",
        "held": "notice",
        "own_reminders_on": "warning",
        "quarantined": "warning",
        "needs_person": "warning",
        # a tenant's reminders
        "silent": "critical",
        "approvals_waiting": "notice",
        "carrier_refusing": "critical",
        "calls_spent": "warning",
        "cost_cap": "warning",
        "messages_unwritten": "warning",
        "unsettled_sends": "warning",
        "forewarning_unsure": "warning",
        "notes_owed": "warning",
        # what customers answer
        "mailbox_unread": "critical",
        "mailbox_refusing": "critical",
        "replies_waiting": "warning",
        # found only by asking the services themselves
        "ledger_unreachable": "warning",
        "ledger_refuses": "critical",
        "scope_missing": "warning",
    }
)


def found(
    code: str, words: str, mend: str, tenant: TenantSlug | None = None, severity: Severity | None = None
) -> Finding:
    """A finding of this kind, as bad as its kind is unless `severity` says otherwise."""
    return Finding(code=code, severity=severity or SEVERITIES[code], tenant=tenant, words=words, mend=mend)


def when(instant: datetime) -> str:
    """An instant as people read it."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"
