"""English texts that Dun has stored, known again as the sentences they were, so that they can be said in any language.

What a task is to say, why a reminder stands where it stands and why everything is held are stored as plain English:
people's SQL and the terminal read them. A text that is none of these, such as a person's note or what a carrier
answered, stays as it is. A day or an amount in a sentence is written as in the reader's language again.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import reduce
from string import Formatter

from connector.saying.names import name, stage_name
from connector.saying.said import Said, Value, listed, say
from state.money import Money, MoneyError, to_minor

_SENTENCES = (  # what is more particular comes first
    # reminders
    say("skipped by {who}: no reason given"),
    say("skipped by {who}: {why}"),
    say("sent, says {who}"),
    say("skipped, says {who}"),
    say("retry by {who}"),
    say("taken back by {who}"),
    say("verified, but not sent before the program ended"),
    # the end of a sequence
    say("{customer}: invoice {number}, {sum}, due since {day}."),
    say("{customer}: invoice {number}, {sum}."),
    say("Its sequence is through: {sent}."),
    say("Its sequence is through; nothing was sent."),
    # calls, and messages that did not arrive
    say("No telephone number of this customer is in the ledger: find one, and enter it there for the next time."),
    say("Ask {customer} when invoice {number} will be paid."),
    say("the {stage} message by {channel} was {state}: {detail}"),
    say("The {stage} message of {day} by {channel} reached nobody:"),
    say("The {stage} message of {day} by {channel} had trouble on its way:"),
    say("  {who} bounced: {detail}"),
    say("  {who} failed: {detail}"),
    say("  {who} came back: {detail}"),
    say("  {who} was called unwanted: {detail}"),
    say("It went to {others} as well, of which no failure is known."),
    say("Correct it in the ledger. {who} is not used again until somebody says `dun replies allow {who}`."),
    say(
        "The stage goes once more as soon as there is another way to the customer. Without one the sequence waits until"
        " this task is done."
    ),
    # money that came late
    say(
        "Invoice {number} has been with {whom} since {day}. What is due on it has fallen from {before} to {after}"
        " ({state}). Tell {whom}; if the case is over: dun handover --return {number}"
    ),
    say(
        "Invoice {number} was written off ({sum}), and now the customer has paid {came} on {day}, which no invoice has"
        " taken. Undo the write-off in the ledger, or say where the money belongs."
    ),
    say(
        "Invoice {number} was written off ({sum}), and now {came} was put against it on {day}. Undo the write-off in"
        " the ledger, or say where the money belongs."
    ),
    say(
        "Invoice {number} was exported to be written off by hand ({sum}), and now the customer has paid {came} on"
        " {day}, which no invoice has taken. Unless that is how it was booked, do not book it as lost, or undo that."
    ),
    say(
        "Invoice {number} was exported to be written off by hand ({sum}), and now {came} was put against it on {day}."
        " Unless that is how it was booked, do not book it as lost, or undo that."
    ),
    # everything is held
    say(
        "this connection now answers for {answering}, but the mirror belongs to {known}; reconnect the right company or"
        " set up a new tenant"
    ),
    say(
        "open invoices fell from {before} to {after} in one pull; if that is right, `dun release --everything --tenant"
        " NAME` lets reminders go on"
    ),
    say(
        "the ledger no longer returns {gone} of {before} open invoices and does not say why, as after the reset of a"
        " demo company; if that is right, `dun release --everything --tenant NAME` lets reminders go on"
    ),
    say(
        "this machine's clock and the ledger's differ by {span}; set the clock, then `dun release --everything --tenant"
        " NAME`"
    ),
)
_SUM = re.compile(r"(-?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?) ([A-Z]{3})")


def known_again(text: str) -> str:
    """`text`, each line of it as the sentence it was; a Said where one is known again."""
    lines: list[str] = [_sentence(line) or line for line in text.split("\n")]
    return reduce(_below, lines) if any(isinstance(line, Said) for line in lines) else text


def reason_name(reason: str) -> str:
    """Why a reminder stands where it stands: what a person did, a code, or a carrier's own words."""
    return _sentence(reason) or name(reason)


def _below(before: str, after: str) -> Said:
    return say("{before}\n{after}", before=before, after=after)


def _sentence(text: str) -> Said | None:
    for words, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return say(words, **{place: _value(place, value) for place, value in found.groupdict().items()})
    return None


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile("".join(_parts(words)), re.DOTALL)


def _parts(words: str) -> Iterator[str]:
    """A place that comes again is the same again."""
    places: set[str] = set()
    for literal, place, _, _ in Formatter().parse(words):
        yield re.escape(literal)
        if place:
            yield f"(?P={place})" if place in places else f"(?P<{place}>.*?)"
            places.add(place)


def _value(place: str, text: str) -> Value:
    if place == "stage":
        return stage_name(text)
    if place in ("channel", "state"):
        return name(text)
    return listed(map(_step, text.split(", "))) if place == "sent" else _plain(text)


def _step(text: str) -> Said:
    stage, _, day = text.rpartition(" on ")
    return say("{stage} on {day}", stage=stage_name(stage), day=_plain(day))


def _plain(text: str) -> Value:
    try:
        if found := _SUM.fullmatch(text):
            amount = Decimal(found[1].replace(",", ""))
            return Money(to_minor(amount, found[2]), found[2])
        return date.fromisoformat(text)
    except (ArithmeticError, MoneyError, ValueError):
        return text


_PATTERNS = tuple((each.words, _pattern(each.words)) for each in _SENTENCES)
