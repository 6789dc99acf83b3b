"""Seeded books look like a small firm's ledger, and are the same every time."""

import re
import statistics
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice, Line
from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage, addresses_in
from connectors.sandbox.setup import build_world, live_one_day
from connectors.sandbox.world import World

START = datetime(2026, 9, 1, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world("firm", START, ("xero", "quickbooks"))


@pytest.fixture(params=["xero", "quickbooks"])
def seeded(world: World, request: pytest.FixtureRequest) -> Books:
    return world.companies[request.param]


def sales(books: Books) -> list[Invoice]:
    return [invoice for invoice in books.invoices.values() if not invoice.bill]


def lateness(books: Books) -> dict[int, list[int]]:
    """Days from due date to last payment of every paid invoice, by customer."""
    days: dict[int, list[int]] = defaultdict(list)
    for invoice in sales(books):
        paid = [a.on for a in invoice.allocations if a.source == "payment"]
        if invoice.settled and paid and invoice.due is not None:
            days[invoice.customer_id].append((max(paid) - invoice.due).days)
    return days


def dump(world: World) -> str:
    return repr(
        [
            (ledger, books.company, books.customers, books.invoices, books.payments, books.credits, books.tombstones)
            for ledger, books in world.companies.items()
        ]
    )


def test_the_same_seed_gives_the_same_books_to_the_byte_and_another_seed_others(world: World) -> None:
    again = build_world("firm", START, ("xero", "quickbooks"))
    assert dump(again) == dump(world)
    assert dump(build_world("other", START, ("xero", "quickbooks"))) != dump(world)


def test_a_company_does_not_depend_on_its_neighbour(world: World) -> None:
    alone = build_world("firm", START, ("quickbooks",))
    assert repr(alone.companies["quickbooks"].invoices) == repr(world.companies["quickbooks"].invoices)


def test_the_size_is_that_of_a_small_firm(seeded: Books) -> None:
    assert 150 <= len(seeded.customers) <= 200
    assert 1_400 <= len(sales(seeded)) <= 2_600
    still_open = [i for i in sales(seeded) if i.state == "open" and i.due_amount > 0]
    assert 0.02 <= len(still_open) / len(sales(seeded)) <= 0.12


def test_payment_days_are_spread_as_in_real_ledgers(seeded: Books) -> None:
    days = sorted(day for of_one in lateness(seeded).values() for day in of_one)
    late = sum(day > 0 for day in days) / len(days)
    very_late = sum(day > 30 for day in days) / len(days)
    assert 0.30 <= late <= 0.55
    assert 0.003 <= very_late <= 0.06
    assert -3 <= statistics.median(days) <= 3
    assert 8 <= statistics.pstdev(days) <= 16


def test_who_the_customer_is_explains_about_half_of_the_lateness(seeded: Books) -> None:
    groups = [of_one for of_one in lateness(seeded).values() if len(of_one) > 1]
    everything = [day for of_one in groups for day in of_one]
    mean = statistics.fmean(everything)
    between = sum(len(of_one) * (statistics.fmean(of_one) - mean) ** 2 for of_one in groups)
    assert 0.28 <= between / sum((day - mean) ** 2 for day in everything) <= 0.65


def test_ten_customers_make_about_two_fifths_of_the_turnover(seeded: Books) -> None:
    turnover: Counter[int] = Counter()
    for invoice in sales(seeded):
        turnover[invoice.customer_id] += int(invoice.total)
    share = sum(amount for _, amount in turnover.most_common(10)) / turnover.total()
    assert 0.3 <= share <= 0.55


def test_one_invoice_in_eight_is_paid_in_parts(seeded: Books) -> None:
    in_parts = sum(sum(a.source == "payment" for a in i.allocations) > 1 for i in sales(seeded))
    assert 0.07 <= in_parts / len(sales(seeded)) <= 0.17


def test_addresses_are_missing_odd_and_never_real(seeded: Books) -> None:
    customers = list(seeded.customers.values())
    missing = sum(customer.email is None for customer in customers) / len(customers)
    assert 0.08 <= missing <= 0.25
    reserved = (".example", ".example.com", ".example.org", ".example.net")
    for customer in customers:
        for address in addresses_in(customer.email) | {a for typed in customer.cc for a in addresses_in(typed)}:
            assert address.rstrip(".").endswith(reserved), address


def test_no_telephone_number_rings_at_anybodys(seeded: Books) -> None:
    free = re.compile(
        r"07700 900\d{3}|\+44 7700 900\d{3}|01632 960\d{3}|020 912 0\d{3}|030 23125 \d{3}|(01 99 00|06 39 98) \d\d \d\d"
        r"|(\(212\)|613|\+1 646|\+1 416) 555[ -]01\d\d|0152 28817386|(\+49 |0)172 99(25904|68532)|0174 9091317"
    )
    numbers = [n for c in seeded.customers.values() for n in (c.mobile, c.phone, c.fax) if n is not None]
    assert len(numbers) > 50
    assert [number for number in numbers if not free.fullmatch(number)] == []


def test_some_customers_have_what_others_lack(seeded: Books) -> None:
    customers = [customer for customer in seeded.customers.values() if customer.parent is None]
    for fact in ("mobile", "phone", "street", "postcode", "groups"):
        share = sum(bool(getattr(customer, fact)) for customer in customers) / len(customers)
        assert 0.2 < share < 0.97, fact
    assert any("\n" in (customer.street or "") for customer in customers)


def test_customers_are_at_home_in_many_countries(world: World) -> None:
    countries = {customer.country for books in world.companies.values() for customer in books.customers.values()}
    assert countries >= {"GB", "US", "CA", "DE", "FR", "NL", "ES", "CH"}


def test_everything_that_can_happen_has_happened(world: World) -> None:
    xero, quickbooks = world.companies["xero"], world.companies["quickbooks"]
    for books in (xero, quickbooks):
        assert {i.state for i in sales(books)} >= {"open", "void"}
        assert len({c.currency for c in books.customers.values()}) == 3
        assert len({i.currency for i in sales(books)}) == 3
        assert any(c.merged_into for c in books.customers.values())
        assert any(c.archived and not c.merged_into for c in books.customers.values())
        assert any(i.due is None for i in sales(books))
        assert any(p.deleted for p in books.payments.values())
        assert books.loose()
    assert {c.kind for c in xero.credits.values()} == {"credit_note", "overpayment", "prepayment"}
    assert any(i.bill for i in xero.invoices.values())
    assert any(i.expected for i in xero.invoices.values())
    assert any(c.parent for c in quickbooks.customers.values())
    assert any(p.unapplied > 0 for p in quickbooks.payments.values())
    assert any(i.state == "deleted" for i in quickbooks.invoices.values())


def test_documents_appear_in_order_of_time_and_before_the_world_begins(seeded: Books) -> None:
    created = [invoice.created for invoice in seeded.invoices.values()]
    assert created == sorted(created)
    assert max(i.updated for i in seeded.invoices.values()) <= START
    assert created[0] < START - timedelta(days=500)
    assert len({c.replace(microsecond=0) for c in created}) > len(created) * 0.9


def test_what_is_due_is_what_is_left(seeded: Books) -> None:
    for invoice in seeded.invoices.values():
        if invoice.state == "open":
            assert invoice.due_amount == invoice.total - invoice.paid - invoice.credited >= Decimal(0)


def test_life_goes_its_way_whatever_is_written_into_notes() -> None:
    worlds = [build_world("life", START, ("xero",)) for _ in range(2)]
    for number in range(14):
        for noisy, world in enumerate(worlds):
            books = world.companies["xero"]
            world.clock.advance(timedelta(days=1))
            live_one_day(world)
            if noisy:
                books.add_note(next(iter(books.invoices.values())), f"note {number}")
    assert dump(worlds[0]) == dump(worlds[1])


def test_sixty_days_bring_payments_credits_and_new_invoices() -> None:
    world = build_world("life", START, ("quickbooks",))
    told: list[str] = []
    for _ in range(60):
        world.clock.advance(timedelta(days=1))
        told += live_one_day(world)["quickbooks"]
    for word in ("written", "paid on", "credit of", "applied to", "voided", "not applied", "new address", "disputed"):
        assert any(word in line for line in told), word


def test_a_reminder_brings_some_payments_forward() -> None:
    worlds = [build_world("nudge", START, ("xero",)) for _ in range(2)]
    quiet, reminded = (world.companies["xero"] for world in worlds)
    overdue = [i.id for i in quiet.invoices.values() if i.state == "open" and not i.bill and _is_overdue(i)]
    for invoice_id in overdue:
        _remind(worlds[1], reminded.invoices[invoice_id])
    for world in worlds:
        for _ in range(8):
            world.clock.advance(timedelta(days=1))
            live_one_day(world)
    assert sum(reminded.invoices[i].settled for i in overdue) > sum(quiet.invoices[i].settled for i in overdue)


def test_books_of_any_size_are_generated_from_a_seed() -> None:
    first, again = (build_world("large", START, ("quickbooks",), invoices=3_000) for _ in range(2))
    books = first.companies["quickbooks"]
    still_open = sum(invoice.due_amount > 0 for invoice in books.invoices.values())
    assert len(books.invoices) == 3_000
    assert 0.08 <= still_open / 3_000 <= 0.12
    assert len(books.payments) > 2_500
    assert dump(first) == dump(again)
    first.clock.advance(timedelta(days=1))
    assert live_one_day(first)["quickbooks"]


def test_an_unknown_ledger_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="xero, quickbooks"):
        build_world("x", START, ("sage",))


