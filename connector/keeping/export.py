"""A client's data as CSV and JSON lines: for a client who leaves, an auditor who asks, or another program.

CSV is opened in spreadsheets, so cells with text of strangers are made harmless first. JSON lines have every value as
it is, each row on a line for every reader.
"""

import csv
import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from state.errors import DiskFull
from state.export import TABLES, Exporter, Row, Table
from state.folders import flush_folder
from state.plain_text import json_line
from state.spreadsheet import harmless_cell
from state.store import TenantStore


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
        harmless_cell(value) if isinstance(value, str) and column not in table.amounts else value
        for column, value in zip(table.columns, row, strict=True)
    )
