"""By which of a stage's channels a customer can be reached.

The policy names them in order, and the first that works is taken: no e-mail address, then a letter; no letter, then
somebody phones. A call is a person's task, so it always works; whether there is a number, the person will see.
"""

from connector.dunning.policy import Channel, Stage
from state.model import Account, PostalAddress


def reach(account: Account) -> frozenset[Channel]:
    """The channels that would reach `account`."""
    found: set[Channel] = {"call"}
    if account.addresses:
        found.add("email")
    if account.mobile is not None:
        found.add("sms")
    if account.telephone is not None:
        found.add("voice")
    if is_complete(account.postal):
        found.add("letter")
    return frozenset(found - account.closed_channels)


def is_complete(postal: PostalAddress | None) -> bool:
    """Whether a letter to this address would arrive: a street, a town, and a postcode."""
    return postal is not None and bool(postal.lines and postal.city and postal.postcode)


def channel_for(stage: Stage, reached_by: frozenset[Channel]) -> Channel | None:
    """The first of the stage's channels that works; None if none does."""
    return next((channel for channel in stage.channels if channel in reached_by), None)
