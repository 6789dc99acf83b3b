"""A running Xero face for tests: real HTTP on loopback, a small ledger, and a person who presses Allow.

It also reads the specification: OpenAPI schemas become JSON Schema, and their property names a vocabulary.
"""

import base64
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import uvicorn
import yaml
from starlette.applications import Starlette

from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Line
from connectors.sandbox.world import World
from connectors.sandbox.xero.face import xero_face

ROOT = Path(__file__).parents[2]
CALLBACK = "http://localhost:9/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = "offline_access accounting.invoices accounting.payments.read accounting.contacts.read accounting.settings.read"
START = datetime(2026, 3, 2, 8, 30, 15, 123_000, tzinfo=UTC)


def truth(*parts: str) -> Path:
    """A file of the recordings and specifications; the test is skipped, loudly, where they are not at hand."""
    base = Path(os.environ.get("DUN_TRUTH_DIR", ROOT.parent / "shared" / "truth")) / "xero"
    if not base.is_dir():
        pytest.skip("NOT CHECKED AGAINST THE TRUTH: set DUN_TRUTH_DIR to the folder of recordings and specifications")
    return base.joinpath(*parts)


# -- a world ----------------------------------------------------------------------------------------------------------


def empty_world(**switches: str) -> World:
    company = Company("Brightwater Joinery Ltd", "6f1b0d2e-3c44-4f6a-9a53-0d5a2c6f7b10", "9130001", currency="GBP")
    clock = WorldClock(START)
    named = {f"xero.{name}": value for name, value in switches.items()}
    return World(clock, {"xero": Books(company, clock)}, switches=named, rate_limits=False)


def line(amount: str, tax: str = "0.00") -> Line:
    return Line("Oak shelving, fitted", Decimal(2), Decimal(amount) / 2, Decimal(tax))


def peopled_world(**switches: str) -> World:
    """A ledger with one of everything a page can hold."""
    world = empty_world(**switches)
    books, day = world.companies["xero"], date(2026, 2, 1)
    world.companies["xero"].company.closed_until = date(2025, 3, 31)
    anna = books.add_customer(
        "Anna Quill & Söhne",
        email="anna@quill.example",
        first_name="Anna",
        cc=("post@quill.example",),
        street="Unit 4\n1 Mill Ln",
        region="Fenshire",
        mobile="+44 7700 900123",
        phone="01632 960456",
        fax="01632 960999",
        groups=("Trade", "Key accounts"),
    )
    bare = books.add_customer("No Address Traders")
    world.clock.advance(timedelta(minutes=3, milliseconds=7))
    invoices = [books.add_invoice(anna, [line("100.00", "20.00"), line("7.50")], issued=day) for _ in range(6)]
    euros = books.add_invoice(bare, [line("80.00")], issued=day, currency="EUR", rate=Decimal("1.17"))
    books.add_invoice(bare, [line("64.00")], issued=day, bill=True, number="SUP-77")
    draft = books.add_invoice(bare, [line("10.00")], issued=day, state="draft", due=None)
    world.clock.advance(timedelta(minutes=3, milliseconds=7))
    paid, batched_a, batched_b, credited, voided, open_ = invoices
    books.pay(anna, paid.total, on=day, against={paid.id: paid.total})
    books.pay(anna, Decimal("50.00"), on=day, against={batched_a.id: Decimal(20), batched_b.id: Decimal(30)})
    gone = books.pay(anna, Decimal("5.00"), on=day, against={open_.id: Decimal(5)})
    books.pay(bare, Decimal("91.00"), on=day, against={euros.id: euros.total})
    world.clock.advance(timedelta(minutes=3, milliseconds=7))
    note = books.credit(anna, Decimal("60.00"), on=day + timedelta(days=9))
    books.apply_credit(note, credited, Decimal("40.00"), on=day + timedelta(days=12))
    books.apply_credit(
        books.credit(anna, credited.due_amount, on=day + timedelta(days=10)),
        credited,
        credited.due_amount,
        on=day + timedelta(days=13),
    )
    over = books.credit(anna, Decimal("12.00"), on=day, kind="overpayment")
    books.apply_credit(over, open_, Decimal("2.00"), on=day)
    books.credit(bare, Decimal("33.00"), on=day, kind="prepayment")
    books.delete_payment(gone)
    books.void_invoice(voided)
    books.delete_invoice(draft)
    books.add_invoice(bare, [line("11.00")], issued=day, state="draft", due=None)
    old = books.add_customer("Quill, Anna (old)")
    books.merge(old, anna)
    books.add_note(paid, "Thank you")
    books.edit_invoice(batched_a, expected=day + timedelta(days=45), sent_to_contact=True)
    return world


