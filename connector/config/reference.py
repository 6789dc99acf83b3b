"""The reference page of the configuration, generated from the schema like the example file."""

from collections.abc import Iterator
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connector.config.charges import Percent
from connector.config.errors import fields, section_in, toml_value
from connector.config.example import default_of, documented
from connector.config.letters import Bic, Country, Iban
from connector.config.page import HeaderName, MachineAddress
from connector.config.people import RolesByTenant
from connector.config.phone import MajorAmount, PhoneNumber
from connector.config.reading import MOST_PROBLEMS
from connector.config.schema import ConfigFile, SendingSection, TenantSection
from connector.config.section import Section
from connector.config.text import DEEPEST, MOST_CHARACTERS, MOST_DOTS_IN_A_LINE
from connector.config.values import (
    Amounts,
    CountryCode,
    CurrencyCode,
    HolidayRegion,
    HostName,
    Listen,
    LocaleName,
    Mailbox,
    Number,
    OptionalUrl,
    Quiet,
    SecretReference,
    TimeOfDay,
    Url,
    Window,
    Zone,
)

_INTRODUCTION = """\
# Configuration

One TOML file. `config.example.toml` has every key with its description. Unknown keys, wrong types and things that do
not fit together are refused, all at once, before anything runs: `dun config check`.

Secrets are never written into the file. `env:NAME` takes a secret from the environment variable `NAME`, `file:PATH`
from a file, relative to the configuration file, `keyring:SERVICE/NAME` from the keyring (needs the extra `keyring`),
`systemd:NAME` from a credential of the systemd service; a closing line end is not part of the secret.

The file has at most {characters:,} characters, no line more than {dots} dots, and nothing stands more than {deepest}
tables or lists deep; of very many mistakes the first {problems} are told.

This page is generated from the schema: `python -m connector.config.example`."""

_KINDS = {
    get_args(alias)[1]: words
    for alias, words in (
        (Mailbox, "an address, alone or as `Name <address>`"),
        (Window, "two times, as `09:00-17:00`"),
        (TimeOfDay, "a time of day, as `02:00`"),
        (Listen, "an address with a port, as `127.0.0.1:8485`"),
        (Zone, "the IANA name of a time zone"),
        (LocaleName, "a locale, as `en_GB`"),
        (SecretReference, "a reference to a secret: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `systemd:NAME`"),
        (HolidayRegion, "a country or region, as `GB`, `GB-ENG` or `DE-BY`"),
        (Number, "a number in quotes"),
        (Percent, "a percentage in quotes"),
        (Amounts, "a table of amounts in quotes, by currency, with `default` for all others"),
        (Url, "a web address"),
        (Iban, "an IBAN; its check digits are checked"),
        (Bic, "a BIC"),
        (Country, "a country's code, as `GB`"),
        (OptionalUrl, "a web address"),
        (RolesByTenant, "a table of roles in quotes, by tenant"),
        (PhoneNumber, "a phone number in international form"),
        (MajorAmount, "an amount in quotes, as `0.10`"),
        (HeaderName, "the name of a header"),
        (CurrencyCode, "a currency by its three letters (ISO 4217)"),
    )
}
_LISTS: dict[object, str] = {
    tuple[date, ...]: "a list of dates",
    tuple[HostName, ...]: "a list of host names",
    tuple[MachineAddress, ...]: "a list of IP addresses",
    tuple[Mailbox, ...]: "a list of addresses",
    tuple[Quiet, ...]: "a list of spans of days, as `12-24..01-02` or `2026-08-03..2026-08-14`",
    tuple[CountryCode, ...]: "a list of country codes",
    tuple[CurrencyCode, ...]: "a list of currency codes",
    tuple[PhoneNumber, ...]: "a list of phone numbers",
}
_TYPES: dict[object, str] = {date: "a date", bool: "`true` or `false`", int: "a whole number", str: "text"}


def render() -> str:
    """The text of docs/reference/configuration.md."""
    parts = [_introduction(), *_keys(ConfigFile, ""), *_tables(ConfigFile, "")]
    return "\n\n".join(parts) + "\n"


def _introduction() -> str:
    return _INTRODUCTION.format(
        characters=MOST_CHARACTERS, dots=MOST_DOTS_IN_A_LINE, deepest=DEEPEST, problems=MOST_PROBLEMS
    )


def _tables(section: type[Section], prefix: str) -> Iterator[str]:
    for key, info in fields(section).items():
        inner = section_in(info.annotation)
        if inner is not None:
            name = f"{prefix}{key}.<name>" if get_origin(info.annotation) is dict else f"{prefix}{key}"
            brackets = f"[[{name}]]" if get_origin(info.annotation) is tuple else f"[{name}]"
            yield f"## `{brackets}`\n\n{documented(inner)}"
            yield from _keys(inner, f"{name}.")
            yield from _tables(inner, f"{name}.")


def _keys(section: type[Section], prefix: str) -> Iterator[str]:
    for key, info in fields(section).items():
        inherited = section is TenantSection and key in fields(SendingSection)
        if section_in(info.annotation) is None and not inherited:
            yield f"### `{prefix}{key}`\n\n{_sentence(info)}\n\n{_facts(info)}"


def _sentence(info: FieldInfo) -> str:
    text = info.description or ""
    return f"{text[:1].upper()}{text[1:]}."


def _facts(info: FieldInfo) -> str:
    default = default_of(info)
    facts = [f"- Type: {_type(info)}"]
    if default is not None:
        facts.append("- Required" if default is PydanticUndefined else f"- Default: `{toml_value(default)}`")
    facts += [f"- Example: `{toml_value(example)}`" for example in info.examples or ()]
    return "\n".join(facts)


def _type(info: FieldInfo) -> str:
    kind = next((_KINDS[mark] for mark in info.metadata if mark in _KINDS), None)
    if kind is not None:
        return kind
    return _words(info.annotation) + _limits(info)


def _words(annotation: object) -> str:
    """A type in words; that of a key that may be left out without having a default is the type itself."""
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{toml_value(choice)}`" for choice in get_args(annotation))
    if get_origin(annotation) is UnionType:
        return _words(next(inner for inner in get_args(annotation) if inner is not NoneType))
    if get_origin(annotation) is Annotated:
        return next((_KINDS[mark] for mark in get_args(annotation)[1:] if mark in _KINDS), "text")
    if get_origin(annotation) is tuple:
        return _LISTS.get(annotation) or f"a list of {_words(get_args(annotation)[0])}"
    return _TYPES.get(annotation, "text")


def _limits(info: FieldInfo) -> str:
    bounds = {name: getattr(mark, name) for mark in info.metadata for name in ("ge", "le") if hasattr(mark, name)}
    least, most = bounds.get("ge"), bounds.get("le")
    if least is None:
        return ""
    return f" from {least} to {most}" if most is not None else f" from {least}"
