"""A tenant's sequences held against the law of its customers' countries, as far as the configuration tells them."""

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from babel import parse_locale

from connector.config.charges import terms_of
from connector.config.errors import Problem, dotted
from connector.config.lines import KeyPath
from connector.config.schema import ConfigFile, SendingSection, TenantSection
from connector.config.sequences import segments_of, standard_policy, written_out
from connector.config.values import parse_window
from connector.customer_zones import on_their_walls, zone_of_country
from connector.dunning.lawfulness import Finding, examine
from connector.dunning.planned import Hours, planned_for
from connector.dunning.policy import Channel
from connector.dunning.segments import STANDARD, PolicyBook

_TIMED: tuple[Channel, ...] = ("email", "call", "sms", "voice")


def findings(file: ConfigFile, slug: str, sending: SendingSection) -> Iterator[tuple[str, Finding]]:
    """What is unlawful or doubtful for tenant `slug`, each with its segment; the policy itself must be sound."""
    tenant = file.tenants[slug]
    charges = file.charges if tenant.charges is None else tenant.charges
    book = PolicyBook(
        standard=standard_policy(file.policy, tenant.sequence),
        segments=segments_of(file.policy, slug),
        ledger=tenant.ledger,
    )
    home, terms, hours_in = _home(tenant, sending), terms_of(charges), partial(_hours_in, tenant, sending)
    for segment, planned in planned_for(book, home, charges.customers, terms, hours_in):
        for finding in examine(planned):
            yield segment, finding


def problems(
    file: ConfigFile, sendings: Mapping[str, SendingSection], unsound: Container[str] = ()
) -> Iterator[tuple[KeyPath, Problem]]:
    """What the law forbids to the tenants of `sendings`; doubts are for `dun policy check`.

    Each stands at the `charges` of its stage. One stage may break two rules, so the rule is part of the path. Sequences
    that are `unsound` cannot be judged.
    """
    unlawful: dict[tuple[KeyPath, Finding], list[tuple[str, str]]] = {}
    for slug, sending in sendings.items():
        sequences = _sequences(file, slug)
        for segment, finding in findings(file, slug, sending):
            if finding.severity == "error" and sequences[segment] not in unsound:
                path = _charges_of(file, sequences[segment], finding.stage) if finding.stage else ("tenants", slug)
                unlawful.setdefault((path, finding), []).append((segment, slug))
    for (path, finding), found in unlawful.items():
        whom, whose = " and ".join(dict.fromkeys(segment for segment, _ in found)), _owners(slug for _, slug in found)
        what = f"would make {whom} unlawful for {whose} customers: {finding.stage or 'it'} {finding.what}"
        yield (*path, finding.code, finding.source), Problem(dotted(path), what, f"see {finding.source}")


def without_right(file: ConfigFile, slugs: Iterable[str]) -> Iterator[tuple[KeyPath, Problem]]:
    """Charges for which no right is named: told of the key that would name it, at the first stage that speaks of them.

    Where that key stands in the file it has a line of its own; mostly it does not, because none is the default.
    """
    charging: dict[KeyPath, dict[str, dict[str, KeyPath]]] = {}
    for slug in slugs:
        tenant = file.tenants[slug]
        charges = file.charges if tenant.charges is None else tenant.charges
        stages = dict(_charging(file, slug))
        if charges.terms == "none" and stages:
            key: KeyPath = ("charges",) if tenant.charges is None else ("tenants", slug, "charges")
            charging.setdefault((*key, "terms"), {})[slug] = stages
    for key, of_tenants in charging.items():
        stages = {name: path for found in of_tenants.values() for name, path in found.items()}
        speak = f"stage {next(iter(stages))} speaks" if len(stages) == 1 else f"stages {', '.join(stages)} speak"
        what = f"is none, but {speak} of charges to {_owners(of_tenants)} customers"
        mend = "set terms to uk, eu, de or contract, or the charges of the stage to none"
        written = key[0] == "tenants" or file.charges.model_fields_set
        path = key if written else (*next(iter(stages.values())), "without a right")
        yield path, Problem(dotted(key), what, mend)


def _charging(file: ConfigFile, slug: str) -> Iterator[tuple[str, KeyPath]]:
    """The stages of a tenant's sequences that speak of charges, and where they say so."""
    for sequence in dict.fromkeys((_standard(file, slug), *_sequences(file, slug).values())):
        for stage in standard_policy(file.policy, sequence).stages:
            if stage.charges != "none":
                yield stage.name, _charges_of(file, sequence, stage.name)


def _standard(file: ConfigFile, slug: str) -> str:
    return file.tenants[slug].sequence or STANDARD


def _owners(slugs: Iterable[str]) -> str:
    """As in `acme's and bolt's customers`."""
    return " and ".join(f"{slug}'s" for slug in dict.fromkeys(slugs))


def _sequences(file: ConfigFile, slug: str) -> dict[str, str]:
    """Which sequence each segment of the tenant goes through."""
    of_segments = {segment.name: segment.policy.name for segment in segments_of(file.policy, slug)}
    return of_segments | {STANDARD: _standard(file, slug)}


def _charges_of(file: ConfigFile, sequence: str, stage: str) -> KeyPath:
    """Where the charges of a stage, or of the one that it repeats, stand in the file."""
    path: KeyPath = ("policy",) if sequence == STANDARD else ("policy", "sequences", sequence)
    stages = file.policy.stages if sequence == STANDARD else file.policy.sequences[sequence].stages
    position = next(position for position, written in written_out(stages) if written.name == stage)
    return (*path, "stages", position, "charges")


def doubts(file: ConfigFile, slug: str, sending: SendingSection) -> Iterator[str]:
    """What a person should weigh, each with its source."""
    for segment, finding in findings(file, slug, sending):
        if finding.severity == "warning":
            about = f"{segment}: {finding.stage}: " if finding.stage else f"{segment}: "
            yield f"{about}{finding.what} ({finding.source})"


def _hours_in(tenant: TenantSection, sending: SendingSection, country: str) -> Hours:
    """By the customers' clocks; where those differ, what does not ring goes by the firm's, and comes when it comes."""
    window = parse_window(sending.window)
    if sending.window_zone == "customer" and zone_of_country(country) is not None:
        return Hours(window, {})
    by_the_firms: tuple[Channel, ...] = ("email", "call") if sending.window_zone == "customer" else _TIMED
    walls = on_their_walls(window, ZoneInfo(tenant.zone), country)
    return Hours(window, dict.fromkeys(by_the_firms, walls) if walls else {})


def _home(tenant: TenantSection, sending: SendingSection) -> str:
    """Where customers are of whom nothing else is known: where the firm keeps its holidays, or writes as people do."""
    return sending.holidays.partition("-")[0] or parse_locale(tenant.locale)[1] or ""  # a Locale has megabytes
