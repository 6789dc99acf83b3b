"""A letterhead is whole, its account right and its carrier possible before anything is written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.config.letters import LetterheadSection
from connector.config.settings import Config, ConfigError, load
from connector.letters.addresses import IncompleteAddress
from connector.letters.letterhead import payee_of, sender_of
from connector.wiring import Installation, missing_secrets
from connectors.channels.letter_folder import LetterFolderChannel
from connectors.channels.lob import LobChannel
from state.clock import ManualClock
from state.model import TenantSlug

BASE = """
[sending]
from = "Accounts <accounts@example.com>"
[xero]
client_id = "an-app"
[tenants.acme]
ledger = "xero"
zone = "Europe/Berlin"
"""
HEAD = """
[tenants.acme.letterhead]
name = "Muster Bau GmbH"
street = ["Hauptstraße 12"]
city = "München"
postcode = "80331"
country = "DE"
"""
AMERICAN = """
[tenants.acme.letterhead]
name = "Seller Inc"
street = ["210 King St"]
city = "San Francisco"
region = "CA"
postcode = "94107"
country = "US"
window = "lob"
"""
LOB = '[letters]\ncarrier = "lob"\ncertified_stages = ["final"]\n'
BY_POST = """
[[policy.sequences.post.stages]]
name = "soft"
offset_days = 7
channels = ["letter"]
[[policy.segments]]
name = "few"
sequence = "post"
countries = ["DE"]
"""
KEY = '[letters.lob]\napi_key = "env:DUN_LOB_API_KEY"\n'


@pytest.fixture
def read(tmp_path: Path):
    def load_text(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return load_text


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))


@pytest.fixture
def problems(read):
    def of(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            read(text)
        return str(caught.value)

    return of


def test_a_tenant_without_a_letterhead_is_left_alone(read) -> None:
    assert read(BASE + LOB).tenant("acme").letterhead.country == ""


def test_a_letterhead_gives_the_sender_and_the_account(read) -> None:
    head = read(BASE + HEAD + 'iban = "DE89 3704 0044 0532 0130 00"\nbic = "cobadeffxxx"\n').tenant("acme").letterhead

    sender, payee = sender_of(head, "de_DE"), payee_of(head)
    assert (sender.name, sender.address) == ("Muster Bau GmbH", ("Hauptstraße 12", "80331 München"))
    assert payee is not None
    assert (payee.name, payee.iban, payee.bic) == ("Muster Bau GmbH", "DE89370400440532013000", "COBADEFFXXX")


def test_without_an_account_there_is_nobody_to_pay_by_slip(read) -> None:
    assert payee_of(read(BASE + HEAD).tenant("acme").letterhead) is None


def test_an_empty_letterhead_is_no_sender() -> None:
    with pytest.raises(IncompleteAddress):
        sender_of(LetterheadSection(), "en_GB")


def test_a_letter_of_a_further_sequence_needs_a_letterhead_whatever_the_usual_stage_of_that_name_is(problems) -> None:
    assert "stage soft writes letters" in problems(BASE + BY_POST)


@pytest.mark.parametrize("key", ["name", "street", "city", "postcode", "country"])
def test_half_a_letterhead_is_refused_by_what_it_lacks(problems, key) -> None:
    lines = [line for line in HEAD.splitlines() if not line.startswith(f"{key} =")]

    assert f"tenants.acme.letterhead.{key} is missing" in problems(BASE + "\n".join(lines) + "\n")


def test_half_a_letterhead_is_not_told_as_none_where_a_stage_writes_letters(problems) -> None:
    lines = [line for line in HEAD.splitlines() if not line.startswith("country =")]

    told = problems(BASE + "\n".join(lines) + "\n" + BY_POST)

    assert "letterhead.country is missing" in told
    assert "letterhead is missing" not in told


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('iban = "DE89370400440532013001"', "check digits"),
        ('iban = "DE8937040044053201300"', "22 characters"),
        ('bic = "COBA"', "is not a BIC"),
        ('window = "din"', "window"),
        ('iban = "CH4431999123000889012"\nwindow = "us-10"', "Swiss payment slip"),
    ],
)
def test_an_account_or_window_that_cannot_be_is_refused(problems, line, words) -> None:
    assert words in problems(BASE + HEAD + line + "\n")


def test_a_country_is_two_letters(problems) -> None:
    assert "is not a country" in problems(BASE + HEAD.replace('"DE"', '"Deutschland"'))


def test_lob_needs_a_key_a_sender_in_america_and_its_own_window(problems) -> None:
    words = problems(BASE + HEAD + LOB)

    assert "letters.lob.api_key is missing" in words
    assert "letterhead.country is not where Lob posts from" in words
    assert "letterhead.window is not where Lob prints addresses" in words


def test_from_a_rehearsal_no_letter_reaches_lob(problems) -> None:
    rehearsal = '[rehearsal]\nclock = "http://127.0.0.1:8790/_books/clock"\n'
    ledger = '[xero.endpoints]\napi = "http://127.0.0.1:8790/api"\n'

    assert "letters.lob.host" in problems(BASE + AMERICAN + LOB + KEY + rehearsal + ledger)


def test_the_key_of_lob_is_asked_for_where_letters_go_by_lob(read, monkeypatch) -> None:
    monkeypatch.delenv("DUN_LOB_API_KEY", raising=False)

    assert any("DUN_LOB_API_KEY" in words for words in missing_secrets(read(BASE + AMERICAN + LOB + KEY)))
    assert missing_secrets(read(BASE + HEAD + KEY)) == []


def test_letters_go_where_the_file_says(read, monkeypatch, clock) -> None:
    monkeypatch.setenv("DUN_LOB_API_KEY", "test_key")
    for text, kind in ((BASE + HEAD, LetterFolderChannel), (BASE + AMERICAN + LOB + KEY, LobChannel)):
        with Installation(read(text), clock) as installation:
            settings = installation.config.tenants[TenantSlug("acme")]
            assert type(installation.letter_carrier(settings)) is kind


OWN = """
[tenants.acme.letters]
carrier = "lob"
certified_stages = ["final"]
[tenants.acme.letters.lob]
api_key = "env:DUN_ACMES_LOB_KEY"
color = true
"""
BACK = """
[tenants.acme.letters.lob.return_address]
name = "Muster Bau c/o Seller Inc"
street = ["210 King St"]
city = "San Francisco"
region = "CA"
postcode = "94107"
"""
BOLT = """
[tenants.bolt]
ledger = "xero"
zone = "Europe/London"
"""


def test_a_tenant_may_have_a_carrier_and_an_account_of_its_own(read, monkeypatch, clock) -> None:
    monkeypatch.setenv("DUN_ACMES_LOB_KEY", "test_key")
    config = read(BASE + BOLT + HEAD.replace("acme", "bolt") + AMERICAN + OWN)

    acme, bolt = (config.tenants[TenantSlug(slug)] for slug in ("acme", "bolt"))
    assert (acme.letters.lob.api_key, acme.letters.lob.color) == ("env:DUN_ACMES_LOB_KEY", True)
    assert (bolt.letters.carrier, bolt.letters.certified_stages) == ("folder", ())
    with Installation(config, clock) as installation:
        assert type(installation.letter_carrier(acme)) is LobChannel
        assert type(installation.letter_carrier(bolt)) is LetterFolderChannel


def test_a_tenant_may_go_on_by_folder_where_the_others_go_by_lob(read, monkeypatch) -> None:
    monkeypatch.setenv("DUN_LOB_API_KEY", "test_key")
    folder = '[tenants.bolt.letters]\ncarrier = "folder"\n'
    config = read(BASE + BOLT + HEAD.replace("acme", "bolt") + folder + AMERICAN + LOB + KEY)

    assert [config.tenants[TenantSlug(slug)].letters.carrier for slug in ("acme", "bolt")] == ["lob", "folder"]


def test_what_a_tenant_does_not_say_of_lob_is_as_for_all(read, monkeypatch) -> None:
    monkeypatch.setenv("DUN_ACMES_LOB_KEY", "test_key")
    shared = '[letters]\nfolder = "post"\n[letters.lob]\napi_key = "env:X"\ncertified = "certified_return_receipt"\n'
    letters = read(BASE + AMERICAN + OWN + shared).tenants[TenantSlug("acme")].letters

    assert (letters.folder, letters.lob.certified) == ("post", "certified_return_receipt")
    assert letters.lob.api_key == "env:DUN_ACMES_LOB_KEY"


def test_the_key_of_a_tenant_alone_is_asked_for(read, monkeypatch) -> None:
    monkeypatch.delenv("DUN_ACMES_LOB_KEY", raising=False)

    [words] = missing_secrets(read(BASE + AMERICAN + OWN))
    assert "DUN_ACMES_LOB_KEY" in words


def test_a_firm_elsewhere_may_name_an_address_in_america_that_letters_come_back_to(read, monkeypatch, clock) -> None:
    monkeypatch.setenv("DUN_ACMES_LOB_KEY", "test_key")
    config = read(BASE + HEAD + 'window = "lob"\n' + OWN + BACK)

    settings = config.tenants[TenantSlug("acme")]
    with Installation(config, clock) as installation:
        lob = installation.letter_carrier(settings)._settings
    assert (lob.sender, lob.sender_address.city, lob.sender_address.country) == (
        "Muster Bau c/o Seller Inc",
        "San Francisco",
        "US",
    )
    assert sender_of(settings.letterhead, "de_DE").name == "Muster Bau GmbH"


def test_half_a_return_address_and_a_stage_that_is_none_are_refused_where_they_stand(problems) -> None:
    words = problems(BASE + HEAD + OWN.replace('"final"', '"finale"') + BACK.replace('region = "CA"\n', ""))

    assert "tenants.acme.letters.lob.return_address.region is missing" in words
    assert "tenants.acme.letters.certified_stages" in words
    assert "letterhead.country" not in words


def test_a_tenants_own_host_of_lob_is_no_way_out_of_a_rehearsal(read, problems) -> None:
    rehearsal = '[rehearsal]\nclock = "http://127.0.0.1:8790/_books/clock"\n'
    ledger = '[xero.endpoints]\napi = "http://127.0.0.1:8790/api"\n'
    here = '[letters.lob]\nhost = "http://127.0.0.1:8790/lob"\n'

    read(BASE + AMERICAN + OWN + here + rehearsal + ledger)
    away = OWN + 'host = "https://api.lob.com"\n'
    assert "letters.lob.host" in problems(BASE + AMERICAN + away + here + rehearsal + ledger)
