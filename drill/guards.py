"""Takes away, one after the other, what holds the named scenarios, and sees whether each scenario notices.

A scenario that passes without its guard proves nothing. So a copy of the house is made once; for every row of the
ledger's table (`tests/scenarios/<ledger>_guards.py`) the guard is removed there, the one test is run, and it has to
fail by an assertion of its own: a test that cannot be imported, breaks down or is not there has noticed nothing.

    python -m drill.guards [xero|quickbooks] [-k NAME]
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from subprocess import TimeoutExpired
from xml.etree import ElementTree as ET

from msgspec import Struct

from drill.plant import HOUSE, NotPlanted, Plant, copy_house, plant, run_in, weed

TABLES = HOUSE / "tests" / "scenarios"
PATIENCE_SECONDS = 120
_REPORT = "guards-report.xml"
ASSERTIONS = ("AssertionError", "assert ", "Failed: DID NOT RAISE")  # how the failures of a test's own begin

Guards = Mapping[str, Plant | tuple[Plant, ...]]  # by test; several guards of one test are removed one at a time


class Outcome(StrEnum):
    NOTICED = "noticed"
    NOT_NOTICED = "NOT NOTICED"
    NOT_PLANTED = "NOT PLANTED"
    NOT_RUN = "NOT RUN"  # or broken by something else than an assertion of the test


class Verdict(Struct, frozen=True):
    test: str
    guard: str
    outcome: Outcome
    words: str = ""


def main(arguments: list[str] | None = None) -> int:
    wish = _parser().parse_args(arguments)
    tables = [wish.ledger] if wish.ledger else ledgers(TABLES)
    verdicts = [verdict for ledger in tables for verdict in _tried(ledger, wish.name)]
    noticed = sum(verdict.outcome is Outcome.NOTICED for verdict in verdicts)
    print(f"{len(verdicts)} guards removed, {noticed} noticed")
    return 0 if verdicts and noticed == len(verdicts) else 1


def ledgers(folder: Path) -> list[str]:
    """Those that have a table."""
    return sorted(path.name.removesuffix("_guards.py") for path in folder.glob("*_guards.py"))


def load(table: Path) -> Guards:
    """The `GUARDS` of a table, which belongs to no package."""
    spec = importlib.util.spec_from_file_location(table.stem, table)
    if spec is None or spec.loader is None:
        raise ImportError(f"{table} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    guards: Guards = module.GUARDS
    return guards


def rows(guards: Guards, wanted: str = "") -> Iterator[tuple[str, Plant]]:
    """Each test with each guard of its own, of tests whose name contains `wanted`."""
    for test, plants in guards.items():
        if wanted in test:
            yield from ((test, each) for each in (plants if isinstance(plants, tuple) else (plants,)))


def judge(test: str, guard: str, report: str, printed: str = "") -> Verdict:
    """What a run of `test` without its `guard` says: pytest's JUnit report, empty if there is none, and its output."""
    cases = list(ET.fromstring(report).iter("testcase")) if report else []  # noqa: S314 - pytest wrote it a moment ago
    asked = [case for case in cases if case.get("name", "").partition("[")[0] == test]
    failures = [failure.get("message", "") for case in asked for failure in case.iter("failure")]
    if any(words.startswith(ASSERTIONS) for words in failures):
        return Verdict(test, guard, Outcome.NOTICED)
    if asked and not any(len(case.findall(kind)) for case in asked for kind in ("failure", "error", "skipped")):
        return Verdict(test, guard, Outcome.NOT_NOTICED)
    return Verdict(test, guard, Outcome.NOT_RUN, next(iter(failures), "") or _last_line(printed))


def without_guard(house: Path, file: str, test: str, guard: Plant) -> Verdict:
    """Remove `guard` in the copy `house`, run `test` of `file` there, and bring the guard back."""
    try:
        plant(house, guard)
    except NotPlanted as problem:
        return Verdict(test, guard.name, Outcome.NOT_PLANTED, str(problem))
    else:
        return _run(house, file, test, guard)
    finally:
        weed(house, guard)


def _run(house: Path, file: str, test: str, guard: Plant) -> Verdict:
    report = house / _REPORT
    report.unlink(missing_ok=True)
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", f"--junitxml={report}"]
    try:
        run = run_in(house, ["-m", "pytest", *options, f"{file}::{test}"], PATIENCE_SECONDS)
    except TimeoutExpired:
        return Verdict(test, guard.name, Outcome.NOT_RUN, f"no end after {PATIENCE_SECONDS} seconds")
    return judge(test, guard.name, report.read_text() if report.exists() else "", run.stdout + run.stderr)


def file_of(test: str, folder: Path) -> str:
    """The scenario file that holds `test`, from the top of the repository; the whole folder if none does."""
    holding = (path for path in sorted(folder.glob("test_*.py")) if f"def {test}(" in path.read_text())
    return str(next(holding, folder).relative_to(HOUSE))


def _tried(ledger: str, wanted: str) -> Iterator[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder)
        copy_house(house)
        for test, guard in rows(load(TABLES / f"{ledger}_guards.py"), wanted):
            verdict = without_guard(house, file_of(test, TABLES), test, guard)
            print(f"{verdict.outcome:<11}  {verdict.test}: {verdict.guard} {verdict.words}".rstrip(), flush=True)
            yield verdict


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Remove each guard in a copy and see its scenario fail.")
    parser.add_argument("ledger", nargs="?", choices=ledgers(TABLES), help="default: every ledger that has a table")
    parser.add_argument("-k", dest="name", default="", help="only tests whose name contains this")
    return parser


if __name__ == "__main__":
    sys.exit(main())
