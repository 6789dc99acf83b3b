"""Apps as small as they can be, to meet the sandbox from outside: consent, refresh, one call. Nothing of Dun's."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connectors.sandbox.documents import Company

BACK = "http://localhost:8484/callback"
_CHALLENGE, _VERIFIER = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@dataclass
class XeroApp:
    """A public client that has been let into some organisations."""

    url: str
    tenants: list[str]
    access: str = ""
    token: str = ""

    @classmethod
    def connected(cls, url: str, *companies: Company, scope: str = "offline_access accounting.settings") -> "XeroApp":
        app = cls(url, [company.guid for company in companies])
        asked = {"response_type": "code", "client_id": "app", "redirect_uri": BACK, "scope": scope, "state": "s"}
        asked |= {"code_challenge": _CHALLENGE, "code_challenge_method": "S256", "decision": "allow"}
        form: dict[str, Any] = {**asked, "tenantId": app.tenants}
        page = f"{url}/identity/connect/authorize"
        code = _code(requests.post(page, data=form, allow_redirects=False, timeout=10))
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": _VERIFIER}
        app.keep(app.ask(given | {"client_id": "app", "redirect_uri": BACK}))
        return app

    def refresh(self, token: str | None = None) -> requests.Response:
        return self.ask({"grant_type": "refresh_token", "refresh_token": token or self.token, "client_id": "app"})

    def ask(self, form: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.url}/connect/token", data=form, timeout=10)

    def keep(self, answer: requests.Response) -> None:
        assert answer.status_code == 200, answer.text
        self.access, self.token = answer.json()["access_token"], answer.json()["refresh_token"]

    def call(self, place: int = 0, path: str = "Organisation") -> requests.Response:
        url = f"{self.url}/api.xro/2.0/{path}"
        return requests.get(url, headers=self.headers | {"xero-tenant-id": self.tenants[place]}, timeout=10)

    def connections(self) -> list[dict[str, str]]:
        shown: list[dict[str, str]] = requests.get(f"{self.url}/connections", headers=self.headers, timeout=10).json()
        return shown

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}", "Accept": "application/json"}


@dataclass
class QuickBooksApp:
    """A client with a secret that has been let into one company."""

    url: str
    realm: str
    access: str = ""
    token: str = ""

    @classmethod
    def connected(cls, url: str, company: Company) -> "QuickBooksApp":
        app = cls(url, company.realm)
        asked = {"response_type": "code", "client_id": "app", "redirect_uri": BACK, "state": "s", "decision": "connect"}
        asked |= {"scope": "com.intuit.quickbooks.accounting", "realm": company.realm}
        code = _code(requests.post(f"{url}/connect/oauth2", data=asked, allow_redirects=False, timeout=10))
        app.keep(app.ask({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}))
        return app

    def refresh(self, token: str | None = None) -> requests.Response:
        return self.ask({"grant_type": "refresh_token", "refresh_token": token or self.token})

    def ask(self, form: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.url}/oauth2/v1/tokens/bearer", data=form, auth=("app", "secret"), timeout=10)

    def keep(self, answer: requests.Response) -> None:
        assert answer.status_code == 200, answer.text
        self.access, self.token = answer.json()["access_token"], answer.json()["refresh_token"]

    def call(self) -> requests.Response:
        url = f"{self.url}/v3/company/{self.realm}/companyinfo/{self.realm}"
        return requests.get(url, headers={"Authorization": f"Bearer {self.access}"}, timeout=10)

    def revoke(self, token: str) -> requests.Response:
        url = f"{self.url}/v2/oauth2/tokens/revoke"
        return requests.post(url, json={"token": token}, auth=("app", "secret"), timeout=10)


def _code(answer: requests.Response) -> str:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
