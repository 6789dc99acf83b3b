"""The example configuration, generated from the schema so that it cannot fall behind it.

`python -m connector.config.example` rewrites config.example.toml, docs/config.schema.json and
docs/reference/configuration.md in the current folder; a test fails while they differ.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from connector.config.charges import RateSection
from connector.config.errors import fields, section_in, toml_value
from connector.config.people import PersonSection
from connector.config.policy import SegmentSection, SequenceSection, StageSection
from connector.config.schema import ConfigFile, SendingSection, TenantSection
from connector.config.section import OPTIONAL, Section

EXAMPLE_TENANT = "acme"
_WIDTH = 110
_HEADING = """\
The configuration of Dun. Copy this file to config.toml and change what you need.
Keys that are commented out show their default or, where that is empty, an example. After a change: dun config check"""

# What no default can show: a second sequence, and who goes through it.
_FURTHER: dict[type[Section], str] = {
    SequenceSection: """\
[policy.sequences.patient]
minimum_gap_days = 10
handover_days = 90
[[policy.sequences.patient.stages]]
name = "soft"
offset_days = 7
[[policy.sequences.patient.stages]]
name = "firm"
offset_days = 21
after = "previous"
channels = ["email", "letter", "call"]
owner = "Accounts"
""",
    SegmentSection: """\
[[policy.segments]]
name = "vip"
sequence = "patient"
groups = ["VIP"]
""",
    PersonSection: """\
[people.anna]
role = "bookkeeper"
tenants = { acme = "admin" }
""",
    RateSection: """\
[[rates]]
name = "bank_of_england"
first = 2027-01-01
last = 2027-06-30
percent = "3.75"
""",
}


def render() -> str:
    """The text of config.example.toml."""
    lines = [*_comment(_HEADING), "", *_keys(ConfigFile), *_tables(ConfigFile, "")]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def documented(section: Section | type[Section]) -> str:
    """What a section says about itself, on one line."""
    return " ".join((section.__doc__ or "").split())


def default_of(info: FieldInfo) -> object:
    return info.get_default(call_default_factory=True, validated_data={})


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(line, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _keys(section: type[Section]) -> Iterator[str]:
    """The plain keys of a section, each below its description."""
    for key, info in fields(section).items():
        inherited = section is TenantSection and key in fields(SendingSection)
        if section_in(info.annotation) is None and not inherited:
            yield from _comment(info.description or "")
            yield _key(key, info)


def _key(key: str, info: FieldInfo) -> str:
    """`key = value` with the example, or the default commented out."""
    optional = info.json_schema_extra == OPTIONAL
    if info.examples and not optional:
        return f"{key} = {toml_value(info.examples[0])}"
    value = info.examples[0] if info.examples else default_of(info)
    return f"# {key} = {toml_value(value)}"


def _tables(section: type[Section], prefix: str) -> Iterator[str]:
    for key, info in fields(section).items():
        inner = section_in(info.annotation)
        if inner is StageSection:
            yield from _stages(info, f"{prefix}{key}")
        elif inner in _FURTHER:
            yield from ("", *_comment(documented(inner)), *_commented_out(_FURTHER[inner]))
        elif inner is not None and info.json_schema_extra != OPTIONAL:
            name = f"{prefix}{key}.{EXAMPLE_TENANT}" if inner is TenantSection else f"{prefix}{key}"
            keys = list(_keys(inner))
            if keys:
                yield from ("", *_comment(documented(inner)), f"[{name}]", *keys)
            yield from _tables(inner, f"{name}.")


def _commented_out(text: str) -> Iterator[str]:
    return (f"#: {line}" for line in text.splitlines())


def _stages(info: FieldInfo, name: str) -> Iterator[str]:
    """The default sequence, below the description of a stage's keys."""
    yield from ("", *_comment(info.description or ""))
    for key, stage_info in fields(StageSection).items():
        yield from _comment(f"{key}: {stage_info.description}")
    stages = default_of(info)
    for stage in stages if isinstance(stages, tuple) else ():
        written = stage.model_dump(exclude_defaults=True)
        yield from (f"[[{name}]]", *(f"{key} = {toml_value(value)}" for key, value in written.items()), "")


if __name__ == "__main__":
    from connector.config import json_schema
    from connector.config import reference as config_reference

    Path("config.example.toml").write_text(render(), encoding="utf-8")
    Path("docs/config.schema.json").write_text(json_schema.render(), encoding="utf-8")
    Path("docs/reference/configuration.md").write_text(config_reference.render(), encoding="utf-8")
