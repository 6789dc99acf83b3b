"""The tasks for messages that carriers say did not arrive: which address, what was told, and what a person can do.

A message that has reached one of its recipients is a matter of one address. One that has reached nobody holds its
stage, and is a task of its own even where a single address was one before.
"""

from collections.abc import Iterator, Mapping

from state.deliveries import Failed, Failure
from state.tasks import NewTask

_WHAT = {
    "bounced": "bounced",
    "failed": "failed",
    "returned": "came back",
    "opened_complaint": "was called unwanted",
}
_CLOSING = ("bounced", "returned", "opened_complaint")


def delivery_task(failed: Failed, owners: Mapping[str, str]) -> NewTask:
    """The task for one message. `owners`: by stage."""
    return NewTask(
        kind="delivery",
        subject=subject_of(failed),
        contact_id=failed.contact_id,
        message_id=failed.message_id,
        stage=failed.stage,
        owner=owners.get(failed.stage, ""),
        script="\n".join(_script(failed)),
        blocks=failed.state == "undelivered",
    )


def subject_of(failed: Failed) -> str:
    return failed.message_id if failed.state == "undelivered" else f"{failed.message_id}/part"


def _script(failed: Failed) -> Iterator[str]:
    message = f"The {failed.stage} message of {failed.sent_on} by {failed.carrier}"
    yield f"{message} reached nobody:" if failed.state == "undelivered" else f"{message} had trouble on its way:"
    yield from (f"  {_failure(each)}" for each in failed.failures)
    blamed = {(each.recipient or "").lower() for each in failed.failures}
    others = [recipient for recipient in failed.recipients if recipient.lower() not in blamed]
    if others and failed.state != "undelivered":
        yield f"It went to {', '.join(others)} as well, of which no failure is known."
    yield from _mend(failed)


def _failure(failure: Failure) -> str:
    return f"{failure.recipient or 'it'} {_WHAT[failure.kind]}: {failure.detail}"


def _mend(failed: Failed) -> Iterator[str]:
    closed = [each.recipient for each in failed.failures if each.kind in _CLOSING and each.recipient]
    for recipient in dict.fromkeys(each for each in closed if _is_closed(each)):
        yield (
            f"Correct it in the ledger. {recipient} is not used again until somebody says `dun replies allow"
            f" {recipient}`."
        )
    if failed.state == "undelivered":
        yield (
            "The stage goes once more as soon as there is another way to the customer. Without one the sequence waits"
            " until this task is done."
        )


def _is_closed(recipient: str) -> bool:
    """Addresses and numbers are closed; a street is not."""
    return "@" in recipient or recipient.startswith("+")
