"""What the trail keeps of a deed, as people read it: the same words at the terminal and in the file of a case."""

from collections.abc import Mapping


def details_in_words(details: Mapping[str, object]) -> str:
    """`promised on: 2026-04-30, note: he telephoned`."""
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in details.items() if value is not None)
