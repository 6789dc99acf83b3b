"""Which of a customer's telephone numbers are used: a carrier may call one dead, or say that it takes no texts."""

from collections.abc import Mapping

from state.model import NO_TEXTS, RefusedMail
from state.phones import callable_of, is_e164

Numbers = tuple[str, ...]


def dead_numbers(suppressed: Mapping[str, RefusedMail]) -> dict[str, RefusedMail]:
    """Those among all that is not used, in E.164 form."""
    return {address: why for address, why in suppressed.items() if is_e164(address)}


def in_use(phones: Numbers, country: str | None, dead: Mapping[str, RefusedMail]) -> tuple[Numbers, RefusedMail | None]:
    """Those that are in use, so that the next one is called; and why one of them is not, or takes no texts."""
    if not dead:
        return phones, None
    told = {text: dead.get(callable_of((text,), country) or "") for text in phones}
    alive = tuple(text for text, why in told.items() if why is None or why.why == NO_TEXTS)
    return alive, next((why for why in told.values() if why is not None), None)
