"""Decisions in sentences, for the person who asks why an invoice is or is not chased, and what comes next.

The codes are for machines and stay as they are for ever; the words are for people, stand here only, and may improve.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from string import Formatter

from msgspec import Struct

from connector.dunning.reaching import lacking, named, way_to_reach, ways_in
from connector.dunning.reasons import Action, Decision, Reason, ReasonCode
from connector.saying.names import name, stage_name
from connector.saying.said import Said, Value, chained, say
from state.money import Money
from state.stage_names import stage_of

_Parameters = Mapping[str, str | int]
_Sentence = Callable[[_Parameters], Said]


class Explanation(Struct, frozen=True):
    """`summary` is one line; `because` has a sentence per reason; `next` says what comes and when, or who must act."""

    summary: str
    because: tuple[str, ...]
    next: str


def explain(decision: Decision) -> Explanation:
    """A decision in words."""
    because = tuple(sentence(reason) for reason in decision.reasons)
    if decision.action is Action.SEND:
        stage = stage_name(stage_of(decision.stage or ""))
        summary = say("{stage} reminder today: {why}", stage=stage, why=because[0])
    else:
        summary = say("not chased: {why}", why=because[0])
    return Explanation(summary, because, _next(decision))


def sentence(reason: Reason) -> Said:
    """One reason in words, without a full stop."""
    return _SENTENCES[reason.code](reason.parameters)


def together(reasons: Iterable[Reason]) -> Said:
    """All of them, one after the other."""
    return chained(map(sentence, reasons))


def _next(decision: Decision) -> Said:
    if decision.action is Action.SEND:
        return say(
            "the {stage} reminder goes when the live check confirms it, in approve mode after `dun approve`",
            stage=stage_name(stage_of(decision.stage or "")),
        )
    if decision.action is Action.WAIT and decision.next_on is not None:
        return say("{what} on {day}", what=_expected(decision), day=decision.next_on)
    return _mend(decision.reasons[0])


def _mend(reason: Reason) -> Said:
    """Who must act, and by which command."""
    if reason.code is ReasonCode.HELD:
        return _HELD_MENDS.get(str(reason.parameters["reason"]), _RELEASES[str(reason.parameters["scope"])])
    if reason.code is ReasonCode.DISPUTED and "owner" in reason.parameters:
        return say(
            '{who} settles the dispute, then `dun dispute INVOICE --settle "..."`', who=str(reason.parameters["owner"])
        )
    if reason.code in (ReasonCode.NO_ADDRESS, ReasonCode.NO_CHANNEL):
        return way_to_reach(reason.parameters)
    return _MENDS[reason.code]


def _expected(decision: Decision) -> Said:
    code = decision.reasons[0].code
    if code is ReasonCode.HANDOVER_NOT_DUE:
        return say("a person is asked how to go on")
    if code in _SEQUENCE_WAITS and decision.stage is not None:
        return say("the {stage} reminder", stage=stage_name(stage_of(decision.stage)))
    return say("it is looked at again")


def _amount(parameters: _Parameters, field: str) -> Money:
    return Money(int(parameters[field]), str(parameters["currency"]))


def _held(parameters: _Parameters) -> Said:
    target, why = _SCOPES.get(str(parameters["scope"]), str(parameters["scope"])), name(str(parameters["reason"]))
    if "until" in parameters:
        until = _value(parameters["until"])
        return say("{target} is on hold ({why}) up to and including {until}", target=target, why=why, until=until)
    return say("{target} is on hold ({why}) until it is released", target=target, why=why)


def _instalment_due(parameters: _Parameters) -> Said:
    due = say(
        "{stage} of its payment plan was due on {due_on}",
        stage=str(parameters["stage"]),
        due_on=_value(parameters["due_on"]),
    )
    if "waits_since" not in parameters:
        return due
    since = _value(parameters["waits_since"])
    return say("{due}; since {since} the plan waits for this reminder, and does not break before", due=due, since=since)


def _told(words: str) -> _Sentence:
    """Says `words` with the reason's own parameters in their places."""
    places = [place for _, place, _, _ in Formatter().parse(words) if place]
    return lambda parameters: say(words, **{place: _placed(place, parameters[place]) for place in places})


def _placed(place: str, parameter: str | int) -> Value:
    return stage_name(str(parameter)) if place in _STAGES else _value(parameter)


def _value(parameter: str | int) -> Value:
    """A day stands among the parameters as a text."""
    try:
        return date.fromisoformat(parameter) if isinstance(parameter, str) else parameter
    except ValueError:
        return parameter


_STAGES = frozenset(("stage", "after"))  # places of their names
_RELEASES = {
    "invoice": say("nothing, until `dun release INVOICE`"),
    "contact": say("nothing, until `dun release --customer NAME`"),
    "tenant": say("nothing, until a person has looked, then `dun release --everything --tenant NAME`"),
}
_HELD_MENDS = {
    "handed_over": say("nothing, while somebody else has it; `dun handover --return INVOICE` takes it back"),
    "write_off": say(
        "`dun write-off list` says where it stands; `dun write-off refuse INVOICE` asks for the debt again"
    ),
    "forgotten": say("nothing: a forgotten customer is not asked again"),
    "reply": say("nothing, until a person has settled what was answered, then `dun release --customer NAME`"),
}
_SCOPES = {"invoice": say("the invoice"), "contact": say("the customer"), "tenant": say("everything")}

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


