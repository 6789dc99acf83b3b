"""One letter more than the policy has, for an invoice of which a person has decided so when its sequence was through.

It is a stage like any other: planned as a reminder (once per invoice and round, as always), proven by a live read and
claimed before it leaves. It is worded as `collection`, gives the customer ten days, and goes the policy's written ways,
on paper first where the policy uses paper. A policy that has a stage called `collection` already sends that one.
"""

from msgspec.structs import replace

from connector.dunning.policy import Channel, Policy, Stage

LAST_LETTER = "collection"
DAYS_TO_PAY = 10
_WRITTEN: tuple[Channel, ...] = ("letter", "email")


def with_last_letter(policy: Policy) -> Policy:
    """`policy` with the letter as its last stage, and as many days more before a person is asked again."""
    if any(stage.name == LAST_LETTER for stage in (*policy.stages, *policy.retired)):
        return policy
    used = {channel for stage in policy.stages for channel in stage.channels}
    last = policy.stages[-1]
    letter = Stage(
        LAST_LETTER,
        policy.handover_days,
        "collection",
        basis=last.basis,
        channels=tuple(channel for channel in _WRITTEN if channel in used) or ("email",),
        owner=last.owner,
        sender=last.sender,
        recipients=last.recipients,
        deadline_days=DAYS_TO_PAY,
        mode=last.mode,
        charges=last.charges,
        by_decision=True,
    )
    return replace(
        policy,
        name=f"{policy.name} and a last letter",
        stages=(*policy.stages, letter),
        handover_days=policy.handover_days + DAYS_TO_PAY,
    )
