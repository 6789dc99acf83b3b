"""What carriers tell later about a message they took: one record for all of them, whether it was asked for or posted.

A fact never says that a debt is paid or a customer informed; it says what became of a piece of mail on its way.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

DeliveryKind = Literal["delivered", "bounced", "failed", "opened_complaint", "returned", "in_transit"]


class DeliveryFact(Struct, frozen=True):
    """`provider_id` is the carrier's name for the message, as in the receipt; empty where it tells the address alone.

    `bounced` and `returned` blame the address, `failed` the attempt; `opened_complaint`: the recipient reported it.
    `texts_alone`: the number that `bounced` takes no texts, and may be called.
    """

    provider_id: str
    kind: DeliveryKind
    at: datetime
    detail: str
    recipient: str | None
    texts_alone: bool = False
