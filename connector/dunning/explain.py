"""Decisions in sentences, for the person who asks why an invoice is or is not chased, and what comes next.

The codes are for machines and stay as they are for ever; the words are for people, stand here only, and may improve.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from connector.dunning.reasons import Action, Decision, Reason, ReasonCode
from state.money import Money

_Parameters = Mapping[str, str | int]


class Explanation(Struct, frozen=True):
    """`summary` is one line; `because` has a sentence per reason; `next` says what comes and when, or who must act."""

    summary: str
    because: tuple[str, ...]
    next: str


def explain(decision: Decision) -> Explanation:
    """A decision in words."""
    because = tuple(sentence(reason) for reason in decision.reasons)
    lead = f"{decision.stage} reminder today" if decision.action is Action.SEND else "not chased"
    return Explanation(f"{lead}: {because[0]}", because, _next(decision))


def sentence(reason: Reason) -> str:
    """One reason in words, without a full stop."""
    return _SENTENCES[reason.code](reason.parameters)


def label(code: str) -> str:
    """A code in a word or two, for a heading over several reasons. A bounced address is there, so none is missing."""
    return _LABELS.get(code) or code.replace("_", " ")


def _next(decision: Decision) -> str:
    if decision.action is Action.SEND:
        return (
            f"the {decision.stage} reminder goes when the live check confirms it, in approve mode after `dun approve`"
        )
    if decision.action is Action.WAIT and decision.next_on is not None:
        return f"{_expected(decision)} on {decision.next_on.isoformat()}"
    return _mend(decision.reasons[0])


def _mend(reason: Reason) -> str:
    """Who must act, and by which command."""
    if reason.code is ReasonCode.HELD:
        return _HELD_MENDS.get(str(reason.parameters["reason"]), _RELEASES[str(reason.parameters["scope"])])
    if reason.code is ReasonCode.DISPUTED and "owner" in reason.parameters:
        return f'{reason.parameters["owner"]} settles the dispute, then `dun dispute INVOICE --settle "..."`'
    if reason.code in (ReasonCode.NO_ADDRESS, ReasonCode.NO_CHANNEL):
        return _way_to_reach(reason.parameters)
    return _MENDS[reason.code]


def _ways(parameters: _Parameters, name: str) -> list[str]:
    return [way for way in str(parameters.get(name, "")).split(", ") if way]


def _missing(parameters: _Parameters) -> list[str]:
    """What the ledger would have to know; an address that takes no mail is there, and not missing."""
    there = [*_ways(parameters, "closed"), *(["email"] if "refused" in parameters else [])]
    return [NEEDS.get(way, way) for way in _ways(parameters, "channels") if way not in there]


def _lacking(parameters: _Parameters) -> str:
    """What the ledger would have to know for the customer to be reached, and what the customer has closed."""
    closed, missing = _ways(parameters, "closed"), _missing(parameters)
    words = [f"the ledger has no {' and no '.join(missing)} of this customer"] if missing else []
    if "refused" in parameters:
        words.append(_REFUSALS[str(parameters["refused"])].format(on=parameters["refused_on"]))
    stopped = _ways(parameters, "stopped")
    if stopped:
        words.append("the customer has answered STOP to a text")
    if wished := [way for way in closed if way not in stopped]:
        words.append(f"{', '.join(wished)} is closed, by the customer's wish or because nothing arrives")
    return "; ".join(words)


def _way_to_reach(parameters: _Parameters) -> str:
    closed, missing = _ways(parameters, "closed"), _missing(parameters)
    steps = [f"enters a {' or a '.join(missing)} in the ledger"] if missing else []
    if "refused" in parameters:
        steps.append("enters another e-mail address in the ledger")
        steps.append("lets this one be written to again with `dun replies allow ADDRESS` (`dun replies` lists it)")
    stopped = _ways(parameters, "stopped")
    if wished := [way for way in closed if way not in stopped]:
        steps.append(f"opens a channel again with `dun customer NAME --{wished[0]}`, if the customer wants it")
    unless = "; it is texted again only when it has answered START itself" if stopped else ""
    return f"a person {', or '.join([*steps, 'gives the stage a further channel, such as call'])}{unless}"


def _expected(decision: Decision) -> str:
    code = decision.reasons[0].code
    if code is ReasonCode.HANDOVER_NOT_DUE:
        return "a person is asked how to go on"
    if code in _SEQUENCE_WAITS and decision.stage is not None:
        return f"the {decision.stage} reminder"
    return "it is looked at again"


def _amount(parameters: _Parameters, name: str) -> str:
    return str(Money(int(parameters[name]), str(parameters["currency"])))


def _held(parameters: _Parameters) -> str:
    target = _SCOPES.get(str(parameters["scope"]), parameters["scope"])
    end = f"up to and including {parameters['until']}" if "until" in parameters else "until it is released"
    return f"{target} is on hold ({parameters['reason']}) {end}"


_LABELS = {"no_address": "cannot be reached", "no_channel": "cannot be reached that way"}
_RELEASES = {
    "invoice": "nothing, until `dun release INVOICE`",
    "contact": "nothing, until `dun release --customer NAME`",
    "tenant": "nothing, until a person has looked, then `dun release --everything --tenant NAME`",
}
_HELD_MENDS = {
    "handed_over": "nothing, while somebody else has it; `dun handover --return INVOICE` takes it back",
    "write_off": "`dun write-off list` says where it stands; `dun write-off refuse INVOICE` asks for the debt again",
    "forgotten": "nothing: a forgotten customer is not asked again",
    "reply": "nothing, until a person has settled what was answered, then `dun release --customer NAME`",
}
NEEDS = {
    "email": "usable e-mail address",
    "sms": "telephone number that can take texts",
    "voice": "telephone number that can be called",
    "letter": "postal address with street, town, postcode and a known country",
    "call": "person to make the call",
}
_REFUSALS = {
    "bounced": "mail to this customer's address bounced on {on}, so it is not written to again",
    "invalid": "this customer's address was called invalid by the carrier on {on}, so it is not written to again",
    "complaint": "somebody at this customer's address called a mail unwanted on {on}, so it is not written to again",
}
_SCOPES = {"invoice": "the invoice", "contact": "the customer", "tenant": "everything"}

_SEQUENCE_WAITS = frozenset(
    (
        ReasonCode.STAGE_NOT_DUE,
        ReasonCode.KEEPS_DISTANCE,
        ReasonCode.CONTROL_GROUP,
        ReasonCode.OWN_TIME,
        ReasonCode.MINIMUM_GAP,
        ReasonCode.CLOSED_DAY,
        ReasonCode.SEND_UNDER_WAY,
    )
)


def _own_time(parameters: _Parameters) -> str:
    """A weekday, an hour or both, each with what it rests on."""
    parts = []
    if "weekday" in parameters:
        days = f"{parameters['on_weekday']} of {parameters['days']} days on which it paid or answered"
        parts.append(f"{parameters['weekday']} ({days})")
    if "hour" in parameters:
        answers = f"{parameters['in_hour']} of {parameters['answers']} answers"
        parts.append(f"from {int(parameters['hour']):02}:00 by its clock ({answers})")
    return " ".join(parts)


_SENTENCES: dict[ReasonCode, Callable[[_Parameters], str]] = {
    ReasonCode.STAGE_DUE: lambda p: f"due on {p['due_on']}, and the {p['stage']} stage has come",
    ReasonCode.STAGE_NOT_DUE: lambda p: f"the {p['stage']} stage comes on {p['on']}",
    ReasonCode.KEEPS_DISTANCE: lambda p: (
        f"the customer was given until {p['deadline']} to pay; {p['stage']} waits until that day has passed"
        if "deadline" in p
        else f"the {p['after']} reminder went on {p['sent_on']}; {p['stage']} keeps its distance until {p['on']}"
    ),
    ReasonCode.CONTROL_GROUP: lambda p: (
        f"the customer is in the control group ({p['percent']} % of small, good payers): the first reminder"
        f" waits until {p['until']}, to learn what reminding changes"
    ),
    ReasonCode.PAYS_EARLY: lambda p: (
        f"pays early: {p['early']} of {p['counted']} invoices before the due date ({p['percent']} % with what is usual"
        f" in this ledger), so the {p['stage']} reminder of {p['on']} does not go"
    ),
    ReasonCode.OWN_TIME: lambda p: f"the customer's own time is chosen for it, {p['on']}: {_own_time(p)}",
    ReasonCode.USUAL_TIME: lambda p: (
        f"it leaves at the usual time, to compare; the customer's own would be {p['on']}: {_own_time(p)}"
    ),
    ReasonCode.OWN_TIME_GIVEN_UP: lambda p: (
        f"it leaves at the usual time and not at the customer's own, {p['on']}: {_own_time(p)}; own times were given"
        f" up: {p['given_up']}"
    ),
    ReasonCode.MINIMUM_GAP: lambda p: (
        f"the customer was last written to on {p['last_contacted_on']} and is left alone until {p['until']}"
    ),
    ReasonCode.CLOSED_DAY: lambda p: f"nothing is sent on closed days; the next open day is {p['until']}",
    ReasonCode.HANDOVER_NOT_DUE: lambda p: (
        f"the sequence is through, and the customer was given until {p['deadline']} to pay"
        if "deadline" in p
        else f"the sequence is through, and the customer has until {p['on']} to answer"
    ),
    ReasonCode.END_OF_SEQUENCE: lambda p: (
        f"due on {p['due_on']}; the sequence is through, and the time to answer ended on {p['since']}"
    ),
    ReasonCode.POLICY_CHANGED: lambda p: (
        f"the {p['stage']} reminder was sent or tried, and the policy has no stage of this name"
    ),
    ReasonCode.PROMISE_BROKEN: lambda p: f"payment was promised for {p['promised_on']} and has not come",
    ReasonCode.CALL_PENDING: lambda p: f"the call of the {p['stage']} stage has not been written down yet",
    ReasonCode.INSTALMENT_DUE: lambda p: f"{p['stage']} of its payment plan was due on {p['due_on']}",
    ReasonCode.INSTALMENT_REMINDED: lambda p: (
        f"{p['stage']} of its payment plan was reminded of; unpaid on {p['on']}, the plan is broken"
    ),
    ReasonCode.PLAN_KEPT: lambda p: f"a payment plan is kept; it is looked at again on {p['on']}",
    ReasonCode.PLAN_BROKEN: lambda _: "its payment plan is broken",
    ReasonCode.DO_NOT_CHASE: lambda p: f"the customer is not to be chased: {p['why']}",
    ReasonCode.GROUP_NOT_CHASED: lambda p: f"the customer is in the group {p['group']}, which is not to be chased",
    ReasonCode.NO_CHANNEL: lambda p: f"the {p['stage']} stage goes by {p['channels']}, and {_lacking(p)}",
    ReasonCode.SEND_UNDER_WAY: lambda p: f"a {p['stage']} reminder to this customer is leaving right now",
    ReasonCode.SEND_FAILED: lambda p: f"the {p['stage']} reminder was refused by its carrier",
    ReasonCode.SEND_UNKNOWN: lambda p: (
        f"nobody knows whether the {p['stage']} reminder arrived, and it is not sent twice"
    ),
    ReasonCode.UNREADABLE: lambda _: "the ledger's latest version of this invoice could not be read",
    ReasonCode.CUSTOMER_UNREADABLE: lambda _: "a record of this customer could not be read",
    ReasonCode.CUSTOMER_ARCHIVED: lambda _: "the customer is archived in the ledger",
    ReasonCode.DISPUTED: lambda _: "the invoice is disputed",
    ReasonCode.NO_DUE_DATE: lambda _: "the invoice has no due date",
    ReasonCode.HELD: _held,
    ReasonCode.PROMISED: lambda p: f"payment is promised for {p['expected_on']}",
    ReasonCode.PAYMENT_SCHEDULED: lambda _: "a payment is under way in the ledger",
    ReasonCode.BELOW_TOLERANCE: lambda p: (
        f"{_amount(p, 'amount_minor')} is not more than the tolerance of {_amount(p, 'tolerance_minor')}"
    ),
    ReasonCode.NO_ADDRESS: lambda p: _lacking(p) if "channels" in p else "the customer has no usable address",
    ReasonCode.COVERED_BY_CREDIT: lambda p: f"{_amount(p, 'credit_minor')} unapplied credit would settle it",
    ReasonCode.ACCOUNT_COVERED_BY_CREDIT: lambda p: (
        f"{_amount(p, 'credit_minor')} unapplied credit leaves nothing worth asking"
        f" of the customer's {_amount(p, 'amount_minor')}"
    ),
}

# Who must act, for every reason that can come first without a day on which it ends by itself.
_MENDS = {
    ReasonCode.END_OF_SEQUENCE: (
        "a person decides: call, stronger letter, agency, court or write-off (`dun decide INVOICE --to ...`)"
    ),
    ReasonCode.POLICY_CHANGED: (
        "a person gives the stage its name back in the configuration, or goes on by hand without the sequence"
    ),
    ReasonCode.SEND_FAILED: "a person looks at the address and the carrier's answer, then `dun resolve INVOICE retry`",
    ReasonCode.SEND_UNKNOWN: "a person finds out whether it arrived, then `dun resolve INVOICE sent|skipped`",
    ReasonCode.UNREADABLE: "a person looks at the quarantine and mends the record in the ledger",
    ReasonCode.CUSTOMER_UNREADABLE: "a person looks at the quarantine and mends the record in the ledger",
    ReasonCode.CUSTOMER_ARCHIVED: "nothing, unless the customer is restored in the ledger",
    ReasonCode.DISPUTED: "nothing, until the dispute is settled in the ledger and the mark taken off there",
    ReasonCode.NO_DUE_DATE: "a person enters the due date in the ledger",
    ReasonCode.PAYMENT_SCHEDULED: "nothing, while the payment is under way",
    ReasonCode.BELOW_TOLERANCE: "nothing, unless more becomes due",
    ReasonCode.PLAN_BROKEN: "a person decides: a new plan, or `dun plan cancel` and the sequence goes on",
    ReasonCode.DO_NOT_CHASE: "nothing, until `dun customer NAME --chase`",
    ReasonCode.GROUP_NOT_CHASED: "nothing, while the ledger has the customer in that group",
    ReasonCode.CALL_PENDING: "a person makes the call, then `dun tasks done`",
    ReasonCode.COVERED_BY_CREDIT: "a person applies the credit in the ledger, or refunds it",
    ReasonCode.ACCOUNT_COVERED_BY_CREDIT: "a person applies the credit in the ledger, or refunds it",
}
