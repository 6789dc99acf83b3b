"""An invoice in a currency that Dun does not know, as when one was dropped: nothing breaks, its amount is told."""

import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from page_desk import HOME, PageDesk, page_desk

from state.model import Invoice, InvoiceId

DROPPED = "ZZZ"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageDesk]:
    with page_desk(tmp_path_factory.mktemp("dropped"), customers=8) as made:
        yield made


@pytest.fixture(scope="module")
def invoice(desk: PageDesk) -> Invoice:
    waiting = json.loads(desk.dun("approve", "--json"))["reminders"]
    with desk.store() as store:
        found = next(filter(None, (store.mirror.invoice(InvoiceId(each["invoice_id"])) for each in waiting)))
        dropped = replace(found, currency=DROPPED)
        store.mirror.save_invoices([dropped])
    return dropped


@pytest.mark.parametrize(
    "path",
    [
        "/outbox",
        "/policy",
        "/policy/rewind",
        "/reports/forecast",
        "/reports/monthly",
        "/reports/aged-debt",
        "/reports/dso",
        "/reports/collection",
        "/reports/reminders",
        "/reports/rating",
    ],
)
def test_every_page_is_shown(desk: PageDesk, invoice: Invoice, path: str) -> None:
    assert desk.person().get(f"{HOME}{path}").status == 200


def test_its_own_page_and_its_customers_tell_the_amount(desk: PageDesk, invoice: Invoice) -> None:
    page = desk.person().get(f"{HOME}/invoice/{invoice.id}")

    assert page.status == desk.person().get(f"{HOME}/customer/{invoice.contact_id}").status == 200
    assert DROPPED in page.text


def test_the_forecast_names_what_it_leaves_out(desk: PageDesk, invoice: Invoice) -> None:
    said = desk.dun("report", "forecast")

    assert f"Left out: invoices in {DROPPED}, whose smallest unit is unknown." in said


def test_the_terminal_tells_its_story_and_what_comes(desk: PageDesk, invoice: Invoice) -> None:
    assert DROPPED in desk.dun("why", invoice.id)
    assert DROPPED in desk.dun("preview")
    assert DROPPED in desk.dun("approve")
