"""What a message can be about, and by which ways each may go."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from connectors.channels.channel import Kind

Stage = Literal["friendly", "soft", "firm", "final", "collection"]
Notice = Literal["thanks", "apology", "statement"]
Occasion = Literal[Stage, "instalment", Notice, "forewarning"]
STAGES: tuple[Stage, ...] = get_args(Stage)
NOTICES: tuple[Notice, ...] = get_args(Notice)
DEMANDS: tuple[Occasion, ...] = (*STAGES, "instalment")  # what asks for money
OCCASIONS: tuple[Occasion, ...] = (*DEMANDS, *NOTICES, "forewarning")

_EVERY_WAY: tuple[Kind, ...] = get_args(Kind)
KINDS: Mapping[Occasion, tuple[Kind, ...]] = MappingProxyType(
    {
        **dict.fromkeys(DEMANDS, _EVERY_WAY),
        "thanks": ("email", "sms"),
        "apology": ("email", "letter"),
        "statement": ("email", "letter"),
        "forewarning": ("email",),
    }
)
SUFFIXES = (".subject.txt", ".txt", ".html")  # of the three templates of an e-mail
KIND_SUFFIXES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "email": SUFFIXES,
        "sms": (".sms.txt",),
        "voice": (".voice.txt",),
        "letter": (".subject.txt", ".letter.txt"),
        "call": (".subject.txt", ".call.txt"),
    }
)


def files_of(occasion: Occasion) -> tuple[str, ...]:
    """The templates of `occasion`, such as firm.subject.txt and firm.sms.txt; each once."""
    suffixes = (suffix for kind in KINDS[occasion] for suffix in KIND_SUFFIXES[kind])
    return tuple(dict.fromkeys(f"{occasion}{suffix}" for suffix in suffixes))
