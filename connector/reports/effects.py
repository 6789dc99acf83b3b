"""What reminders did, as far as it is known: arrived, answered, followed by money, sent for nothing, minutes spared.

What follows a message is not its effect: many would have paid anyway. So nothing here is called a success, and only
the comparison with customers who are asked later (connector.reports.trial) says what reminding itself changed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from connector.reports.apology import Firm, apology
from connector.reports.shares import median, percent
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import say
from state.effect_records import Effects, FalseChase, Kind, MessagesSent, RemindersSent
from state.money import Money, MoneyError

WINDOWS: Final = (3, 7, 14)  # days after a message
FEW = 20  # of fewer reminders a share says little

_KIND = (Column("stage", "Stage"), Column("template", "Template"), Column("channel", "Channel"))


def _drawn(figure: str, *names: str) -> tuple[Drawn]:
    """One column of a table whose rows are kinds of messages, and what else tells them apart."""
    return (Drawn((figure,), (*(column.key for column in _KIND), *names)),)


_CAUSES = {
    "entered_later": say("entered, or changed, in the ledger after the reminder had left"),
    "shown_as_owed": say(
        "in the ledger before the reminder left, which showed the invoice as unpaid all the same",
    ),
}
_FORMULA = (
    "Messages that left on the business days from {first} to {last}, and what is known of them on {today}. Paid within"
    " N days: of the invoices asked for at least N days ago, those that payments alone have settled on the day of the"
    " message or up to N days later. Response: a person's reply, or such a payment, within 14 days. False chase: a"
    " payment dated before the message that the live read before it did not show."
)


class Minutes(Struct, frozen=True):
    """What the firm says a message and a note would take a person; 0: it does not say."""

    message: int = 0
    note: int = 0


def effects_report(effects: Effects, minutes: Minutes, firm: Firm) -> Report:
    """The report on `effects`; `firm` signs the drafts of apologies."""
    reminders = _by_kind(effects.reminders)
    return Report(
        name="reminders",
        title="What reminders did",
        as_of=effects.last,
        tables=(
            _summary(effects, minutes),
            _messages(effects.messages),
            _windows(reminders),
            _payments(reminders),
            _false_chases(effects.false_chases, firm),
        ),
        formula=say(_FORMULA, first=effects.first, last=effects.last, today=effects.today),
        cannot_know=tuple(_cannot_know(effects, minutes)),
    )


def paid_within(rows: Iterable[RemindersSent], days: int) -> tuple[int, int]:
    """Of how many reminders it is known whether they were paid `days` days after the message, and of how many so."""
    judged = [row for row in rows if row.age >= days and _is_judged(row)]
    paid = sum(row.reminders for row in judged if row.days is not None and row.days <= days)
    return paid, sum(row.reminders for row in judged)


def days_to_pay(rows: Iterable[RemindersSent]) -> Counter[int]:
    """Days from the message to the payment that settled the invoice, and how often."""
    counts: Counter[int] = Counter()
    for row in rows:
        if row.days is not None and _is_judged(row):
            counts[row.days] += row.reminders
    return counts


def _is_judged(row: RemindersSent) -> bool:
    """Unless it is unknown whether it was paid, or it was before it was asked for."""
    return row.outcome != "unknown" and (row.days is None or row.days >= 0)


def _by_kind(rows: Iterable[RemindersSent]) -> dict[Kind, list[RemindersSent]]:
    kinds: dict[Kind, list[RemindersSent]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    return kinds


def _of(kind: Kind) -> tuple[Cell, Cell, Cell]:
    return kind.stage, kind.template, kind.channel


def _summary(effects: Effects, minutes: Minutes) -> Table:
    chases, proven = false_chases(effects.reminders)
    spared = effects.sent * minutes.message + effects.notes * minutes.note
    row = (
        effects.sent,
        effects.invoices,
        effects.notes,
        spared if minutes.message or minutes.note else None,
        chases,
        proven,
        percent(chases, proven),
    )
    columns = (
        Column("messages", "Messages", "count"),
        Column("invoices", "Invoices asked for", "count"),
        Column("notes", "Notes in the ledger", "count"),
        Column("minutes_spared", "Minutes spared", "count"),
        Column("false_chases", "False chases", "count"),
        Column("proven", "of reminders", "count"),
        Column("false_chase_rate", "Rate", "percent"),
    )
    return Table("summary", "In total", columns, (row,) if effects.sent else ())


def false_chases(rows: Iterable[RemindersSent]) -> tuple[int, int]:
    """How many were false, and of how many that is known."""
    listed = list(rows)
    return sum(row.false_chases for row in listed), sum(row.reminders - row.unproven for row in listed)


def _messages(rows: Iterable[MessagesSent]) -> Table:
    columns = (
        *_KIND,
        Column("sent", "Sent", "count"),
        Column("delivered", "Delivered", "count"),
        Column("partly_delivered", "To some", "count"),
        Column("undelivered", "Bounced", "count"),
        Column("not_told", "Nobody told", "count"),
        Column("complained", "Unwanted", "count"),
        Column("replied", "Replied", "count"),
        Column("responded", "Responded", "count"),
        Column("responded_of", "of", "count"),
        Column("response_rate", "Rate", "percent"),
    )
    listed = list(rows)
    told = {row.kind.channel for row in listed if row.delivered}
    made = tuple(_message(row, arrivals_told=row.kind.channel in told) for row in listed)
    return Table("messages", "Messages", columns, made, _drawn("response_rate"))


def _message(row: MessagesSent, *, arrivals_told: bool) -> tuple[Cell, ...]:
    told = row.delivered + row.partly_delivered + row.undelivered
    arrived = row.delivered if arrivals_told else None
    lost = (row.partly_delivered, row.undelivered) if arrivals_told or told else (None, None)
    answers = (row.replied, row.responded, row.old_enough, percent(row.responded, row.old_enough))
    return *_of(row.kind), row.sent, arrived, *lost, row.sent - told, row.complained, *answers


def _windows(kinds: dict[Kind, list[RemindersSent]]) -> Table:
    columns = (
        *_KIND,
        Column("within_days", "Within", "days"),
        Column("paid", "Paid", "count"),
        Column("asked", "of", "count"),
        Column("paid_rate", "Rate", "percent"),
    )
    rows = (
        (*_of(kind), days, *paid_within(of_kind, days), percent(*paid_within(of_kind, days)))
        for kind, of_kind in kinds.items()
        for days in WINDOWS
    )
    return Table("paid", "Invoices paid after a message", columns, tuple(rows), _drawn("paid_rate", "within_days"))


def _payments(kinds: dict[Kind, list[RemindersSent]]) -> Table:
    columns = (
        *_KIND,
        Column("reminders", "Reminders", "count"),
        Column("median_days", "Median days to pay", "days"),
        Column("unpaid", "Not paid yet", "count"),
        Column("unknown", "Not known", "count"),
        Column("false_chases", "False chases", "count"),
        Column("false_chase_rate", "Rate", "percent"),
    )
    rows = tuple(_payment(kind, of_kind) for kind, of_kind in kinds.items())
    return Table("reminders", "Reminders, one for each invoice in a message", columns, rows, _drawn("median_days"))


def _payment(kind: Kind, rows: list[RemindersSent]) -> tuple[Cell, ...]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted[row.outcome] += row.reminders
    chases, proven = false_chases(rows)
    reminders = sum(row.reminders for row in rows)
    return (
        *_of(kind),
        reminders,
        median(days_to_pay(rows)),
        counted["open"],
        counted["unknown"],
        chases,
        percent(chases, proven),
    )


def _false_chases(chases: Iterable[FalseChase], firm: Firm) -> Table:
    columns = (
        Column("sent_on", "Sent", "day"),
        Column("customer", "Customer"),
        Column("invoice", "Invoice"),
        Column("stage", "Stage"),
        Column("amount", "Had come", "money"),
        Column("paid_on", "Paid", "day"),
        Column("cause", "Cause"),
        Column("apology", "Draft of an apology"),
    )
    return Table("false_chases", "False chases", columns, tuple(_chase(each, firm) for each in chases))


def _chase(chase: FalseChase, firm: Firm) -> tuple[Cell, ...]:
    return (
        chase.sent_on,
        chase.customer,
        chase.number or chase.invoice_id,
        chase.stage,
        _money(chase),
        chase.paid_on,
        _cause(chase, firm),
        apology(chase, firm),
    )


def _cause(chase: FalseChase, firm: Firm) -> str:
    if chase.cause != "shown_later":
        return _CAUSES[chase.cause]
    return say(
        "not yet on the invoice when the reminder left, and on it since {day} at the latest; when it was entered, the"
        " ledger does not say",
        day=chase.shown_by.astimezone(firm.zone).date(),
    )


def _money(chase: FalseChase) -> Money | None:
    try:
        return Money(chase.minor, chase.currency)
    except MoneyError:
        return None


def _cannot_know(effects: Effects, minutes: Minutes) -> Iterator[str]:
    if not effects.sent:
        yield say(
            "Nothing left from {first} to {last}, so there is nothing to tell.", first=effects.first, last=effects.last
        )
    yield from _about_messages(effects)
    if effects.sent:
        yield from _about_payments(effects)
    if effects.sent and not (minutes.message or minutes.note):
        yield say("Minutes spared: the configuration does not say how long a message or a note would take ([minutes]).")


def _about_messages(effects: Effects) -> Iterator[str]:
    told = sum(row.delivered + row.partly_delivered + row.undelivered for row in effects.messages)
    if silent := effects.sent - told:
        yield say(
            "Whether {n} message arrived: no carrier has told; mail servers tell of failures only. | Whether {n}"
            " messages arrived: no carrier has told; mail servers tell of failures only.",
            n=silent,
        )
    if effects.unsure:
        yield say(
            "Whether {n} message left at all: nobody knows; counted nowhere. | Whether {n} messages left at all: nobody"
            " knows; counted nowhere.",
            n=effects.unsure,
        )
    if effects.dry:
        yield say(
            "{n} message went into a folder (channel dry) and reached nobody; counted nowhere. | {n} messages went into"
            " a folder (channel dry) and reached nobody; counted nowhere.",
            n=effects.dry,
        )
    if effects.restored:
        yield say(
            "{n} message known only from the ledger's notes, after a restore; counted nowhere. | {n} messages known"
            " only from the ledger's notes, after a restore; counted nowhere.",
            n=effects.restored,
        )
    if any(row.kind.template is None for row in effects.messages):
        yield say("The template of older messages: it was not written down then.")


def _about_payments(effects: Effects) -> Iterator[str]:
    yield say("Whether an invoice was paid because of a message: what follows it is counted, not what it caused.")
    unknown = sum(row.reminders for row in effects.reminders if row.outcome == "unknown")
    if unknown:
        yield say(
            "What followed {n} reminder: the invoice was settled by something else than dated payments, is void or"
            " gone, or was settled and has come back. | What followed {n} reminders: the invoice was settled by"
            " something else than dated payments, is void or gone, or was settled and has come back.",
            n=unknown,
        )
    if same_day := sum(row.same_day for row in effects.reminders):
        yield say(
            "Which was first, on {n} reminder: a payment bears the very day of the message. | Which was first, on {n}"
            " reminders: a payment bears the very day of the message.",
            n=same_day,
        )
    if unproven := sum(row.unproven for row in effects.reminders):
        yield say(
            "Whether {n} reminder was false: the invoice's total is now less than was asked for. | Whether {n}"
            " reminders were false: the invoice's total is now less than was asked for.",
            n=unproven,
        )
    if few := [kind.stage for kind, rows in _by_kind(effects.reminders).items() if paid_within(rows, 0)[1] < FEW]:
        yield say(
            "Much from the shares of {stages}: they rest on fewer than {few} reminders.",
            stages=", ".join(dict.fromkeys(few)),
            few=FEW,
        )
    yield say("Whether more chases were false: payments that are entered later may still show it.")
