"""Names that could be anybody's and are nobody's.

Companies are composed of a landscape word, a plain word and a trade; addresses lie under domains that are reserved
for examples (RFC 2606), so that no message about an invented debt can reach a real person.
"""

from random import Random
from typing import NamedTuple

_FIRST = (
    "Amber Ash Barley Birch Bramble Bright Brook Cedar Clear Clover Copper Coral Crown Dale Dawn East Elder Elm Ember"
    " Fair Fern Field Flint Fox Glen Gold Grand Green Grey Hazel Heath High Hill Holly Iron Ivy Juniper Kestrel Lake"
    " Larch Lark Linden Long Maple Marsh Meadow Merlin Mill Moor Moss North Oak Olive Orchard Otter Pearl Pine Plover"
    " Quarry Raven Reed Ridge River Rowan Sage Sand Sea Silver Sky Slate South Spring Stone Summer Sun Swift Thorn"
    " Timber Vale Velvet Walnut Water West Wheat White Wild Willow Wind Winter Wren Yew"
).split()
_SECOND = (
    "bank bay bridge brook croft dale field ford gate grove harbour haven lea mead mere point side stead"
    " ton water way wick wood"
).split()
_TRADES = (
    "Joinery|Catering|Print|Logistics|Interiors|Garden Centre|Bakery|Dental Practice|Studio|Engineering|Plumbing|"
    "Veterinary Clinic|Electrical|Roofing|Bicycles|Foods|Textiles|Books|Consulting|Media|Property Care|Nursery|Hotel|"
    "Brewery|Travel|Surveyors|Software|Cleaning|Packaging|Florists|Coffee|Glass|Ceramics|Architects|Training|Motors"
).split("|")
_GIVEN = (
    "Ada Alba Anouk Bela Caro Dana Edda Elio Emre Fia Gwen Hana Ida Ines Ivo Jana Joss Kai Lea Lin Lou Mara Milo Mina"
    " Nia Noa Noor Odile Olu Pia Quinn Rafi Remy Rosa Sami Sol Suki Tam Tess Uma Vera Wim Yara Yuki Zeno"
).split()
_FAMILY = (
    "Acorn Appleby Barrow Beck Bell Birdsall Carver Chandler Cole Dyer Ember Fenn Fletcher Garland Hale Hart Ives"
    " Keel Lark Marlow Mason Nye Oakes Penn Quill Reeve Sawyer Tanner Thorne Usher Vane Weaver Wilde Yardley"
).split()
_STREETS = "Station Road|Mill Lane|Church Street|High Street|Park Avenue|Harbour Walk|Orchard Way|Market Place".split(
    "|"
)
_ENDINGS = {"GB": ("Ltd", "LLP", "& Co", ""), "US": ("Inc", "LLC", "Co", ""), "IE": ("Ltd", ""), "CA": ("Inc", "Ltd")}
_DOMAINS = (".example", ".example", ".example.com", ".example.org", ".example.net")


class Person(NamedTuple):
    given: str
    family: str


class Firm(NamedTuple):
    """An invented company: its name as written on invoices, and the mail domain that goes with it."""

    name: str
    domain: str


def firm(draw: Random, country: str, taken: set[str]) -> Firm:
    """A company whose name is not in `taken`, where it is then put."""
    while True:
        stem = draw.choice(_FIRST) + draw.choice(_SECOND)
        trade = draw.choice(_TRADES)
        name = " ".join(f"{stem} {trade} {draw.choice(_ENDINGS.get(country, ('',)))}".split())
        if name not in taken:
            taken.add(name)
            slug = f"{stem}-{trade}".lower().replace(" ", "-")
            return Firm(name, slug + draw.choice(_DOMAINS))


def person(draw: Random) -> Person:
    return Person(draw.choice(_GIVEN), draw.choice(_FAMILY))


def street(draw: Random) -> str:
    return f"{draw.randint(1, 240)} {draw.choice(_STREETS)}"


def trade_line(draw: Random) -> str:
    """What an invoice line may say."""
    what = draw.choice(
        "Consulting|Maintenance|Materials|Delivery|Design work|Installation|Support|Hire|Repairs".split("|")
    )
    return f"{what}, {draw.choice('January February March April May June July August'.split())} order"
