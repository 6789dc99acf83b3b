"""The page's lists over a hundred firms against the floor: each file opened, and its open invoices added up once.

Measured as a browser has it, over HTTP on this machine: cold, with nothing remembered; and as on any morning, when one
firm's file has been written to since the page was last looked at.
"""

import json
import re
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from bench.measures import Measures
from connector.config.settings import Config, load
from connector.data_folder import prepare
from connector.page.passwords import Passwords
from connector.page.service import PageService
from connector.page.site import Site
from connector.wiring import tenant_file
from state.model import TenantSlug
from state.registry import Registry
from state.store import TenantStore

_FIRMS = 100
_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_HEAD = '[sending]\nmode = "approve"\nfrom = "a@firm.example"\n\n[xero]\nclient_id = "bench"\n'
_SUM = "SELECT count(*), sum(due_minor) FROM invoice WHERE status = 'open' AND due_minor > 0"
_PATHS = ("/", "/firms", "/health", "/t/firm-000/history")
_PASSWORD = "four plain words together"  # noqa: S105 - of an account that lives for a minute


class _Clock:
    def now(self) -> datetime:
        return _NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def measure(invoices: int, repeat: int, folder: Path, measures: Measures) -> None:
    """Of so many open invoices over all firms."""
    config = _office(folder / "page", max(1, invoices // _FIRMS))
    floor = min(_timed(lambda: _floor(config)) for _ in range(repeat + 1))
    site = Site(lambda: config, _Clock(), passwords=Passwords())
    site.look_ahead = lambda: None  # type: ignore[method-assign] # so that the first page is a cold one
    with PageService(site, "127.0.0.1:0") as page:
        browser = _signed_in(page.url, config)
        cold = _timed(lambda: browser.get(page.url + "/", timeout=60))
        warm = {path: _one_changed(config, browser, page.url + path, repeat) for path in _PATHS}
    measures.add("page_cold_ratio", cold / floor)
    measures.add("page_ratio", max(warm.values()) / floor)
    measures.explain(page_floor_ms=floor * 1000, page_cold_ms=cold * 1000, page_ms=max(warm.values()) * 1000)


def _office(folder: Path, invoices: int) -> Config:
    """A hundred connected firms that look alike; ids of one firm are no other's business."""
    slugs = [TenantSlug(f"firm-{number:03}") for number in range(_FIRMS)]
    folder.mkdir()
    tables = (f'[tenants.{slug}]\nledger = "xero"\nzone = "Europe/London"\n' for slug in slugs)
    (folder / "config.toml").write_text("\n".join([_HEAD, *tables]))
    config = load(folder / "config.toml")
    prepare(config.data)
    first = tenant_file(config, slugs[0])
    TenantStore.open(first).close()
    with closing(sqlite3.connect(first)) as file, file:
        _fill(file, invoices)
    with Registry.open(config.data / "registry.db") as registry:
        for slug in slugs:
            registry.add_tenant(slug, "xero", slug, f"Firm {slug} Ltd", _NOW)
            if slug != slugs[0]:
                tenant_file(config, slug).parent.mkdir(parents=True)
                shutil.copy(first, tenant_file(config, slug))
    return config


def _fill(file: sqlite3.Connection, invoices: int) -> None:
    at, day = _NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z"), _NOW.date().isoformat()
    customers = max(1, invoices // 5)
    file.executemany(
        "INSERT INTO contact (id, name, status, cc, updated_at, version) VALUES (?, ?, 'active', '[]', ?, '1')",
        [(f"c{n}", f"Customer {n} Ltd", at) for n in range(customers)],
    )
    file.executemany(
        "INSERT INTO invoice (id, number, contact_id, status, currency, total_minor, due_minor, due_on,"
        " payment_scheduled, disputed, billed_to, updated_at, version)"
        " VALUES (?, ?, ?, 'open', 'GBP', 12000, 12000, '2026-02-20', 0, 0, '[]', ?, '1')",
        [(f"i{n}", f"INV-{n}", f"c{n % customers}", at) for n in range(invoices)],
    )
    reasons = (("wait", [["stage_not_due", {}]]), ("stop", [["disputed", {}]]), ("ask_person", [["no_address", {}]]))
    file.executemany(
        "INSERT INTO decision (invoice_id, action, reasons, decided_on, decided_at) VALUES (?, ?, ?, ?, ?)",
        [(f"i{n}", reasons[n % 3][0], json.dumps(reasons[n % 3][1]), day, at) for n in range(invoices)],
    )
    file.executemany(
        "INSERT INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, changed_at)"
        " VALUES (?, ?, ?, 'soft', 1, 'planned', ?, 0, ?)",
        [(f"r{n}", f"i{n}", f"c{n % customers}", day, at) for n in range(0, invoices, 10)],
    )
    file.executemany(
        "INSERT INTO payment (id, contact_id, status, currency, amount_minor, unapplied_minor, paid_on, updated_at,"
        " version) VALUES (?, ?, 'valid', 'GBP', 5000, 0, ?, ?, '1')",
        [(f"p{n}", f"c{n % customers}", day, at) for n in range(0, invoices, 50)],
    )


def _floor(config: Config) -> None:
    for slug in config.tenants:
        with closing(sqlite3.connect(tenant_file(config, slug))) as file:
            file.execute(_SUM).fetchone()


def _signed_in(url: str, config: Config) -> requests.Session:
    with Registry.open(config.data / "registry.db") as registry:
        registry.accounts.invite("link", "anna", "admin", datetime.now(UTC) + timedelta(hours=1))
    browser = requests.Session()
    proof = re.search(r'name="token" value="(\w+)"', browser.get(f"{url}/welcome/link", timeout=60).text)
    assert proof is not None
    fields = {"token": proof[1], "name": "anna", "password": _PASSWORD}
    answer = browser.post(f"{url}/welcome/link", data=fields, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    return browser


def _one_changed(config: Config, browser: requests.Session, url: str, repeat: int) -> float:
    """Seconds for the page after one firm's file was written to; the middle of several."""
    slugs = list(config.tenants)

    def look(turn: int) -> float:
        with closing(sqlite3.connect(tenant_file(config, slugs[turn % len(slugs)]))) as file, file:
            file.execute("UPDATE reminder SET changed_at = changed_at WHERE id = 'r0'")
        return _timed(lambda: browser.get(url, timeout=60))

    return statistics.median(look(turn) for turn in range(2 * repeat + 1))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
