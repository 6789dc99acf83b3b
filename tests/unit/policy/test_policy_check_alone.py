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


ABROAD = """\
[policy.sequences.abroad]
[[policy.sequences.abroad.stages]]
name = "ringing"
template = "soft"
offset_days = 5
channels = ["{channel}"]
[[policy.segments]]
name = "abroad"
sequence = "abroad"
countries = ["{country}"]
"""
OF_CUSTOMER = CONFIG.replace("[sending]", '[sending]\nwindow_zone = "customer"')
PHONE = """\
[phone]
account_sid = "AC00000000000000000000000000000000"
auth_token = "env:TWILIO_TOKEN"
text_from = "+442079460000"
call_from = "+442079460000"
"""


def weighed(config: Path) -> str:
    told = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"][0]["findings"]
    return "\n".join(each["words"] for each in told)


def test_american_customers_would_hear_from_a_london_firm_at_night(config: Path) -> None:
    config.write_text(CONFIG + PHONE + ABROAD.format(channel="voice", country="US"))

    assert "abroad: calls or messages (voice) before 8 or after 21 o'clock" in weighed(config)


def test_by_the_customers_clocks_nobody_is_called_at_night(config: Path) -> None:
    config.write_text(OF_CUSTOMER + PHONE + ABROAD.format(channel="voice", country="US"))

    assert "calls or messages" not in weighed(config)


def test_mail_to_a_country_of_several_clocks_goes_by_the_firms(config: Path) -> None:
    config.write_text(OF_CUSTOMER + ABROAD.format(channel="email", country="US"))

    assert "abroad: calls or messages (email) before 8 or after 21 o'clock" in weighed(config)


def test_a_country_in_which_no_hour_suits_every_zone_is_told(config: Path) -> None:
    config.write_text(OF_CUSTOMER + PHONE + ABROAD.format(channel="sms", country="RU"))

    assert "texts and calls of ringing leave to customers in RU only where" in weighed(config)


OWN = """\
[policy]
credit = "hold"
tolerance = { default = "2.00", JPY = "300" }
plan_tolerance_days = 1
plan_broken = "resume"
note_agreements = true
[[policy.stages]]
name = "soft"
offset_days = 1
[[policy.stages]]
name = "firm"
offset_days = 9
minimum = { EUR = "25.00" }
[[policy.stages]]
name = "final"
offset_days = 21
mode = "off"
"""
QUIET = 'quiet = ["12-24..01-02", "2026-08-03..2026-08-14"]\ndaily_cap = 40\n'


@pytest.mark.parametrize(
    "sentence",
    [
        "standard: firm: 9 days after the due date, by e-mail, for invoices owing 25.00 EUR or more.",
        "standard: final: switched off.",
        "standard: Invoices owing 300 JPY, 2.00 of any other currency or less are let be.",
        "standard: Nothing is asked that credit touches which no invoice has taken.",
        "standard: An instalment more than 1 day late breaks its plan, and the sequence goes on at once.",
        "Messages leave between 09:00 and 17:00 by the firm's clock.",
        "At most 40 messages leave on a day.",
        "Nothing leaves from 12-24 to 01-02 of every year.",
        "Nothing leaves from 2026-08-03 to 2026-08-14.",
        "Promises, disputes and plans are noted in the ledger.",
    ],
)
def test_the_whole_policy_is_read_back(config: Path, sentence: str) -> None:
    config.write_text(CONFIG.replace("[sending]\n", f"[sending]\n{QUIET}") + OWN)

    [told] = json.loads(check(config, "--json", "--tenant", "acme").output)["tenants"]

    assert sentence in told["policy"]


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_the_configuration_named_behind_the_command_is_told_where_it_belongs(config: Path, option: str) -> None:
    done = check(config, option, "other.toml")

    assert done.exit_code == 2
    assert f"{option} stands before the command: dun -c FILE policy check" in done.output


def test_an_unknown_option_is_told_as_ever(config: Path) -> None:
    done = check(config, "--colour")

    assert (done.exit_code, "No such option '--colour'" in done.output) == (2, True)
