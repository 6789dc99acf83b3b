"""Letters that the firm posts itself: the sandbox is no party to them, so it looks into the folder they wait in.

What lay there before the sandbox began was posted before.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LISTS = "*/manifest.csv"  # a folder for each tenant
_COLUMNS = ("id", "customer", "address", "stage", "file")


@dataclass(slots=True)
class Outbox:
    """`folder` as `[letters]` names it; it may come into being later. Listed already: nobody's business."""

    folder: Path
    _posted: set[str] = field(default_factory=set)
    _looked_at: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._posted.update(row["id"] for _, row in self._new_rows())

    def take(self) -> Iterator[tuple[Path, dict[str, str]]]:
        """Each row that was not there before, with the folder that its file is in."""
        for folder, row in self._new_rows():
            self._posted.add(row["id"])
            yield folder, row

    def _new_rows(self) -> list[tuple[Path, dict[str, str]]]:
        lists = [found for found in self.folder.glob(_LISTS) if self._has_changed(found)]
        return [(found.parent, row) for found in lists for row in _rows(found) if row["id"] not in self._posted]

    def _has_changed(self, manifest: Path) -> bool:
        status = manifest.stat()
        seen = (status.st_mtime_ns, status.st_size)
        before, self._looked_at[manifest] = self._looked_at.get(manifest), seen
        return before != seen


def _rows(manifest: Path) -> Iterator[dict[str, str]]:
    with manifest.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as opened:
        for row in csv.DictReader(opened):
            yield {column: row.get(column) or "" for column in _COLUMNS}
