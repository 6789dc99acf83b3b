"""The entries by which pages are found."""

from msgspec import Struct


class Entry(Struct, frozen=True):
    """`key` is that of its words; `place` its rank. A path with `{tenant}` is offered on pages of one tenant."""

    path: str
    key: str
    place: int
    command: str = "status"  # whose role it takes

    @property
    def of_tenant(self) -> bool:
        return "{tenant}" in self.path
