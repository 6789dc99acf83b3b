"""How a stage is called that goes once more, because its message reached nobody: soft, soft/2, soft/3.

A name of a stage in the policy has no slash, and an invoice has each name once in a round: so every further attempt is
a reminder of its own, and none can go twice.
"""

_BETWEEN = "/"


def attempt_name(stage: str, attempt: int) -> str:
    """What the reminder of this attempt is called; the first is called as its stage is."""
    return stage if attempt == 1 else f"{stage}{_BETWEEN}{attempt}"


def stage_of(name: str) -> str:
    """The stage of the policy that a reminder called `name` is of."""
    return name.partition(_BETWEEN)[0]


def attempt_of(name: str) -> int:
    """Which attempt a reminder called `name` is, counted from 1."""
    number = name.partition(_BETWEEN)[2]
    return int(number) if number.isdecimal() else 1