def _own_time(parameters: _Parameters) -> Said:
    """A weekday, an hour or both, each with what it rests on."""
    weekday = _told("{weekday} ({on_weekday} of {days} days on which it paid or answered)")
    hour = _told("from {hour}:00 by its clock ({in_hour} of {answers} answers)")
    parts = []
    if "weekday" in parameters:
        parts.append(weekday({**parameters, "weekday": _WEEKDAYS.get(str(parameters["weekday"]), "?")}))
    if "hour" in parameters:
        parts.append(hour({**parameters, "hour": f"{int(parameters['hour']):02}"}))
    return say("{weekday} {hour}", weekday=parts[0], hour=parts[1]) if len(parts) > 1 else parts[0]


_WEEKDAYS = {
    "Monday": say("Monday"),
    "Tuesday": say("Tuesday"),
    "Wednesday": say("Wednesday"),
    "Thursday": say("Thursday"),
    "Friday": say("Friday"),
    "Saturday": say("Saturday"),
    "Sunday": say("Sunday"),
}
_SENTENCES: dict[ReasonCode, _Sentence] = {
    ReasonCode.STAGE_DUE: _told("due on {due_on}, and the {stage} stage has come"),
    ReasonCode.STAGE_NOT_DUE: _told("the {stage} stage comes on {on}"),
    ReasonCode.KEEPS_DISTANCE: lambda p: (
        _told("the customer was given until {deadline} to pay; {stage} waits until that day has passed")(p)
        if "deadline" in p
        else _told("the {after} reminder went on {sent_on}; {stage} keeps its distance until {on}")(p)
    ),
    ReasonCode.CONTROL_GROUP: _told(
        "the customer is in the control group ({percent} % of small, good payers): the first reminder waits"
        " until {until}, to learn what reminding changes"
    ),
    ReasonCode.PAYS_EARLY: _told(
        "pays early: {early} of {counted} invoices before the due date ({percent} % with what is usual in this"
        " ledger), so the {stage} reminder of {on} does not go"
    ),
    ReasonCode.OWN_TIME: lambda p: say(
        "the customer's own time is chosen for it, {on}: {times}", on=_value(p["on"]), times=_own_time(p)
    ),
    ReasonCode.USUAL_TIME: lambda p: say(
        "it leaves at the usual time, to compare; the customer's own would be {on}: {times}",
        on=_value(p["on"]),
        times=_own_time(p),
    ),
    ReasonCode.OWN_TIME_GIVEN_UP: lambda p: say(
        "it leaves at the usual time and not at the customer's own, {on}: {times}; own times were given up: {why}",
        on=_value(p["on"]),
        times=_own_time(p),
        why=str(p["given_up"]),
    ),
    ReasonCode.MINIMUM_GAP: _told(
        "the customer was last written to on {last_contacted_on} and is left alone until {until}"
    ),
    ReasonCode.CLOSED_DAY: _told("nothing is sent on closed days; the next open day is {until}"),
    ReasonCode.HANDOVER_NOT_DUE: lambda p: (
        say("the sequence is through, and the customer was given until {day} to pay", day=_value(p["deadline"]))
        if "deadline" in p
        else say("the sequence is through, and the customer has until {day} to answer", day=_value(p["on"]))
    ),
    ReasonCode.END_OF_SEQUENCE: _told(
        "due on {due_on}; the sequence is through, and the time to answer ended on {since}"
    ),
    ReasonCode.POLICY_CHANGED: _told(
        "the {stage} reminder was sent or tried, and the policy has no stage of this name"
    ),
    ReasonCode.PROMISE_BROKEN: _told("payment was promised for {promised_on} and has not come in full"),
    ReasonCode.AFTER_BROKEN_PLAN: _told("its payment plan is broken, and the sequence goes on"),
    ReasonCode.CALL_PENDING: _told("the call of the {stage} stage has not been written down yet"),
    ReasonCode.SENT_AGAIN: _told("the {stage} reminder of {sent_on} did not arrive, so it goes once more, another way"),
    ReasonCode.NOT_ARRIVED: _told(
        "the {stage} reminder of {sent_on} did not arrive, and no other way to the customer is left for this stage"
    ),
    ReasonCode.INSTALMENT_DUE: _instalment_due,
    ReasonCode.INSTALMENT_REMINDED: _told(
        "{stage} of its payment plan was reminded of; unpaid on {on}, the plan is broken"
    ),
    ReasonCode.PLAN_KEPT: _told("a payment plan is kept; it is looked at again on {on}"),
    ReasonCode.PLAN_BROKEN: _told("its payment plan is broken"),
    ReasonCode.DO_NOT_CHASE: _told("the customer is not to be chased: {why}"),
    ReasonCode.GROUP_NOT_CHASED: _told("the customer is in the group {group}, which is not to be chased"),
    ReasonCode.NO_CHANNEL: lambda p: say(
        "the {stage} stage goes by {ways}, and {lacking}",
        stage=stage_name(str(p["stage"])),
        ways=named(ways_in(p, "channels")),
        lacking=lacking(p),
    ),
    ReasonCode.SEND_UNDER_WAY: _told("a {stage} reminder to this customer is leaving right now"),
    ReasonCode.SEND_FAILED: _told("the {stage} reminder was refused by its carrier"),
    ReasonCode.SEND_UNKNOWN: _told("nobody knows whether the {stage} reminder arrived, and it is not sent twice"),
    ReasonCode.UNREADABLE: _told("the ledger's latest version of this invoice could not be read"),
    ReasonCode.CUSTOMER_UNREADABLE: _told("a record of this customer could not be read"),
    ReasonCode.CUSTOMER_ARCHIVED: _told("the customer is archived in the ledger"),
    ReasonCode.DISPUTED: _told("the invoice is disputed"),
    ReasonCode.NO_DUE_DATE: _told("the invoice has no due date"),
    ReasonCode.HELD: _held,
    ReasonCode.PROMISED: _told("payment is promised for {expected_on}"),
    ReasonCode.PAYMENT_SCHEDULED: _told("a payment is under way in the ledger"),
    ReasonCode.BELOW_TOLERANCE: lambda p: say(
        "{amount} is not more than the tolerance of {tolerance}",
        amount=_amount(p, "amount_minor"),
        tolerance=_amount(p, "tolerance_minor"),
    ),
    ReasonCode.DISCOUNT_TAKEN: lambda p: say(
        "{paid} came by {until}, as the discount asked; the {rest} still due are the discount",
        paid=_amount(p, "paid_minor"),
        until=_value(p["until"]),
        rest=_amount(p, "rest_minor"),
    ),
    ReasonCode.NO_ADDRESS: lambda p: lacking(p) if "channels" in p else say("the customer has no usable address"),
    ReasonCode.COVERED_BY_CREDIT: lambda p: say(
        "{credit} unapplied credit would settle it", credit=_amount(p, "credit_minor")
    ),
    ReasonCode.ACCOUNT_COVERED_BY_CREDIT: lambda p: say(
        "{credit} unapplied credit leaves nothing worth asking of the customer's {amount}",
        credit=_amount(p, "credit_minor"),
        amount=_amount(p, "amount_minor"),
    ),
}

