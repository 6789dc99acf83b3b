"""`dun sandbox`: the services of other people, on this machine, with invented books behind them."""

import signal
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from connector.printing import console, emit_json, json_option, table
from connectors.sandbox.outbox import Outbox
from connectors.sandbox.server import LOOPBACK, RunningSandbox
from connectors.sandbox.setup import LEDGERS, build_world, ledger_of
from connectors.sandbox.signposts import CREDENTIALS, endpoints
from connectors.sandbox.world import World
from state.clock import SystemClock, aware_utc

_MOST_COMPANIES = 100


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant with a zone."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return aware_utc(datetime.fromisoformat(value))
        except ValueError as problem:
            self.fail(f"{problem}; write for example 2026-03-02T08:00:00+00:00", param, ctx)


class LedgerNames(click.ParamType[tuple[str, ...]]):
    """Names of ledgers, separated by commas."""

    name = "NAMES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        if not names or not set(names) <= set(LEDGERS):
            self.fail(f"choose from {', '.join(LEDGERS)}", param, ctx)
        return names


class Counts(click.ParamType[dict[str, int]]):
    """How many companies of which ledger: xero=3,quickbooks=2."""

    name = "LEDGER=COUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:
        if isinstance(value, dict):
            return value
        counts: dict[str, int] = {}
        for part in value.split(","):
            ledger, _, count = part.strip().partition("=")
            if ledger not in LEDGERS or not count.isdecimal() or not 1 <= int(count) <= _MOST_COMPANIES:
                self.fail(f"write for example xero=3,quickbooks=2, at most {_MOST_COMPANIES} of each", param, ctx)
            counts[ledger] = int(count)
        return counts


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=0, show_default="a free one", help="Port for HTTP.")
@click.option(
    "--smtp-port", type=click.IntRange(0, 65_535), default=0, show_default="a free one", help="Port that takes mail."
)
@click.option(
    "--imap-port", type=click.IntRange(0, 65_535), default=0, show_default="a free one", help="Port of the mailboxes."
)
@click.option("--seed", default="demo", show_default=True, help="The same word gives the same books.")
@click.option("--clock", type=Instant(), help="The instant the books begin at; the clock then stands still.")
@click.option(
    "--frozen/--running", "frozen", default=None, help="Whether the clock stands still. [default: see --clock]"
)
@click.option(
    "--ledgers", type=LedgerNames(), default=LEDGERS, show_default="xero,quickbooks", help="Companies to keep."
)
@click.option("--companies", type=Counts(), help="Several companies of a ledger, for example xero=3,quickbooks=2.")
@click.option("--same-name", is_flag=True, help="Let all companies of a ledger bear the same name.")
@click.option("--customers", type=click.IntRange(20), help="Smaller firms of so many customers, with a short past.")
@click.option(
    "--letters",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of [letters] that the firm posts from; what is written there counts as sent.",
)
@click.option("--invoices", type=click.IntRange(1), help="Books of this size, generated, instead of a small firm's.")
@json_option
def sandbox(
    port: int,
    smtp_port: int,
    imap_port: int,
    seed: str,
    clock: datetime | None,
    frozen: bool | None,
    ledgers: tuple[str, ...],
    companies: dict[str, int] | None,
    same_name: bool,
    customers: int | None,
    letters: Path | None,
    invoices: int | None,
    as_json: bool,
) -> None:
    """Serve invented books as Xero and QuickBooks Online, and the carriers of messages, on this machine only.

    Runs until it is stopped (Ctrl-C). Nothing that is sent to it ever leaves the machine. Its control API, under
    /_books/, is described in docs/reference/sandbox.md.
    """
    if customers is not None and invoices is not None:
        raise click.UsageError("--customers and --invoices are two ways to say how large the books are; choose one")
    stopped = _until_signalled()
    machine = SystemClock()
    world = build_world(
        seed,
        clock or machine.now(),
        tuple(ledger for ledger in LEDGERS if ledger in companies) if companies else ledgers,
        companies=companies,
        invoices=invoices,
        customers=customers,
        same_name=same_name,
    )
    world.outbox = Outbox(letters) if letters is not None else None
    if frozen is False or (frozen is None and clock is None):
        world.clock.run_with(machine)
    try:
        running = RunningSandbox(world, port, smtp_port, imap_port)
    except OSError as problem:
        raise click.ClickException(f"cannot listen on {LOOPBACK}: {problem.strerror}; choose another port") from None
    with running:
        _announce(_description(running, world), as_json=as_json)
        stopped.wait()


def _until_signalled() -> threading.Event:
    """Set by SIGINT or SIGTERM."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def _description(running: RunningSandbox, world: World) -> dict[str, Any]:
    return {
        "url": running.url,
        "control": f"{running.url}/_books/",
        "smtp": {"host": LOOPBACK, "port": running.smtp_port},
        "imap": {"host": LOOPBACK, "port": running.imap_port},
        "clock": {"now": world.clock.now().isoformat(), "running": world.clock.running},
        "companies": {
            key: {
                "name": books.company.name,
                "id": books.company.realm if ledger_of(key) == "quickbooks" else books.company.guid,
                "customers": len(books.customers),
                "invoices": len(books.invoices),
            }
            for key, books in world.companies.items()
        },
        "endpoints": endpoints(running.url),
        "credentials": CREDENTIALS,
    }


def _announce(about: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(about)
        sys.stdout.flush()  # whoever started this reads the line through a pipe, and waits for it
        return
    companies = [(key, c["name"], c["customers"], c["invoices"]) for key, c in about["companies"].items()]
    columns = ("company", "name", "customers", "invoices")
    console.print(table("Companies", columns, companies, right=("customers", "invoices")))
    console.print(table("To paste into a configuration", ("what", "value"), _values(about)))
    moving = "running" if about["clock"]["running"] else "standing still"
    console.print(f"It is {about['clock']['now']} here, the clock is {moving}. Ctrl-C stops.")
    console.print(f"To try Dun on it: dun init --sandbox {about['control'].removesuffix('/_books/')}", soft_wrap=True)


def _values(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "control API", about["control"]
    yield "mail (SMTP)", f"{about['smtp']['host']}:{about['smtp']['port']}"
    yield "mailboxes (IMAP)", f"{about['imap']['host']}:{about['imap']['port']}"
    for kind in ("endpoints", "credentials"):
        for service, values in about[kind].items():
            yield from ((f"{service} {name}", value) for name, value in values.items())
    for key, company in about["companies"].items():
        yield f"{key} company id", company["id"]
