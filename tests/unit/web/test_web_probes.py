"""What supervisors are told: alive, and fit to work."""

from datetime import timedelta

from unit.web.posts import NOW

from connector.web.probes import LATEST_BEAT_SECONDS
from state.model import TenantSlug

NORTH = TenantSlug("north")


def test_a_beating_daemon_is_healthy(port) -> None:
    port.pulse.beat(NOW, {NORTH: NOW})
    port.clock.sleep(30)
    port.pulse.started(NORTH, NOW)

    answer = port.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "beat_at": "2026-03-02T10:00:00+00:00",
        "beat_age_seconds": 30.0,
        "up_seconds": 30.0,
        "tenants": 1,
        "working": 1,
        "next_due_at": "2026-03-02T10:00:00+00:00",
        "stopping": False,
    }


def test_a_daemon_that_stopped_beating_is_not_healthy(port) -> None:
    port.clock.sleep(LATEST_BEAT_SECONDS)
    latest = port.get("/health").status_code
    port.clock.sleep(1)

    assert (latest, port.get("/health").status_code) == (200, 503)
    assert port.get("/health").json()["status"] == "no beat"
    assert port.get("/ready").status_code == 503


def test_a_daemon_with_a_cycle_that_does_not_end_is_not_healthy(port) -> None:
    port.pulse.started(NORTH, NOW)
    port.pulse.beat(NOW, {NORTH: None}, hanging=1)
    hanging = port.get("/health")
    port.pulse.beat(NOW, {NORTH: None})

    assert (hanging.status_code, hanging.json()["status"]) == (503, "cycle hangs")
    assert port.get("/health").status_code == 200


def test_a_clock_that_was_set_forward_makes_no_cycle_hang(port) -> None:
    port.pulse.started(NORTH, NOW)
    port.clock.sleep(86_400)
    port.pulse.beat(port.clock.now(), {NORTH: None})

    assert port.get("/health").status_code == 200


def test_a_clock_that_was_set_back_does_not_make_a_daemon_look_dead(port) -> None:
    port.clock.set(NOW - timedelta(days=1))

    assert port.get("/health").json()["beat_age_seconds"] == 0


def test_a_daemon_that_may_work_is_ready(port) -> None:
    answer = port.get("/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "because": []})


def test_a_stopping_daemon_lives_but_is_not_ready(port) -> None:
    port.pulse.stopping()

    assert port.get("/health").status_code == 200
    assert port.get("/ready").json()["because"] == ["Dun is stopping"]


def test_without_its_data_folder_a_daemon_is_not_ready(port) -> None:
    port.config.data.rename(port.folder / "elsewhere")

    answer = port.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["because"] == ["the data folder cannot be read and written"]


def test_health_and_readiness_name_no_client(port) -> None:
    port.pulse.beat(NOW, {NORTH: NOW})

    assert "north" not in (port.get("/health").text + port.get("/ready").text).lower()


def test_a_daemon_that_can_work_on_nobody_is_not_ready_and_says_why(port) -> None:
    port.pulse.beat(NOW, {NORTH: NOW}, obstacle="the vault's key is another one")
    locked = port.get("/ready")
    port.pulse.beat(NOW, {NORTH: NOW})

    assert locked.status_code == 503
    assert locked.json()["because"] == ["nobody can be worked on: the vault's key is another one"]
    assert port.get("/ready").status_code == 200
