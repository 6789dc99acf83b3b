"""Why a customer cannot be reached, in words: what is missing, what is shut, and what lets a stage go again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import reduce

from connector.saying.said import Said, chained, listed, say
from state.model import NO_TEXTS

_Parameters = Mapping[str, str | int]
_WAYS = {  # as options and the configuration name them
    "email": say("email"),
    "sms": say("sms"),
    "voice": say("voice"),
    "letter": say("letter"),
    "call": say("call"),
}
NEEDS = {
    "email": say("usable e-mail address"),
    "sms": say("telephone number that can take texts"),
    "voice": say("telephone number that can be called"),
    "letter": say("postal address with street, town, postcode and a known country"),
    "call": say("person to make the call"),
}


def ways_in(parameters: _Parameters, field: str) -> list[str]:
    return [way for way in str(parameters.get(field, "")).split(", ") if way]


def _missing(parameters: _Parameters) -> list[str]:
    """What the ledger would have to know; an address that takes no mail is there, and not missing."""
    there = [*ways_in(parameters, "closed"), *(["email"] if "refused" in parameters else [])]
    there += ["sms", "voice"] if "dead" in parameters else []
    return [NEEDS.get(way, way) for way in ways_in(parameters, "channels") if way not in there]


def lacking(parameters: _Parameters) -> Said:
    """What the ledger would have to know for the customer to be reached, and what the customer has closed."""
    closed, missing = ways_in(parameters, "closed"), _missing(parameters)
    words = [say("the ledger has no {what} of this customer", what=reduce(_and_no, missing))] if missing else []
    if "refused" in parameters:
        words.append(_refusal(str(parameters["refused"]), str(parameters["refused_on"])))
    if "unread" in parameters:
        words.append(say("what stands in its telephone field cannot be read as one number of a known country"))
    if "dead" in parameters:
        words.append(_dead(str(parameters["dead"]), str(parameters["dead_on"])))
    stopped = ways_in(parameters, "stopped")
    if stopped:
        words.append(say("the customer has answered STOP to a text"))
    if wished := [way for way in closed if way not in stopped]:
        words.append(say("{ways} is closed, by the customer's wish or because nothing arrives", ways=named(wished)))
    return chained(words)


def _and_no(before: str, after: str) -> str:
    return say("{before} and no {after}", before=before, after=after)


def named(ways: Iterable[str]) -> Said:
    return listed(_WAYS.get(way, way) for way in ways)


def way_to_reach(parameters: _Parameters) -> Said:
    steps = reduce(_or, _steps_to_reach(parameters))
    if ways_in(parameters, "stopped"):
        return say("a person {steps}; it is texted again only when it has answered START itself", steps=steps)
    return say("a person {steps}", steps=steps)


def _steps_to_reach(parameters: _Parameters) -> Iterator[Said]:
    closed, missing = ways_in(parameters, "closed"), _missing(parameters)
    if missing:
        yield say("enters a {what} in the ledger", what=reduce(_or_a, missing))
    if "refused" in parameters:
        yield say("enters another e-mail address in the ledger")
        yield say("lets this one be written to again with `dun replies allow ADDRESS` (`dun replies` lists it)")
    if "dead" in parameters:
        yield say("enters another telephone number in the ledger")
        yield say("lets this one be used again with `dun replies allow NUMBER` (`dun replies` lists it)")
    stopped = ways_in(parameters, "stopped")
    if wished := [way for way in closed if way not in stopped]:
        yield say("opens a channel again with `dun customer NAME --{way}`, if the customer wants it", way=wished[0])
    yield say("gives the stage a further channel, such as call")


def _or(before: Said, after: Said) -> Said:
    return say("{before}, or {after}", before=before, after=after)


def _or_a(before: str, after: str) -> str:
    return say("{before} or a {after}", before=before, after=after)


def _refusal(why: str, since: str) -> Said:
    day = date.fromisoformat(since)
    if why == "bounced":
        return say(
            "mail to this customer's address bounced on {refused_on}, so it is not written to again", refused_on=day
        )
    if why == "invalid":
        return say(
            "this customer's address was called invalid by the carrier on {refused_on}, so it is not written to again",
            refused_on=day,
        )
    return say(
        "somebody at this customer's address called a mail unwanted on {refused_on}, so it is not written to again",
        refused_on=day,
    )


def _dead(why: str, since: str) -> Said:
    day = date.fromisoformat(since)
    if why == NO_TEXTS:
        return say(
            "the carrier said on {dead_on} that this customer's number takes no texts, so it gets none", dead_on=day
        )
    return say(
        "the carrier said on {dead_on} that this customer's number is not in use, so it is not used again", dead_on=day
    )
