"""What is wrong with this installation, in words, with the mend: all of it at once, and whatever else is broken.

A doctor is called when something does not work. So each step that fails becomes a finding, and the next step does with
what there is.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from connector.checks import look
from connector.checks.finding import found
from connector.checks.ground import Ground
from connector.checks.installation import not_to_be_opened
from connector.checks.live import carriers_let_us_in, ledgers_answer, mailboxes_open
from connector.checks.sight import has_left
from connector.config.settings import Config, ConfigError, load
from connector.credentials import CredentialError
from connector.data_folder import DataFolderError, prepare
from connector.rehearsal import RehearsalError
from connector.wiring import Installation, clock_of
from state.alerts import Finding
from state.errors import StateError
from state.model import TenantSlug
from state.registry import Registry

_OF_ONE_CAUSE = frozenset(("folder_unusable", "disk_low", "tokens_unusable"))  # seen in several ways
_ORDER = {"critical": 0, "warning": 1, "notice": 2}


def examine(config_path: Path, slug: str | None = None, *, offline: bool = False) -> list[Finding]:
    """Everything that is wrong, worst first; of one tenant (and the ground it stands on) if `slug` is given.

    Unless `offline`, ledgers and carriers are asked as well. Raises NotConfigured if there is no such tenant.
    """
    try:
        config = load(config_path)
    except ConfigError as error:
        return [
            found("config_wrong", f"{error.path.name}: {problem.key} {problem.what}".strip(), problem.mend)
            for problem in error.problems
        ]
    wanted = [config.tenant(slug).slug] if slug else list(config.tenants)
    return _sorted([*look.of_configuration(config), *_with_data(config, wanted, offline=offline)])


def _with_data(config: Config, wanted: list[TenantSlug], *, offline: bool) -> Iterator[Finding]:
    if not config.data.exists():  # a look makes none: an empty one would hide that the old one is gone
        mend = "connect a first client, or put the folder back where it was"
        yield found("folder_unusable", f"there is no data folder {config.data}", mend)
        return
    try:
        prepare(config.data)
        registry = Registry.open(config.data / "registry.db")
    except DataFolderError as error:
        what, _, mend = str(error).partition("; ")
        yield found("folder_unusable", what, mend or "give the folder to the user Dun runs as")
        return
    except StateError as error:
        yield not_to_be_opened(error)
        return
    with registry:
        yield from _with_registry(config, registry, wanted, offline=offline)


def _with_registry(config: Config, registry: Registry, wanted: list[TenantSlug], *, offline: bool) -> Iterator[Finding]:
    try:
        now = clock_of(config).now()
    except RehearsalError as error:
        yield found("clock_unusable", str(error), "start the sandbox, or remove [rehearsal] clock")
        return
    try:
        installation = Installation(config)
    except (StateError, CredentialError) as error:
        yield not_to_be_opened(error)
        yield from _without_calls(Ground(config, registry, None), wanted, now)
        return
    with installation:
        yield from _without_calls(Ground.of(installation), wanted, now)
        if not offline:
            yield from _by_asking(installation, wanted)


def _without_calls(ground: Ground, wanted: list[TenantSlug], now: datetime) -> Iterator[Finding]:
    yield from look.of_installation(ground, now)
    yield from look.for_the_doctor(ground)
    for slug in wanted:
        yield from _not_connected(ground, slug)
        yield from look.of_tenant(ground, slug, now, look.EVERYTHING)[0]
    yield from _left_alone(ground)


def _by_asking(installation: Installation, wanted: list[TenantSlug]) -> Iterator[Finding]:
    yield from ledgers_answer(installation, [installation.config.tenants[slug] for slug in wanted])
    yield from carriers_let_us_in(installation, wanted)
    yield from mailboxes_open(installation, wanted)


def _not_connected(ground: Ground, slug: TenantSlug) -> Iterator[Finding]:
    if ground.registry.tenant(slug) is None:
        mend = f"run `dun connect {ground.config.tenants[slug].ledger} --tenant {slug}`"
        yield found("not_connected", "it is in the configuration, but not connected", mend, slug)


def _left_alone(ground: Ground) -> Iterator[Finding]:
    for tenant in ground.registry.tenants():
        if tenant.slug in ground.config.tenants:
            continue
        if has_left(tenant):
            yield from _history_kept(ground, tenant.slug)
        else:
            words = "it is connected, but not in the configuration any more, so nothing is done for it"
            mend = f"add [tenants.{tenant.slug}] again; to give it up, then `dun disconnect --tenant {tenant.slug}`"
            yield found("left_alone", words, mend, tenant.slug)


def _history_kept(ground: Ground, slug: TenantSlug) -> Iterator[Finding]:
    folder = ground.file(slug).parent
    if folder.exists():
        words = "it was disconnected and has left the configuration; its history is kept"
        yield found("disconnected", words, f"delete {folder} when you no longer need it", slug)


def _sorted(findings: list[Finding]) -> list[Finding]:
    """Worst first, each once: what the mirror knows and the ledger confirms is one finding."""
    findings = sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.tenant or ""))
    once: dict[tuple[str, str | None, str], Finding] = {}
    for finding in findings:
        once.setdefault((finding.code, finding.tenant, "" if finding.code in _OF_ONE_CAUSE else finding.words), finding)
    return [finding for finding in once.values() if not _follows(finding, findings)]


def _follows(finding: Finding, others: list[Finding]) -> bool:
    """Whether the ledger only says what the tokens' own finding says."""
    unusable = {other.tenant for other in others if other.code == "tokens_unusable"}
    return finding.code == "ledger_refuses" and finding.tenant in unusable
