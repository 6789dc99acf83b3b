"""The policy in the configuration file: what is understood, and what is refused in which words."""

from datetime import date
from pathlib import Path

import pytest

from connector.config.settings import ConfigError, TenantSettings, load
from connector.dunning.segments import STANDARD

BASE = """
[sending]
from = "Accounts <accounts@example.com>"
[xero]
client_id = "app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
"""
SOFT = '[[policy.stages]]\nname = "soft"\noffset_days = 1\n'
PATIENT = '[policy.sequences.patient]\n[[policy.sequences.patient.stages]]\nname = "soft"\noffset_days = 9\n'


@pytest.fixture
def read(tmp_path: Path):
    def tenant(text: str, more: str = "") -> TenantSettings:
        (tmp_path / "config.toml").write_text(BASE + more + text, encoding="utf-8")
        return load(tmp_path / "config.toml").tenant("acme")

    return tenant


@pytest.fixture
def refused(read):
    def words(text: str, more: str = "") -> str:
        with pytest.raises(ConfigError) as caught:
            read(text, more)
        return str(caught.value)

    return words


def days(tenant: TenantSettings) -> list[tuple[str, int]]:
    return [(stage.name, stage.offset_days) for stage in tenant.policy.stages]


def test_a_stage_after_the_previous_one_has_its_own_day(read) -> None:
    text = SOFT + '[[policy.stages]]\nname = "firm"\noffset_days = 10\nafter = "previous"\n'

    assert days(read(text)) == [("soft", 1), ("firm", 11)]


def test_a_stage_after_the_previous_one_counts_from_what_that_one_does(read) -> None:
    month = SOFT + 'after = "month_end"\nrepeat_days = 7\n'
    text = month + '[[policy.stages]]\nname = "firm"\noffset_days = 10\nafter = "previous"\n'

    stages = read(text).policy.stages

    assert [(stage.name, stage.offset_days, stage.basis) for stage in stages] == [
        ("soft", 1, "month_end"),
        ("soft-2", 8, "month_end"),
        ("firm", 18, "month_end"),
    ]


def test_a_repeated_stage_is_written_out(read) -> None:
    text = SOFT + "repeat_days = 7\nrepeat_times = 2\n"
    following = '[[policy.stages]]\nname = "firm"\noffset_days = 5\nafter = "previous"\n'

    assert days(read(text + following)) == [("soft", 1), ("soft-2", 8), ("soft-3", 15), ("firm", 20)]


def test_a_repetition_closer_than_the_gap_is_refused(refused) -> None:
    assert "is 2 days after soft" in refused(SOFT + "repeat_days = 2\n")


def test_a_name_that_a_repetition_has_already_is_refused(refused) -> None:
    text = SOFT + 'repeat_days = 7\n[[policy.stages]]\nname = "soft-2"\ntemplate = "soft"\noffset_days = 20\n'

    assert "is the name of an earlier stage too" in refused(text)


def test_a_stage_that_is_off_goes_no_more_and_stays_known(read) -> None:
    policy = read(SOFT + '[[policy.stages]]\nname = "firm"\noffset_days = 9\nmode = "off"\n').policy

    assert ([s.name for s in policy.stages], [s.name for s in policy.retired]) == (["soft"], ["firm"])


def test_a_sequence_with_every_stage_off_is_refused(refused) -> None:
    assert "are all off" in refused(SOFT + 'mode = "off"\n')


def test_a_further_sequence_takes_what_it_leaves_out_from_the_policy(read) -> None:
    tenant = read("[policy]\nminimum_gap_days = 6\n" + SOFT + PATIENT, 'sequence = "patient"\n')

    assert (tenant.policy.name, tenant.policy.minimum_gap_days, days(tenant)) == ("patient", 6, [("soft", 9)])


def test_a_segment_names_its_sequence_and_its_rules(read) -> None:
    segment = '[[policy.segments]]\nname = "vip"\nsequence = "patient"\ngroups = ["VIP"]\nowes_at_least = {GBP = "5"}\n'
    [vip] = read(PATIENT + segment).segments

    assert (vip.name, vip.policy.name, vip.rules.groups) == ("vip", "patient", frozenset({"VIP"}))
    assert vip.rules.owes_at_least is not None
    assert vip.rules.owes_at_least.of("GBP") == 5_00


def test_a_segment_of_other_tenants_does_not_concern_this_one(read) -> None:
    segment = '[[policy.segments]]\nname = "vip"\nsequence = "standard"\ntenants = ["other"]\n'
    other = '[tenants.other]\nledger = "xero"\nzone = "Europe/London"\n'

    assert read(segment, other).segments == ()
    assert read(segment, other).book.standard.name == STANDARD


