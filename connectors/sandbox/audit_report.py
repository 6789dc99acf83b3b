"""The audit in a form to print and to judge by: per connection, per company, per app, and the sums."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from connectors.sandbox.audit import Asking, Refreshes
from connectors.sandbox.books import Books
from connectors.sandbox.judge import MARKER
from connectors.sandbox.world import World

Json = dict[str, Any]


def audit_report(world: World) -> Json:
    """Counts since the world began or the audit was forgotten.

    'connections' has a row of refresh counts for each consent; 'companies' calls by operation, calls refused by limit
    and notes written twice; 'apps' calls and refusals of each app; 'totals' the sums to judge by.
    """
    names = world.keys_by_id()
    companies = {key: _company(world, key, books, names) for key, books in world.companies.items()}
    refreshes = _sum(world.audit.refreshes.values())
    overruns = sum(counts.total() for counts in world.audit.overruns.values())
    duplicates = sum(of_one["duplicate_notes"] for of_one in companies.values())
    return {
        "connections": [
            {
                "service": held.service,
                "app": held.app,
                "grant": held.grant,
                "companies": [names.get(company.lower(), company) for company in held.companies],
                **asdict(counts),
            }
            for held, counts in world.audit.refreshes.items()
        ],
        "companies": companies,
        "apps": _apps(world),
        "totals": {**refreshes, "overruns": overruns, "duplicate_notes": duplicates},
        "random_faults": dict(world.audit.faults),
    }


def _company(world: World, key: str, books: Books, names: dict[str, str]) -> Json:
    def about(asking: Asking) -> bool:
        return names.get(asking.company.lower()) == key

    return {
        "calls": dict(_merged(counts for asking, counts in world.audit.calls.items() if about(asking))),
        "refused": dict(_merged(counts for asking, counts in world.audit.overruns.items() if about(asking))),
        "duplicate_notes": _duplicate_notes(books),
    }


def _apps(world: World) -> dict[str, dict[str, Json]]:
    """By service and app; calls without a valid token are counted under an empty name."""
    audit, apps = world.audit, dict[str, dict[str, Json]]()
    for service, name in {(asking.service, asking.app) for asking in (*audit.calls, *audit.overruns)}:
        calls = _merged(counts for asking, counts in audit.calls.items() if asking[::2] == (service, name))
        refused = _merged(counts for asking, counts in audit.overruns.items() if asking[::2] == (service, name))
        apps.setdefault(service, {})[name] = {"calls": calls.total(), "refused": dict(refused)}
    return apps


def _duplicate_notes(books: Books) -> int:
    """Reminders whose note stands more than once on its invoice: a note cannot be taken back."""
    written = Counter((note.invoice_id, note.text) for note in books.notes if MARKER in note.text)
    return sum(times - 1 for times in written.values())


def _merged(counters: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter[str]())


def _sum(counts: Iterable[Refreshes]) -> dict[str, int]:
    rows = [asdict(one) for one in counts]
    return {name: sum(row[name] for row in rows) for name in Refreshes.__slots__}
