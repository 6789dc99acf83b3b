"""A key of a vault that is simply there."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FixedKey:
    """What `state.vault.KeySource` asks for, without a place to read from."""

    key: bytes = bytes(range(32))
    reference: str = "env:TEST_KEY"

    def read(self) -> Sequence[bytes]:
        return (self.key,)
