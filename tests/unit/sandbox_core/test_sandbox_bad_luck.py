"""Random faults: the share that was asked for, the same for the same seed, and never where they would not belong."""

from collections import Counter
from collections.abc import Callable

import pytest
import requests
from sandbox_apps import QuickBooksApp, XeroApp

from connectors.sandbox.chance import KINDS, Chance
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Face, World

API, TOKEN = "/api.xro/2.0/Invoices", "/connect/token"


@pytest.fixture
def fates(firms: World) -> Callable[..., list[str | None]]:
    """The fates of calls with these switches, drawn without a server: `fates(400, share="0.05")`."""

    def drawn(
        count: int, *, share: str, seed: str = "s", company: str = "c", path: str = API, face: str = "xero"
    ) -> list[str | None]:
        firms.switches |= {"random_faults": share, "random_faults_seed": seed}
        chance, served = Chance(firms), Face(face, [], lambda *_: None)
        faults = (chance.fault(served, path, company, f"GET {path}") for _ in range(count))
        return [fault.kind if fault is not None else None for fault in faults]

    return drawn


def test_the_share_is_the_one_that_was_asked_for(fates: Callable[..., list[str | None]]) -> None:
    unlucky = sum(kind is not None for kind in fates(4_000, share="0.05"))
    assert 150 <= unlucky <= 250


def test_every_kind_turns_up(fates: Callable[..., list[str | None]]) -> None:
    assert {kind for kind in fates(1_000, share="0.2") if kind} == set(KINDS)


def test_the_same_seed_gives_the_same_fates_and_another_seed_others(fates: Callable[..., list[str | None]]) -> None:
    first, again, other = (fates(200, share="0.2", seed=seed) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_what_happens_to_one_company_does_not_depend_on_its_neighbours_calls(firms: World) -> None:
    firms.switches["random_faults"] = "0.2"
    face = Face("xero", [], lambda *_: None)

    def fates_of(chance: Chance, *, disturbed: bool) -> list[bool]:
        fates = []
        for _ in range(100):
            if disturbed:
                chance.fault(face, API, "neighbour", "GET")
            fates.append(chance.fault(face, API, "mine", "GET") is not None)
        return fates

    assert fates_of(Chance(firms), disturbed=True) == fates_of(Chance(firms), disturbed=False)


@pytest.mark.parametrize(
    ("face", "path", "unlucky"),
    [
        ("xero", API, True),
        ("xero", TOKEN, True),
        ("xero", "/connections", True),
        ("xero", "/identity/connect/authorize", False),
        ("quickbooks", "/v3/company/1/query", True),
        ("quickbooks", "/oauth2/v1/tokens/bearer", True),
        ("quickbooks", "/connect/oauth2", False),
        ("sendgrid", "/v3/mail/send", False),
    ],
)
def test_only_calls_of_the_ledgers_and_for_tokens_are_unlucky(
    fates: Callable[..., list[str | None]], face: str, path: str, unlucky: bool
) -> None:
    assert (fates(1, share="1", face=face, path=path) != [None]) is unlucky


def test_sendgrid_can_be_added(firms: World, fates: Callable[..., list[str | None]]) -> None:
    firms.switches["random_faults_faces"] = "sendgrid"
    assert fates(1, share="1", face="sendgrid", path="/v3/mail/send") != [None]
    assert fates(1, share="1") == [None]


def test_the_control_api_and_the_consent_pages_are_spared(peopled: RunningSandbox, firms: World) -> None:
    app = QuickBooksApp.connected(peopled.url, firms.companies["quickbooks"].company)
    firms.switches["random_faults"] = "1"
    assert [requests.get(f"{peopled.url}/_books/clock", timeout=10).status_code for _ in range(5)] == [200] * 5
    page = {"client_id": "app", "redirect_uri": "http://localhost:1/", "scope": "com.intuit.quickbooks.accounting"}
    assert requests.get(f"{peopled.url}/connect/oauth2", params=page, timeout=10).status_code == 200
    firms.switches["random_faults"] = "0"
    assert app.call().status_code == 200


def test_bad_luck_over_http_is_counted_by_kind_and_loses_no_connection(peopled: RunningSandbox, firms: World) -> None:
    app = XeroApp.connected(peopled.url, firms.companies["xero"].company)
    firms.switches |= {"random_faults": "0.5", "xero.minute_limit": "1000"}
    outcomes: Counter[str] = Counter()
    for _ in range(40):
        try:
            answer = app.refresh()
            answer.json()
        except requests.RequestException:
            outcomes["no answer"] += 1
        else:
            outcomes[str(answer.status_code)] += 1
            app.keep(answer)
    shown = requests.get(f"{peopled.url}/_books/audit", timeout=10).json()
    assert outcomes["200"] > 5
    assert outcomes["no answer"] > 5
    assert sum(shown["random_faults"].values()) >= outcomes["no answer"]
    assert (shown["totals"]["double_refreshes"], shown["totals"]["invalid_grants"]) == (0, 0)
    assert shown["totals"]["lost_answers"] > 0
