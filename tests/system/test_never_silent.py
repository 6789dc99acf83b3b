"""What the daemon's own rounds tell the keepers: each trouble once, and its end once. And what they leave behind."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conformance import WorldTime
from connected_office import Office, connected_office

from connector.running.service import Service
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.documents import Line
from connectors.sandbox.faults import clear_faults, raise_fault
from connectors.sandbox.world import Fault
from state.alerts import CALM
from state.model import TenantSlug

NORTH = TenantSlug("north")
HOUR = timedelta(hours=1)
CONFIG = '\n[alerts]\nto = ["ops@harbour.example"]\nsilent_hours = 6\ndisk_free_mb = 10\n'


@dataclass
class Watch:
    """One firm under the daemon's crew, hour by hour; its keepers have a mail server of their own."""

    office: Office
    service: Service
    undo: list[Callable[[], object]] = field(default_factory=list)

    def live(self, hours: int) -> None:
        for _ in range(hours):
            self.office.let_pass(HOUR)
            if NORTH in self.service.shifts():
                self.service.work(NORTH, lambda: False)
            self.service.look_around()

    def live_until(self, told: str, *, within_hours: int = 30) -> None:
        for _ in range(within_hours):
            self.live(1)
            if any(told in mail for mail in self.mails):
                return
        raise AssertionError(f"in {within_hours} hours nobody was told: {told}; but {self.mails}")

    def live_until_over(self, words: str, *, within_hours: int = 30) -> None:
        """Until a mail says that the trouble of these words is over; what else it brought may be over before."""
        for _ in range(within_hours):
            self.live(1)
            if any(words in mail.partition("Over:")[2] for mail in self.mails):
                return
        raise AssertionError(f"in {within_hours} hours nobody was told that it is over: {words}; but {self.mails}")

    @property
    def mails(self) -> list[str]:
        alerts = (mail for mail in self.office.world.messages if mail.stage == "alert")
        return [f"{mail.subject}\n{mail.text}".replace("\r\n", "\n") for mail in alerts]

    def configure(self, before: str, after: str) -> None:
        file = self.office.folder / "config.toml"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))
        self.service.reload()

    def opened(self) -> Installation:
        return Installation(self.office.config, WorldTime(self.office.world))


@contextmanager
def watched(folder: Path) -> Iterator[Watch]:
    with connected_office(folder, "xero", customers=8) as office:
        config = folder / "config.toml"
        write_sandbox_config(config, office.sandbox.url, smtp_port=office.sandbox.smtp_port)
        config.write_text(config.read_text() + CONFIG)
        loaded = office.config
        service = Service(loaded, WorldTime(office.world), lambda _: None, configure_logs=lambda _: None)
        watch = Watch(office, service)
        watch.live(3)
        assert watch.mails == []
        yield watch


def own_reminders(watch: Watch) -> None:
    watch.office.world.switches["xero.own_reminders"] = "on"
    watch.undo.append(lambda: watch.office.world.switches.pop("xero.own_reminders"))


def full_disk(watch: Watch) -> None:
    watch.configure("disk_free_mb = 10\n", "disk_free_mb = 1_000_000\n")
    watch.undo.append(lambda: watch.configure("disk_free_mb = 1_000_000\n", "disk_free_mb = 10\n"))


def carrier_refuses(watch: Watch) -> None:
    books = watch.office.world.companies["xero"]
    customer = books.add_customer("Late Payer", email="late@customer.example")
    lines = [Line("Work", Decimal(1), Decimal("120.00"))]
    books.add_invoice(customer, lines, issued=date(2026, 1, 30), due=date(2026, 3, 1))
    watch.office.world.switches["sendgrid.revoked_keys"] = "all"
    watch.undo.append(lambda: watch.office.world.switches.pop("sendgrid.revoked_keys"))


def ledger_is_away(watch: Watch) -> None:
    raise_fault(watch.office.world, Fault("xero", "503", times=10_000, path="/api.xro/"))
    watch.undo.append(lambda: clear_faults(watch.office.world))


def clock_is_wrong(watch: Watch) -> None:
    with watch.opened() as opened, opened.store(NORTH) as store:
        at = opened.clock.now()
        store.holds.place("tenant", "*", reason="clock_skew", until=None, note="the clocks differ", at=at)
    watch.undo.append(lambda: release(watch))


def release(watch: Watch) -> None:
    with watch.opened() as opened, opened.store(NORTH) as store:
        store.holds.release("tenant", "*", opened.clock.now())


TROUBLES = {
    "own_reminders": (own_reminders, "own invoice reminders are switched on"),
    "disk": (full_disk, "MB are free"),
    "carrier": (carrier_refuses, "could not be handed over"),
    "stale": (ledger_is_away, "the ledger was last read on"),
    "suspicious": (clock_is_wrong, "reminders are stopped: the clocks differ"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_is_told_once_and_its_end_once(tmp_path: Path, trouble: str) -> None:
    begin, words = TROUBLES[trouble]
    with watched(tmp_path / "office") as watch:
        begin(watch)
        watch.live_until(words)
        watch.live(3)
        while_it_lasts = [mail for mail in watch.mails if words in mail]
        for mend in watch.undo:
            mend()
        watch.live_until_over(words)
        watch.live(CALM // HOUR + 1)
        of_it = [mail for mail in watch.mails if words in mail]

    assert (len(while_it_lasts), len(of_it)) == (1, 2)


def test_hundreds_of_cycles_leave_no_line_open(tmp_path: Path) -> None:
    """Without waiting for the garbage collector, whose visits are far apart in a large process."""
    with connected_office(tmp_path / "office", "xero", "quickbooks", customers=3) as office:
        service = Service(office.config, WorldTime(office.world), lambda _: None, configure_logs=lambda _: None)
        gc.collect()
        gc.disable()
        try:
            at_first, *later = [lines_to(office, service) for _ in range(6)]
        finally:
            gc.enable()

    assert later == [at_first] * 5


def lines_to(office: Office, service: Service) -> int:
    """Connections of this process to the sandbox after a turn of everybody."""
    office.let_pass(HOUR)
    for slug in service.shifts():
        service.work(slug, lambda: False)
    port = urlsplit(office.sandbox.url).port
    assert port is not None
    remote = f"0100007F:{port:04X}"
    return sum(line.split()[2] == remote and line.split()[3] == "01" for line in tcp_lines())


def tcp_lines() -> list[str]:
    return Path("/proc/self/net/tcp").read_text().splitlines()[1:]