def _is_overdue(invoice: Invoice) -> bool:
    return invoice.due_amount > 0 and (invoice.due or date.max) < START.date()


def _remind(world: World, invoice: Invoice) -> None:
    books = world.companies["xero"]
    people = addresses_in(books.customers[invoice.customer_id].email) or {"nobody@example.com"}
    text = f"Invoice {invoice.number} is overdue."
    receive(world, ReceivedMessage("m", "smtp", world.clock.now(), "us@example.com", tuple(people), "", text, ""))


def test_customers_whose_story_is_told_elsewhere_are_left_alone() -> None:
    world = build_world("elsewhere", START, ("xero",), customers=20)
    books, life = world.companies["xero"], world.lives["xero"]
    told = books.add_customer("Told Elsewhere Ltd", email="accounts@told.example")
    life.told_elsewhere.add(told.id)
    owed = books.add_invoice(told, [Line("Services", Decimal(1), Decimal("100.00"))], issued=START.date())
    for _ in range(90):
        message = ReceivedMessage("m", "smtp", world.clock.now(), "us@firm.example", (told.email or "",), "", "", "")
        message.text = f"Invoice {owed.number}"
        receive(world, message)
        world.clock.advance(timedelta(days=1))
        live_one_day(world)
    assert owed.due_amount == Decimal("100.00")
    assert [i for i in books.invoices.values() if i.customer_id == told.id] == [owed]
    assert (told.name, told.email) == ("Told Elsewhere Ltd", "accounts@told.example")
