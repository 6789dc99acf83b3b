"""The comparison of the two groups equals a reckoning customer by customer, and is silent where it must be."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.reports.effect_worlds import START, TODAY, day
from unit.state.examples import an_invoice

from connector.reports.trial import interval, trial_report
from state.database import open_database
from state.ids import ContactId, InvoiceId
from state.migrations import TENANT_FILE, m035_trial_start
from state.model import Allocation, InvoiceStatus
from state.store import TenantStore
from state.trial_records import TrialDraws, TrialGroup
from state.trials import Drawn

DAYS = 7
BEGUN = TrialDraws(START, 0)
# Customers: whether held back, the day of the draw, and invoices: due, days to pay (None: never), settled by credit.
CUSTOMERS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 20),
        st.lists(st.tuples(st.integers(-5, 45), st.none() | st.integers(-5, 20), st.booleans()), max_size=3),
    ),
    max_size=5,
)


def save(store: TenantStore, customer: int, number: int, due: int, paid: int | None, credit: bool) -> None:
    key = InvoiceId(f"inv-{customer}-{number}")
    part = Allocation("credit_note" if credit else "payment", f"p-{key}", key, 100_00, day(due + (paid or 0)))
    invoice = an_invoice(
        key,
        contact_id=ContactId(f"customer-{customer}"),
        due_on=day(due),
        total_minor=100_00,
        due_minor=100_00 if paid is None else 0,
        status=InvoiceStatus.OPEN if paid is None else InvoiceStatus.PAID,
        allocations=() if paid is None else (part,),
    )
    store.mirror.save_invoices([invoice])


@given(CUSTOMERS)
@settings(max_examples=40, deadline=None)
def test_groups_are_counted_by_each_customers_first_invoice_after_the_draw(customers: list) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        for number, (held_back, drawn, invoices) in enumerate(customers):
            store.trials.draw([Drawn(ContactId(f"customer-{number}"), held_back)], 20, DAYS, day(drawn))
            for place, invoice in enumerate(invoices):
                save(store, number, place, *invoice)
        told = dict(zip((True, False), store.trials.groups(20, DAYS, TODAY), strict=True))

    for group in (True, False):
        verdicts = []
        for held_back, drawn, invoices in customers:
            later = sorted((due, place) for place, (due, *_) in enumerate(invoices) if due >= drawn)
            if held_back is group and later and later[0][0] <= (TODAY - START).days - DAYS:
                _, paid, credit = invoices[later[0][1]]
                verdicts.append(False if paid is None else None if credit else paid < DAYS)
        known = [verdict for verdict in verdicts if verdict is not None]
        assert told[group] == TrialGroup(len(known), sum(known), len(verdicts) - len(known))


def test_who_was_drawn_stays_in_its_group(tmp_path: Path) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        one = ContactId("customer")
        assert store.trials.draw([Drawn(one, held_back=True)], 20, DAYS, START) == 1
        assert store.trials.draw([Drawn(one, held_back=False)], 20, DAYS, START + timedelta(days=1)) == 0
        for forbidden in ("UPDATE trial_member SET held_back = 0", "DELETE FROM trial_member"):
            with pytest.raises(sqlite3.IntegrityError, match="group"):
                store._connection.execute(forbidden)


def test_who_was_drawn_for_another_day_is_not_judged_at_todays(tmp_path: Path) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        for number, days in enumerate((DAYS, 14)):
            store.trials.draw([Drawn(ContactId(f"customer-{number}"), held_back=True)], 20, days, START)
            save(store, number, 0, 5, 10, credit=False)

        assert store.trials.groups(20, 14, TODAY)[0] == TrialGroup(1, 1, 0)
        assert store.trials.begun(20, 14) == TrialDraws(START, 1)


def test_draws_for_another_day_are_told() -> None:
    report = trial_report(TrialGroup(200, 80, 3), TrialGroup(800, 640, 5), TrialDraws(START, 12), 20, DAYS, TODAY)

    [told] = report.cannot_know
    assert told.startswith("12 customers were drawn while the control group was first reminded on another day")
    assert told.endswith("This comparison began on 2026-03-02.")


def test_a_draw_of_an_earlier_release_is_for_no_day_that_is_known(tmp_path: Path) -> None:
    steps = tuple(step for step in TENANT_FILE.steps if step is not m035_trial_start)
    before = type(TENANT_FILE)(TENANT_FILE.name, TENANT_FILE.application_id, steps)
    with closing(open_database(tmp_path / "dun.db", before)) as connection:
        connection.execute("INSERT INTO trial_member VALUES ('customer', 20, 1, '2026-03-02')")

    with TenantStore.open(tmp_path / "dun.db") as store:
        assert store.trials.begun(20, DAYS) == TrialDraws(None, 1)


@pytest.mark.parametrize(
    ("asked", "held_back", "low", "high"),
    [  # the examples of Newcombe (1998), table II, method 10
        ((56, 70), (48, 80), "0.0524", "0.3339"),
        ((9, 10), (3, 10), "0.1705", "0.8090"),
        ((10, 10), (0, 20), "0.6791", "1.0000"),
    ],
)
def test_the_interval_is_that_of_the_published_examples(
    asked: tuple[int, int], held_back: tuple[int, int], low: str, high: str
) -> None:
    found = interval(TrialGroup(asked[1], asked[0], 0), TrialGroup(held_back[1], held_back[0], 0))

    assert [f"{each:.4f}" for each in found] == [low, high]


def test_small_groups_say_nothing() -> None:
    report = trial_report(TrialGroup(29, 10, 0), TrialGroup(500, 400, 0), BEGUN, 10, DAYS, TODAY)

    assert report.tables[1].rows == ((None, None, None),)
    assert report.cannot_know[0].startswith("Nothing can be said yet")


def test_a_difference_that_may_be_chance_is_called_so() -> None:
    report = trial_report(TrialGroup(40, 30, 0), TrialGroup(40, 31, 0), BEGUN, 10, DAYS, TODAY)

    [[difference, low, high]] = report.tables[1].rows
    assert difference == Decimal("2.5")
    assert low < 0 < high
    assert "may be chance" in report.cannot_know[0]


def test_a_difference_beyond_chance_stands_for_itself() -> None:
    report = trial_report(TrialGroup(200, 80, 3), TrialGroup(800, 640, 5), BEGUN, 20, DAYS, TODAY)

    assert report.tables[1].rows[0][0] == Decimal("40.0")
    assert report.cannot_know == ()


def test_without_a_trial_the_report_says_that_there_is_none() -> None:
    report = trial_report(TrialGroup(0, 0, 0), TrialGroup(0, 0, 0), BEGUN, 0, 0, TODAY)

    assert report.cannot_know == (
        "There is no control group ([policy.control_group]), so nobody can tell what reminding changes.",
    )
