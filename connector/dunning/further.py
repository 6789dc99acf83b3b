"""A message that reached nobody: its stage goes once more, by a way that has not failed it yet.

What did not arrive has asked nobody and given nobody a day. So the sequence stands where it stood before, and the stage
comes again, as a reminder of its own: to another address, by another of its channels. Where no way is left a person is
asked, by the task that the failure has opened; once that is done the stage is passed over, and the next one follows.

A failure may be told after the next stage has left. Where that one reached the customer, nothing goes backwards.
"""

from collections.abc import Iterable
from typing import assert_never

from connector.dunning.channels import Reach, channel_for
from connector.dunning.plan_steps import is_instalment
from connector.dunning.policy import Channel, Stage
from state.model import Account, Missed, ReminderState, StageProgress
from state.phones import callable_of, mobile_of
from state.postal import on_paper

Progress = tuple[StageProgress, ...]


def reached(progress: Progress) -> Progress:
    """What the sequence goes by: the attempts that have reached the customer, as far as anybody says.

    An instalment has its own day and its own end, and counts as sent.
    """
    return tuple(step for step in progress if step.missed is None or is_instalment(step.stage))


def counted(progress: Progress, stages: Iterable[Stage], reached_by: Reach, account: Account) -> Progress:
    """As `reached`, with those of `stages` passed over for which no way is left and nobody is to be asked any more.

    A courtesy asks nobody: it may be missed.
    """
    given_up = [stage for stage in stages if _is_given_up(stage, failed(progress, stage.name), reached_by, account)]
    return reached(progress) + tuple(StageProgress(stage.name, ReminderState.SKIPPED, None) for stage in given_up)


def failed(progress: Progress, stage: str | None) -> Progress:
    """The attempts at `stage` that reached nobody, in their order."""
    return tuple(step for step in progress if step.stage == stage and step.missed is not None)


def next_attempt(attempts: Progress) -> int:
    """Which attempt comes after those that `failed`."""
    return max((step.attempt for step in attempts), default=0) + 1


def ways_left(attempts: Progress, reached_by: Reach, account: Account) -> Reach:
    """Those of `reached_by` that have not failed a stage in any of these attempts."""
    return frozenset(way for way in reached_by if way == "blind_call" or not _has_failed(way, attempts, account))


def _is_given_up(stage: Stage, attempts: Progress, reached_by: Reach, account: Account) -> bool:
    if not attempts or channel_for(stage, ways_left(attempts, reached_by, account)) is not None:
        return False
    return stage.before_due or all(step.missed is not None and step.missed.settled for step in attempts)


def _has_failed(way: Channel, attempts: Progress, account: Account) -> bool:
    match way:
        case "email":
            return _mail_has_failed([step.missed for step in attempts if step.missed is not None], account)
        case "sms":
            return mobile_of(account.phones, account.country) in _numbers(attempts, "twilio-sms")
        case "voice":
            return callable_of(account.phones, account.country) in _numbers(attempts, "twilio-voice")
        case "letter":
            postal = account.postal
            return postal is not None and on_paper(account.name, postal).lower() in _recipients(attempts)
        case "call":
            return False
    assert_never(way)


def _mail_has_failed(attempts: Iterable[Missed], account: Account) -> bool:
    """Once all addresses have failed; or after two attempts at the same ones, which the stage itself may choose."""
    tried = [frozenset(each.to) for each in attempts if any("@" in address for address in each.to)]
    addresses = {address.lower() for address in account.addresses}
    return bool(tried) and (len(set(tried)) < len(tried) or addresses <= frozenset().union(*tried))


def _numbers(attempts: Progress, carrier: str) -> frozenset[str | None]:
    return frozenset(_recipients(step for step in attempts if step.carrier == carrier))


def _recipients(attempts: Iterable[StageProgress]) -> set[str]:
    return {recipient for step in attempts if step.missed is not None for recipient in step.missed.to}
