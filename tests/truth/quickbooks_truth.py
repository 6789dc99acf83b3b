"""What the QuickBooks fidelity tests share: the face over real HTTP, a firm with every kind of record, and the truth.

The truth is Intuit's own schema and public recordings, kept outside the repository. JSON answers are turned into the
XML the schema describes, in the schema's own order, and validated there.
"""

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import uvicorn
import yaml
from lxml import etree
from starlette.applications import Starlette

from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Line
from connectors.sandbox.quickbooks.face import quickbooks_face
from connectors.sandbox.world import World

ROOT = Path(__file__).resolve().parents[2]
REALM = "9341453000000001"
START = datetime(2026, 3, 2, 17, 30, 15, 250_000, tzinfo=UTC)
NAMESPACE = "http://schema.intuit.com/finance/v3"
REDIRECT = "http://localhost:1/callback"
_XS = "{http://www.w3.org/2001/XMLSchema}"


def truth() -> Path:
    """The folder of recordings and schemas; the test is skipped, loudly, where it is absent."""
    folder = Path(os.environ.get("DUN_TRUTH_DIR", ROOT.parent / "shared" / "truth")) / "quickbooks"
    if not folder.is_dir():
        pytest.skip(f"NO TRUTH AT {folder}: fidelity to QuickBooks is not proven in this run (set DUN_TRUTH_DIR)")
    return folder


def recordings(name: str) -> list[Any]:
    """The JSON bodies of one VCR file."""
    tape = yaml.safe_load((truth() / "minimul-qbo_api" / "vcr" / name).read_text(encoding="utf-8"))
    return [json.loads(turn["response"]["body"]["string"]) for turn in tape["http_interactions"]]


def recorded_headers(name: str) -> dict[str, str]:
    tape = yaml.safe_load((truth() / "minimul-qbo_api" / "vcr" / name).read_text(encoding="utf-8"))
    return {key.lower(): value[0] for key, value in tape["http_interactions"][0]["response"]["headers"].items()}


def ruby(name: str) -> etree._Element:
    return etree.parse(truth() / "ruckus-quickbooks-ruby" / "fixtures" / name).getroot()


def company() -> World:
    """A world with one empty QuickBooks company and no limits."""
    clock = WorldClock(START)
    firm = Company("Acorn Joinery", "6f1d0c5e-2b7a-4c43-9e11-0000000000aa", REALM, "USD", "US", "America/New_York")
    return World(clock, {"quickbooks": Books(firm, clock)}, rate_limits=False)


def work(amount: str, tax: str = "0.00") -> list[Line]:
    return [Line("Joinery", Decimal(1), Decimal(amount), Decimal(tax))]


def furnished() -> World:
    """A firm that has lived: every state and kind of document this service can show."""
    world = company()
    books = world.companies["quickbooks"]
    day = date(2026, 1, 15)
    bakery = books.add_customer(
        "Bramble Bakery", email="till@bramble.example", first_name="Rae", last_name="Bramble", phone="555 0100",
        mobile="(520) 555-0111", fax="(520) 555-0112", region="AZ", groups=("Trade",),
        street="1 Mill Lane", city="Tucson", postcode="85701", country="US", cc=("books@bramble.example",),
    )  # fmt: skip
    job = books.add_customer("Oven hire", parent=bakery.id, email="oven@bramble.example", terms_days=15)
    abroad = books.add_customer("Café Été", currency="EUR", country="FR", city="Lyon")
    gone = books.add_customer("Gone Away Ltd", archived=True)
    loser = books.add_customer("Bramble Bakery (copy)")
    books.add_invoice(bakery, work("239.00", "19.12"), issued=day, number="1001", reference="PO 7", private_note="call")
    paid = books.add_invoice(bakery, work("100.00"), issued=day, sent_to_contact=True)
    part = books.add_invoice(job, work("80.50"), issued=day)
    credited = books.add_invoice(bakery, work("60.00"), issued=day, disputed=True)
    void = books.add_invoice(bakery, work("45.00"), issued=day, private_note="wrong price")
    deleted = books.add_invoice(bakery, work("12.00"), issued=day)
    books.add_invoice(abroad, work("1200.10"), issued=day, rate=Decimal("1.0884"), scheduled_payment=True)
    books.add_invoice(gone, work("5.00"), issued=day)
    books.add_invoice(bakery, work("700.00"), issued=day, bill=True)
    books.add_invoice(loser, work("9.99"), issued=day, billed_to=None)
    world.clock.advance(timedelta(days=1))
    books.pay(bakery, Decimal("150.00"), on=day, against={paid.id: Decimal("100.00"), part.id: Decimal("30.25")})
    books.credit(bakery, Decimal("33.00"), on=day, kind="prepayment")
    memo = books.credit(bakery, Decimal("25.00"), on=day)
    books.apply_credit(memo, credited, Decimal("10.00"), on=day)
    books.void_payment(books.pay(bakery, Decimal("7.00"), on=day))
    books.delete_payment(books.pay(bakery, Decimal("8.00"), on=day))
    books.void_invoice(void)
    books.delete_invoice(deleted)
    books.merge(loser, bakery)
    books.add_note(paid, "[dunning] step 1")
    return world


