"""A small firm's ledger from a word: the same seed gives the same books, to the byte.

History is not painted on, it is lived: customers are entered, then the days pass as `life` lets them, so documents
appear in the order and with the stamps that they would have in a real ledger.
"""

from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer
from connectors.sandbox.habits import habits_of
from connectors.sandbox.life import Life
from connectors.sandbox.mailbox import addresses_in
from connectors.sandbox.names import Firm, firm, person, street
from connectors.sandbox.places import ABROAD, LEGAL_FORMS, landline, mobile, place
from state.clock import business_day

LARGE_CUSTOMERS = 10
_MORNING = time(8, 30)
_CURRENCIES = {"xero": ("EUR", "USD"), "quickbooks": ("CAD", "EUR")}
_COUNTRIES = {"GBP": "GB", "USD": "US", "EUR": "IE", "CAD": "CA"}
_GROUPS = ("Key accounts", "Retail", "Trade", "Wholesale")
_PROJECTS = ("North wing", "Unit 4", "Ground floor", "Second phase", "Car park", "Roof terrace")


def seed_company(
    books: Books,
    seed: str,
    *,
    customers: int = 160,
    history_days: int = 540,
    ledger: str = "xero",
    written: int = 0,
) -> Life:
    """Fill `books` with `history_days` of business, from the clock's instant on; the clock ends that much later.

    Invoice numbers begin after `written`. Returns the life of the company, which can be lived on.
    """
    life, until = Life(books, ledger, seed, written), books.clock.now() + timedelta(days=history_days)
    draw = life.draw("customers")
    enter_customers(life, draw, customers)
    life.paced = True
    zone = ZoneInfo(books.company.zone)
    first = business_day(books.clock.now(), zone)
    for number in range(1, history_days):
        day = first + timedelta(days=number)
        _until(books, datetime.combine(day, _MORNING, zone))
        life.live_one_day(day)
    life.paced = False
    _tidy_up(books, draw)
    _until(books, until)
    return life


def enter_customers(life: Life, draw: Random, count: int) -> None:
    """The customer list: ten large ones among many, some abroad, some without an address, some suppliers, families."""
    taken: set[str] = set()
    for number in range(count):
        life.books.clock.advance(timedelta(seconds=draw.randint(20, 90)))
        customer = _enter(life, draw, taken)
        life.habits[customer.id] = habits_of(draw, large=number < LARGE_CUSTOMERS)
        customer.terms_days = {"eom": 30}.get(life.habits[customer.id].terms) or int(life.habits[customer.id].terms)
    if life.ledger == "quickbooks":
        _enter_jobs(life, draw, count // 30)
    else:
        life.suppliers = [_enter(life, draw, taken) for _ in range(max(1, count // 20))]


def _enter(life: Life, draw: Random, taken: set[str]) -> Customer:
    currency = life.books.company.currency
    if draw.random() < 0.14:
        currency = draw.choice(_CURRENCIES[life.ledger])
    company, contact = firm(draw, _COUNTRIES[currency], taken), person(draw)
    customer = life.books.add_customer(
        company.name,
        currency=currency,
        email=_address(draw, company, f"{contact.given}.{contact.family}".lower()),
        cc=(f"office@{company.domain}",) if draw.random() < 0.08 else (),
        first_name=contact.given if draw.random() < 0.7 else None,
        last_name=contact.family,
    )
    line = draw.randint(100, 999) if draw.random() < 0.6 else None
    _settle(customer, life.draw("whereabouts", customer.id), _COUNTRIES[currency], line, street(draw))
    return customer


def _settle(customer: Customer, draw: Random, country: str, line: int | None, english_street: str) -> None:
    """Where the customer is, what it is called and in which groups it is; by a chance that nothing else hangs on."""
    if country == "IE":
        country = draw.choice(ABROAD)
        customer.name = customer.name.replace(" Ltd", f" {LEGAL_FORMS.get(country, 'Ltd')}")
    where = place(draw, country, english_street)
    customer.street, customer.city, customer.region, customer.postcode = where
    customer.country = country
    customer.phone = landline(country, line) if line else None
    customer.mobile = mobile(draw, country) if draw.random() < 0.5 else None
    customer.fax = landline(country, draw.randint(100, 999)) if draw.random() < 0.1 else None
    if draw.random() < 0.4:
        customer.groups = tuple(draw.sample(_GROUPS, draw.choice((1, 1, 1, 2))))


def _address(draw: Random, company: Firm, contact: str) -> str | None:
    """An e-mail field as people fill it in: usually well, one in seven not at all, sometimes oddly."""
    chance = draw.random()
    if chance < 0.15:
        return None
    if chance < 0.17:
        return f"accounts@{company.domain}; {contact}@{company.domain}"
    if chance < 0.18:
        return f"accounts at {company.domain}"
    if chance < 0.185:
        return f"{contact}@{company.domain}.."
    return f"{draw.choice(('accounts', 'finance', 'hello', contact, contact))}@{company.domain}"


def _enter_jobs(life: Life, draw: Random, families: int) -> None:
    parents = draw.sample(list(life.books.customers.values()), max(1, families))
    for parent in parents:
        for project in draw.sample(_PROJECTS, 2):
            job = life.books.add_customer(
                f"{project} ({parent.name})",
                parent=parent.id,
                currency=parent.currency,
                email=parent.email if draw.random() < 0.8 else None,
                country=parent.country,
                terms_days=parent.terms_days,
            )
            habits = life.habits[parent.id]
            life.habits[job.id] = habits_of(draw)
            life.habits[job.id].terms = habits.terms
            life.habits[job.id].usual_lateness = habits.usual_lateness


def _tidy_up(books: Books, draw: Random) -> None:
    """Archive some customers with whom nothing is open any more; make sure that one pair has been merged."""
    open_with = {i.customer_id for i in books.invoices.values() if i.due_amount > 0}
    parents = {customer.parent for customer in books.customers.values()}
    quiet = [c for c in books.customers.values() if not c.archived and c.id not in open_with and c.id not in parents]
    for customer in draw.sample(quiet, len(quiet) // 12):
        books.clock.advance(timedelta(minutes=2))
        books.edit_customer(customer, archived=True)
    if not any(c.merged_into for c in books.customers.values()):
        _merge_two(books)


def _merge_two(books: Books) -> None:
    """Two records of the same kind of firm become one: the first two that could be."""
    parents = {customer.parent for customer in books.customers.values()}
    single = [c for c in books.customers.values() if not c.archived and c.parent is None and c.id not in parents]
    winner = next(c for c in reversed(single) if addresses_in(c.email))
    losers = [c for c in reversed(single) if c.currency == winner.currency and c.id != winner.id]
    if losers:
        books.merge(losers[0], winner)


def _until(books: Books, instant: datetime) -> None:
    books.clock.advance(max(timedelta(0), instant - books.clock.now()))
