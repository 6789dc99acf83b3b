"""When invoices were issued, due and paid, packed by customer: half a million of them in twelve megabytes.

Pure, because the statistics about payers that rest on it are.
"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct

from state.ids import ContactId

_FIELDS = 4  # days of issue, due date and payment, and the number of the currency
_UNPAID = 0


class Payday(Struct, frozen=True, gc=False):
    """One invoice. Days are ordinals (`date.toordinal`); `paid` is the day of the payment that settled it."""

    issued: int
    due: int
    paid: int | None  # None: still open
    minor: int  # its total
    currency: str


class _Packed:
    """The invoices of one customer; amounts apart, because they need twice the room."""

    __slots__ = ("fields", "minor")

    def __init__(self) -> None:
        self.fields: array[int] = array("i")
        self.minor: array[int] = array("q")


class Paydays:
    """Invoices that payments alone have settled, each on a known day, and those that are still open.

    Only invoices with a day of issue and a due date are in it. An invoice that a credit note took part in is not: it
    was not simply paid.
    """

    def __init__(self) -> None:
        self._packed: dict[ContactId, _Packed] = {}
        self._currencies: dict[str, int] = {}
        self._names: list[str] = []

    def add(self, customer: ContactId, payday: Payday) -> None:
        """One more invoice of `customer`."""
        self.add_days(customer, payday.issued, payday.due, payday.paid, payday.minor, payday.currency)

    def add_days(self, customer: ContactId, issued: int, due: int, paid: int | None, minor: int, currency: str) -> None:
        """As `add`, without a record in between."""
        number = self._currencies.setdefault(currency, len(self._names))
        if number == len(self._names):
            self._names.append(currency)
        packed = self._packed.get(customer)
        if packed is None:
            packed = self._packed[customer] = _Packed()
        packed.fields.extend((issued, due, paid or _UNPAID, number))
        packed.minor.append(minor)

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
        return sum(len(packed.minor) for packed in self._packed.values())

    def days(self, customer: ContactId) -> Iterator[tuple[int, int, int]]:
        """Of each invoice of `customer` the days of issue, due date and payment, the last 0 while it is open."""
        fields = self._packed.get(customer, _NOTHING).fields
        return zip(fields[::_FIELDS], fields[1::_FIELDS], fields[2::_FIELDS], strict=True)

    def of(self, customer: ContactId) -> Iterator[Payday]:
        """Every invoice of `customer`."""
        packed = self._packed.get(customer, _NOTHING)
        for (issued, due, paid), minor, number in zip(
            self.days(customer), packed.minor, packed.fields[3::_FIELDS], strict=True
        ):
            yield Payday(issued, due, paid or None, minor, self._names[number])


_NOTHING = _Packed()


def ordinal(day: date) -> int:
    """A day as `Payday` counts it."""
    return day.toordinal()
