"""The truth check: what was owed when a message arrived, said by the books and by nobody else.

The connector never takes part in this. A verdict is passed once, at the virtual instant of arrival; the summary at
the end only counts. An invoice is taken as mentioned if its number stands as a word of its own in a message to an
address, a telephone or a door at which its customer (or the customer's family, or who was merged into it) can be
reached.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.mailbox import Addressee, Mention, ReceivedMessage, Verdict, addresses_in, readable
from connectors.sandbox.post import plain_postcode
from connectors.sandbox.summing import summed_up
from connectors.sandbox.world import World
from state.clock import business_day

MARKER = "[dun:"
THANKS = "thanks"  # the stage of messages that thank for money; they chase nobody
NOT_TO_BE_CHASED: frozenset[Verdict] = frozenset({"settled", "void", "deleted", "draft", "bill", "covered_by_credit"})
ON_HOLD: frozenset[Verdict] = frozenset({"disputed", "promised", "scheduled"})
TOO_SOON = timedelta(hours=24)

_SPOKEN = frozenset({"sms", "voice"})
_AMOUNT = r"((?:\d{1,3}(?:[.,'\u2019 \u00a0\u202f]\d{3})+|\d+)(?:[.,]\d{1,3})?)(?!\d)"
_GAP = r"[ \u00a0\u202f]?"
_SYMBOL = r"[$£€¥]"
_SPELLED = r"\b\w\b(?:[ ,]+\w\b)+"
_SUBSCRIBER = 9  # digits that tell one telephone from another
_ENVELOPE_LINE = 40


def receive(world: World, message: ReceivedMessage) -> None:
    """Record `message` and pass the verdict on every invoice it mentions, as of now."""
    judge(world, message)
    world.messages.append(message)


def judge(world: World, message: ReceivedMessage) -> None:
    """Pass the verdicts on `message`, as of now."""
    message.mentions = [
        _mention(ledger, books, invoice, message.stage)
        for ledger, books in world.companies.items()
        for invoice in _about(message, books)
    ]


def _about(message: ReceivedMessage, books: Books) -> list[Invoice]:
    """What the message names, of those it went to; a text or call that names nothing is read by its sums."""
    named = {invoice.id: invoice for invoice in _named_in(message, books)}.values()
    found = [invoice for invoice in named if _is_for(message, books, invoice)]
    if found or named or message.channel not in _SPOKEN:
        return found
    open_ones = (i for i in books.invoices.values() if i.state == "open" and i.due_amount > 0 and not i.bill)
    owing = [invoice for invoice in open_ones if _is_for(message, books, invoice)]
    return summed_up(message.text, owing, {i.currency: books.unapplied(i.customer_id, i.currency) for i in owing})


def _named_in(message: ReceivedMessage, books: Books) -> Iterator[Invoice]:
    """The invoices whose numbers stand in the message; in a call also those spelled out, character by character."""
    yield from books.mentioned_in(message.shown)
    if message.channel == "voice":
        spelled = {re.sub(r"[ ,]", "", run) for run in re.findall(_SPELLED, message.text.upper())}
        yield from (i for i in books.invoices.values() if re.sub(r"\W", "", i.number.upper()) in spelled)


def addresses_of(books: Books, invoice: Invoice) -> set[str]:
    """Every address at which somebody answers for `invoice`, in lower case."""
    people = _people(books, invoice)
    typed = [invoice.billed_to, *(c.email for c in people), *(address for c in people for address in c.cc)]
    return set().union(*(addresses_in(text) for text in typed))


def _people(books: Books, invoice: Invoice) -> list[Customer]:
    """Who answers for `invoice`: the customer, its family, and whoever was merged into them."""
    family = books.family(invoice.customer_id)
    return [c for c in books.customers.values() if c.id in family or c.merged_into in family]


def _is_for(message: ReceivedMessage, books: Books, invoice: Invoice) -> bool:
    """Whether the message went to somebody who answers for `invoice`."""
    match message.channel:
        case "sms" | "voice":
            known = {_subscriber(number) for c in _people(books, invoice) for number in (c.phone, c.mobile) if number}
            return any(_subscriber(number) in known for number in message.recipients)
        case "letter":
            return any(_lives_there(message.addressee, customer) for customer in _people(books, invoice))
        case _:
            return bool({a.lower() for a in message.recipients} & addresses_of(books, invoice))


def _subscriber(number: str) -> str:
    """The end of a telephone number, which is the same however its beginning is written."""
    return re.sub(r"\D", "", number)[-_SUBSCRIBER:]


def _lives_there(addressee: Addressee | None, customer: Customer) -> bool:
    """By name, as far as it fits on a line of an envelope, and by postcode where the books have one."""
    if addressee is None:
        return False
    named = any(_on_an_envelope(name) == _on_an_envelope(customer.name) for name in addressee.names)
    known = plain_postcode(customer.postcode)
    return named and (known in {"", plain_postcode(addressee.postcode)} or known in plain_postcode(addressee.line))


def _on_an_envelope(name: str) -> str:
    return " ".join(name.split()).casefold()[:_ENVELOPE_LINE].strip()


def verdict_on(books: Books, invoice: Invoice, today: date) -> Verdict:
    """What the books say of chasing `invoice` at this instant."""
    if invoice.bill:
        return "bill"
    if invoice.state == "void" or invoice.state == "deleted" or invoice.state == "draft":
        return invoice.state
    if invoice.due_amount <= 0:
        return "settled"
    if books.unapplied(invoice.customer_id, invoice.currency) >= invoice.due_amount:
        return "covered_by_credit"
    if invoice.disputed:
        return "disputed"
    if invoice.expected is not None and invoice.expected >= today:
        return "promised"
    return "scheduled" if invoice.scheduled_payment else "owed"


def verdict(world: World) -> dict[str, Any]:
    """The books' count over everything that arrived so far; every count's cases are listed under 'details'."""
    details: dict[str, list[dict[str, Any]]] = {
        "chased_paid": list(_with_verdict(world, NOT_TO_BE_CHASED)),
        "chased_on_hold": list(_with_verdict(world, ON_HOLD)),
        "thanked_for_nothing": list(_with_verdict(world, frozenset({"thanked_for_nothing"}))),
        "duplicates": list(_duplicates(world.messages)),
        "wrong_amounts": list(wrong_amounts(_chasing(world.messages))),
        **_notes_against_reminders(world),
        "unmatched_messages": [_where(message) for message in world.messages if not message.mentions],
    }
    verdicts = Counter(mention.verdict for message in world.messages for mention in message.mentions)
    return {
        "messages": len(world.messages),
        "mentions": verdicts.total(),
        "verdicts": dict(sorted(verdicts.items())),
        **{name: len(cases) for name, cases in details.items()},
        "details": details,
    }


def _mention(ledger: str, books: Books, invoice: Invoice, stage: str | None) -> Mention:
    today = business_day(books.clock.now(), ZoneInfo(books.company.zone))
    chased = verdict_on(books, invoice, today)
    thanked: Verdict = "thanked" if invoice.paid > 0 else "thanked_for_nothing"
    return Mention(
        company=ledger,
        invoice_id=invoice.id,
        number=invoice.number,
        verdict=thanked if stage == THANKS else chased,
        due=invoice.due_amount,
        currency=invoice.currency,
        round=books.settlements[invoice.id],
    )


def _with_verdict(world: World, verdicts: frozenset[Verdict]) -> Iterator[dict[str, Any]]:
    for message in world.messages:
        for mention in message.mentions:
            if mention.verdict in verdicts:
                yield {**_where(message), **_what(mention), "verdict": mention.verdict}


def _duplicates(messages: Iterable[ReceivedMessage]) -> Iterator[dict[str, Any]]:
    """The same attempt twice; the same stage of the same invoices twice; the same invoice twice within a day.

    What nobody has seen repeats nothing, and is repeated by nothing.
    """
    attempts: set[str] = set()
    stages: set[tuple[str, frozenset[tuple[str, int, int]]]] = set()
    last_seen: dict[tuple[str, int], datetime] = {}
    for message in (message for message in messages if message.reached):
        about = frozenset((m.company, m.invoice_id, m.round) for m in message.mentions)
        if message.attempt is not None and message.attempt in attempts:
            yield {**_where(message), "why": "the same attempt arrived twice"}
        elif message.stage is not None and about and (message.stage, about) in stages:
            yield {**_where(message), "why": f"stage {message.stage} of the same invoices arrived twice"}
        else:
            yield from _repeated_within_a_day(message, last_seen) if message.stage != THANKS else ()
        attempts |= {message.attempt} if message.attempt else set()
        stages |= {(message.stage, about)} if message.stage else set()
        if message.stage != THANKS:
            last_seen |= {(m.company, m.invoice_id): message.arrived_at for m in message.mentions}


def _repeated_within_a_day(
    message: ReceivedMessage, last_seen: dict[tuple[str, int], datetime]
) -> Iterator[dict[str, Any]]:
    for mention in message.mentions:
        before = last_seen.get((mention.company, mention.invoice_id))
        if before is not None and message.arrived_at - before < TOO_SOON:
            why = f"the invoice was in a message {message.arrived_at - before} earlier"
            yield {**_where(message), **_what(mention), "why": why}


def _chasing(messages: Iterable[ReceivedMessage]) -> Iterator[ReceivedMessage]:
    """Those that ask for money."""
    return (message for message in messages if message.stage != THANKS)


def wrong_amounts(messages: Iterable[ReceivedMessage]) -> Iterator[dict[str, Any]]:
    """Lines that name one invoice and show amounts of money, of which neither one nor the sum is what was due.

    A text message has one line: what is to pay, and the credit that was taken off.
    """
    for message in messages:
        lines = (message.text or readable(message.html)).splitlines()
        for mention in message.mentions:
            amounts = [a for line in lines if _names(line, mention, message) for a in _amounts(line, mention)]
            if amounts and not any(_same_digits(amount, mention) for amount in (*amounts, _sum_of(amounts))):
                yield {**_where(message), **_what(mention), "shown": amounts}


def _names(line: str, mention: Mention, message: ReceivedMessage) -> bool:
    """Whether `line` is about this invoice and no other of the message."""
    numbers = [m.number for m in message.mentions if re.search(rf"(?<!\w){re.escape(m.number)}(?!\w)", line)]
    return numbers == [mention.number]


def _amounts(line: str, mention: Mention) -> list[str]:
    """What stands in `line` next to a currency sign or the invoice's currency code."""
    rest = line.replace(mention.number, " ")
    sign = rf"(?:{mention.currency}|{_SYMBOL})"
    return re.findall(sign + _GAP + _AMOUNT, rest) + re.findall(rf"(?<!\d){_AMOUNT}{_GAP}{sign}", rest)


