"""Measured process: what a bookkeeper types into the search box, over a file whose documents are all entered in it."""

from pathlib import Path

from msgspec import Struct

from bench.process import answer, cpu_time, read_task
from state.store import TenantStore


class FindTask(Struct, frozen=True):
    """`texts` are looked for one after the other."""

    file: str
    texts: tuple[str, ...]


class FindOutcome(Struct, frozen=True):
    """The CPU seconds of the slowest of them, and how many documents each found."""

    cpu_seconds: float
    found: tuple[int, ...]


def main() -> None:
    task = read_task(FindTask)
    seconds, found = [], []
    with TenantStore.open(Path(task.file)) as store:
        for text in task.texts:
            with cpu_time() as watch:
                hits = store.search.find(text)
            seconds.append(watch.cpu_seconds)
            found.append(len(hits))
    answer(FindOutcome(max(seconds), tuple(found)))


if __name__ == "__main__":
    main()
