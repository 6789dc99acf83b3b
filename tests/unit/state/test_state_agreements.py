"""What was agreed is kept as it was said, and no program can make it say something else."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from sqlite3 import IntegrityError

import pytest
from msgspec import structs
from unit.state.agreed_examples import (
    CUSTOMER,
    FRIDAY,
    ONE,
    a_mirror,
    disputed,
    plan_made,
    planned_parts,
    promised,
)
from unit.state.examples import AT, LATER, TODAY, a_contact, an_invoice

from state.agreed import Plan, PlanState, Preference, Promise, PromiseState, Share
from state.database import open_database
from state.errors import Contradiction, IllegalMove
from state.holds import OPERATOR
from state.migrations import TENANT_FILE
from state.model import Account, ContactId, ContactStatus, InvoiceId, Receivable
from state.store import TenantStore

Sql = Callable[..., list[tuple]]
COPY = """
    INSERT INTO promise SELECT id + 1, 'other', contact_id, {day}, amount_minor, currency, {baseline}, shares, made_at,
                               made_by, note, {state}, CASE {state} WHEN 'kept' THEN made_at END FROM promise
"""


@pytest.fixture(autouse=True)
def mirror(store: TenantStore) -> None:
    a_mirror(store)


def the_account(store: TenantStore, today: date = TODAY) -> Account:
    (account,) = store.receivables.accounts(today)
    return account


def the_receivable(store: TenantStore, today: date = TODAY) -> Receivable:
    (receivable,) = the_account(store, today).receivables
    return receivable


def test_a_promise_comes_back_as_it_was_made(store: TenantStore) -> None:
    made = promised(store, note="after the fair")

    assert made == Promise(
        id=made.id,
        invoice_id=ONE,
        contact_id=None,
        promised_on=FRIDAY,
        amount_minor=250_00,
        currency="GBP",
        baseline_minor=600_00,
        made_at=AT,
        made_by="ada",
        note="after the fair",
        state=PromiseState.OPEN,
        settled_at=None,
        shares=(Share(ONE, 600_00),),
    )
    assert store.promises.open() == [made]


def test_only_one_promise_about_an_invoice_is_open(store: TenantStore) -> None:
    first = promised(store)
    with pytest.raises(IllegalMove, match="open promise already"):
        promised(store)
    store.promises.settle(first.id, PromiseState.BROKEN, LATER)

    assert promised(store).id != first.id


def test_only_one_promise_of_a_customer_and_currency_is_open(store: TenantStore) -> None:
    promised(store, target=None, contact=CUSTOMER)
    promised(store, target=None, contact=CUSTOMER, currency="EUR")

    with pytest.raises(IllegalMove):
        promised(store, target=None, contact=CUSTOMER)


@pytest.mark.parametrize(
    "fields",
    [{"amount_minor": 0}, {"amount_minor": 600_01}, {"contact": CUSTOMER}, {"target": None}, {"by": ""}],
    ids=str,
)
def test_a_promise_that_cannot_be_is_refused(store: TenantStore, fields: dict) -> None:
    with pytest.raises(Contradiction):
        promised(store, **fields)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE promise SET amount_minor = 1",
        "UPDATE promise SET promised_on = '2027-01-01'",
        "UPDATE promise SET made_by = 'eve'",
        "UPDATE promise SET shares = '[]'",
        "UPDATE promise SET note = 'something else'",
        "UPDATE promise SET state = 'kept'",
        "UPDATE promise SET state = 'forgiven', settled_at = 'now'",
        "DELETE FROM promise",
        "INSERT OR REPLACE INTO promise SELECT * FROM promise",
        COPY.format(day="promised_on", baseline="baseline_minor", state="'kept'"),
        COPY.format(day="promised_on", baseline="baseline_minor + 1", state="state"),
        COPY.format(day="'Friday'", baseline="baseline_minor", state="state"),
    ],
)
def test_a_promise_cannot_be_rewritten_by_hand(store: TenantStore, sql: Sql, change: str) -> None:
    promised(store, note="as it was")

    with pytest.raises(IntegrityError):
        sql(change)


@pytest.mark.parametrize("settled", [PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN])
def test_a_settled_promise_stays_settled(store: TenantStore, sql: Sql, settled: PromiseState) -> None:
    made = promised(store)
    assert store.promises.settle(made.id, settled, LATER)

    assert not store.promises.settle(made.id, PromiseState.KEPT, LATER)
    for other in ("open", *(set(PromiseState) - {settled, PromiseState.OPEN})):
        with pytest.raises(IntegrityError):
            sql("UPDATE promise SET state = ?, settled_at = ?", other, None if other == "open" else "now")


def test_the_decision_pass_sees_an_open_promise_and_a_broken_one(store: TenantStore) -> None:
    made = promised(store)
    assert the_receivable(store).promise == made

    store.promises.settle(made.id, PromiseState.BROKEN, LATER)
    assert the_receivable(store).promise.state is PromiseState.BROKEN


@pytest.mark.parametrize(
    ("settled", "seen"), [(PromiseState.KEPT, None), (PromiseState.WITHDRAWN, PromiseState.BROKEN)]
)
def test_a_kept_promise_makes_good_for_a_broken_one_and_a_withdrawn_one_does_not(
    store: TenantStore, settled: PromiseState, seen: PromiseState | None
) -> None:
    store.promises.settle(promised(store).id, PromiseState.BROKEN, LATER)
    store.promises.settle(promised(store).id, settled, LATER)

    promise = the_receivable(store).promise
    assert (promise and promise.state) == seen


@pytest.mark.parametrize("end", [PromiseState.KEPT, PromiseState.BROKEN])
def test_while_a_customers_promise_is_open_a_settled_one_about_the_invoice_hides_it_not(
    store: TenantStore, end: PromiseState
) -> None:
    everything = promised(store, target=None, contact=CUSTOMER, amount_minor=600_00)
    part = promised(store)

    store.promises.settle(part.id, end, LATER)

    assert the_receivable(store).promise == everything


def test_a_promise_of_an_earlier_round_says_nothing_about_this_one(store: TenantStore, sql: Sql) -> None:
    store.promises.settle(promised(store).id, PromiseState.BROKEN, LATER)
    sql("UPDATE invoice SET round = 2")

    assert the_receivable(store).promise is None


def test_a_customers_promise_is_about_each_of_its_invoices(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("inv-2"), an_invoice("later")])
    made = promised(
        store, target=None, contact=CUSTOMER, shares=[Share(ONE, 600_00), Share(InvoiceId("inv-2"), 600_00)]
    )

    found = {each.invoice_id: each.promise for each in the_account(store).receivables}
    assert found == {"inv-1": made, "inv-2": made, "later": None}


def test_a_plan_comes_back_as_it_was_made(store: TenantStore) -> None:
    made = plan_made(store, 400_00, 200_00)

    assert made == Plan(
        id=made.id,
        contact_id=CUSTOMER,
        currency="GBP",
        state=PlanState.ACTIVE,
        baseline_minor=600_00,
        made_at=AT,
        made_by="ada",
        settled_at=None,
        shares=(Share(ONE, 600_00),),
        instalments=tuple(planned_parts(400_00, 200_00)),
    )
    assert store.plans.active() == store.plans.of_contact(CUSTOMER) == [made]
    assert store.plans.holding(ONE) == made
    assert the_account(store).plans == (made,)


@pytest.mark.parametrize("amounts", [(599_99,), (600_01,), (300_00, 300_01), (300_00, 299_99)])
def test_a_plan_that_does_not_sum_is_refused_with_all_its_parts(
    store: TenantStore, sql: Sql, amounts: tuple[int, ...]
) -> None:
    with pytest.raises(IllegalMove, match="sum to its balance"):
        plan_made(store, *amounts)

    assert sql("SELECT (SELECT count(*) FROM plan), (SELECT count(*) FROM plan_invoice)") == [(0, 0)]


def test_a_plan_without_instalments_is_refused(store: TenantStore) -> None:
    with pytest.raises(IllegalMove):
        store.plans.make(CUSTOMER, "GBP", [Share(ONE, 600_00)], [], "ada", AT)


@pytest.mark.parametrize("days", [(0, 0), (7, 0)])
def test_instalments_fall_on_rising_days(store: TenantStore, days: tuple[int, int]) -> None:
    parts = [
        type(part)(part.number, FRIDAY + timedelta(days=day), part.amount_minor)
        for part, day in zip(planned_parts(300_00, 300_00), days, strict=True)
    ]

    with pytest.raises(IllegalMove, match="numbered by day"):
        store.plans.make(CUSTOMER, "GBP", [Share(ONE, 600_00)], parts, "ada", AT)


def test_an_invoice_is_in_one_active_plan_at_most(store: TenantStore) -> None:
    first = plan_made(store)
    with pytest.raises(IllegalMove, match="one active plan"):
        plan_made(store)
    store.plans.settle(first.id, PlanState.BROKEN, LATER)

    assert the_account(store).plans[0].state is PlanState.BROKEN
    second = plan_made(store)
    assert the_account(store).plans == (second,)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE instalment SET amount_minor = amount_minor + 1 WHERE number = 1",
        "UPDATE instalment SET due_on = '2027-01-01' WHERE number = 2",
        "INSERT INTO instalment SELECT plan_id, 3, '2027-01-01', 1 FROM instalment WHERE number = 1",
        "INSERT OR REPLACE INTO instalment SELECT plan_id, number, due_on, 1 FROM instalment",
        "DELETE FROM instalment",
        "UPDATE plan_invoice SET baseline_minor = 1",
        "DELETE FROM plan_invoice",
        "UPDATE plan SET baseline_minor = 1",
        "UPDATE plan SET state = 'draft'",
        "UPDATE plan SET state = 'kept'",
        "DELETE FROM plan",
        "INSERT OR REPLACE INTO plan SELECT id, contact_id, currency, 'draft', 1, made_at, made_by, NULL FROM plan",
        "INSERT INTO plan SELECT id + 1, contact_id, currency, 'active', 1, made_at, made_by, NULL FROM plan",
    ],
)
def test_a_plan_cannot_be_rewritten_by_hand(store: TenantStore, sql: Sql, change: str) -> None:
    plan_made(store)

    with pytest.raises(IntegrityError):
        sql(change)


@pytest.mark.parametrize(
    ("ways", "last"),
    [
        ((PlanState.KEPT, PlanState.BROKEN), PlanState.KEPT),
        ((PlanState.BROKEN, PlanState.KEPT), PlanState.BROKEN),
        ((PlanState.CANCELLED, PlanState.BROKEN), PlanState.CANCELLED),
        ((PlanState.BROKEN, PlanState.CANCELLED), PlanState.CANCELLED),
    ],
)
def test_only_a_broken_plan_may_still_be_cancelled(
    store: TenantStore, ways: tuple[PlanState, ...], last: PlanState
) -> None:
    made = plan_made(store)
    for way in ways:
        store.plans.settle(made.id, way, LATER)

    assert store.plans.of_contact(CUSTOMER)[0].state is last


@pytest.mark.parametrize(("amount", "minor"), [(None, 600_00), (50_00, 50_00), (900_00, 600_00)])
def test_a_dispute_is_about_all_that_is_due_or_about_a_part(store: TenantStore, amount: int | None, minor: int) -> None:
    opened = disputed(store, amount)

    receivable = the_receivable(store)
    assert (receivable.dispute, receivable.disputed_minor) == (opened, minor)


def test_a_dispute_ends_once_and_another_may_follow(store: TenantStore) -> None:
    opened = disputed(store)
    with pytest.raises(IllegalMove, match="open dispute already"):
        disputed(store)

    assert store.disputes.close(opened.id, "credited", "grace", LATER)
    assert not store.disputes.close(opened.id, "forgotten", "eve", LATER)
    assert the_receivable(store).dispute is None
    assert disputed(store).id != opened.id


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dispute SET amount_minor = 1",
        "UPDATE dispute SET reason = 'nothing was wrong'",
        "UPDATE dispute SET outcome = 'credited'",
        "UPDATE dispute SET closed_at = 'now', closed_by = 'eve'",
        "DELETE FROM dispute",
        "INSERT OR REPLACE INTO dispute SELECT * FROM dispute",
    ],
)
def test_a_dispute_cannot_be_rewritten_by_hand(store: TenantStore, sql: Sql, change: str) -> None:
    disputed(store)

    with pytest.raises(IntegrityError):
        sql(change)


def test_a_closed_dispute_is_not_opened_again(store: TenantStore, sql: Sql) -> None:
    store.disputes.close(disputed(store).id, "credited", "grace", LATER)

    with pytest.raises(IntegrityError):
        sql("UPDATE dispute SET closed_at = NULL, closed_by = NULL, outcome = NULL")
    with pytest.raises(IntegrityError):
        sql("UPDATE dispute SET outcome = 'refused'")


def test_an_offer_holds_through_its_day(store: TenantStore) -> None:
    offer = store.discounts.offer(ONE, 250, None, "GBP", FRIDAY, "ada", AT)

    assert the_receivable(store, FRIDAY).discount == offer
    assert the_receivable(store, FRIDAY + timedelta(days=1)).discount is None


def test_a_new_offer_takes_the_place_of_the_one_before(store: TenantStore, sql: Sql) -> None:
    store.discounts.offer(ONE, 250, None, "GBP", FRIDAY, "ada", AT)
    second = store.discounts.offer(ONE, None, 20_00, "GBP", FRIDAY, "ada", LATER)

    assert store.discounts.standing(ONE) == second
    assert sql("SELECT count(*) FROM discount_offer") == [(2,)]


@pytest.mark.parametrize(("percent", "amount"), [(None, None), (250, 20_00), (0, None), (10_000, None), (None, 0)])
def test_an_offer_that_cannot_be_is_refused(store: TenantStore, percent: int | None, amount: int | None) -> None:
    with pytest.raises(Contradiction):
        store.discounts.offer(ONE, percent, amount, "GBP", FRIDAY, "ada", AT)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE discount_offer SET percent_hundredths = 5000",
        "UPDATE discount_offer SET until = '2027-01-01'",
        "DELETE FROM discount_offer",
        "INSERT OR REPLACE INTO discount_offer SELECT * FROM discount_offer",
    ],
)
def test_an_offer_cannot_be_rewritten_by_hand(store: TenantStore, sql: Sql, change: str) -> None:
    store.discounts.offer(ONE, 250, None, "GBP", FRIDAY, "ada", AT)

    with pytest.raises(IntegrityError):
        sql(change)


def test_what_is_known_of_a_customer_is_seen_with_it(store: TenantStore) -> None:
    wish = Preference(
        contact_id=CUSTOMER,
        do_not_chase="the director calls",
        owner="ada",
        language="de",
        kind="business",
        escalation_name="Jo",
        escalation_email="jo@buyer.example",
        channel="letter",
        opted_out=("sms", "voice"),
        segment="vip",
    )
    assert store.preferences.of(CUSTOMER) == Preference(contact_id=CUSTOMER)

    store.preferences.save(wish, "ada", AT)

    assert store.preferences.of(CUSTOMER) == wish
    assert the_account(store).preference == wish
    assert the_account(store).closed_channels == {"sms", "voice"}


def test_who_is_not_chased_belongs_to_somebody(store: TenantStore) -> None:
    with pytest.raises(Contradiction):
        store.preferences.save(Preference(contact_id=CUSTOMER, do_not_chase="never"), "ada", AT)


def test_what_was_agreed_with_a_merged_contact_counts_for_the_one_that_lives_on(store: TenantStore) -> None:
    plan = plan_made(store)
    store.preferences.save(Preference(contact_id=CUSTOMER, do_not_chase="never", owner="ada"), "ada", AT)
    winner = ContactId("winner")
    store.preferences.save(Preference(contact_id=winner, language="fr"), "ada", AT)
    gone = a_contact(merged_into=winner, status=ContactStatus.ARCHIVED, version="2")
    store.mirror.save_contacts([a_contact("winner"), gone])

    account = the_account(store)

    assert (account.contact_id, account.plans) == (winner, (plan,))
    assert account.preference == Preference(contact_id=winner, language="fr", do_not_chase="never", owner="ada")


def test_who_was_not_to_be_chased_before_a_merge_can_be_chased_again_after_it(store: TenantStore) -> None:
    store.preferences.save(Preference(contact_id=CUSTOMER, do_not_chase="never", owner="ada"), "ada", AT)
    winner = ContactId("winner")
    gone = a_contact(merged_into=winner, status=ContactStatus.ARCHIVED, version="2")
    store.mirror.save_contacts([a_contact("winner"), gone])
    known = store.preferences.of(winner)

    store.preferences.save(structs.replace(known, do_not_chase=None), "ada", LATER)

    assert known.do_not_chase == "never"
    assert the_account(store).preference == Preference(contact_id=winner, owner="ada")


def test_customers_without_agreements_are_as_they_were(store: TenantStore) -> None:
    account = the_account(store)

    assert (account.plans, account.preference) == ((), None)
    assert the_receivable(store).promise is the_receivable(store).dispute is the_receivable(store).discount is None


@pytest.mark.parametrize("owner", [None, "ada"])
def test_a_hold_has_an_end_or_an_owner(store: TenantStore, sql: Sql, owner: str | None) -> None:
    endless = store.holds.place("invoice", "inv-1", "manual", None, None, AT, owner)
    ending = store.holds.place("invoice", "inv-1", "manual", TODAY, None, AT, owner)

    assert (endless.owner, ending.owner) == (owner or OPERATOR, owner)
    with pytest.raises(IntegrityError):
        sql("UPDATE hold SET owner = NULL WHERE until IS NULL")
    with pytest.raises(IntegrityError):
        sql("INSERT INTO hold (scope, target, reason, placed_at) VALUES ('invoice', 'a', 'manual', 'now')")


def test_a_release_says_who_did_it(store: TenantStore, sql: Sql) -> None:
    store.holds.place("invoice", "inv-1", "manual", None, None, AT)
    store.holds.release("invoice", "inv-1", LATER, "ada")

    assert sql("SELECT released_by FROM hold") == [("ada",)]


def test_a_hold_of_an_older_file_gets_an_owner(tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    older = type(TENANT_FILE)(TENANT_FILE.name, TENANT_FILE.application_id, TENANT_FILE.steps[:5])
    with closing(open_database(path, older)) as connection:
        connection.execute("INSERT INTO hold (scope, target, reason, placed_at) VALUES ('invoice', 'a', 'manual', 'x')")
        connection.execute(
            "INSERT INTO hold (scope, target, reason, until, placed_at)"
            " VALUES ('invoice', 'a', 'manual', '2026-03-10', 'x')"
        )

    with closing(open_database(path, TENANT_FILE)) as connection:
        assert connection.execute("SELECT owner FROM hold ORDER BY id").fetchall() == [(OPERATOR,), (None,)]