# -- a server ---------------------------------------------------------------------------------------------------------


@dataclass
class Tenant:
    """A connected app: where the face is and what to send along."""

    url: str
    world: World
    access: str
    tenant: str

    @property
    def books(self) -> Books:
        return self.world.companies["xero"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}", "xero-tenant-id": self.tenant, "Accept": "application/json"}

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        url = f"{self.url}/api.xro/2.0/{path}"
        return requests.request(method, url, headers=self.headers | (headers or {}), timeout=10, **more)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.send("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)


@contextmanager
def served(world: World) -> Iterator[str]:
    """The face on a free port of this machine."""
    app = Starlette(routes=list(xero_face(world).routes))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True  # it stops by itself; nobody needs to wait for it


@contextmanager
def connected(world: World, scopes: str = SCOPES) -> Iterator[Tenant]:
    """The face, with an app that has been let in."""
    with served(world) as url:
        code = press_allow(url, scopes)
        tokens = redeem(url, code).json()
        yield Tenant(url, world, tokens["access_token"], world.companies["xero"].company.guid)


def authorize_query(scopes: str = SCOPES, **changes: str | None) -> dict[str, str]:
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "app-1",
        "redirect_uri": CALLBACK,
        "scope": scopes,
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


def press(url: str, decision: str, asked: dict[str, str]) -> dict[str, str]:
    """Open the consent page, fill in its form as a browser would, press a button; gives the redirect's parameters."""
    page = requests.get(f"{url}/identity/connect/authorize", params=asked, timeout=10)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    tenants = re.findall(r'name="tenantId" value="([^"]+)"', page.text)
    action = re.findall(r'<form method="post" action="([^"]+)">', page.text)[0]
    form |= {"tenantId": tenants[0], "decision": decision}
    answer = requests.post(url + action, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def press_allow(url: str, scopes: str = SCOPES, **changes: str | None) -> str:
    return press(url, "allow", authorize_query(scopes, **changes))["code"]


def redeem(url: str, code: str, **changes: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": "app-1"}
    return requests.post(f"{url}/connect/token", data=form | {"code_verifier": VERIFIER} | changes, timeout=10)


# -- the specification ------------------------------------------------------------------------------------------------


class _StringLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Leaves timestamps alone: the specification's examples are strings."""


_StringLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _StringLoader.yaml_implicit_resolvers.items()
}


@lru_cache
def specification(name: str) -> Any:
    return yaml.load(truth("openapi", name).read_text(), Loader=_StringLoader)  # noqa: S506 - builds what SafeLoader does


def json_schema(name: str, specification_name: str = "xero_accounting.yaml") -> dict[str, Any]:
    """A component as a JSON Schema that stands by itself."""
    schemas = specification(specification_name)["components"]["schemas"]
    return {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _plain(schemas)}}


def _plain(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: siblings of $ref do not count, nullable is a type, formats are not asserted."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and isinstance(node["$ref"], str):
        return {"$ref": node["$ref"]}
    kept = {key: _plain(value) for key, value in node.items() if key not in {"example", "format", "nullable"}}
    if node.get("nullable") is True and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    return kept


def words_of(node: Any) -> set[str]:
    """Every key that occurs anywhere in a JSON document."""
    if isinstance(node, dict):
        return set(node).union(*(words_of(value) for value in node.values()))
    return set().union(*(words_of(item) for item in node)) if isinstance(node, list) else set()


@lru_cache
def vocabulary() -> frozenset[str]:
    """Every key that the specification or one of its examples knows."""
    known: set[str] = set()
    for schema in specification("xero_accounting.yaml")["components"]["schemas"].values():
        known |= set(schema.get("properties", ()))
    for sample in truth("samples", "oas-examples").glob("*.json"):
        known |= words_of(json.loads(sample.read_text()))
    return frozenset(known)
