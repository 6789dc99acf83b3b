"""The remembered orderings: whatever happens to the books, a list is what a fresh look at them would give."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth.xero_truth import empty_world, line

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.world import World
from connectors.sandbox.xero import desk as desks
from connectors.sandbox.xero.desk import Desk
from connectors.sandbox.xero.rows import Row

NO_LAG = timedelta(0)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "edit", "edit silently", "pass", "look"]), st.integers(0, 20)))


def step(world: World, books: Books, desk: Desk, action: str, number: int) -> None:
    invoices = list(books.invoices.values())
    if action == "add":
        books.add_invoice(next(iter(books.customers.values())), [line("10.00")], issued=date(2026, 1, 1))
    elif action == "pass":
        world.clock.advance(timedelta(milliseconds=700 * number))
    elif action == "look":
        desk.rows("Invoices", NO_LAG)
        desk.select("Invoices", NO_LAG, None, odd, "odd")
    elif invoices:
        books.edit_invoice(invoices[number % len(invoices)], silently=action == "edit silently", reference="x")


def odd(row: Row) -> bool:
    return isinstance(row, Invoice) and row.id % 2 == 1


@pytest.fixture(autouse=True)
def every_tail_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_SMALL_TAIL", 0)


@given(STEPS)
def test_a_remembered_list_is_a_fresh_one(steps: list[tuple[str, int]]) -> None:
    world = empty_world()
    books = world.companies["xero"]
    books.add_customer("Anna")
    desk = Desk(books)
    for action, number in steps:
        step(world, books, desk, action, number)
    assert desk.rows("Invoices", NO_LAG) == Desk(books).rows("Invoices", NO_LAG)
    since = world.clock.now() - timedelta(seconds=2)
    expected = [row for row in Desk(books).rows("Invoices", NO_LAG) if row.updated >= since and odd(row)]
    assert desk.select("Invoices", NO_LAG, since, odd, "odd") == expected
