"""The policies of docs/policies, sixty days each, from Monday 2 March 2026, against tables written by hand.

Good Friday is 3 April, Easter Monday 6 April; clocks change on 29 March in Europe and on 8 March in
America. Each row: day, customer, stages, channel, language, what is asked.
"""

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from policy_lives import POLICIES, PolicyLife, expected

from connector.cli import main
from state.agreed import Instalment, Share
from state.model import ContactId, InvoiceId

LEEDS = {"street": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
MUNICH = {"street": "Hauptstraße 1", "city": "München", "postcode": "80331", "country": "DE", "currency": "EUR"}
LYON = {"street": "1 rue de la Gare", "city": "Lyon", "postcode": "69001", "country": "FR", "currency": "EUR"}
ALBANY = {
    "street": "1 State Street",
    "city": "Albany",
    "region": "NY",
    "postcode": "12207",
    "country": "US",
    "currency": "USD",
}
NAMES = [path.stem for path in sorted(POLICIES.glob("*.toml"))]

SMALL_TRADE_FIRM = """
2026-03-04 | Baker  | friendly    | email  | en | 240.00 GBP
2026-03-09 | Baker  | soft        | email  | en | 240.00 GBP
2026-03-16 | Baker  | phone       | call   | en | 240.00 GBP
2026-03-23 | Baker  | firm        | email  | en | 240.00 GBP
2026-04-07 | Baker  | final       | email  | en | 240.00 GBP
2026-03-09 | Chapel | friendly    | email  | en | 500.00 GBP
2026-03-16 | Chapel | soft        | email  | en | 500.00 GBP
2026-03-02 | Dale   | soft        | letter | en | 90.00 GBP
2026-03-09 | Dale   | phone       | call   | en | 90.00 GBP
2026-03-16 | Dale   | firm        | letter | en | 90.00 GBP
2026-03-27 | Dale   | final       | letter | en | 90.00 GBP
2026-03-02 | Elm    | soft        | email  | en | 300.00 GBP
2026-03-09 | Elm    | phone       | call   | en | 300.00 GBP
2026-03-16 | Elm    | firm, soft  | email  | en | 450.00 GBP
2026-03-23 | Elm    | phone       | call   | en | 150.00 GBP
2026-03-30 | Elm    | final, firm | email  | en | 450.00 GBP
2026-04-10 | Elm    | final       | email  | en | 150.00 GBP
2026-03-02 | Fern   | friendly    | email  | en | 20.00 GBP
2026-03-09 | Fern   | soft        | email  | en | 20.00 GBP
2026-03-16 | Fern   | phone       | call   | en | 20.00 GBP
2026-03-23 | Fern   | firm        | email  | en | 20.00 GBP
"""

AGENCY = """
2026-03-09 | Aurora  | friendly | email | de | 1,000.00 EUR
2026-03-16 | Aurora  | soft     | email | de | 1,000.00 EUR
2026-03-24 | Aurora  | firm     | email | de | 1,000.00 EUR
2026-04-07 | Aurora  | final    | email | de | 1,000.00 EUR
2026-03-09 | Brise   | vip-note | email | fr | 8,000.00 EUR
2026-03-23 | Brise   | vip-call | call  | fr | 8,000.00 EUR
2026-04-13 | Brise   | vip-firm | email | fr | 8,000.00 EUR
2026-03-02 | Cove    | friendly | email | en | 600.00 GBP
2026-03-09 | Cove    | soft     | email | en | 600.00 GBP
2026-03-10 | Emerald | friendly | email | en | 700.00 EUR
2026-03-18 | Emerald | soft     | email | en | 700.00 EUR
2026-03-26 | Emerald | firm     | email | en | 700.00 EUR
2026-04-09 | Emerald | final    | email | en | 700.00 EUR
"""

WHOLESALER = """
2026-03-09 | Acorn | soft         | email  | en | 1,000.00 USD
2026-03-23 | Acorn | firm         | email  | en | 1,000.00 USD
2026-04-03 | Acorn | aged-firm    | email  | en | 1,000.00 USD
2026-04-10 | Acorn | aged-final   | email  | en | 1,000.00 USD
2026-04-21 | Acorn | aged-letter  | letter | en | 1,000.00 USD
2026-04-13 | Birch | instalment-2 | email  | en | 100.00 USD
2026-04-20 | Birch | aged-firm    | email  | en | 200.00 USD
2026-04-27 | Birch | aged-final   | email  | en | 200.00 USD
2026-03-25 | Elk   | soft         | email  | en | 400.00 USD
"""

# Base rate 1.27 % in the first half of 2026, so 10.27 % a year, and 40 euros once: of 1,000 euros 28.137 cents a day.
GMBH = """
2026-03-04 | Adler  | Zahlungserinnerung | email  | de | 1,000.00 EUR
2026-03-13 | Adler  | Mahnung-1          | email  | de | 1,000.00 EUR
2026-03-27 | Adler  | Mahnung-2          | letter | de | 1,047.88 EUR
2026-04-10 | Adler  | Letzte-Mahnung     | letter | de | 1,051.82 EUR
2026-03-18 | Berger | Zahlungserinnerung | letter | de | 200.00 EUR
2026-03-27 | Berger | Mahnung-1          | letter | de | 200.00 EUR
2026-04-10 | Berger | Mahnung-2          | letter | de | 241.58 EUR
2026-04-24 | Berger | Letzte-Mahnung     | letter | de | 242.36 EUR
2026-03-23 | Conti  | Zahlungserinnerung | email  | fr | 500.00 EUR
2026-04-01 | Conti  | Mahnung-1          | email  | fr | 500.00 EUR
2026-04-15 | Conti  | Mahnung-2          | letter | fr | 544.22 EUR
2026-04-29 | Conti  | Letzte-Mahnung     | letter | fr | 546.19 EUR
2026-03-09 | Dorn   | Zahlungserinnerung | email  | de | 800.00 EUR
2026-03-25 | Eder   | Zahlungserinnerung | email  | de | 300.00 EUR
2026-04-07 | Eder   | Mahnung-1          | email  | de | 300.00 EUR
2026-04-21 | Eder   | Mahnung-2          | letter | de | 342.70 EUR
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DUN_SMTP_PASSWORD", "DUN_SENDGRID_API_KEY", "DUN_QUICKBOOKS_CLIENT_SECRET"):
        monkeypatch.setenv(name, "not-a-secret")


@pytest.mark.parametrize("policy", NAMES)
def test_the_check_finds_nothing_unlawful_or_impossible(tmp_path, policy: str) -> None:
    life = PolicyLife.begin(tmp_path, policy)
    life.invoice(life.bench.customer(**LEEDS), "100.00", "2026-03-01")
    life.refresh()
    life.bench.store.close()

    done = CliRunner().invoke(main, ["--config", str(tmp_path / "config.toml"), "policy", "check", "--json"])

    assert done.exit_code == 0, done.output
    [checked] = json.loads(done.stdout)["tenants"]
    assert [finding for finding in checked["findings"] if finding["sequence"] == "law"] == []
    assert len(checked["policy"]) > len(life.bench.settings.policy.stages)


def test_a_small_trade_firm(tmp_path) -> None:
    life = PolicyLife.begin(tmp_path, "small-trade-firm")
    life.invoice(life.bench.customer(name="Baker"), "240.00", "2026-03-06")
    chapel = life.invoice(life.bench.customer(name="Chapel"), "500.00", "2026-03-10")
    life.on("2026-03-18", lambda: life.bench.pay(chapel))
    life.invoice(life.bench.customer(name="Dale", email=None, **LEEDS), "90.00", "2026-02-20")
    elm = life.bench.customer(name="Elm")
    life.invoice(elm, "300.00", "2026-02-27")
    life.invoice(elm, "150.00", "2026-03-13")
    fern = life.invoice(life.bench.customer(name="Fern"), "20.00", "2026-03-03")

    assert life.live() == expected(SMALL_TRADE_FIRM)
    assert life.bench.why(fern) == ["end_of_sequence"]
    assert life.broken_promises() == {}


def test_an_agency_with_vip_clients(tmp_path) -> None:
    life = PolicyLife.begin(tmp_path, "agency-with-vip-clients")
    life.invoice(life.bench.customer(name="Aurora", country="DE", currency="EUR"), "1000.00", "2026-03-12")
    brise = life.bench.customer(name="Brise", country="FR", currency="EUR", groups=("VIP",))
    life.invoice(brise, "8000.00", "2026-03-02")
    cove = life.invoice(life.bench.customer(name="Cove", country="GB"), "600.00", "2026-03-05")
    life.on("2026-03-10", lambda: life.bench.pay(cove))
    punctual = life.invoice(life.bench.customer(name="Delta", country="GB", groups=("VIP",)), "900.00", "2026-03-20")
    life.on("2026-03-18", lambda: life.bench.pay(punctual))
    life.invoice(life.bench.customer(name="Emerald", country="IE", currency="EUR"), "700.00", "2026-03-15")

    assert life.live() == expected(AGENCY)  # Emerald: 17 March is St Patrick's Day
    assert life.broken_promises() == {}


def test_a_wholesaler_with_plans(tmp_path) -> None:
    life = PolicyLife.begin(tmp_path, "wholesaler", hour=19)
    life.invoice(life.bench.customer(name="Acorn", **ALBANY), "1000.00", "2026-03-02")
    birch = life.bench.customer(name="Birch", **ALBANY)
    on_plan = life.invoice(birch, "300.00", "2026-02-20")
    cedar = life.bench.customer(name="Cedar", **ALBANY)
    with_credit = life.invoice(cedar, "500.00", "2026-02-25")
    life.bench.credit(cedar, "50.00")
    small = life.invoice(life.bench.customer(name="Dune", **ALBANY), "3.00", "2026-02-24")
    elk = life.invoice(life.bench.customer(name="Elk", **ALBANY), "400.00", "2026-03-20")
    life.on("2026-04-02", lambda: life.bench.pay(elk))
    life.refresh()
    parts = [Instalment(n, date(2026, 2 + n, 10), 100_00) for n in (1, 2, 3)]
    share = Share(InvoiceId(on_plan.guid), 300_00)
    life.bench.store.plans.make(ContactId(birch.guid), "USD", [share], parts, "owner", life.bench.now)
    life.on("2026-03-09", lambda: life.bench.pay(on_plan, "100.00"))

    assert life.live() == expected(WHOLESALER)
    assert (life.bench.why(with_credit), life.bench.why(small)) == (["account_covered_by_credit"], ["below_tolerance"])
    assert life.broken_promises() == {}


def test_a_gmbh_with_mahnstufen(tmp_path) -> None:
    life = PolicyLife.begin(tmp_path, "gmbh-mahnstufen")
    life.invoice(life.bench.customer(name="Adler", **MUNICH), "1000.00", "2026-02-27")
    life.invoice(life.bench.customer(name="Berger", email=None, **MUNICH), "200.00", "2026-03-13")
    life.invoice(life.bench.customer(name="Conti", **LYON), "500.00", "2026-03-16")
    dorn = life.invoice(life.bench.customer(name="Dorn", **MUNICH), "800.00", "2026-03-04")
    life.on("2026-03-11", lambda: life.bench.pay(dorn))
    life.invoice(life.bench.customer(name="Eder", **MUNICH), "300.00", "2026-03-20")

    assert life.live() == expected(GMBH)
    titles = {message.subject.partition(":")[0] for message in life.bench.channel.accepted}
    assert {"Zahlungserinnerung", "1. Mahnung"} <= titles, "each is called what the ledger's note calls its stage"
    assert not {"2. Mahnung", "Letzte Mahnung"} & titles, "these go as letters"
    assert life.broken_promises() == {}
    assert {letter.letter[:5] for letter in life.bench.letters.accepted} == {b"%PDF-"}
    assert life.bench.today == date(2026, 3, 2) + timedelta(days=60)
