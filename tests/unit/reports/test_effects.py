"""What the report on reminders says is what a reckoning message by message and payment by payment says."""

from datetime import UTC, date, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from unit.reports.effect_worlds import START, TODAY, TOTAL, WORLDS, Debt, Money, Sent, World, day, instant, written
from unit.state.examples import a_reply, claimed

from connector.reports.apology import Firm
from connector.reports.effects import Minutes, effects_report
from connector.reports.table import Report
from state.ids import MessageId

LAST = TODAY
STATED = Minutes(message=6, note=1)
HARBOUR = Firm("Harbour Ltd", "en_GB", UTC)


class Oracle:
    """One reminder, reckoned by hand."""

    def __init__(self, world: World, message: Sent, debt: int) -> None:
        self.message, self.debt = message, world.debts[debt]
        self.world = world
        self.payments = [one for one in self.debt.money if not one.credit]
        self.gone = self.debt.status == "void"

    @property
    def outcome(self) -> str:
        debt = self.debt
        if debt.came_back or debt.later_total <= 0 or debt.status == "void":
            return "unknown"
        if debt.status == "open":
            return "open"
        dated = all(one.on is not None for one in self.payments)
        return "paid" if dated and sum(one.minor for one in self.payments) >= debt.later_total else "unknown"

    @property
    def days(self) -> int | None:
        return max(one.on or 0 for one in self.payments) - self.message.on if self.outcome == "paid" else None

    @property
    def surfaced(self) -> int | None:
        """Minor units; None: cannot be known."""
        settled = self.debt.later_total - self.debt.due_at_read
        if settled < 0:
            return None
        if self.gone:
            return 0
        before = [one for one in self.debt.money if one.on is not None and one.on < self.message.on]
        late = known = credited = 0
        for one in before:
            if one.credit:
                credited += one.minor
            elif not one.mirrored or one.stamped >= self.message.on:  # stamps are of 11:00, messages of 9:00
                late += one.minor
            else:
                known += one.minor
        come = max(0, min(late, late + known + credited - settled)) + max(0, known - settled)
        return max(0, min(self.debt.due_at_read, come) - self.message.deducted)

    @property
    def same_day(self) -> bool:
        return not self.gone and any(one.on == self.message.on for one in self.payments)

    def within(self, days: int) -> bool | None:
        """None: not to be judged."""
        if (TODAY - day(self.message.on)).days < days or self.outcome == "unknown":
            return None
        if self.days is None:
            return False
        return None if self.days < 0 else self.days <= days


def rows(report: Report, name: str) -> list[dict[str, Any]]:
    [table] = [one for one in report.tables if one.name == name]
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def reported(
    world: World, first: date = START, last: date = LAST, minutes: Minutes = STATED, zone: tzinfo = UTC
) -> Report:
    with written(world) as store:
        return effects_report(store.effects(first, last, TODAY, zone), minutes, HARBOUR)


def real(world: World) -> list[Sent]:
    return [message for message in world.messages if message.carrier != "dry"]


def by_kind(world: World) -> dict[tuple[Any, ...], list[Sent]]:
    kinds: dict[tuple[Any, ...], list[Sent]] = {}
    for message in real(world):
        kinds.setdefault((message.stage, message.template, message.channel), []).append(message)
    return kinds


