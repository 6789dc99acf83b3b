"""A tenant's sequences held against the law of its customers' countries, as far as the configuration tells them."""

from collections.abc import Iterator

from babel import Locale

from connector.config.charges import terms_of
from connector.config.errors import Problem, dotted
from connector.config.lines import KeyPath
from connector.config.schema import ConfigFile, SendingSection, TenantSection
from connector.config.sequences import segments_of, standard_policy
from connector.config.values import parse_window
from connector.dunning.lawfulness import Finding, examine
from connector.dunning.planned import planned_for
from connector.dunning.segments import PolicyBook


def findings(file: ConfigFile, slug: str, sending: SendingSection) -> Iterator[tuple[str, Finding]]:
    """What is unlawful or doubtful for tenant `slug`, each with its segment; the policy itself must be sound."""
    tenant = file.tenants[slug]
    charges = file.charges if tenant.charges is None else tenant.charges
    book = PolicyBook(
        standard=standard_policy(file.policy, tenant.sequence),
        segments=segments_of(file.policy, slug),
        ledger=tenant.ledger,
    )
    window = parse_window(sending.window)
    for segment, planned in planned_for(book, _home(tenant, sending), charges.customers, terms_of(charges), window):
        for finding in examine(planned):
            yield segment, finding


def problems(file: ConfigFile, slug: str, sending: SendingSection) -> Iterator[tuple[KeyPath, Problem]]:
    """What the law forbids, and charges for which no right is named; doubts are for `dun policy check`."""
    path: KeyPath = ("tenants", slug, "charges")
    for segment, finding in findings(file, slug, sending):
        if finding.severity == "error":
            what = f"would make {segment} unlawful: {finding.stage or 'it'} {finding.what}"
            yield path, Problem(dotted(path), what, f"see {finding.source}")
    yield from _without_right(file, slug)


def doubts(file: ConfigFile, slug: str, sending: SendingSection) -> Iterator[str]:
    """What a person should weigh, each with its source."""
    for segment, finding in findings(file, slug, sending):
        if finding.severity == "warning":
            about = f"{segment}: {finding.stage}: " if finding.stage else f"{segment}: "
            yield f"{about}{finding.what} ({finding.source})"


def _without_right(file: ConfigFile, slug: str) -> Iterator[tuple[KeyPath, Problem]]:
    tenant = file.tenants[slug]
    charges = file.charges if tenant.charges is None else tenant.charges
    policies = [standard_policy(file.policy, tenant.sequence), *(s.policy for s in segments_of(file.policy, slug))]
    charging = [stage.name for policy in policies for stage in policy.stages if stage.charges != "none"]
    if charging and charges.terms == "none":
        path: KeyPath = ("charges", "terms")
        mend = "set terms to uk, eu, de or contract, or the stage's charges to none"
        yield (
            path,
            Problem(dotted(path), f"is none, but stage {charging[0]} speaks of charges to {slug}'s customers", mend),
        )


def _home(tenant: TenantSection, sending: SendingSection) -> str:
    """Where customers are of whom nothing else is known: where the firm keeps its holidays, or writes as people do."""
    return sending.holidays.partition("-")[0] or Locale.parse(tenant.locale).territory or ""
