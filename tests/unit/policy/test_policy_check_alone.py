"""`dun policy check` before anything is connected: a policy is written first, and its ledger comes later."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import main

CONFIG = """\
data = "data"
[sending]
from = "accounts@seller.example"
[xero]
client_id = "an-app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
[tenants.bolt]
ledger = "xero"
zone = "Europe/London"
"""
CROWDED = "[policy]\nminimum_gap_days = 1\n" + "".join(
    f'[[policy.stages]]\nname = "{name}"\noffset_days = {day}\n'
    for day, name in enumerate(("friendly", "soft", "firm", "final"), 1)
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path / "config.toml"


def check(config: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "policy", "check", *more])


def test_the_policy_is_read_back_from_the_configuration_alone(config: Path) -> None:
    done = check(config)

    assert done.exit_code == 0, done.output
    assert "standard: final: 21 days after the due date, by e-mail" in " ".join(done.output.split())
    assert "acme: not connected yet, so nothing is said of its customers" in done.output


def test_every_configured_tenant_is_told_and_that_it_is_not_connected(config: Path) -> None:
    told = json.loads(check(config, "--json").output)["tenants"]

    assert [(each["tenant"], each["connected"]) for each in told] == [("acme", False), ("bolt", False)]


def test_one_tenant_can_be_asked_for(config: Path) -> None:
    told = json.loads(check(config, "--json", "--tenant", "bolt").output)["tenants"]

    assert [each["tenant"] for each in told] == ["bolt"]


def test_a_deadline_that_ends_after_the_handover_is_told(config: Path) -> None:
    config.write_text(CONFIG + "[policy]\nhandover_days = 25\n")

    told = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]

    assert [each["sequence"] for each in told] == ["standard"]
    assert "final gives the customer 7 days, to day 28" in told[0]["words"]
    assert "must be 29 or more" in told[0]["words"]


def test_a_stage_that_comes_before_the_deadline_of_the_one_before_has_passed_is_told(config: Path) -> None:
    firm = '[[policy.stages]]\nname = "firm"\noffset_days = 8\ndeadline_days = 30\n'
    final = '[[policy.stages]]\nname = "final"\noffset_days = {}\n'
    config.write_text(f"{CONFIG}[policy]\nhandover_days = 60\n{firm}{final.format(38)}")

    [found] = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]

    assert "firm gives the customer 30 days, to day 38, but final is for day 38" in found["words"]
    assert "set its offset_days to 39 or more" in found["words"]

    config.write_text(f"{CONFIG}[policy]\nhandover_days = 60\n{firm}{final.format(39)}")
    assert json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"] == []


def sequence(*stages: tuple[str, int, str]) -> str:
    return "[policy]\nhandover_days = 60\n" + "".join(
        f'[[policy.stages]]\nname = "{name}"\noffset_days = {day}\ntemplate = "{template}"\n'
        for name, day, template in stages
    )


def test_a_tone_that_falls_is_told_of_each_stage_that_is_milder(config: Path) -> None:
    config.write_text(CONFIG + sequence(("last", 5, "final"), ("firm", 13, "firm"), ("kind", 20, "friendly")))

    found = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]

    assert [each["words"].split(",")[0] for each in found] == [
        "firm on day 13 is worded as firm",
        "kind on day 20 is worded as friendly",
    ]
    assert "milder than last on day 5" in found[1]["words"]
    assert "last said that no further reminder follows" in found[1]["words"]


@pytest.mark.parametrize(("template", "told"), [("final", 1), ("collection", 0)])
def test_after_a_final_notice_only_the_end_is_announced(config: Path, template: str, told: int) -> None:
    config.write_text(CONFIG + sequence(("soft", 1, "soft"), ("last", 8, "final"), ("more", 16, template)))

    found = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]

    assert ["more on day 16 is a final notice, and last said" in each["words"] for each in found] == [True] * told


@pytest.mark.parametrize(
    ("sending", "said", "told"),
    [
        ("", "from the usual sender (no escalated_from is set)", 1),
        ('escalated_from = "cfo@seller.example"\n', "from the escalated sender", 0),
    ],
)
def test_an_escalated_stage_is_only_said_to_have_another_sender_where_there_is_one(
    config: Path, sending: str, said: str, told: int
) -> None:
    stage = '[[policy.stages]]\nname = "soft"\noffset_days = 1\nsender = "escalated"\n'
    config.write_text(CONFIG.replace("[xero]", f"{sending}[xero]") + stage)

    [acme] = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"]

    assert said in acme["policy"][0]
    assert sum("nobody is set as escalated_from" in each["words"] for each in acme["findings"]) == told


LETTERS = """
[tenants.acme.letterhead]
name = "Acme Ltd"
street = ["1 High Street"]
city = "London"
postcode = "EC1A 1BB"
country = "GB"
"""
BY_LETTER = '[[policy.stages]]\nname = "soft"\noffset_days = 5\nchannels = ["letter"]\n'


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("", 1),
        ('iban = "GB33BUKB20201555555555"\n', 0),
        ('contact = ["sort code 12-34-56, account 12345678"]\n', 0),
        ('contact = ["Tel. +44 20 7946 0000"]\n', 1),
    ],
)
def test_letters_that_say_no_account_are_told(config: Path, account: str, told: int) -> None:
    one_firm = CONFIG.partition("[tenants.bolt]")[0]
    config.write_text(one_firm + LETTERS + account + BY_LETTER)

    findings = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]

    assert sum("which account to pay to" in each["words"] for each in findings) == told


def test_a_deadline_that_ends_before_the_handover_is_nothing_to_weigh(config: Path) -> None:
    assert json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"] == []


def test_a_segment_of_a_ledger_that_no_tenant_has_is_told_of_each_tenant(config: Path) -> None:
    config.write_text(f'{CONFIG}[[policy.segments]]\nname = "us"\nsequence = "standard"\nledgers = ["quickbooks"]\n')

    said = " ".join(check(config).output.split())

    assert "acme: to be weighed in standard: segment us can have no customers" in said
    assert "bolt: to be weighed in standard: segment us can have no customers" in said


def test_what_is_doubtful_by_law_is_told(config: Path) -> None:
    config.write_text(CONFIG + CROWDED)

    [first, _] = json.loads(check(config, "--json").output)["tenants"]

    assert any("Protection from Harassment Act 1997" in finding["words"] for finding in first["findings"])


def test_nothing_is_made_in_the_data_folder(config: Path) -> None:
    check(config)

    assert [path.name for path in config.parent.iterdir()] == ["config.toml"]


def test_a_tenant_nobody_configured_is_refused(config: Path) -> None:
    done = check(config, "--tenant", "cork")

    assert (done.exit_code, "there is no tenant 'cork'" in done.output) == (2, True)


def test_a_configuration_without_tenants_says_what_comes_next(config: Path) -> None:
    config.write_text('data = "data"\n')

    done = check(config)

    assert (done.exit_code, "dun connect xero" in done.output) == (2, True)
