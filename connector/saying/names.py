"""What Dun keeps by a code, such as a channel, a state or why something waits, by the name that people read.

Codes are for machines and stay as they are for ever. What has no name here is a firm's own, such as a stage of its
policy or a carrier's answer, and stays as it is.
"""

import re

from connector.saying.said import say

# Named by their own words.
_NAMES = {
    str(name): name
    for name in (
        say("account covered by credit"),
        say("active"),
        say("answered"),
        say("apology"),
        say("approved"),
        say("before own hour"),
        say("below tolerance"),
        say("bounced"),
        say("broken"),
        say("call pending"),
        say("calls spent"),
        say("cancelled"),
        say("language changed since approved"),
        say("channel changed since approved"),
        say("addressees changed since approved"),
        say("dispute changed since approved"),
        say("agreement changed since approved"),
        say("discount taken"),
        say("changed since approved"),
        say("changed since decided"),
        say("channel unreachable"),
        say("compare"),
        say("connect"),
        say("control group"),
        say("covered by credit"),
        say("credit note"),
        say("credit of unknown owner"),
        say("customer archived"),
        say("customer not active"),
        say("customer owes less"),
        say("customer unreadable"),
        say("daily cap"),
        say("decided to wait"),
        say("deferral"),
        say("deleted"),
        say("delivered"),
        say("dispute"),
        say("disputed"),
        say("do not chase"),
        say("draft"),
        say("edit dropped"),
        say("edited"),
        say("edited since approved"),
        say("enclosure"),
        say("enclosure missing"),
        say("end of sequence"),
        say("failed"),
        say("forewarning"),
        say("forgotten"),
        say("gone"),
        say("group not chased"),
        say("handed over"),
        say("held"),
        say("in transit"),
        say("instalment due"),
        say("instalment reminded"),
        say("kept"),
        say("ledger unreachable"),
        say("letter"),
        say("manual"),
        say("no due date"),
        say("not ours"),
        say("not returned by the ledger"),
        say("not sent"),
        say("note"),
        say("open"),
        say("other"),
        say("outside sending window"),
        say("overpayment"),
        say("not arrived"),
        say("overtaken"),
        say("sent again"),
        say("paid"),
        say("partly delivered"),
        say("payment"),
        say("payment plan"),
        say("payment scheduled"),
        say("pays early"),
        say("plan"),
        say("plan broken"),
        say("after broken plan"),
        say("plan kept"),
        say("planned"),
        say("policy changed"),
        say("prepayment"),
        say("promise"),
        say("promise broken"),
        say("promised"),
        say("proof too old"),
        say("proposed"),
        say("pull"),
        say("refused"),
        say("reply"),
        say("restored"),
        say("returned"),
        say("says it has paid"),
        say("send failed"),
        say("send unknown"),
        say("sending"),
        say("sent"),
        say("settled before"),
        say("skipped"),
        say("spread over the window"),
        say("statement"),
        say("thanks"),
        say("unapplied payment"),
        say("undelivered"),
        say("under way"),
        say("unknown"),
        say("unreadable"),
        say("unsure"),
        say("verified"),
        say("verify"),
        say("void"),
        say("withdrawn"),
        say("write off"),
        say("written"),
    )
}
_OTHERWISE = {
    "no address": say("cannot be reached"),
    "no channel": say("cannot be reached that way"),
    "call": say("a call"),
    "email": say("e-mail"),
    "noted": say("noted in the ledger"),
    "opened complaint": say("called unwanted"),
    "paid says": say("says it has paid"),
    "sms": say("text message"),
    "voice": say("voice call"),
}
_NOTICES = frozenset(("statement", "thanks", "apology", "forewarning"))  # their stages
_OF_A_PLAN = {"kept": say("paid off"), "broken": say("not kept")}
_INSTALMENT = re.compile(r"instalment-(\d+)(?:-plan-(\d+))?")


def name(code: str) -> str:
    """The name of a code; a Said where it has one, else the code with spaces."""
    words = code.replace("_", " ")
    return _OTHERWISE.get(words) or _NAMES.get(words) or words


def plan_state(code: str) -> str:
    """As `name`, of a payment plan: it is not kept as a promise is."""
    return _OF_A_PLAN.get(code) or name(code)


def stage_name(stage: str) -> str:
    """The name of a stage that is Dun's own, such as an instalment's; what a firm calls its stages stays as it is."""
    if (found := _INSTALMENT.fullmatch(stage)) is None:
        return _NAMES[stage] if stage in _NOTICES else stage
    number, plan = found.groups()
    if plan is None:
        return say("instalment-{number}", number=number)
    return say("instalment-{number}-plan-{plan}", number=number, plan=plan)