def test_a_segment_of_a_tenant_that_there_is_not_is_refused(refused) -> None:
    segment = '[[policy.segments]]\nname = "vip"\nsequence = "standard"\ntenants = ["acme", "amce"]\n'

    assert "policy.segments[1].tenants names 'amce', which is none of the tenants" in refused(segment)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('sequence = "unheard"', "is no sequence of this file"),
        ('sequence = "standard"\noverdue_at_least = 30\noverdue_less_than = 30', "nobody can be in this segment"),
        ('sequence = "standard"\npaid_less_than = 0', "asks for less than nothing"),
        ('sequence = "standard"\nowes_less_than = { default = "0", JPY = "0" }', "asks for less than nothing"),
        ('sequence = "standard"\nowes_at_least = { default = "0" }', "asks for nothing"),
        (
            'sequence = "standard"\ncurrencies = ["GBP"]\nowes_at_least = { EUR = "9" }',
            "names no amount in GBP, and currencies no other",
        ),
        (
            'sequence = "standard"\nowes_at_least = { EUR = "9" }\nowes_less_than = { GBP = "99" }',
            "is not more than owes_at_least",
        ),
        ('sequence = "standard"\ndays_late_at_least = "7.5"\ndays_late_less_than = "2"', "nobody can be in this"),
        (
            'sequence = "standard"\nowes_at_least = {GBP = "9"}\nowes_less_than = {GBP = "9"}',
            "is not more than owes_at_least",
        ),
        (
            'sequence = "standard"\npaid_less_than = 1\ndays_late_at_least = "0"',
            'days_late_at_least = "0" is an average of payments, and paid_less_than = 1',
        ),
        ('sequence = "standard"\npaid_less_than = 1\ndays_late_less_than = "3"', 'days_late_less_than = "3" is an av'),
        ('sequence = "standard"\ndays_late_less_than = "-400"', "pays a year early on average; nobody can be in"),
        ('sequence = "standard"\ndays_late_at_least = "3650"', "pays ten years late on average; nobody can be in"),
        ('sequence = "standard"\ncountries = ["UK"]', 'countries[1] = "UK" is not a country; did you mean "GB"?'),
        ('sequence = "standard"\ncountries = ["XX"]', "is not a country; write ISO codes"),
        ('sequence = "standard"\ncountries = ["Germany"]', 'did you mean "DE"?'),
        ('sequence = "standard"\ncurrencies = ["EURO"]', "is not a currency"),
        ('sequence = "standard"\ndays_late_at_least = "often"', "is not a number"),
    ],
)
def test_a_segment_that_can_never_match_is_refused_with_words(refused, rules, words) -> None:
    assert words in refused(f'[[policy.segments]]\nname = "few"\n{rules}\n')


def test_a_segment_behind_one_that_takes_its_customers_is_refused(refused) -> None:
    wide = '[[policy.segments]]\nname = "vips"\nsequence = "standard"\ngroups = ["VIP"]\n'
    narrow = '[[policy.segments]]\nname = "big"\nsequence = "standard"\ngroups = ["VIP"]\noverdue_at_least = 30\n'

    assert "because vips before it takes them all" in refused(wide + narrow)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[policy.segments]]\nname = "V I P"\nsequence = "standard"\n', "is no name for a segment; use lower-case"),
        ('[[policy.segments]]\nname = "vip"\nsequence = "Patient"\n', "is no name for a sequence; use lower-case"),
        (PATIENT.replace("sequences.patient", "sequences.Patient"), "is no name for a sequence; use lower-case"),
        (SOFT.replace('"soft"', '"s o f t"'), "is no name for a stage; use letters"),
        (PATIENT.replace('"soft"', '"s o f t"'), "is no name for a stage; use letters"),
        ('[people."an na"]\nrole = "admin"\n', "is no name of an account"),
        (
            '[charges]\nterms = "uk"\naccount = "2 70"\n',
            'has characters that cannot be in it; write it as account = "270"',
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused_as_what_it_names(refused, text, words) -> None:
    assert words in refused(text)


def test_a_rule_order_that_lets_both_segments_match_is_accepted(read) -> None:
    narrow = '[[policy.segments]]\nname = "big"\nsequence = "standard"\ngroups = ["VIP"]\noverdue_at_least = 30\n'
    wide = '[[policy.segments]]\nname = "vips"\nsequence = "standard"\ngroups = ["VIP"]\n'

    assert len(read(narrow + wide).segments) == 2


def test_quiet_times_and_holidays_become_the_calendar(read) -> None:
    calendar = read("", 'quiet = ["12-24..01-02", "2026-08-03..2026-08-14"]\nholidays = "DE-BY"\n').calendar

    closed = [date(2027, 1, 1), date(2026, 8, 4), date(2026, 1, 6)]  # Epiphany is a holiday in Bavaria
    assert [calendar.is_open(day) for day in closed] == [False] * 3
    assert calendar.is_open(date(2026, 1, 7))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('quiet = ["12-24"]', "is not a span of days"),
        ('quiet = ["12-24..2026-01-02"]', "is not a span of days"),
        ('quiet = ["02-30..03-01"]', "is not a span of days"),
        ('quiet = ["2026-08-14..2026-08-03"]', "does not end after it begins"),
        ('quiet = ["01-01..12-31"]', "leaves no day of the year"),
        ('holidays = "Narnia"', "is no country or region"),
    ],
)
def test_days_that_cannot_be_are_refused_with_words(refused, line, words) -> None:
    assert words in refused("", line + "\n")