# Who must act, for every reason that can come first without a day on which it ends by itself.
_MENDS = {
    ReasonCode.END_OF_SEQUENCE: say(
        "a person decides: call, stronger letter, agency, court or write-off (`dun decide INVOICE --to ...`)"
    ),
    ReasonCode.NOT_ARRIVED: say(
        "a person corrects the address or number in the ledger, and the stage goes once more; or reaches the customer"
        " otherwise, then `dun tasks done ID`, and the sequence goes on (`dun tasks --kind delivery --full`)"
    ),
    ReasonCode.POLICY_CHANGED: say(
        "a person gives the stage its name back in the configuration, or goes on by hand without the sequence"
    ),
    ReasonCode.SEND_FAILED: say(
        "a person looks at the address and the carrier's answer, then `dun resolve INVOICE retry`"
    ),
    ReasonCode.SEND_UNKNOWN: say("a person finds out whether it arrived, then `dun resolve INVOICE sent|skipped`"),
    ReasonCode.UNREADABLE: say("a person looks at the quarantine and mends the record in the ledger"),
    ReasonCode.CUSTOMER_UNREADABLE: say("a person looks at the quarantine and mends the record in the ledger"),
    ReasonCode.CUSTOMER_ARCHIVED: say("nothing, unless the customer is restored in the ledger"),
    ReasonCode.DISPUTED: say("nothing, until the dispute is settled in the ledger and the mark taken off there"),
    ReasonCode.NO_DUE_DATE: say("a person enters the due date in the ledger"),
    ReasonCode.PAYMENT_SCHEDULED: say("nothing, while the payment is under way"),
    ReasonCode.BELOW_TOLERANCE: say("nothing, unless more becomes due"),
    ReasonCode.DISCOUNT_TAKEN: say(
        "a person grants the discount in the ledger, or `dun discount INVOICE --withdraw` and the rest is asked for"
    ),
    ReasonCode.PLAN_BROKEN: say("a person decides: a new plan, or `dun plan cancel` and the sequence goes on"),
    ReasonCode.DO_NOT_CHASE: say("nothing, until `dun customer NAME --chase`"),
    ReasonCode.GROUP_NOT_CHASED: say("nothing, while the ledger has the customer in that group"),
    ReasonCode.CALL_PENDING: say("a person makes the call, then `dun tasks done`"),
    ReasonCode.COVERED_BY_CREDIT: say("a person applies the credit in the ledger, or refunds it"),
    ReasonCode.ACCOUNT_COVERED_BY_CREDIT: say("a person applies the credit in the ledger, or refunds it"),
}