@dataclass
class Wire:
    """A connected client of the served face."""

    base: str
    world: World
    token: str
    refresh_token: str

    @property
    def books(self) -> Books:
        return self.world.companies["quickbooks"]

    @property
    def company_url(self) -> str:
        return f"{self.base}/v3/company/{self.books.company.realm}"

    def wait(self, by: timedelta) -> None:
        """Let time pass, with a fresh access token at the end of it."""
        self.world.clock.advance(by)
        answer = token_call(self.base, grant_type="refresh_token", refresh_token=self.refresh_token).json()
        self.token, self.refresh_token = answer["access_token"], answer["refresh_token"]

    def get(self, path: str, **params: str) -> requests.Response:
        return requests.get(self.company_url + path, params=params, headers=self._headers(), timeout=10)

    def post(self, path: str, body: object, **params: str) -> requests.Response:
        url = self.company_url + path
        return requests.post(url, json=body, params=params, headers=self._headers(), timeout=10)

    def ask(self, statement: str) -> requests.Response:
        headers = {**self._headers(), "Content-Type": "application/text"}
        return requests.post(self.company_url + "/query", data=statement.encode(), headers=headers, timeout=30)

    def rows(self, statement: str) -> list[Any]:
        answer = self.ask(statement)
        assert answer.status_code == 200, answer.text
        response = answer.json(parse_float=Decimal)["QueryResponse"]
        return next((value for value in response.values() if isinstance(value, list)), [])

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}


@contextmanager
def served(world: World) -> Iterator[str]:
    """The face alone on a loopback port; gives its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=list(quickbooks_face(world).routes))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True  # it ends by itself within a tenth of a second; nobody needs to wait for it


@contextmanager
def connected(world: World) -> Iterator[Wire]:
    """The face with a client that has been through consent."""
    with served(world) as base:
        tokens = trade_in(base, consent(base)["code"]).json()
        yield Wire(base, world, tokens["access_token"], tokens["refresh_token"])


def consent(base: str, **changed: str) -> dict[str, str]:
    """Press a button on the consent page; what comes back to the app in the redirect."""
    form = {
        "client_id": "app", "response_type": "code", "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": REDIRECT, "state": "opaque", "realm": REALM, "decision": "connect", **changed,
    }  # fmt: skip
    answer = requests.post(f"{base}/connect/oauth2", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return {key: value[0] for key, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def trade_in(base: str, code: str) -> requests.Response:
    return token_call(base, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)


def token_call(base: str, headers: dict[str, str] | None = None, **form: str) -> requests.Response:
    url = f"{base}/oauth2/v1/tokens/bearer"
    return requests.post(url, data=form, auth=("app", "secret"), headers=headers, timeout=10)


class Schema:
    """Intuit's XSD as a judge of JSON: which keys exist, in which order, of which type."""

    def __init__(self) -> None:
        folder = truth() / "intuit-php-sdk-xsd"
        self.validator = etree.XMLSchema(etree.parse(folder / "IntuitRestServiceDef.xsd"))
        self.types: dict[str, etree._Element] = {}
        self.elements: dict[str, str] = {}
        for name in ("IntuitNamesTypes", "IntuitBaseTypes", "Finance", "SalesTax", "Report", "IntuitRestServiceDef"):
            for node in etree.parse(folder / f"{name}.xsd").getroot():
                if node.tag in {f"{_XS}complexType", f"{_XS}simpleType"}:
                    self.types[node.get("name")] = node
                elif node.tag == f"{_XS}element":
                    self.elements[node.get("name")] = _local(node.get("type"))

    def problems(self, answer: Any) -> list[str]:
        """What the schema says against a whole JSON answer, unknown keys first."""
        root = etree.Element(f"{{{NAMESPACE}}}IntuitResponse", nsmap={None: NAMESPACE})
        unknown: list[str] = []
        self._fill(root, "IntuitResponse", answer, unknown)
        if unknown:
            return unknown
        self.validator.validate(root)
        return [str(error.message) for error in self.validator.error_log]

    def _fill(self, node: etree._Element, type_name: str, value: Any, unknown: list[str]) -> None:
        elements, attributes = self._parts(type_name)
        if not isinstance(value, dict):
            node.text = _text(value)
            return
        left = dict(value)
        for name in attributes & left.keys():
            node.set(name, _text(left.pop(name)))
        if "value" in left:
            node.text = _text(left.pop("value"))
        if "any" in left:
            for pair in left.pop("any"):
                self._append(node, pair["name"].split("}")[1], "NameValue", pair["value"], unknown)
        for name, inner in elements.items():
            if name == "IntuitObject":
                for entity in [key for key in left if key in self.elements]:
                    self._append(node, entity, self.elements[entity], left.pop(entity), unknown)
            elif name in left:
                self._append(node, name, inner, left.pop(name), unknown)
        unknown.extend(f"{type_name} has no {name}" for name in left)

    def _append(self, parent: etree._Element, name: str, type_name: str, value: Any, unknown: list[str]) -> None:
        for item in value if isinstance(value, list) else [value]:
            self._fill(etree.SubElement(parent, f"{{{NAMESPACE}}}{name}"), type_name, item, unknown)

    def _parts(self, type_name: str) -> tuple[dict[str, str], set[str]]:
        """Elements in order with their types, and attributes, base types first."""
        definition = self.types.get(type_name)
        if definition is None:
            return {}, set()
        elements: dict[str, str] = {}
        attributes: set[str] = set()
        extension = definition.find(f".//{_XS}extension")
        if extension is not None:
            elements, attributes = self._parts(_local(extension.get("base")))
        for node in definition.iter(f"{_XS}element", f"{_XS}attribute"):
            name = node.get("name") or _local(node.get("ref"))
            if node.tag == f"{_XS}attribute":
                attributes.add(name)
            else:
                elements[name] = _local(node.get("type") or name)
        return elements, attributes


def _local(name: str) -> str:
    return name.split(":")[-1]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def shape(value: Any) -> Any:
    """The skeleton of a JSON value: keys in order and the type of each leaf; a list by its first item."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def in_same_order(ours: list[str], recorded: list[str]) -> bool:
    """Whether the keys both have come in the same order."""
    shared = [key for key in ours if key in recorded]
    return shared == [key for key in recorded if key in ours]


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[78]:00")
ENVELOPE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-0[78]:00")