def of_kind(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["stage"], row["template"], row["channel"]


def oracles(world: World, messages: list[Sent]) -> list[Oracle]:
    return [Oracle(world, message, debt) for message in messages for debt in message.debts]


def share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def state_of(message: Sent) -> str | None:
    recipients: dict[str | None, set[str]] = {}
    for kind, recipient in message.told:
        recipients.setdefault(recipient, set()).add(kind)
    if not recipients:
        return None
    lost = [who for who, kinds in recipients.items() if kinds & {"bounced", "failed", "returned"}]
    reached = [
        who for who, kinds in recipients.items() if kinds & {"delivered", "opened_complaint"} and who not in lost
    ]
    if lost:
        return "partly_delivered" if reached else "undelivered"
    return "delivered" if reached else "under_way"


def answered(message: Sent) -> list[int]:
    """Days after which somebody answered it; each message has a customer of its own."""
    return [after for after, names in message.replies if names or after < 14]


@given(WORLDS)
@settings(max_examples=30, deadline=None)
def test_messages_are_counted_as_one_by_one(world: World) -> None:
    kinds = by_kind(world)
    told = {of_kind(row): row for row in rows(reported(world), "messages")}
    arrivals = {message.channel for message in real(world) if state_of(message) == "delivered"}

    assert told.keys() == kinds.keys()
    for kind, messages in kinds.items():
        row, states = told[kind], [state_of(message) for message in messages]
        counted = [states.count(state) for state in ("delivered", "partly_delivered", "undelivered")]
        assert row["sent"] == len(messages)
        assert row["delivered"] == (counted[0] if row["channel"] in arrivals else None)
        assert [row["partly_delivered"], row["undelivered"]] == (
            counted[1:] if row["channel"] in arrivals or any(counted) else [None, None]
        )
        assert row["not_told"] == len(messages) - sum(counted)
        assert row["complained"] == sum(
            any(fact == "opened_complaint" for fact, _ in message.told) for message in messages
        )
        assert row["replied"] == sum(bool(answered(message)) for message in messages)


@given(WORLDS)
@settings(max_examples=30, deadline=None)
def test_a_response_is_a_reply_or_a_payment_within_fourteen_days(world: World) -> None:
    told = {of_kind(row): row for row in rows(reported(world), "messages")}

    for kind, messages in by_kind(world).items():
        old = [message for message in messages if (TODAY - day(message.on)).days >= 14]
        responded = [
            message
            for message in old
            if (answered(message) and min(answered(message)) <= 14)
            or any(one.days is not None and 0 <= one.days <= 14 for one in oracles(world, [message]))
        ]
        row = told[kind]
        assert (row["responded"], row["responded_of"]) == (len(responded), len(old))
        assert row["response_rate"] == share(len(responded), len(old))


@pytest.mark.parametrize(
    ("zone", "after", "responded"),  # replies come at 12:00 UTC
    [("Pacific/Kiritimati", 14, 0), ("Pacific/Kiritimati", 13, 1), ("Etc/GMT+12", 14, 1), ("Etc/GMT+12", 15, 0)],
)
def test_the_fourteen_days_of_a_response_are_days_of_the_firm(zone: str, after: int, responded: int) -> None:
    world = one(OPEN, replies=((after, True),))
    [row] = rows(reported(world, zone=ZoneInfo(zone)), "messages")

    assert (row["responded"], row["responded_of"]) == (responded, 1)


@given(WORLDS)
@settings(max_examples=30, deadline=None)
def test_what_was_paid_after_a_message_is_what_a_reckoning_reminder_by_reminder_says(world: World) -> None:
    report = reported(world)
    windows = {(*of_kind(row), row["within_days"]): row for row in rows(report, "paid")}
    told = {of_kind(row): row for row in rows(report, "reminders")}

    for kind, messages in by_kind(world).items():
        each = oracles(world, messages)
        for days in (3, 7, 14):
            judged = [one.within(days) for one in each if one.within(days) is not None]
            row = windows[*kind, days]
            assert (row["paid"], row["asked"]) == (sum(map(bool, judged)), len(judged))
            assert row["paid_rate"] == share(sum(map(bool, judged)), len(judged))
        after = [one.days for one in each if one.days is not None and one.days >= 0]
        row = told[kind]
        assert row["reminders"] == len(each)
        assert row["median_days"] == (Decimal(str(median(after))) if after else None)
        assert row["unpaid"] == sum(one.outcome == "open" for one in each)
        assert row["unknown"] == sum(one.outcome == "unknown" for one in each)


@given(WORLDS)
@settings(max_examples=50, deadline=None)
def test_false_chases_are_those_that_the_proofs_and_the_payments_days_convict(world: World) -> None:
    report = reported(world)
    each = oracles(world, real(world))
    false = [one for one in each if one.surfaced]
    incidents = rows(report, "false_chases")

    assert sorted((row["sent_on"], row["amount"].minor) for row in incidents) == sorted(
        (day(one.message.on), one.surfaced) for one in false
    )
    for row in rows(report, "summary"):
        proven = [one for one in each if one.surfaced is not None]
        assert (row["false_chases"], row["proven"]) == (len(false), len(proven))
        assert row["false_chase_rate"] == share(len(false), len(proven))


@given(WORLDS)
@settings(max_examples=20, deadline=None)
def test_minutes_are_counted_deeds_times_stated_minutes(world: World) -> None:
    [row] = rows(reported(world), "summary") or [None]
    messages = real(world)

    if row is None:
        assert not messages
        return
    notes = sum(len(message.debts) for message in messages if message.noted)
    assert (row["messages"], row["notes"]) == (len(messages), notes)
    assert row["invoices"] == len({debt for message in messages for debt in message.debts})
    assert row["minutes_spared"] == 6 * len(messages) + notes


@given(WORLDS)
@settings(max_examples=30, deadline=None)
def test_only_messages_of_the_days_asked_for_are_counted(world: World) -> None:
    first, last = day(10), day(20)
    [row] = rows(reported(world, first, last), "summary") or [{"messages": 0}]

    assert row["messages"] == sum(first <= day(message.on) <= last for message in real(world))


def words(world: World, **chosen: Any) -> str:
    return "\n".join(reported(world, **chosen).cannot_know)


OPEN = Debt("open", TOTAL)


def paid(*money: Money, due: int = TOTAL, **fields: Any) -> Debt:
    return Debt("paid", due, money, **fields)


def one(debt: Debt, **fields: Any) -> World:
    return World((debt,), (Sent(**{"on": 10, "stage": "soft", "debts": (0,), **fields}),))


def chases(world: World) -> list[dict[str, Any]]:
    return rows(reported(world), "false_chases")


def test_before_anything_was_sent_nothing_is_told_but_that() -> None:
    report = reported(World((OPEN,), ()))

    assert all(table.rows == () for table in report.tables)
    assert report.cannot_know == (f"Nothing left from {START} to {LAST}, so there is nothing to tell.",)


def test_one_message_of_yesterday_has_no_share_yet() -> None:
    report = reported(one(OPEN, on=39))

    assert [row["paid_rate"] for row in rows(report, "paid")] == [None, None, None]
    assert rows(report, "reminders")[0]["median_days"] is None
    assert rows(report, "messages")[0]["response_rate"] is None
    assert "rest on fewer than 20 reminders" in "\n".join(report.cannot_know)


def test_without_stated_minutes_none_are_spared() -> None:
    report = reported(one(OPEN), minutes=Minutes())

    assert rows(report, "summary")[0]["minutes_spared"] is None
    assert "[minutes]" in "\n".join(report.cannot_know)


def test_what_no_carrier_told_is_unknown_not_nought() -> None:
    row = rows(reported(one(OPEN, carrier="smtp")), "messages")[0]

    assert (row["delivered"], row["undelivered"], row["not_told"]) == (None, None, 1)
    assert "no carrier has told" in words(one(OPEN, carrier="smtp"))


def test_a_bounce_does_not_tell_that_the_others_did_not_arrive() -> None:
    lost, silent = Sent(on=1, stage="soft", debts=(0,), told=(("bounced", "a@x.example"),)), Sent(2, "soft", (1,))
    [row] = rows(reported(World((OPEN, OPEN), (lost, silent))), "messages")

    assert (row["delivered"], row["partly_delivered"], row["undelivered"], row["not_told"]) == (None, 0, 1, 1)


def test_a_rehearsal_is_left_out_and_named() -> None:
    assert "1 message went into a folder" in words(one(OPEN, carrier="dry"))


def test_a_negative_invoice_is_not_known_to_be_paid() -> None:
    report = reported(one(paid(later_total=-20_00)))

    assert rows(report, "reminders")[0]["unknown"] == 1
    assert rows(report, "summary")[0]["false_chase_rate"] is None


def test_a_payment_entered_after_the_reminder_with_an_earlier_day_is_a_false_chase() -> None:
    [chase] = chases(one(paid(Money(TOTAL, on=8, stamped=12))))

    assert (chase["amount"].minor, chase["paid_on"]) == (TOTAL, day(8))
    assert chase["cause"] == "entered, or changed, in the ledger after the reminder had left"


def test_a_part_that_the_live_read_knew_and_somebody_edited_later_is_none() -> None:
    assert chases(one(paid(Money(40_00, on=5, stamped=30), Money(60_00, on=20, stamped=20), due=60_00))) == []


def test_a_payment_that_the_ledger_knew_and_yet_showed_as_owed_is_held_against_us() -> None:
    [chase] = chases(one(paid(Money(TOTAL, on=5, stamped=6))))

    assert chase["cause"].startswith("in the ledger before the reminder left")


def test_credit_that_the_message_had_deducted_is_no_false_chase() -> None:
    assert chases(one(paid(Money(40_00, on=5, stamped=30), Money(60_00, on=20, stamped=20)), deducted=40_00)) == []


def test_a_payment_of_the_very_day_is_told_apart() -> None:
    world = one(paid(Money(TOTAL, on=10, stamped=12)))

    assert chases(world) == []
    assert "Which was first, on 1 reminder" in words(world)
    assert [row["paid"] for row in rows(reported(world), "paid")] == [1, 1, 1]


def test_a_payment_of_the_very_day_for_an_invoice_that_shrank_later_is_unproven() -> None:
    told = words(one(paid(Money(10_00, on=10, stamped=12), later_total=-20_00)))

    assert "Whether 1 reminder was false" in told
    assert "Which was first" not in told


def test_a_payment_that_only_the_invoice_tells_was_not_on_it_yet_if_the_invoice_has_changed_since_the_read() -> None:
    [chase] = chases(one(paid(Money(TOTAL, on=8, stamped=12, mirrored=False))))

    assert chase["cause"].startswith(f"not yet on the invoice when the reminder left, and on it since {day(50)} at the")


def test_a_payment_that_the_invoice_told_at_the_read_and_that_was_asked_for_is_held_against_us() -> None:
    [chase] = chases(one(paid(Money(TOTAL, on=8, stamped=12, mirrored=False), changed=10)))

    assert chase["cause"].startswith("in the ledger before the reminder left")


def test_a_message_of_which_nobody_knows_whether_it_left_is_counted_nowhere() -> None:
    with written(World((OPEN,), ())) as store:
        store.cycles.start(instant(10), day(10))
        claimed(store, "inv-0")
        store.reminders.unsure(MessageId("msg-1"), "timed out", instant(10))
        report = effects_report(store.effects(START - timedelta(30), LAST, TODAY, UTC), Minutes(), HARBOUR)

    assert rows(report, "summary") == []
    assert "Whether 1 message left at all" in "\n".join(report.cannot_know)


def test_a_reply_of_a_machine_is_no_answer() -> None:
    with written(one(OPEN)) as store:
        draft = a_reply(received_at=instant(11), message_id=MessageId("message-0"), kind="out_of_office")
        store.correspondence.save(draft, [], instant(11))
        report = effects_report(store.effects(START, LAST, TODAY, UTC), Minutes(), HARBOUR)

    assert rows(report, "messages")[0]["replied"] == 0


def test_no_table_is_left_behind_by_the_reading() -> None:
    with written(one(OPEN)) as store:
        store.effects(START, LAST, TODAY, UTC)

        assert store._connection.execute("SELECT count(*) FROM sqlite_temp_schema").fetchone() == (0,)


def test_the_view_by_stage_says_the_same_as_the_report_once_all_are_old() -> None:
    world = World((paid(Money(TOTAL, on=10, stamped=20)), OPEN), (Sent(on=5, stage="soft", debts=(0, 1)),))
    with written(world) as store:
        told = store._connection.execute(
            "SELECT paid_within_3, paid_within_7, paid_within_14, invoices, unpaid FROM effects_by_stage"
        ).fetchall()

    assert told == [(0, 1, 1, 2, 1)]
