"""The decision pass in a process of its own, on a mirror ten times as large as what is open in it."""

from pathlib import Path

from bench.decide import DecideOutcome, DecideTask
from bench.measures import Measures
from bench.process import run


def measure(open_invoices: int, repeat: int, folder: Path, measures: Measures) -> None:
    task = DecideTask(str(folder / "decide.db"), open_invoices, repeat)
    outcome = run("bench.decide", task, DecideOutcome)
    assert outcome.rows == outcome.decided == open_invoices, outcome
    measures.add("decide_ratio", outcome.first_seconds / outcome.read_seconds)
    measures.explain(
        decide_read_cpu_seconds=outcome.read_seconds,
        decide_read_needed_cpu_seconds=outcome.read_needed_seconds,
        decide_cpu_seconds=outcome.first_seconds,
        decide_again_cpu_seconds=outcome.again_seconds,
    )
