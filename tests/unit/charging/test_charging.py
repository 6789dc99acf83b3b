"""A stage asks for what can be reckoned and is owed, and every doubt is the debtor's."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from unit.charging.conftest import Firm

from connector.charging import ChargesUnknown, Reckoned, charges_of, reckon, together, working_days
from connector.config.public_holidays import is_public_holiday
from connector.dunning.calendar import Calendar
from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, Contract
from connector.dunning.policy import Stage, Threshold
from connector.dunning.reference_rates import Rates
from connector.messages.facts import Charge
from connectors.sandbox.documents import Invoice
from state.agreed import Preference
from state.charges import ProposedCharge
from state.model import Allocation, ContactId
from state.money import Money

CLAIM = Stage("final", 30, "final", charges="claim")
MENTION = Stage("firm", 20, "firm", charges="mention")
SILENT = Stage("soft", 10, "soft")


def said(firm: Firm, stage: Stage, invoice: Invoice) -> list[tuple[str, str, bool]]:
    """Kind, amount and whether it is claimed, of everything the stage says."""
    live = firm.mirrored(invoice)
    contact = firm.store.mirror.contact(live.contact_id)
    assert contact is not None
    return [(c.kind, str(c.amount), c.claimed) for c in charges_of(firm.tenant, stage, live, contact, firm.today)]


def reckoned(firm: Firm, invoice: Invoice) -> Reckoned:
    live = firm.mirrored(invoice)
    found = reckon(firm.settings, firm.store, live, live.contact_id, firm.today)
    assert isinstance(found, Reckoned)
    return found


def prefer(firm: Firm, invoice: Invoice, kind: str) -> None:
    contact = ContactId(firm.owner_of(invoice).guid)
    firm.store.preferences.save(Preference(contact_id=contact, kind=kind), "ada", firm.now)  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", [CLAIM, MENTION])
def test_a_stage_says_the_interest_to_the_day_and_the_fixed_sum(firm: Firm, stage: Stage) -> None:
    claimed = stage is CLAIM

    assert said(firm, stage, firm.late()) == [
        ("interest", "10.30 GBP", claimed),
        ("compensation", "70.00 GBP", claimed),
    ]


def test_the_law_and_what_another_day_adds_are_named(firm: Firm) -> None:
    live = firm.mirrored(firm.late())
    contact = firm.store.mirror.contact(live.contact_id)
    assert contact is not None

    interest, fixed = charges_of(firm.tenant, CLAIM, live, contact, firm.today)

    assert interest.daily == Money(19, "GBP")
    assert fixed.daily is None
    assert interest.law == fixed.law
    assert "Late Payment of Commercial Debts" in interest.law


@pytest.mark.parametrize(("country", "law"), [("FR", "directive 2011/7/UE, articles 2, 3 et 6"), ("CH", "")])
def test_the_directive_is_named_in_the_customers_language_where_it_is_law(firm: Firm, country: str, law: str) -> None:
    firm.charging(terms=EUROPEAN_UNION)
    live = firm.mirrored(firm.invoice(overdue=30))
    contact = firm.store.mirror.contact(live.contact_id)
    assert contact is not None

    found = charges_of(firm.tenant, CLAIM, live, structs.replace(contact, country=country), firm.today)

    assert {charge.law for charge in found} == {law}
    assert found[0].kind == "interest"


def test_a_silent_stage_says_nothing(firm: Firm) -> None:
    assert said(firm, SILENT, firm.late()) == []


def test_nothing_is_charged_before_anything_is_late(firm: Firm) -> None:
    assert said(firm, CLAIM, firm.invoice(overdue=0)) == []


def test_nothing_is_charged_by_a_firm_that_has_named_no_right(firm: Firm) -> None:
    firm.charging(terms=None)

    assert said(firm, CLAIM, firm.late()) == []


def test_a_claim_at_a_rate_nobody_knows_waits(firm: Firm) -> None:
    firm.charging(rates=Rates({}))

    with pytest.raises(ChargesUnknown, match=r"Bank Rate .* is missing"):
        said(firm, CLAIM, firm.late())


def test_a_mention_at_a_rate_nobody_knows_is_left_out(firm: Firm) -> None:
    firm.charging(rates=Rates({}))

    assert said(firm, MENTION, firm.late()) == []


def test_what_was_said_of_one_customer_outranks_what_holds_for_all(firm: Firm) -> None:
    invoice = firm.late()
    firm.mirrored(invoice)
    prefer(firm, invoice, "consumer")

    assert said(firm, CLAIM, invoice) == []


def test_a_customer_nobody_has_called_a_business_is_asked_for_nothing(firm: Firm) -> None:
    firm.charging(customers="unknown")
    invoice = firm.late()

    assert said(firm, CLAIM, invoice) == []
    prefer(firm, invoice, "business")
    assert [kind for kind, _, _ in said(firm, CLAIM, invoice)] == ["interest", "compensation"]


def test_a_credit_note_was_never_owed(firm: Firm) -> None:
    invoice = firm.invoice(amount="1000.00", overdue=40)
    credit = firm.credit(firm.owner_of(invoice), "400.00")
    firm.books.apply_credit(credit, invoice, Decimal("400.00"), on=firm.today)

    lone = firm.invoice(amount="600.00", overdue=40)

    assert reckoned(firm, invoice).charges.periods == reckoned(firm, lone).charges.periods


def test_money_whose_day_nobody_knows_came_in_time(firm: Firm) -> None:
    invoice = firm.invoice(amount="1000.00", overdue=40)
    firm.pay(invoice, "400.00")
    live = firm.mirrored(invoice)
    firm.store._connection.execute("UPDATE invoice SET allocations = NULL")

    found = reckon(firm.settings, firm.store, live, live.contact_id, firm.today)

    assert isinstance(found, Reckoned)
    assert {period.balance_minor for period in found.charges.periods} == {600_00}


def test_money_in_hand_counts_from_the_day_on_which_it_came(firm: Firm) -> None:
    invoice = firm.invoice(amount="1000.00", overdue=10)
    early = firm.books.credit(firm.owner_of(invoice), Decimal("400.00"), on=firm.today - timedelta(days=10),
                              kind="overpayment")  # fmt: skip
    firm.books.apply_credit(early, invoice, Decimal("400.00"), on=firm.today)
    live = firm.mirrored(invoice)
    applied = Allocation("overpayment", early.guid, live.id, 400_00, firm.today)
    firm.store.mirror.save_invoices([structs.replace(live, allocations=(applied,))])

    found = reckon(firm.settings, firm.store, live, live.contact_id, firm.today)

    assert isinstance(found, Reckoned)
    assert {period.balance_minor for period in found.charges.periods} == {600_00}


def test_a_disputed_part_bears_nothing(firm: Firm) -> None:
    invoice = firm.invoice(amount="1000.00", overdue=40)
    key = firm.mirrored(invoice).id
    firm.store.disputes.open(key, "broken", "ada", 400_00, "GBP", "ada", firm.now)

    assert {period.balance_minor for period in reckoned(firm, invoice).charges.periods} == {600_00}


def test_a_fee_for_each_reminder_counts_a_message_about_two_invoices_once(firm: Firm) -> None:
    firm.charging(terms=Contract(per_reminder=Threshold(minor={"GBP": 250})))
    customer = firm.customer()
    first, second = firm.invoice(customer, overdue=3), firm.invoice(customer, overdue=2)
    firm.run()
    assert len(firm.messages()) == 1

    assert said(firm, CLAIM, first) == [("fee", "2.50 GBP", True)]
    assert said(firm, CLAIM, second) == []


def test_a_cap_comes_off_the_fees_first_and_the_lines_sum_to_it(firm: Firm) -> None:
    terms = Contract(percent=Decimal(12), per_invoice=Threshold(minor={"GBP": 1000}), cap_percent=Decimal(2))
    firm.charging(terms=terms)
    invoice = firm.invoice(amount="1000.00", overdue=30)  # 9.86 of interest and 10.00 of a fee; the cap is 20.00

    assert said(firm, CLAIM, invoice) == [("interest", "9.86 GBP", True), ("fee", "10.00 GBP", True)]
    firm.next_day(10)
    assert said(firm, CLAIM, invoice) == [("interest", "13.15 GBP", True), ("fee", "6.85 GBP", True)]


def test_what_the_ledger_asks_for_already_is_left_out(firm: Firm) -> None:
    invoice = firm.late()
    key = firm.mirrored(invoice).id
    proposed = ProposedCharge(invoice_id=key, number="x", up_to=firm.today, currency="GBP", interest_minor=1030,
                              fixed_minor=7000, source="the Act")  # fmt: skip
    record = firm.store.charges.propose(proposed, "ada", firm.now)
    assert len(said(firm, CLAIM, invoice)) == 2  # a proposal is nobody's debt
    firm.store.charges.approve(record.id, "ada", firm.now)
    firm.store.charges.tried(record.id, firm.now)
    assert said(firm, CLAIM, invoice) == []  # it may be there
    firm.store.charges.raised(record.id, "a-draft", firm.now)
    firm.next_day()

    assert said(firm, CLAIM, invoice) == [("interest", "0.19 GBP", True)]


def test_an_invoice_over_charges_bears_none(firm: Firm) -> None:
    late, charge = firm.late(), firm.invoice(overdue=30)
    key = firm.mirrored(late).id
    proposed = ProposedCharge(invoice_id=key, number="x", up_to=firm.today, currency="GBP", interest_minor=1,
                              fixed_minor=0, source="the Act")  # fmt: skip
    record = firm.store.charges.propose(proposed, "ada", firm.now)
    firm.store.charges.approve(record.id, "ada", firm.now)
    firm.store.charges.raised(record.id, charge.guid, firm.now)

    assert said(firm, CLAIM, charge) == []


def test_a_debt_falls_due_on_no_holiday_of_the_region() -> None:
    open_on = working_days(Calendar(region="DE-BY", public_holidays=is_public_holiday, closed_days=frozenset()))

    assert [open_on(date(2026, 5, day)) for day in (1, 2, 4)] == [False, False, True]


def test_the_firms_own_closed_days_are_no_excuse() -> None:
    closed = date(2026, 5, 5)

    assert working_days(Calendar(closed_days=frozenset({closed})))(closed)


def test_german_interest_begins_after_the_holiday(firm: Firm) -> None:
    firm.charging(terms=GERMANY)
    firm.set(calendar=Calendar(region="DE", public_holidays=is_public_holiday))
    invoice = firm.books.add_invoice(firm.customer(), firm.invoice().lines, issued=date(2025, 12, 1),
                                     due=date(2026, 1, 1))  # fmt: skip

    assert reckoned(firm, invoice).charges.last_day == date(2026, 1, 2)


_KINDS = st.sampled_from(["interest", "compensation", "fee"])
_CHARGES = st.builds(
    lambda kind, minor, currency, claimed, daily: Charge(
        kind=kind,
        amount=Money(minor, currency),
        claimed=claimed,
        daily=Money(daily, currency) if daily else None,
    ),
    _KINDS,
    st.integers(1, 10**9),
    st.sampled_from(["GBP", "EUR"]),
    st.booleans(),
    st.integers(0, 100),
)


@given(st.lists(_CHARGES))
def test_charges_of_several_invoices_together_are_the_same_money(charges: list[Charge]) -> None:
    joined = together(charges)

    def sums(of: list[Charge]) -> dict[tuple[str, str, bool], tuple[int, int]]:
        found: dict[tuple[str, str, bool], tuple[int, int]] = {}
        for each in of:
            key = (each.kind, each.amount.currency, each.claimed)
            minor, daily = found.get(key, (0, 0))
            found[key] = (minor + each.amount.minor, daily + (each.daily.minor if each.daily else 0))
        return found

    assert sums(list(joined)) == sums(charges)
    assert len(joined) == len(sums(charges))
