"""The reference rates that come with Dun, read from the files in `published/`.

The dunning core does no I/O, so the rates are read here and handed to it as plain data.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import resources

import msgspec
from msgspec import Struct

from connector.dunning.reference_rates import RATE_NAMES, Rate, RateName, Rates

_ONE_DAY = timedelta(days=1)


class Row(Struct, frozen=True, rename={"valid_from": "from"}, forbid_unknown_fields=True):
    """A rate from the day on which it came into force, in percent a year."""

    valid_from: date
    percent: Decimal


class Publication(Struct, frozen=True, forbid_unknown_fields=True):
    """One file: the rows rise by date, each holds until the next, and the last until `known_until`."""

    name: RateName
    title: str
    source: str
    known_until: date
    rows: tuple[Row, ...]


@lru_cache(maxsize=1)
def published_rates() -> Rates:
    """Every rate that comes with Dun, on every day on which it is known."""
    return Rates({name: _spans(publication(name)) for name in RATE_NAMES})


def publication(name: RateName) -> Publication:
    """The file of one rate, with its source and the day until which it is known."""
    text = (resources.files("connector.law") / "published" / f"{name}.json").read_bytes()
    return msgspec.json.decode(text, type=Publication)


def _spans(published: Publication) -> tuple[Rate, ...]:
    rows = published.rows
    lasts = [*(row.valid_from - _ONE_DAY for row in rows[1:]), published.known_until]
    return tuple(Rate(row.valid_from, last, row.percent) for row, last in zip(rows, lasts, strict=True))
