"""Measured work runs in a fresh process each time: nothing warmed up, nothing left over, and a peak of its own."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

Task = TypeVar("Task", bound=Struct)
Outcome = TypeVar("Outcome", bound=Struct)

_STATUS = Path("/proc/self/status")
_KIB_PER_MB = 1024
# sqlite-utils loads pandas and numpy wherever they are; where Dun is at work they are not.
_WITHOUT_PANDAS = (
    "import runpy, sys; sys.modules |= dict.fromkeys(['pandas', 'numpy']);"
    " runpy.run_module(sys.argv[1], run_name='__main__')"
)


class Stopwatch(Struct):
    """CPU seconds of this process, user and system, all threads: other people's load does not count."""

    cpu_seconds: float = 0.0


@contextmanager
def cpu_time() -> Iterator[Stopwatch]:
    """Times the block; read `cpu_seconds` afterwards."""
    watch, started = Stopwatch(), time.process_time()
    yield watch
    watch.cpu_seconds = time.process_time() - started


def peak_mb() -> float:
    """The most memory (resident set) this process has ever had, in MiB.

    From VmHWM where there is one: `ru_maxrss` of a child also remembers how large its parent was when it was started.
    """
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / _KIB_PER_MB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _KIB_PER_MB / (_KIB_PER_MB if sys.platform == "darwin" else 1)


def run(module: str, task: Struct, outcome: type[Outcome], *, with_pandas: bool = False) -> Outcome:
    """Run `python -m module` with `task` on its standard input; what it answers."""
    how = ["-m", module] if with_pandas else ["-c", _WITHOUT_PANDAS, module]
    done = subprocess.run([sys.executable, *how], input=msgspec.json.encode(task), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=outcome)


def read_task(shape: type[Task]) -> Task:
    """In the measured process: what it is to do."""
    return msgspec.json.decode(sys.stdin.buffer.read(), type=shape)


def answer(outcome: Struct) -> None:
    """In the measured process: what came of it."""
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
