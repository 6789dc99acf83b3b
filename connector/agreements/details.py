"""What the trail keeps of a deed, as people read it: the same words at the terminal and in the file of a case."""

from collections.abc import Iterator, Mapping

from connector.agreements.subject import money

_MINOR = "_minor"


def details_in_words(details: Mapping[str, object]) -> str:
    """`amount: 250.00 GBP, promised on: 2026-04-30, note: he telephoned`."""
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in _told(details) if value is not None)


def _told(details: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Amounts with their currency, which then has no entry of its own."""
    currency = details.get("currency")
    amounts = [name for name, value in details.items() if name.endswith(_MINOR) and type(value) is int]
    for name, value in details.items():
        if isinstance(currency, str) and name in amounts and type(value) is int:
            yield name.removesuffix(_MINOR), money(value, currency)
        elif name != "currency" or not amounts:
            yield name, value