CLAIMING = SOFT + 'charges = "claim"\n'


def test_charges_without_a_right_to_them_are_refused(refused) -> None:
    assert "charges.terms is none, but stage soft speaks of charges" in refused(CLAIMING)


def test_a_claim_that_consumers_do_not_owe_is_refused_with_its_law(refused) -> None:
    words = refused(CLAIMING + '[charges]\nterms = "uk"\ncustomers = "consumer"\n')

    assert "names charges to consumers that only businesses owe" in words
    assert "Late Payment of Commercial Debts (Interest) Act 1998" in words


UNLAWFUL = """[charges]
terms = "uk"
customers = "consumer"
[[policy.stages]]
name = "soft"
offset_days = 1
charges = "mention"
[[policy.stages]]
name = "firm"
offset_days = 8
repeat_days = 7
repeat_times = 1
charges = "claim"
[policy.sequences.early]
[[policy.sequences.early.stages]]
name = "early"
template = "firm"
offset_days = 0
charges = "claim"
[[policy.segments]]
name = "here"
sequence = "early"
countries = ["GB"]
"""


def test_everything_unlawful_is_told_at_once_each_at_its_stage(read) -> None:
    with pytest.raises(ConfigError) as caught:
        read(UNLAWFUL)

    first = BASE.count("\n")
    assert [(problem.line - first, problem.key, problem.what.split(":")[0]) for problem in caught.value.problems] == [
        (7, "policy.stages[1].charges", "would make standard unlawful for acme's customers"),
        (13, "policy.stages[2].charges", "would make standard unlawful for acme's customers"),
        (19, "policy.sequences.early.stages[1].charges", "would make here unlawful for acme's customers"),
        (19, "policy.sequences.early.stages[1].charges", "would make here unlawful for acme's customers"),
    ]


def test_every_stage_that_charges_without_a_right_is_named_where_the_right_is_missing(refused) -> None:
    firm = '[[policy.stages]]\nname = "firm"\noffset_days = 8\ncharges = "mention"\n'
    own = '[charges]\nterms = "uk"\n[tenants.acme.charges]\nterms = "none"\n'

    said = refused(CLAIMING + firm + own)

    assert "tenants.acme.charges.terms is none, but stages soft, firm speak of charges" in said


def test_a_tenant_may_have_charges_of_its_own(read) -> None:
    charges = '[charges]\nterms = "uk"\n[tenants.acme.charges]\nterms = "de"\ncustomers = "business"\n'

    tenant = read(CLAIMING + charges)

    assert (tenant.charges.terms.name, tenant.charges.customers) == ("de", "business")
    assert tenant.charges.rates.on("germany", date(2024, 3, 1)) is not None


def test_what_is_only_doubtful_is_kept_for_a_person_to_weigh(read) -> None:
    tenant = read(CLAIMING + '[charges]\nterms = "uk"\n')

    assert any("nothing is charged to customers of whom nobody has said" in doubt for doubt in tenant.doubts)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("letter", "tenants.acme.letterhead is missing, and stage soft writes letters"),
        ("sms", "phone.account_sid is missing, and stage soft sends text messages"),
        ("voice", "phone.account_sid is missing, and stage soft calls"),
    ],
)
def test_a_stage_without_a_carrier_for_its_channel_is_refused(refused, channel, words) -> None:
    smtp = 'channel = "smtp"\n'

    assert words in refused(f'{SOFT}channels = ["{channel}"]\n[email.smtp]\nhost = "localhost"\n', smtp)


def test_blank_names_are_refused_together_with_everything_else(refused) -> None:
    words = refused(
        'do_not_chase_groups = ["Trade", " "]\n'
        + SOFT
        + 'owner = " "\ntemplate = "\\t"\nchannels = ["email", "email"]\n'
        + '[[policy.segments]]\nname = "vip"\nsequence = "standard"\ngroups = [""]\n',
        more="[policy]\n",
    )

    assert 'policy.stages[1].owner = " " is blank' in words
    assert "policy.stages[1].template" in words
    assert "names email twice" in words
    assert "policy.do_not_chase_groups has a blank entry" in words
    assert "policy.segments[1].groups has a blank entry" in words


def test_limits_that_leave_room_in_one_currency_are_no_contradiction(read) -> None:
    segment = '[[policy.segments]]\nname = "middle"\nsequence = "standard"\n'

    read(segment + 'owes_at_least = { default = "10", GBP = "9" }\nowes_less_than = { default = "20", GBP = "9" }\n')


def test_a_channel_that_is_named_twice_is_refused(refused) -> None:
    assert "names email twice" in refused(f'{SOFT}channels = ["email", "letter", "email"]\n')


def test_a_rehearsing_tenant_needs_nobody_who_sends_text_messages(read) -> None:
    assert read(SOFT + 'channels = ["sms"]\n').policy.stages[0].channels == ("sms",)
