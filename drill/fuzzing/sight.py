"""Proof that spoilt answers show what they should: bugs of careless hands, each planted into a copy of the house.

    python -m drill.fuzzing.sight [--seed WORD] [--pages N]

Each has to be found within so many pages. The last line is for machines; the exit code is 1 if one was not found.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from drill.plant import Edit, Plant, copy_house, plant, run_in, weed

XERO, QUICKBOOKS = "connectors/xero", "connectors/quickbooks"


def _bug(name: str, file: str, old: str, new: str) -> Plant:
    return Plant(name, (Edit(file, old, new),))


BUGS = (
    _bug(
        "an invoice without a Status counts as AUTHORISED",
        f"{XERO}/wire.py",
        "    Status: str\n    CurrencyCode: str\n    Total: Decimal\n    Contact: ContactReference\n    AmountDue",
        '    Status: str = "AUTHORISED"\n    CurrencyCode: str\n    Total: Decimal\n'
        "    Contact: ContactReference\n    AmountDue",
    ),
    _bug(
        "an unknown Status counts as open",
        f"{XERO}/mapping.py",
        "status = _INVOICE_STATUS[wire.Status]",
        "status = _INVOICE_STATUS.get(wire.Status, InvoiceStatus.OPEN)",
    ),
    _bug(
        "an invoice without an AmountDue owes its Total",
        f"{XERO}/mapping.py",
        'raise ValueError("AmountDue is missing")',
        "return total",
    ),
    _bug(
        "a credit without a RemainingCredit has nothing left",
        f"{XERO}/mapping.py",
        'raise ValueError("RemainingCredit is missing")',
        "return 0",
    ),
    _bug(
        "a document that cannot be read is left out without a word",
        f"{XERO}/decode.py",
        "            sheet.rejected.append(self._rejected(document, error))\n",
        "            error.add_note(self.entity)\n",
    ),
    _bug(
        "an invoice without a Balance owes its TotalAmt",
        f"{QUICKBOOKS}/mapping.py",
        'due = _minor(row.balance, "Balance", currency)',
        'due = _minor(row.total_amt if row.balance is None else row.balance, "Balance", currency)',
    ),
    _bug(
        "a payment without an UnappliedAmt is applied to the last cent",
        f"{QUICKBOOKS}/mapping.py",
        "unapplied = _minor(row.unapplied_amt,",
        "unapplied = _minor(row.unapplied_amt or Decimal(0),",
    ),
    _bug(
        "a customer who is not said to be active is",
        f"{QUICKBOOKS}/mapping.py",
        'raise Unreadable("Active is absent")',
        "return ContactStatus.ACTIVE",
    ),
    _bug(
        "one bad record takes its page along",
        f"{QUICKBOOKS}/decode.py",
        "                decoded.page.rejected.append(_rejected(raw, kind.entity, str(error)))\n",
        "                raise BadData(str(error)) from None\n",
    ),
    _bug(
        "rows under a key that nobody knows are no rows",
        f"{QUICKBOOKS}/decode.py",
        "if announced is not None and len(decoded.marks) < announced:",
        "if False:",
    ),
    _bug(
        "a record from the future is believed",
        "connectors/ledger.py",
        "AHEAD = timedelta(minutes=15)",
        "AHEAD = timedelta(days=3_000_000)",
    ),
    _bug(
        "the cursor moves before the rows are there",
        "sync/pull.py",
        "    since = store.mirror.cursor(stream)\n    for page",
        "    since, now = store.mirror.cursor(stream), clock.now()\n"
        "    store.mirror.move_cursor(stream, now.isoformat(), now)\n    for page",
    ),
    _bug(
        "what a live reading could not read is forgotten",
        "sync/verify.py",
        "        store.mirror.quarantine(rejected, invoices.read_at)\n",
        "        store.mirror.quarantine(rejected[:0], invoices.read_at)\n",
    ),
)


class Sighting(Struct, frozen=True):
    """After how many pages a bug was found, and by what; `pages` is None if it was not."""

    bug: str
    pages: int | None
    words: str


class _Said(Struct):
    pages: int
    violations: list[str]


def sightings(seed: str, pages: int) -> Iterator[Sighting]:
    """Every bug in turn."""
    with TemporaryDirectory() as folder:
        house = Path(folder) / "house"
        house.mkdir()
        copy_house(house)
        for bug in BUGS:
            plant(house, bug)
            yield _sighting(house, bug, seed, pages)
            weed(house, bug)


def _sighting(house: Path, bug: Plant, seed: str, pages: int) -> Sighting:
    asked = ["-m", "drill.fuzz", "--seed", seed, "--pages", str(pages), "--until-broken", "--json"]
    done = run_in(house, asked, seconds=600)
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    if not last.startswith("{"):
        return Sighting(bug.name, 0, f"it did not even start: {done.stderr.strip().splitlines()[-1:]}")
    said = msgspec.json.decode(last, type=_Said)
    return Sighting(bug.name, said.pages, said.violations[0]) if said.violations else Sighting(bug.name, None, "")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m drill.fuzzing.sight", description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", default="sight")
    arguments.add_argument("--pages", type=int, default=2000, help="within how many each has to be found")
    asked = arguments.parse_args()
    missed = 0
    for sighting in sightings(asked.seed, asked.pages):
        missed += sighting.pages is None
        after = "NOT FOUND" if sighting.pages is None else f"after {sighting.pages} pages"
        print(f"{sighting.bug}: {after}: {sighting.words[:160]}", flush=True)
    print(f"{len(BUGS)} bugs planted, {len(BUGS) - missed} found within {asked.pages} pages each")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
