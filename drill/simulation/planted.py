"""The bugs that the simulation must find: planted.toml, and planted_policy.toml for firms that have every feature."""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from drill.plant import Edit, Plant

TABLE = Path(__file__).with_name("planted.toml")
POLICY_TABLE = Path(__file__).with_name("planted_policy.toml")  # of firms that have every feature


class _Row(Struct, forbid_unknown_fields=True):
    name: str
    edit: list[Edit]
    why: str = ""  # more than one guard has to go


class _Table(Struct, forbid_unknown_fields=True):
    plant: list[_Row]


def planted_bugs(path: Path = TABLE) -> tuple[Plant, ...]:
    """In the order of the table."""
    table = msgspec.convert(tomllib.loads(path.read_text()), _Table)
    return tuple(Plant(row.name, tuple(row.edit)) for row in table.plant)
