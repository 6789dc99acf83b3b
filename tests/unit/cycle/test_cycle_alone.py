"""Two cycles of one tenant at once: one wins, and even without the lock nothing leaves twice."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tenant_bench import BenchClock, RecordingChannel, TenantBench, TroubledLedger

from connector.config.settings import load
from connector.cycle import run_cycle
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.tenant import Tenant
from connector.wiring import Installation
from connectors.channels.channel import Message
from connectors.ledger import Ledger, Outage, Reauthorise
from connectors.sandbox.world import World
from connectors.transport import CallMeter
from state.errors import Busy
from state.model import TenantSlug
from state.store import TenantStore

HARBOUR = TenantSlug("harbour")
CONFIG = """
data = "data"
[sending]
mode = "auto"
channel = "dry"
from = "accounts@harbour.example"
attach_pdf = false
[xero]
client_id = "app"
[tenants.harbour]
ledger = "xero"
zone = "Europe/London"
"""


class WirelessInstallation(Installation):
    """An installation whose only ledger is the books themselves."""

    def __init__(self, folder: Path, world: World) -> None:
        super().__init__(load(folder / "config.toml"), BenchClock(world.clock))
        self.wireless = TroubledLedger(world.companies["xero"])

    def ledger(self, *_: object) -> Ledger:
        return self.wireless


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def installation(bench: TenantBench, folder: Path) -> Iterator[WirelessInstallation]:
    with WirelessInstallation(folder, bench.world) as made:
        with made.store(HARBOUR) as store:
            store.mirror.save_organisation(made.wireless.organisation(), bench.now)
        made.registry.add_tenant(HARBOUR, "xero", bench.books.company.guid, "Harbour", bench.now)
        yield made


def mails(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


def in_thread(work: Callable[[], object]) -> list[object]:
    """Do `work` in a thread of its own; what it returned or raised."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome


def test_a_cycle_started_while_another_runs_is_refused(
    bench: TenantBench, installation: WirelessInstallation, folder: Path
) -> None:
    bench.invoice()
    second: list[object] = []

    def another() -> CycleReport:
        with WirelessInstallation(folder, bench.world) as other:
            return run_tenant(other, HARBOUR)

    def start_another() -> None:
        installation.wireless.before_read = lambda: None
        second.extend(in_thread(another))

    installation.wireless.before_read = start_another  # in the middle of the first cycle
    first = run_tenant(installation, HARBOUR)

    assert [type(outcome) for outcome in second] == [Busy]
    assert (first.messages, mails(folder)) == (1, 1)


def test_the_lock_is_free_again_after_a_cycle_that_failed(
    bench: TenantBench, installation: WirelessInstallation, folder: Path
) -> None:
    bench.invoice()

    def break_down() -> None:
        raise RuntimeError("a bug")

    installation.wireless.before_read = break_down
    with pytest.raises(RuntimeError):
        run_tenant(installation, HARBOUR)
    installation.wireless.before_read = lambda: None

    assert (run_tenant(installation, HARBOUR).messages, mails(folder)) == (1, 1)


def test_a_dead_connection_parks_the_tenant(bench: TenantBench, installation: WirelessInstallation) -> None:
    installation.wireless.fail_next("changes", Reauthorise("connect again"))

    run_tenant(installation, HARBOUR)

    parked = installation.registry.tenant(HARBOUR)
    assert parked is not None
    assert parked.parked_because == "connect again"


def test_an_outage_parks_nobody(bench: TenantBench, installation: WirelessInstallation) -> None:
    installation.wireless.fail_next("changes", Outage("no answer"))

    run_tenant(installation, HARBOUR)

    known = installation.registry.tenant(HARBOUR)
    assert known is not None
    assert known.parked_because is None


def test_even_without_the_lock_two_cycles_at_once_send_once(bench: TenantBench, tmp_path: Path) -> None:
    documents = [bench.invoice() for _ in range(5)]
    meet = threading.Barrier(2, timeout=20)
    channels = [RecordingChannel(bench.world) for _ in range(2)]

    def cycle(channel: RecordingChannel) -> None:
        ledger = TroubledLedger(bench.books)

        def wait_for_the_other() -> None:
            ledger.before_read = lambda: None
            meet.wait()

        ledger.before_read = wait_for_the_other  # both have decided the same; now both read live and claim
        with TenantStore.open(tmp_path / "dun.db") as store:
            run_cycle(tenant_of(bench, store, ledger, channel))

    bench.store.close()
    threads = [threading.Thread(target=cycle, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    offered: list[Message] = [message for channel in channels for message in channel.offered]
    assert len(offered) == len(documents)
    assert bench.judgement().get("duplicates", 0) == 0


def tenant_of(bench: TenantBench, store: TenantStore, ledger: TroubledLedger, channel: RecordingChannel) -> Tenant:
    return Tenant(
        slug=HARBOUR,
        settings=bench.settings,
        ledger=ledger,
        channel=channel,
        store=store,
        templates=bench.templates,
        clock=BenchClock(bench.world.clock),
        meter=CallMeter(),
        owner=f"thread-{id(store)}",
    )
