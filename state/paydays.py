"""When invoices were issued, due and paid, packed by customer: half a million of them in twelve megabytes.

Pure, because the statistics about payers that rest on it are.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from struct import Struct as CompiledStruct

from msgspec import Struct

from state.ids import ContactId

_ROW = CompiledStruct("=iiiHq")  # days of issue, due date and payment, the number of the currency, minor units
_UNPAID = 0
Row = tuple[
    ContactId, int, int, int, int, str
]  # customer, days of issue, due date and payment (0: open), total, currency


class Payday(Struct, frozen=True, gc=False):
    """One invoice. Days are ordinals (`date.toordinal`); `paid` is the day of the payment that settled it."""

    issued: int
    due: int
    paid: int | None  # None: still open
    minor: int  # its total
    currency: str


class Paydays:
    """Invoices that payments alone have settled, each on a known day, and those that are still open.

    Only invoices with a day of issue and a due date are in it. An invoice that a credit note took part in is not: it
    was not simply paid.
    """

    def __init__(self) -> None:
        self._packed: dict[ContactId, bytearray] = {}
        self._currencies: dict[str, int] = {}
        self._names: list[str] = []

    def add(self, customer: ContactId, payday: Payday) -> None:
        """One more invoice of `customer`."""
        self.add_days(customer, payday.issued, payday.due, payday.paid, payday.minor, payday.currency)

    def add_days(self, customer: ContactId, issued: int, due: int, paid: int | None, minor: int, currency: str) -> None:
        """As `add`, without a record."""
        self.add_all([(customer, issued, due, paid or _UNPAID, minor, currency)])

    def add_all(self, rows: Iterable[Row]) -> None:
        """As `add` for each, without records."""
        packed, numbers, pack = self._packed, self._currencies, _ROW.pack
        for customer, issued, due, paid, minor, currency in rows:
            number = numbers.get(currency)
            if number is None:
                number = self._number(currency)
            own = packed.get(customer)
            if own is None:
                own = packed[customer] = bytearray()
            own += pack(issued, due, paid, number, minor)

    def _number(self, currency: str) -> int:
        self._names.append(currency)
        return self._currencies.setdefault(currency, len(self._names) - 1)

    def only(self, customers: Iterable[ContactId]) -> "Paydays":
        """Those of `customers`, not copied."""
        part = Paydays()
        part._packed = {customer: self._packed[customer] for customer in customers}
        part._currencies, part._names = self._currencies, self._names
        return part

    @property
    def customers(self) -> tuple[ContactId, ...]:
        return tuple(self._packed)

    def __len__(self) -> int:
        return sum(map(len, self._packed.values())) // _ROW.size

    def days(self, customer: ContactId) -> Iterator[tuple[int, int, int]]:
        """Of each invoice of `customer` the days of issue, due date and payment, the last 0 while it is open."""
        for issued, due, paid, _, _ in _ROW.iter_unpack(self._packed.get(customer, b"")):
            yield issued, due, paid

    def of(self, customer: ContactId) -> Iterator[Payday]:
        """Every invoice of `customer`."""
        for issued, due, paid, number, minor in _ROW.iter_unpack(self._packed.get(customer, b"")):
            yield Payday(issued, due, paid or None, minor, self._names[number])


def ordinal(day: date) -> int:
    """A day as `Payday` counts it."""
    return day.toordinal()
