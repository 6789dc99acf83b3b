"""`dun holds`: whatever keeps somebody from being asked is on one list, with the command that ends it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from unit.state.examples import AT, an_invoice

from state.store import TenantStore

NEXT = f"{datetime.now(UTC).year + 5}-01-31"  # of the real clock, as the commands go by it


def listed(office: Any, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.data("holds", *arguments)["holds"]
    return found


def test_nothing_on_the_list_is_told_in_words(office: Any) -> None:
    assert office.told("holds") == "Nothing is held, promised, disputed, planned or spared."


@pytest.mark.parametrize(
    ("deed", "kind", "minor"),
    [
        (["hold", "INV-1", "--until", NEXT, "--note", "so said Jo"], "hold", 600_00),
        (["hold", "--customer", "Buyer plc", "--note", "so said Jo"], "hold", 800_00),
        (["hold", "--everything", "--tenant", "north", "--note", "so said Jo"], "hold", None),
        (["defer", "INV-1", "--until", NEXT, "--reason", "so said Jo"], "deferral", 600_00),
        (["promise", "INV-1", "--on", NEXT, "--amount", "50", "--note", "so said Jo"], "promise", 50_00),
        (["dispute", "INV-1", "--amount", "40", "--reason", "so said Jo"], "dispute", 40_00),
        (["dispute", "INV-1", "--reason", "so said Jo"], "dispute", 600_00),
        (["customer", "Buyer plc", "--do-not-chase", "so said Jo"], "do_not_chase", 800_00),
        (["write-off", "propose", "INV-1", "--reason", "so said Jo"], "hold", 600_00),
    ],
)
def test_each_is_listed_with_who_and_how_much_and_ends_by_its_command(
    office: Any, deed: list[str], kind: str, minor: int | None
) -> None:
    office.told(*deed)

    [row] = listed(office)

    assert (row["kind"], row["by"]) == (kind, "ada")
    assert [each["minor"] for each in row["amounts"]] == ([] if minor is None else [minor])
    words = {"OUTCOME": "...", "TEXT": "..."}
    command = row["ends_with"].replace("'Buyer plc'", "Buyer_plc").split()
    office.told(*(words.get(word, word).replace("Buyer_plc", "Buyer plc") for word in command[1:]))
    assert listed(office) == []


def test_the_reason_and_the_day_are_told(office: Any) -> None:
    office.told("defer", "INV-1", "--until", NEXT, "--reason", "flood in their warehouse")

    told = office.told("holds")

    assert "north: deferral, invoice INV-1 of Buyer plc, 600.00 GBP since" in told
    assert f"by ada, until {NEXT}; ada sees to it; flood in their warehouse ends with: dun release INV-1" in told


def test_a_plan_is_listed_until_it_is_cancelled(office: Any) -> None:
    office.told("plan", "make", "Buyer plc", "--instalments", "2", "--first", "2034-01-02")

    [plan] = listed(office, "--kind", "plan")

    assert (plan["amounts"], plan["until"]) == ([{"minor": 800_00, "currency": "GBP"}], "2034-02-02")
    assert plan["ends_with"] == "dun plan cancel 'Buyer plc'"


def test_what_the_ledger_says_is_listed_as_the_ledgers(office: Any, north: TenantStore) -> None:
    north.mirror.save_invoices([an_invoice("inv-1", contact_id="buyer", expected_on=date.fromisoformat(NEXT))])

    [row] = listed(office)

    assert (row["kind"], row["by"], row["until"], row["ends_with"]) == ("promise", "the ledger", NEXT, "in the ledger")


def test_a_mark_in_the_ledger_stands_until_it_is_taken_off_there(office: Any, north: TenantStore) -> None:
    north.mirror.save_invoices([an_invoice("inv-1", contact_id="buyer", disputed=True)])

    assert "by the ledger, until it is changed there; disputed" in office.told("holds")


def test_a_mark_in_the_ledger_belongs_to_whose_customer_it_is(office: Any, north: TenantStore) -> None:
    north.mirror.save_invoices([an_invoice("inv-1", contact_id="buyer", disputed=True)])
    office.told("customer", "Buyer plc", "--owner", "grace")

    assert [row["owner"] for row in listed(office)] == ["grace"]


def test_one_invoice_is_told_as_one(office: Any) -> None:
    office.told("plan", "make", "Buyer plc", "--invoices", "INV-2", "--instalments", "2", "--first", "2034-01-02")

    [plan] = listed(office, "--kind", "plan")

    assert plan["why"] == "2 instalments for 1 invoice"


def test_an_agencys_hold_is_ended_by_returning_the_case(office: Any, north: TenantStore) -> None:
    north.handovers.record(["inv-1"], "Northern Collections", "0" * 64, "grace", AT)
    north.holds.place("invoice", "inv-1", "handed_over", None, None, AT, "Northern Collections")

    [row] = listed(office)

    assert (row["owner"], row["by"]) == ("Northern Collections", "grace")
    assert row["ends_with"] == "dun handover --return INV-1"


def test_the_list_can_be_that_of_one_person(office: Any) -> None:
    office.told("hold", "INV-1", "--owner", "grace")
    office.told("hold", "inv-2")

    assert [row["invoice"] for row in listed(office, "--owner", "grace")] == ["INV-1"]