def _sum_of(amounts: list[str]) -> str:
    return str(sum(int(re.sub(r"\D", "", amount)) for amount in amounts))


def _same_digits(shown: str, mention: Mention) -> bool:
    """Compared by digits, because every locale writes its own separators and some leave the cents out."""
    digits = re.sub(r"\D", "", shown)
    exact = re.sub(r"\D", "", f"{mention.due:.2f}")
    return digits in {exact, exact.removesuffix("00"), exact + "0"}


def _notes_against_reminders(world: World) -> dict[str, list[dict[str, Any]]]:
    """Each mention in an accepted message needs one note of its own on the invoice, and each note a mention."""
    reminders, unsure = _reminder_counts(_chasing(world.messages))
    written: dict[tuple[str, int], list[str]] = defaultdict(list)
    for ledger, books in world.companies.items():
        for note in books.notes:
            if MARKER in note.text:
                written[ledger, note.invoice_id].append(note.text)
    without_note: list[dict[str, Any]] = []
    without_reminder: list[dict[str, Any]] = []
    for key in sorted(reminders.keys() | written.keys()):
        different = len({_marker(text) for text in written[key]})
        case = {"company": key[0], "invoice": world.companies[key[0]].invoices[key[1]].number}
        missing = reminders[key] - different
        surplus = len(written[key]) - different + max(0, different - reminders[key] - unsure[key])
        without_note += [case] * max(0, missing)
        without_reminder += [case] * surplus
    return {"reminders_without_note": without_note, "notes_without_reminder": without_reminder}


def _reminder_counts(
    messages: Iterable[ReceivedMessage],
) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """Per invoice: reminders the sender knows to have arrived, and those that were lost on the way, or their answer."""
    known: Counter[tuple[str, int]] = Counter()
    unsure: Counter[tuple[str, int]] = Counter()
    for message in messages:
        (known if message.acknowledged and message.reached else unsure).update(
            (m.company, m.invoice_id) for m in message.mentions
        )
    return known, unsure


def _marker(text: str) -> str:
    return text[text.index(MARKER) :].partition("]")[0]


def _where(message: ReceivedMessage) -> dict[str, Any]:
    return {
        "message": message.id,
        "channel": message.channel,
        "arrived_at": message.arrived_at.isoformat(),
        "stage": message.stage,
        "attempt": message.attempt,
        "subject": message.subject,
    }


def _what(mention: Mention) -> dict[str, Any]:
    return {
        "company": mention.company,
        "invoice": mention.number,
        "due": f"{mention.due} {mention.currency}",
    }
