"""The configuration file: what is understood, what is filled in, and what is refused in which words."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.settings import Config, ConfigError, NotConfigured, Problem, load
from connector.dunning.policy import DEFAULT_STAGES, Threshold
from connector.wiring import clock_of
from connectors.channels.channel import Address

MINIMAL = """
[sending]
from = "Accounts <accounts@example.com>"
[xero]
client_id = "app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
"""


@pytest.fixture
def read(tmp_path: Path):
    def load_text(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return load_text


@pytest.fixture
def problems(read):
    def of(text: str) -> list[Problem]:
        with pytest.raises(ConfigError) as caught:
            read(text)
        return caught.value.problems

    return of


@pytest.fixture
def problem(problems):
    """The only problem of a file that is the minimal one and `text`."""

    def of(text: str, base: str = MINIMAL) -> Problem:
        [only] = problems(base + text)
        return only

    return of


def test_a_minimal_file_gets_safe_defaults(read) -> None:
    acme = read(MINIMAL).tenant("acme")

    assert (acme.mode, acme.channel, acme.daily_cap, acme.poll_minutes) == ("approve", "dry", 200, 15)
    assert acme.sender == Address("accounts@example.com", "Accounts")
    assert acme.reply_to is None
    assert (acme.sending_window.opens, acme.sending_window.closes) == (time(9), time(17))
    assert not acme.calendar.is_open(date(2026, 3, 7))
    assert acme.policy.stages == DEFAULT_STAGES
    assert acme.policy.tolerance == Threshold(Decimal("1.00"))
    assert (acme.policy.minimum_gap_days, acme.policy.handover_days) == (4, 35)


def test_a_file_without_tenants_is_fine(read) -> None:
    assert dict(read("").tenants) == {}


def test_a_tenant_overrides_what_sending_says_and_keeps_the_rest(read) -> None:
    config = read(
        """
        [sending]
        from = "accounts@example.com"
        mode = "auto"
        daily_cap = 5
        closed_days = [2026-12-24]
        [xero]
        client_id = "app"
        [tenants.acme]
        ledger = "xero"
        zone = "Europe/London"
        from = "Acme <books@example.org>"
        mode = "approve"
        window = "08:30-12:00"
        weekends = true
        reply_to = "answers@example.org"
        [tenants.other]
        ledger = "xero"
        zone = "Asia/Tokyo"
        """
    )
    acme, other = config.tenant("acme"), config.tenant("other")

    assert (acme.sender.email, acme.mode, acme.daily_cap) == ("books@example.org", "approve", 5)
    assert acme.reply_to == Address("answers@example.org")
    assert acme.sending_window.opens == time(8, 30)
    assert acme.calendar.is_open(date(2026, 3, 7))
    assert not acme.calendar.is_open(date(2026, 12, 24))
    assert (other.sender.email, other.mode) == ("accounts@example.com", "auto")


def test_folders_are_relative_to_the_file(read, tmp_path) -> None:
    (tmp_path / "wording").mkdir()

    config = read('data = "here"\n' + MINIMAL + 'templates = "wording"\n')

    assert config.data == tmp_path / "here"
    assert config.outbox == tmp_path / "outbox"
    assert config.tenant("acme").templates == tmp_path / "wording"


def test_a_policy_of_ones_own_is_built_as_written(read) -> None:
    policy = (
        read(
            MINIMAL
            + """
            [policy]
            minimum_gap_days = 5
            handover_days = 60
            tolerance = { default = "2.50", JPY = "300" }
            [[policy.stages]]
            name = "soft"
            offset_days = 3
            minimum = { GBP = "50" }
            [[policy.stages]]
            name = "last-word"
            offset_days = 30
            template = "final"
            """
        )
        .tenant("acme")
        .policy
    )

    assert [(s.name, s.offset_days, s.template) for s in policy.stages] == [
        ("soft", 3, "soft"),
        ("last-word", 30, "final"),
    ]
    assert policy.stages[0].minimum == Threshold(minor={"GBP": 50_00})
    assert [policy.tolerance.of(currency) for currency in ("EUR", "JPY")] == [250, 300]


def test_quickbooks_endpoints_follow_the_environment_unless_they_are_set(read) -> None:
    config = read('[quickbooks]\nenvironment = "sandbox"\n[quickbooks.endpoints]\ntoken = "http://127.0.0.1:1/t/"')

    assert config.quickbooks_endpoints.api == "https://sandbox-quickbooks.api.intuit.com/v3"
    assert config.quickbooks_endpoints.token == "http://127.0.0.1:1/t"
    assert read("").quickbooks_endpoints.api == "https://quickbooks.api.intuit.com/v3"
    assert read("").xero_endpoints.api == "https://api.xero.com/api.xro/2.0"


def test_asking_for_an_unknown_tenant_names_the_known_ones(read) -> None:
    with pytest.raises(NotConfigured, match="known: acme"):
        read(MINIMAL).tenant("acne")


def test_what_was_loaded_cannot_be_changed(read) -> None:
    config = read(MINIMAL)

    with pytest.raises(TypeError):
        config.tenants["other"] = config.tenant("acme")
    with pytest.raises(ValueError, match="frozen"):
        config.xero.client_id = "other"


@pytest.mark.parametrize(
    ("text", "key", "what", "mend"),
    [
        ('colour = "red"', "tenants.acme.colour", "is not a key", "the keys here are"),
        ('zonne = "x"', "tenants.acme.zonne", "is not a key", "did you mean zone?"),
        ('window = "9-5"', "tenants.acme.window", "is not a span of time", '"09:00-17:00"'),
        ('window = "17:00-09:00"', "tenants.acme.window", "does not end after it begins", '"09:00-17:00"'),
        ('window = "09:00-24:00"', "tenants.acme.window", "is not a span of time", '"09:00-17:00"'),
        ('mode = "autp"', "tenants.acme.mode", "is not one of the choices", "'approve' or 'auto'"),
        ('from = "nobody"', "tenants.acme.from", "is not an e-mail address", "accounts@example.com"),
        ('from = "a@example.com\\nBcc: b@example.com"', "tenants.acme.from", "is not an e-mail address", ""),
        ('reply_to = "a@b"', "tenants.acme.reply_to", "is not an e-mail address", ""),
        ("daily_cap = 0", "tenants.acme.daily_cap", "is too small", "1 or more"),
        ("daily_cap = 1.5", "tenants.acme.daily_cap", "is not a whole number", "in digits"),
        ('poll_minutes = "15"', "tenants.acme.poll_minutes", "is not a whole number", "without quotes"),
        ("poll_minutes = 2000", "tenants.acme.poll_minutes", "is too large", "1440 or less"),
        ('weekends = "no"', "tenants.acme.weekends", "is neither true nor false", "without quotes"),
        ('closed_days = ["2026-12-25"]', "tenants.acme.closed_days[1]", "is not a date", "2026-12-25"),
        ('closed_days = "x"', "tenants.acme.closed_days", "is not a list", "square brackets"),
        ("locale = 5", "tenants.acme.locale", "is not text", "quotes"),
        ('locale = "english"', "tenants.acme.locale", "is not a locale", "en_GB"),
        ('templates = "nowhere"', "tenants.acme.templates", "is not a folder", "create it"),
        ('[email]\nsendgrid = "x"', "email.sendgrid", "is not a table", "[a table]"),
        ('[email.sendgrid]\nhost = "mail"', "email.sendgrid.host", "is not a web address", "https://"),
        ('[email.sendgrid]\nhost = "https://x:port"', "email.sendgrid.host", "is not a web address", ""),
        ('[email.sendgrid]\nhost = "http://example.com"', "email.sendgrid.host", "unencrypted", "https://"),
        ('[email.sendgrid]\nhost = "https://u:p@example.com"', "email.sendgrid.host", "user name", "remove"),
        ("[email.dry]\nfolder = ''", "email.dry.folder", "is empty", "leave it out"),
        ("[policy]\nhandover_days = 21", "policy.handover_days", "before the sequence has ended", "22 or more"),
        ("[policy]\nminimum_gap_days = 6", "policy.stages[2].offset_days", "left alone", "3 or more"),
        ("[policy]\nstages = []", "policy.stages", "is empty", "at least one"),
        ('[policy]\ntolerance = { ABC = "1" }', "policy.tolerance", "unknown currency", "ISO 4217"),
        ('[policy]\ntolerance = { JPY = "0.5" }', "policy.tolerance", "finer than", ""),
        ('[policy]\ntolerance = { EUR = "-1" }', "policy.tolerance", '"-1"', "zero or more"),
        ('[policy]\ntolerance = { EUR = "NaN" }', "policy.tolerance", "NaN", ""),
        ('[policy]\ntolerance = { EUR = "one" }', "policy.tolerance", '"one"', "in quotes"),
        ("[policy]\ntolerance = { EUR = 1.0 }", "policy.tolerance.EUR", "is not text", "quotes"),
        ('[policy]\ntolerance = { default = "Infinity" }', "policy.tolerance", "Infinity", ""),
    ],
)
def test_each_mistake_is_named_with_its_mend(problem, text, key, what, mend) -> None:
    found = problem(text)

    assert found.key == key
    assert what in found.what
    assert mend in found.mend


def test_a_channel_that_nobody_uses_may_be_half_filled_in(read) -> None:
    assert read(MINIMAL + '[email.smtp]\nusername = "me"\n').email.smtp.username == "me"


STAGES = """
[[policy.stages]]
name = "soft"
offset_days = 5
"""


@pytest.mark.parametrize(
    ("stage", "key", "what"),
    [
        ('name = "firm"\noffset_days = 5', "policy.stages[2].offset_days", "does not come after soft on day 5"),
        ('name = "firm"\noffset_days = 1', "policy.stages[2].offset_days", "does not come after soft on day 5"),
        ('name = "firm"\noffset_days = 8', "policy.stages[2].offset_days", "is 3 days after soft"),
        ('name = "soft"\noffset_days = 15', "policy.stages[2].name", "is the name of an earlier stage"),
        ('name = "stern"\noffset_days = 15', "policy.stages[2].name", "is not the name of a template"),
        ('name = "firm"\noffset_days = 15\ntemplate = "x"', "policy.stages[2].template", "is not the name of a"),
        ('name = "two words"\noffset_days = 15\ntemplate = "firm"', "policy.stages[2].name", "is no name"),
        ('name = "firm"', "policy.stages[2].offset_days", "is missing"),
    ],
)
def test_impossible_sequences_are_refused(problem, stage, key, what) -> None:
    found = problem(f"{STAGES}[[policy.stages]]\n{stage}")

    assert found.key == key
    assert what in found.what


def test_all_problems_come_at_once_in_the_order_of_the_file(problems) -> None:
    found = problems(
        """
        log_levl = "info"
        [sending]
        from = "nobody"
        [policy]
        handover_days = 2
        [tenants.acme]
        ledger = "quickbooks"
        zone = "Europe/London"
        channel = "smtp"
        [tenants.other]
        ledger = "sage"
        zone = "Europe/Lodnon"
        """
    )

    assert [(problem.line, problem.key) for problem in found] == [
        (None, "email.smtp.host"),
        (None, "quickbooks.client_id"),
        (None, "quickbooks.client_secret"),
        (2, "log_levl"),
        (4, "sending.from"),
        (6, "policy.handover_days"),
        (12, "tenants.other.ledger"),
        (13, "tenants.other.zone"),
    ]


def test_a_key_that_is_wrong_hides_no_mistake_in_the_others(problems) -> None:
    found = problems(
        """
        [sending]
        from = "a@example.com"
        daily_cap = "many"
        [[policy.stages]]
        name = "soft"
        offset_days = "one"
        [[policy.stages]]
        name = "stern"
        offset_days = 5
        channels = ["fax"]
        [[policy.stages]]
        name = "final"
        offset_days = 6
        template = "last"
        [[policy.stages]]
        name = "final"
        offset_days = 40
        [[policy.segments]]
        name = "vip"
        sequence = "nosuch"
        owes_at_least = { ABC = "1" }
        [tenants.acme]
        ledger = "xero"
        zone = "London"
        channel = "smtp"
        templates = "nowhere"
        """
    )

    assert {problem.key for problem in found} == {
        "sending.daily_cap",
        "policy.stages[1].offset_days",
        "policy.stages[2].channels[1]",
        "policy.stages[2].name",
        "policy.stages[3].offset_days",
        "policy.stages[3].template",
        "policy.stages[4].name",
        "policy.segments[1].sequence",
        "policy.segments[1].owes_at_least",
        "policy.handover_days",
        "tenants.acme.zone",
        "tenants.acme.templates",
        "xero.client_id",
        "email.smtp.host",
    }
    assert next(p.line for p in found if p.key == "policy.stages[4].name") == 17


def test_what_only_follows_from_another_mistake_is_not_told(problems) -> None:
    found = problems(
        """
        [sending]
        from = "nobody"
        [xero]
        client_id = "app"
        [charges]
        terms = "contarct"
        percent = "8"
        [policy]
        minimum_gap_days = "one"
        stages = "the usual ones"
        handover_days = 10
        [policy.sequences.Short]
        stages = [{ name = "soft", offset_days = 2 }]
        [[policy.sequences.long.stages]]
        offset_days = 2
        [[policy.segments]]
        name = "slow"
        sequence = "long"
        [tenants.acme]
        ledger = "sage"
        zone = "Europe/London"
        """
    )

    assert {problem.key for problem in found} == {
        "sending.from",
        "charges.terms",
        "policy.minimum_gap_days",
        "policy.stages",
        "policy.sequences.Short",
        "policy.sequences.long.stages[1].name",
        "tenants.acme.ledger",
    }


def test_a_fee_without_a_right_to_it_and_a_letter_without_a_sender_are_told_beside_other_mistakes(problems) -> None:
    found = problems(
        """
        [sending]
        from = "a@example.com"
        [xero]
        client_id = "app"
        [[policy.stages]]
        name = "soft"
        offset_days = 2
        channels = ["letter"]
        charges = "claim"
        [tenants.acme]
        ledger = "xero"
        zone = "Europe/London"
        templates = "nowhere"
        """
    )

    assert {p.key for p in found} == {"charges.terms", "tenants.acme.letterhead", "tenants.acme.templates"}


def test_the_message_has_file_line_key_value_and_mend(read) -> None:
    with pytest.raises(ConfigError) as caught:
        read(MINIMAL.replace("London", "Lodnon"))

    assert str(caught.value) == (
        'config.toml, line 8: tenants.acme.zone = "Europe/Lodnon" is not a time zone; did you mean "Europe/London"?'
    )


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "", "Europe", "Mars/Olympus"])
def test_what_is_not_a_zone_is_refused(problems, zone) -> None:
    assert [p.key for p in problems(MINIMAL.replace("Europe/London", zone))] == ["tenants.acme.zone"]


@pytest.mark.parametrize("slug", ['"Acme Ltd"', '"../acme"', "ACME", '""'])
def test_a_tenants_name_must_be_safe_as_a_folder(problems, slug) -> None:
    found = problems(MINIMAL.replace("tenants.acme", f"tenants.{slug}"))

    assert "is no name for a tenant" in found[0].what


def test_a_missing_key_comes_with_an_example(problems) -> None:
    found = [str(problem) for problem in problems('[tenants.acme]\nledger = "xero"\n')]

    assert 'tenants.acme.zone is missing; add zone = "Europe/London"' in found


def test_a_tenant_without_a_sender_is_refused(problem) -> None:
    found = problem("", base=MINIMAL.replace("from =", "# from ="))

    assert (found.key, found.line) == ("tenants.acme.from", 6)


@pytest.mark.parametrize("key", ["email.sendgrid.api_key", "email.smtp.password", "xero.client_secret"])
@pytest.mark.parametrize("secret", ['"SG.s3cret-value"', '"env:"', "12345678"])
def test_a_secret_written_into_the_file_is_refused_and_not_repeated(read, key, secret) -> None:
    text = f"{key} = {secret}\n"

    with pytest.raises(ConfigError) as caught:
        read(text)

    assert key in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "12345678" not in str(caught.value)


def test_a_channel_that_is_used_must_be_filled_in(problem) -> None:
    assert problem('channel = "sendgrid"').key == "email.sendgrid.api_key"
    assert problem('channel = "smtp"').key == "email.smtp.host"


@pytest.mark.parametrize(
    ("smtp", "key"),
    [
        ('username = "me"', "email.smtp.password"),
        ('password = "env:P"', "email.smtp.username"),
        ('username = "me"\npassword = "env:P"\nsecurity = "none"', "email.smtp.security"),
    ],
)
def test_a_mail_server_gets_a_whole_login_or_none_and_never_in_the_clear(problem, smtp, key) -> None:
    assert problem(f'channel = "smtp"\n[email.smtp]\nhost = "mail.example.com"\n{smtp}').key == key


def test_a_local_relay_may_take_a_password_unencrypted(read) -> None:
    smtp = '[email.smtp]\nhost = "127.0.0.1"\nusername = "me"\npassword = "env:P"\nsecurity = "none"'

    assert read(f'{MINIMAL}channel = "smtp"\n{smtp}').tenant("acme").channel == "smtp"


REHEARSAL = '[rehearsal]\nclock = "http://127.0.0.1:8790/_books/clock"\n'
SANDBOXED = '[xero.endpoints]\napi = "http://127.0.0.1:8790/api.xro/2.0"\n'


def test_a_rehearsal_against_the_sandbox_is_fine(read) -> None:
    assert read(MINIMAL + REHEARSAL + SANDBOXED).rehearsal_clock == "http://127.0.0.1:8790/_books/clock"


def test_a_rehearsal_that_is_over_stands_at_its_last_moment(read) -> None:
    config = read(MINIMAL + REHEARSAL + "ended = 2026-05-01T15:30:00Z\n" + SANDBOXED)

    assert clock_of(config).now() == datetime(2026, 5, 1, 15, 30, tzinfo=UTC)


def test_without_a_rehearsal_no_time_stands_still(read) -> None:
    assert read(MINIMAL + "[rehearsal]\nended = 2026-05-01T15:30:00Z\n").rehearsal_ended is None


def test_a_last_moment_without_a_zone_is_refused(problem) -> None:
    found = problem(REHEARSAL + "ended = 2026-05-01T15:30:00\n" + SANDBOXED)

    assert "rehearsal.ended" in str(found)


def test_a_rehearsal_never_reaches_a_real_ledger(problem) -> None:
    assert "reaches api.xero.com" in problem(REHEARSAL).what


def test_a_rehearsal_never_reaches_real_customers(problem) -> None:
    sendgrid = 'channel = "sendgrid"\n[email.sendgrid]\napi_key = "env:KEY"\n'

    assert "reaches api.sendgrid.com" in problem(sendgrid + REHEARSAL + SANDBOXED).what


def test_a_rehearsal_clock_is_on_this_machine(problem) -> None:
    found = problem(REHEARSAL.replace("http://127.0.0.1", "https://clock.example.com") + SANDBOXED)

    assert "is not on this machine" in found.what


def test_a_syntax_error_is_told_with_its_line(problems) -> None:
    [problem] = problems("[sending\n")

    assert "line 1" in problem.what


def test_a_missing_file_is_told_with_the_command_that_makes_one(tmp_path) -> None:
    with pytest.raises(ConfigError, match="dun init"):
        load(tmp_path / "config.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="UTF-8"):
        load(path)
