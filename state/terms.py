"""What an approval stands for: a person says yes to a message in these words, to these people, for this sum."""

from msgspec import Struct


class Terms(Struct, frozen=True, kw_only=True):
    """What a person says yes to, without what passes by itself, such as the days that have gone by.

    `asked_minor` is asked on the invoice alone, `net_minor` of the customer's family in its currency, credit deducted,
    on everything that was approved by then. Both may fall; nothing else may change.
    """

    words: int  # id of a person's; 0: the usual ones
    language: str
    channel: str
    addressees: str  # a digest
    dispute: str  # which is open about the invoice; empty: none
    agreement: str  # the promise that is open or was broken, and the plan; empty: none
    asked_minor: int
    net_minor: int = 0
