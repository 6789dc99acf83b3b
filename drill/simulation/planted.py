"""The bugs that the simulation must find; planted.toml is their table."""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from drill.plant import Edit, Plant

TABLE = Path(__file__).with_name("planted.toml")


class _Row(Struct, forbid_unknown_fields=True):
    name: str
    edit: list[Edit]
    why: str = ""  # more than one guard has to go


class _Table(Struct, forbid_unknown_fields=True):
    plant: list[_Row]


def planted_bugs() -> tuple[Plant, ...]:
    """In the order of the table."""
    table = msgspec.convert(tomllib.loads(TABLE.read_text()), _Table)
    return tuple(Plant(row.name, tuple(row.edit)) for row in table.plant)
