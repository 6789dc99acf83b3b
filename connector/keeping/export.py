"""A client's data as CSV and JSON lines: for a client who leaves, an auditor who asks, or another program.

CSV is opened in spreadsheets, which take a cell that begins with certain characters for a formula, and names and texts
come from strangers. Such cells get an apostrophe in front, and so does what would begin a cell where a semicolon or a
tabulator parts them, as in half of Europe. JSON lines have every value as it is, each row on a line for every reader.
"""

import csv
import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from state.errors import DiskFull
from state.export import TABLES, Exporter, Row, Table
from state.folders import flush_folder
from state.plain_text import json_line
from state.store import TenantStore

_BEGINNING = r"-=+@\uff0d\uff1d\uff0b\uff20"  # of a formula; wide ones are taken for narrow ones in Japanese
_DROPPED = r"\s\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff\"'"  # what some spreadsheet passes over on its way to it
_FORMULA = re.compile(rf'^(?=[{_DROPPED}]*[{_BEGINNING}])|(^|[;\t\r\n]"*)(?=[{_BEGINNING}\t\r\n])')


class ExportError(Exception):
    """The export cannot be written there; `str()` says why."""


def export(store: TenantStore, folder: Path) -> dict[str, int]:
    """Write every table into `folder`, which is made and must not exist; rows by table.

    The folder appears when everything is in it. Raises ExportError, DiskFull or another StateError.
    """
    if folder.exists():
        raise ExportError(f"{folder} exists already; choose a folder that does not")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".dun-export-", dir=folder.absolute().parent) as draft:
            complete = Path(draft) / "complete"
            complete.mkdir(mode=0o700)
            with store.exporting() as exporter:
                counts = {table.name: _write(exporter, table, complete) for table in TABLES}
            flush_folder(complete)
            complete.rename(folder)
            flush_folder(folder.absolute().parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk of {folder} is full. Nothing was exported; free some space.") from None
        raise ExportError(f"{folder} cannot be written: {error.strerror}") from None
    return counts


def _write(exporter: Exporter, table: Table, folder: Path) -> int:
    """Both forms at once, so that the table is read once."""
    count = 0
    with ExitStack() as files:
        sheet = csv.writer(files.enter_context(_private(folder / f"{table.name}.csv")))
        lines = files.enter_context(_private(folder / f"{table.name}.jsonl"))
        sheet.writerow(table.columns)
        for row in exporter.rows(table):
            count += 1
            sheet.writerow(_cells(row, table))
            lines.write(json_line(dict(zip(table.columns, row, strict=True))) + "\n")
    return count


@contextmanager
def _private(path: Path) -> Iterator[IO[str]]:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _cells(row: Row, table: Table) -> Iterable[str | int | None]:
    """Amounts are ours and may begin with a minus."""
    return (
        _FORMULA.sub(_apostrophe, value) if isinstance(value, str) and column not in table.amounts else value
        for column, value in zip(table.columns, row, strict=True)
    )


def _apostrophe(found: re.Match[str]) -> str:
    return f"{found[1] or ''}'"
