"""A charge is looked for before it is written, and a lost answer never makes a second one."""

import json
from datetime import date
from typing import Any

import pytest

from connectors.ledger import BadData, ChargeLine, NewCharge, Outage, Refused
from connectors.quickbooks import charges
from state.model import ContactId

CHARGE = NewCharge(
    mark="[dun-charge:A]",
    key="dun-charge-A",
    contact_id=ContactId("7"),
    currency="USD",
    day=date(2026, 3, 2),
    lines=(ChargeLine("Interest", 123456789),),
    account="18",
)


def found(wire: Any, *rows: dict[str, Any]) -> Any:
    return wire.json({"QueryResponse": {"Invoice": list(rows)} if rows else {}, "time": wire.time})


@pytest.fixture
def raised(ledger: Any) -> Any:
    """Raise it as the company of `country` would."""
    return lambda country="US": charges.raise_charge(ledger._client, CHARGE, country)


def test_the_look_goes_to_the_customers_invoices_of_that_day(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire, {"Id": "9", "PrivateNote": "something [dun-charge:A]"})]

    assert raised() == "9"
    [look] = server.seen
    assert look.queries == ["SELECT * FROM Invoice WHERE CustomerRef = '7' AND TxnDate = '2026-03-02' MAXRESULTS 1000"]


def test_what_is_not_there_is_written_with_its_key_exact_and_untaxed(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire, {"Id": "8"}), wire.json({"Invoice": {"Id": "9"}, "time": wire.time})]

    assert raised() == "9"
    _, post = server.seen
    assert (post.path.rsplit("/", 1)[1], post.params["requestid"]) == ("invoice", "dun-charge-A")
    assert '"Amount":1234567.89' in post.body
    sent = json.loads(post.body)
    assert sent["PrivateNote"] == "[dun-charge:A]"
    assert sent["Line"][0]["SalesItemLineDetail"] == {"ItemRef": {"value": "18"}, "TaxCodeRef": {"value": "NON"}}
    assert not {"DueDate", "GlobalTaxCalculation"} & set(sent)


def test_outside_the_united_states_tax_does_not_apply(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire), wire.json({"Invoice": {"Id": "9"}, "time": wire.time})]

    raised("GB")

    sent = json.loads(server.seen[1].body)
    assert sent["GlobalTaxCalculation"] == "NotApplicable"
    assert sent["Line"][0]["SalesItemLineDetail"] == {"ItemRef": {"value": "18"}}


def test_an_answer_that_breaks_off_is_an_outage_and_nothing_is_repeated(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire), wire.answer(200, b'{"Invoice": {', cut_after=5)]

    with pytest.raises(Outage):
        raised()
    assert len(server.seen) == 2


def test_an_answer_without_an_id_proves_nothing(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire), wire.json({"Invoice": {}, "time": wire.time})]

    with pytest.raises(Outage, match="may or may not be there"):
        raised()


def test_a_refusal_is_a_refusal(server: Any, wire: Any, raised: Any) -> None:
    fault = {"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": "6000"}], "type": "ValidationFault"}}
    server.script = [found(wire), wire.json({**fault, "time": wire.time}, 400)]

    with pytest.raises(Refused):
        raised()


def test_a_look_that_cannot_see_everything_writes_nothing(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire, *({"Id": str(number)} for number in range(1000)))]

    with pytest.raises(BadData, match="cannot be found"):
        raised()
    assert len(server.seen) == 1


def refuses(wire: Any, code: str) -> Any:
    fault = {"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": code}], "type": "ValidationFault"}}
    return wire.json({**fault, "time": wire.time}, 400)


@pytest.mark.parametrize("code", ["610", "2500"])
def test_a_refusal_for_what_the_invoice_names_tells_the_item_and_its_key(
    server: Any, wire: Any, raised: Any, code: str
) -> None:
    server.script = [found(wire), refuses(wire, code)]

    with pytest.raises(Refused, match=r"product or service 18 \(`item` in \[charges\]\)"):
        raised()


def test_a_closed_period_is_not_blamed_on_the_item(server: Any, wire: Any, raised: Any) -> None:
    server.script = [found(wire), refuses(wire, "6210")]

    with pytest.raises(Refused, match="period is closed") as caught:
        raised()
    assert "[charges]" not in str(caught.value)
