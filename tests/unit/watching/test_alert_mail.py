"""The keepers hear of each trouble once, and once more when it is over, whatever the carrier does meanwhile."""

import threading
from datetime import timedelta

import pytest
from hostile_people import NAMES, commanding, forged_lines
from msgspec.structs import replace

from connector.watching.alert_mail import FIRST_PAUSE, tell
from connector.wiring import Installation
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault
from state.alerts import CALM, Finding, Severity
from state.locks import exclusive
from state.model import TenantSlug

NORTH, SOUTH = TenantSlug("north"), TenantSlug("south")


def finding(code: str, tenant: TenantSlug | None = NORTH, severity: Severity = "warning") -> Finding:
    return Finding(code=code, severity=severity, tenant=tenant, words=f"{code} happened", mend=f"mend {code}")


@pytest.fixture
def trouble(installation: Installation):
    """Let these be found at a tenant, and nothing else."""

    def found(*findings: Finding, tenant: TenantSlug | None = NORTH) -> None:
        installation.registry.alerts.observed(tenant, findings, installation.clock.now())

    return found


def test_several_troubles_are_one_mail_to_all_keepers(installation, keeper, trouble) -> None:
    trouble(finding("quarantined"), finding("parked", severity="critical"))
    trouble(finding("disk_low", None), tenant=None)
    tell(installation)
    tell(installation)

    [mail] = keeper.mails
    assert mail.recipients == ("ops@harbour.example", "second@harbour.example")
    assert mail.subject == "Dun needs you now: the installation, north"
    assert mail.text.index("parked happened") < mail.text.index("quarantined happened")
    assert "What to do: mend parked." in mail.text
    assert (mail.html, mail.headers["Auto-Submitted"]) == ("", "auto-generated")


def test_the_end_is_told_once(installation, keeper, trouble) -> None:
    trouble(finding("parked"))
    tell(installation)
    trouble()
    tell(installation)
    keeper.let_pass(CALM)
    tell(installation)
    tell(installation)

    assert keeper.subjects == ["Dun needs a look: north", "Dun: over: north"]
    assert "- north: parked happened" in keeper.mails[1].text


def test_a_mail_that_cannot_leave_is_tried_again_after_a_pause(installation, keeper, trouble, sandbox) -> None:
    raise_fault(keeper.world, Fault("smtp", "451", times=1))
    trouble(finding("parked"))
    tell(installation)
    failure = installation.registry.alerts.failure()
    tell(installation)
    at_once = list(keeper.subjects)
    keeper.let_pass(FIRST_PAUSE)
    tell(installation)

    assert failure is not None
    assert "at the moment (451)" in failure.words
    assert (at_once, keeper.subjects) == ([], ["Dun needs a look: north"])
    assert installation.registry.alerts.failure() is None


def test_the_pauses_grow_and_stay_within_hours(installation, keeper, trouble) -> None:
    raise_fault(keeper.world, Fault("smtp", "451", times=100))
    trouble(finding("parked"))
    for _ in range(24 * 12):
        tell(installation)
        keeper.let_pass(FIRST_PAUSE)

    failure = installation.registry.alerts.failure()
    assert failure is not None
    assert 8 <= failure.failures <= 12  # 5, 10, 20, 40, 80, 160, 320 minutes, then every six hours


def test_a_clock_that_is_set_back_does_not_silence_the_alerts(installation, keeper, trouble) -> None:
    raise_fault(keeper.world, Fault("smtp", "451", times=1))
    trouble(finding("parked"))
    tell(installation)
    keeper.clock.set(keeper.clock.now() - timedelta(days=30))
    tell(installation)

    assert keeper.subjects == ["Dun needs a look: north"]


def test_a_mail_of_unknown_fate_is_rather_told_twice(installation, keeper, trouble) -> None:
    raise_fault(keeper.world, Fault("smtp", "drop_after", times=1))
    trouble(finding("parked"))
    tell(installation)
    keeper.let_pass(FIRST_PAUSE)
    tell(installation)

    assert keeper.subjects == ["Dun needs a look: north"] * 2


def test_a_missing_secret_keeps_the_news_for_later(keeper, installation, trouble, sandbox) -> None:
    trouble(finding("parked"))
    keeper.write(alerts='channel = "sendgrid"\n[email.sendgrid]\napi_key = "file:nowhere"', smtp_port=sandbox.smtp_port)
    with keeper.opened() as changed:
        tell(changed)
        failure = changed.registry.alerts.failure()

    assert keeper.mails == []
    assert failure is not None
    assert "nowhere" in failure.words


def test_without_keepers_nothing_is_told_and_nothing_forgotten(keeper, installation, trouble) -> None:
    text = (keeper.folder / "config.toml").read_text()
    (keeper.folder / "config.toml").write_text(
        text.replace('"ops@harbour.example", "Second <second@harbour.example>"', "")
    )
    trouble(finding("parked"))
    with keeper.opened() as nobody:
        tell(nobody)

    assert keeper.mails == []
    assert [alert.told_at for alert in installation.registry.alerts.lasting()] == [None]


def test_somebody_who_is_telling_is_left_to_it(installation, keeper, trouble) -> None:
    trouble(finding("parked"))
    with exclusive(keeper.config.data / "locks", "alerts", wait=False):
        tell(installation)

    assert keeper.mails == []


def test_many_hands_tell_once(keeper, installation, trouble) -> None:
    trouble(finding("parked"), finding("quarantined"))
    start = threading.Barrier(6)

    def hand() -> None:
        with keeper.opened() as own:
            start.wait()
            tell(own)

    hands = [threading.Thread(target=hand) for _ in range(6)]
    for each in hands:
        each.start()
    for each in hands:
        each.join()

    assert len(keeper.mails) == 1


def test_what_the_keepers_read_is_a_line_for_each_trouble(installation, keeper, trouble) -> None:
    trouble(*(replace(finding(f"paused{n}"), words=f"answers: {h.text}") for n, h in enumerate(NAMES)))
    tell(installation)

    [mail] = keeper.mails
    text = mail.text.replace("\r\n", "\n")
    assert (commanding(text), forged_lines(text), mail.recipients[0]) == (set(), [], "ops@harbour.example")
    assert [len(block.split("\n")) for block in text.strip().split("\n\n")] == [2] * len(NAMES) + [1]
    assert len(text) < 50_000
