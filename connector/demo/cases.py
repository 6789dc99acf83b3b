"""The demo's named customers, one for each thing that the asking for money has to cope with.

The other customers live as the seed says. These do what is told of them here and in `script`, so that sixty days show
every case; where a case hangs on a channel, its customer is in a group that `policy` has a sequence for.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from connectors.sandbox.documents import Invoice, Line
from connectors.sandbox.world import World

Owed = tuple[str, int]  # an amount, and the day of the demo on which it is due; below zero: before the first

NUMBERED = "CASE-"  # how the numbers of their invoices begin


class Case(Struct, frozen=True, kw_only=True):
    """One customer and what it owes; `facts` are fields of the books' customer. `shown_by`: empty for `dun why`."""

    name: str
    company: str
    customer: str
    owes: tuple[Owed, ...]
    facts: dict[str, Any] = {}
    shown_by: str = ""


def _british(name: str, customer: str, *owes: Owed, shown_by: str = "", **facts: Any) -> Case:
    usual = {"email": f"accounts@{customer.split()[0].lower()}.example", "country": "GB"}
    return Case(name=name, company="xero", customer=customer, owes=owes, facts=usual | facts, shown_by=shown_by)


def _american(name: str, customer: str, *owes: Owed, shown_by: str = "", **facts: Any) -> Case:
    usual = {"email": f"billing@{customer.split()[0].lower()}.example", "country": "US"}
    return Case(name=name, company="quickbooks", customer=customer, owes=owes, facts=usual | facts, shown_by=shown_by)


CASES = (
    _british("e-mail", "Alderwick Foods Ltd", ("310.00", 2)),
    _british(
        "text message",
        "Bramcote Couriers Ltd",
        ("185.40", -3),
        mobile="07700 900101",
        groups=("By text",),
    ),
    _american(
        "voice call",
        "Larkmoor Plumbing Inc",
        ("640.00", -3),
        phone="(212) 555-0142",
        groups=("By voice",),
    ),
    _american(
        "letter, having no e-mail",
        "Millhaven Framing LLC",
        ("412.75", -3),
        email=None,
        street="12 Foundry Lane",
        city="Maplewood",
        region="NY",
        postcode="00412",
        groups=("By post",),
    ),
    _american(
        "call by a person",
        "Northmere Florists Inc",
        ("980.00", -3),
        phone="(212) 555-0177",
        groups=("Personal",),
    ),
    _british(
        "promise kept", "Elmsley Joinery Ltd", ("455.00", -3), shown_by='dun audit --customer "Elmsley Joinery Ltd"'
    ),
    _british(
        "promise broken", "Fernleigh Prints Ltd", ("270.00", -3), shown_by='dun audit --customer "Fernleigh Prints Ltd"'
    ),
    _american(
        "disputed in part", "Oakmere Motors LLC", ("240.00", -3), shown_by='dun audit --customer "Oakmere Motors LLC"'
    ),
    _american(
        "payment plan",
        "Pinehall Catering Inc",
        ("600.00", -3),
        ("300.00", -2),
        shown_by='dun audit --customer "Pinehall Catering Inc"',
    ),
    _british("discount", "Garsley Bakery Ltd", ("500.00", 0), shown_by='dun audit --customer "Garsley Bakery Ltd"'),
    _british(
        "deferral",
        "Hartley School Supplies Ltd",
        ("130.00", 0),
        shown_by='dun audit --customer "Hartley School Supplies Ltd"',
    ),
    _british("do not chase", "Ingleby Theatre Trust", ("75.00", 0)),
    _american(
        "reply pauses",
        "Quarrydale Builders LLC",
        ("1150.00", -3),
        shown_by='dun audit --customer "Quarrydale Builders LLC"',
    ),
    _american("out of office does not", "Redmere Optics Inc", ("89.90", -3), shown_by="dun replies --all"),
    _british(
        "bounce, next address",
        "Kelsham Signs Ltd",
        ("222.00", -3),
        cc=("office@kelsham-signs.example",),
        shown_by="dun replies",
    ),
    _british(
        "STOP, then e-mail",
        "Collingham Garages Ltd",
        ("345.60", -3),
        mobile="07700 900102",
        groups=("By text",),
    ),
    _british("address of two customers", "Wexcombe Farm Shop Ltd", ("95.00", -3), shown_by="dun replies"),
    _british("the other one there", "Wexcombe Garden Centre Ltd", ("118.00", -3), shown_by="dun replies"),
    _british("in German", "Dachstein Gartenbau GmbH", ("390.00", 0), country="DE", city="Lindenfurt"),
    _british("in French", "Valbrune Menuiserie SARL", ("280.00", 0), country="FR", city="Montclair"),
    _british("in Spanish", "Riosaltos Talleres SL", ("265.00", 0), country="ES", city="Valdeolmos"),
    _british("in Dutch", "Veenrode Drukkerij BV", ("240.50", 0), country="NL", city="Lindervaart"),
    _british("segment of its own", "Thornhurst Estates Ltd", ("2400.00", -3), groups=("Key accounts of the demo",)),
    _british("charges by law", "Underbarrow Tiles Ltd", ("720.00", -10), groups=("With charges",)),
    _british("payment bounced, new round", "Vinehall Interiors Ltd", ("365.00", -3)),
    _american("thanks", "Tallgrass Fitness Inc", ("310.00", -3), shown_by="dun history --limit 500"),
    _american("end of sequence", "Stonehill Imports Inc", ("1320.00", -10), groups=("Brief",), shown_by="dun tasks"),
    _british("handed over", "Jarrowby Scaffolding Ltd", ("890.00", -10), groups=("Brief",)),
    _american(
        "written off",
        "Umberland Novelties LLC",
        ("145.00", -10),
        groups=("Brief",),
        shown_by="dun write-off list",
    ),
)


def case(name: str) -> Case:
    return next(each for each in CASES if each.name == name)


def enter(world: World, first_day: date) -> None:
    """Put the customers and what they owe into the books. Life leaves them alone."""
    for number, each in enumerate(CASES, start=1):
        books = world.companies[each.company]
        customer = books.add_customer(each.customer, **each.facts)
        world.lives[each.company].told_elsewhere.add(customer.id)
        for part, (amount, day) in enumerate(each.owes, start=1):
            due = first_day + timedelta(days=day)
            lines = [Line("Services", Decimal(1), Decimal(amount))]
            issued = min(due - timedelta(days=30), first_day)
            books.add_invoice(customer, lines, issued=issued, due=due, number=f"{NUMBERED}{number:02}{part}")


def how_to_ask(each: Case) -> str:
    """The command that shows the case best."""
    return each.shown_by or f"dun why {NUMBERED}{CASES.index(each) + 1:02}1"


def invoices(world: World, each: Case) -> list[Invoice]:
    """What the customer owes or owed, in the order of entry."""
    books = world.companies[each.company]
    return [i for i in books.invoices.values() if books.customers[i.customer_id].name == each.customer]
