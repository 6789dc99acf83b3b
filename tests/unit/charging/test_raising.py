"""Charges get into the ledger by a person's word alone, on what holds now, and once, whatever is lost on the way."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from unit.charging.conftest import Firm

from connector import raising
from connector.agreements.subject import AtHand
from connector.cycle import refresh
from connector.dunning.late_terms import EUROPEAN_UNION, Contract, Law
from connector.holding import Target
from connector.raising import ChargeError, Outcome
from connector.read_only import read_only
from connector.reckonings import Reckoning, Running, reckonings, running_totals
from connectors.ledger import Forbidden, NewCharge, Outage, Refused, RetryLater
from connectors.sandbox.documents import Invoice
from state.charges import ChargeRecord
from state.model import InvoiceStatus


def at_hand(firm: Firm, invoice: Invoice) -> AtHand:
    target = Target(firm.settings.slug, "invoice", invoice.guid, f"invoice {invoice.number} of harbour")
    return AtHand(target=target, store=firm.store, now=firm.now, today=firm.today)


def proposed(firm: Firm, invoice: Invoice) -> ChargeRecord:
    firm.mirrored(invoice)
    return raising.propose(at_hand(firm, invoice), firm.settings, "ada")


def approved(firm: Firm, invoice: Invoice, *, as_issued: bool = False) -> Outcome:
    chosen = raising.named(firm.store, [invoice.number])
    [outcome] = raising.approve(firm.tenant, chosen, "bo", as_issued=as_issued)
    return outcome


def drafts(firm: Firm) -> list[Invoice]:
    return [each for each in firm.books.invoices.values() if each.state == "draft"]


def raised(firm: Firm) -> Invoice:
    """A late invoice whose charges of 80.30 are a draft in the ledger."""
    invoice = firm.late()
    proposed(firm, invoice)
    approved(firm, invoice)
    return invoice


def reckoned(firm: Firm, invoice: Invoice) -> Reckoning:
    """After a pull."""
    firm.mirrored(invoice)
    [shown] = reckonings(at_hand(firm, invoice), firm.settings).reckonings
    return shown


def deeds(firm: Firm) -> list[tuple[str, str]]:
    return [(entry.who, entry.action) for entry in reversed(firm.store.audit.entries())]


def test_what_is_approved_is_a_draft_of_the_sum_to_the_cent(firm: Firm) -> None:
    invoice = firm.late()
    record = proposed(firm, invoice)

    outcome = approved(firm, invoice)

    [draft] = drafts(firm)
    assert (outcome.result, outcome.document_id) == ("raised", draft.guid)
    assert (str(draft.total), draft.customer_id) == ("80.30", invoice.customer_id)
    assert draft.reference == f"[dun-charge:{record.id}]"
    assert [line.description for line in draft.lines] == [
        f"Interest up to 11 April 2026 for late payment of invoice {invoice.number} ({record.charge.source})",
        f"Fixed sum for late payment of invoice {invoice.number} ({record.charge.source})",
    ]
    assert deeds(firm) == [("ada", "charge proposed"), ("bo", "charge approved")]


def test_with_four_eyes_the_proposer_lets_nothing_into_the_ledger(firm: Firm) -> None:
    firm.set(charges=msgspec.structs.replace(firm.settings.charges, four_eyes=True))
    invoice = firm.late()
    proposed(firm, invoice)

    with pytest.raises(ChargeError, match=r"proposed by ada, and four_eyes in \[charges\] wants somebody else"):
        raising.approve(firm.tenant, raising.named(firm.store, [invoice.number]), "ada", as_issued=False)
    assert (drafts(firm), deeds(firm)) == ([], [("ada", "charge proposed")])

    assert approved(firm, invoice).result == "raised"


def test_the_draft_speaks_the_customers_language(firm: Firm) -> None:
    invoice = firm.late()
    firm.books.edit_customer(firm.owner_of(invoice), country="DE")
    proposed(firm, invoice)

    approved(firm, invoice)

    assert drafts(firm)[0].lines[0].description.startswith("Verzugszinsen bis 11. April 2026 auf Rechnung")


@pytest.mark.parametrize(
    ("country", "terms", "ends"),
    [
        ("CH", EUROPEAN_UNION, ""),
        ("DE", EUROPEAN_UNION, " (Richtlinie 2011/7/EU, Artikel 2, 3 und 6)"),
        ("DE", Contract(percent=Decimal(12)), " (vertragliche Vereinbarung)"),
        ("CH", Contract(percent=Decimal(12)), " (the contract)"),
    ],
)
def test_the_draft_names_the_directive_only_where_it_is_law(
    firm: Firm, country: str, terms: Law | Contract, ends: str
) -> None:
    invoice = firm.late()
    firm.charging(terms=terms)
    firm.books.edit_customer(firm.owner_of(invoice), country=country)
    proposed(firm, invoice)

    approved(firm, invoice)

    assert drafts(firm)[0].lines[0].description.endswith(f"{invoice.number}{ends}")


def test_a_proposal_writes_nothing(firm: Firm) -> None:
    proposed(firm, firm.late())

    assert drafts(firm) == []
    assert firm.ledger.calls["raise_charge"] == 0


def test_a_draft_is_never_chased(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    approved(firm, invoice)
    [draft] = drafts(firm)

    firm.live(60)

    assert firm.reminders(draft) == []
    assert firm.judgement() == {}


def test_an_answer_that_was_lost_leaves_one_draft_and_is_found_the_next_time(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.fail_next("raise_charge_answer", Outage("the answer was lost"))

    lost = approved(firm, invoice)
    again = approved(firm, invoice)

    assert (lost.result, lost.words, again.result) == ("waiting", "the answer was lost", "raised")
    assert [draft.guid for draft in drafts(firm)] == [again.document_id]


@pytest.mark.parametrize("error", [Outage("no answer"), RetryLater("too many calls", after=None, limit="minute")])
@pytest.mark.parametrize("operation", ["read_invoices", "raise_charge"])
def test_what_the_ledger_could_not_take_stays_approved(firm: Firm, operation: str, error: Exception) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.fail_next(operation, error)  # type: ignore[arg-type]

    assert approved(firm, invoice).result == "waiting"
    [record] = firm.store.charges.pending()
    assert (record.state, record.words) == ("approved", str(error))
    assert approved(firm, invoice).result == "raised"


def test_what_the_ledger_refuses_is_refused_and_may_be_proposed_again(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.fail_next("raise_charge", Refused("the account is unknown"))

    outcome = approved(firm, invoice)

    assert outcome.result == "refused"
    assert outcome.words == "the account is unknown"
    assert proposed(firm, invoice).state == "proposed"


def test_a_refusal_right_after_a_lost_answer_proves_nothing(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.fail_next("raise_charge", Outage("no answer"))
    approved(firm, invoice)

    firm.ledger.fail_next("raise_charge", Refused("the key is used with a different request"))
    assert approved(firm, invoice).result == "waiting"
    firm.let_pass(timedelta(minutes=11))
    firm.ledger.fail_next("raise_charge", Refused("the account is unknown"))
    assert approved(firm, invoice).result == "refused"


def test_money_that_came_in_time_after_all_undoes_the_proposal(firm: Firm) -> None:
    invoice = firm.invoice(amount="1000.00", overdue=30)
    proposed(firm, invoice)
    customer, early = firm.owner_of(invoice), firm.today - timedelta(days=30)
    firm.books.pay(customer, invoice.due_amount, on=early, against={invoice.id: invoice.due_amount})
    refresh(firm.tenant)

    outcome = approved(firm, invoice)

    assert (outcome.result, drafts(firm)) == ("refused", [])
    assert outcome.words == f"by now only 0.00 GBP are owed up to {firm.today}; propose it again"


@pytest.mark.parametrize("end", ["void_invoice", "delete_invoice"])
def test_an_invoice_that_is_no_more_bears_nothing(firm: Firm, end: str) -> None:
    invoice = firm.invoice(overdue=30)
    proposed(firm, invoice)
    getattr(firm.books, end)(invoice)

    assert (approved(firm, invoice).result, drafts(firm)) == ("refused", [])


def test_an_invoice_that_cannot_be_read_waits(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.unreadable.add(invoice.guid)

    assert (approved(firm, invoice).result, drafts(firm)) == ("waiting", [])


def test_charges_outlive_the_payment_of_their_invoice(firm: Firm) -> None:
    invoice = firm.late()
    firm.pay(invoice)
    proposed(firm, invoice)

    assert approved(firm, invoice).result == "raised"
    assert str(drafts(firm)[0].total) == "80.30"


def test_the_next_proposal_is_only_what_has_come_since(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    approved(firm, invoice)
    firm.next_day()

    assert proposed(firm, invoice).charge.total_minor == 19


def test_a_draft_asks_nobody_and_is_said_to_be_one(firm: Firm) -> None:
    invoice = raised(firm)

    shown = reckoned(firm, invoice)

    assert (shown.total_minor, shown.drafted_minor, shown.raised_minor) == (8030, 8030, 0)
    assert firm.store.charges.everything()[0].document_status is InvoiceStatus.DRAFT


def test_a_draft_that_waits_in_the_ledger_is_not_proposed_once_more(firm: Firm) -> None:
    invoice = raised(firm)

    with pytest.raises(ChargeError, match="there is nothing to charge"):
        proposed(firm, invoice)


def test_what_the_ledger_has_issued_is_left_out(firm: Firm) -> None:
    invoice = raised(firm)
    firm.books.edit_invoice(drafts(firm)[0], state="open")

    shown = reckoned(firm, invoice)

    assert (shown.total_minor, shown.drafted_minor, shown.raised_minor) == (0, 0, 8030)


@pytest.mark.parametrize("end", ["void_invoice", "delete_invoice"])
def test_charges_whose_document_is_no_more_are_asked_for_and_proposed_anew(firm: Firm, end: str) -> None:
    invoice = raised(firm)
    getattr(firm.books, end)(drafts(firm)[0])

    shown = reckoned(firm, invoice)

    assert (shown.total_minor, shown.drafted_minor, shown.raised_minor) == (8030, 0, 0)
    assert proposed(firm, invoice).charge.total_minor == 8030
    assert approved(firm, invoice).result == "raised"
    assert [str(draft.total) for draft in drafts(firm)] == ["80.30"]


def test_the_totals_of_a_currency_are_those_of_its_invoices(firm: Firm) -> None:
    invoice = raised(firm)
    firm.books.edit_invoice(drafts(firm)[0], state="open")
    firm.mirrored(invoice)
    firm.next_day()

    found = reckonings(at_hand(firm, invoice), firm.settings)

    assert [each.total_minor for each in found.reckonings] == [19]
    assert found.running == {"GBP": Running(19, 19)}


def test_totals_are_added_within_their_currency_only() -> None:
    def one(currency: str, total: int, daily: int) -> Reckoning:
        return Reckoning(invoice_id="x", number="x", currency=currency, total_minor=total, daily_minor=daily)

    totals = running_totals([one("GBP", 500, 2), one("EUR", 70, 1), one("GBP", 30, 3)])

    assert list(totals.items()) == [("GBP", Running(530, 5)), ("EUR", Running(70, 1))]


def test_nothing_is_proposed_twice(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    with pytest.raises(ChargeError, match="are proposed already"):
        proposed(firm, invoice)
    approved(firm, invoice)
    with pytest.raises(ChargeError, match="there is nothing to charge"):
        proposed(firm, invoice)


def test_a_firm_that_named_no_account_is_told_the_key(firm: Firm) -> None:
    firm.charging(account="")
    invoice = firm.late()
    proposed(firm, invoice)

    with pytest.raises(ChargeError, match=r"set account in \[charges\]"):
        approved(firm, invoice)
    assert firm.store.charges.pending()[0].state == "proposed"


def test_quickbooks_has_no_drafts_and_says_so(firm: Firm) -> None:
    firm.set(ledger="quickbooks")
    invoice = firm.late()
    proposed(firm, invoice)

    with pytest.raises(ChargeError, match="QuickBooks has no drafts"):
        approved(firm, invoice)
    assert firm.store.charges.pending()[0].state == "proposed"
    assert approved(firm, invoice, as_issued=True).result == "raised"


def test_a_read_only_firm_is_refused_before_anything_is_written(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.set(read_only=True)

    for attempt in (lambda: approved(firm, invoice), lambda: proposed(firm, invoice)):
        with pytest.raises(ChargeError, match="read-only"):
            attempt()
    assert drafts(firm) == []


def test_a_read_only_ledger_raises_nothing(firm: Firm) -> None:
    with pytest.raises(Forbidden, match="read-only"):
        read_only(firm.ledger).raise_charge(_a_charge())


def test_a_person_may_take_a_proposal_back(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)

    raising.refuse(firm.store, raising.named(firm.store, [invoice.number]), "bo", firm.now)

    assert firm.store.charges.pending() == []
    assert deeds(firm)[-1] == ("bo", "charge refused")


def test_what_may_be_in_the_ledger_is_not_taken_back(firm: Firm) -> None:
    invoice = firm.late()
    proposed(firm, invoice)
    firm.ledger.fail_next("raise_charge", Outage("no answer"))
    approved(firm, invoice)

    with pytest.raises(ChargeError, match="may be in the ledger"):
        raising.refuse(firm.store, raising.named(firm.store, [invoice.number]), "bo", firm.now)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda firm: firm.invoice(overdue=-3), "there is nothing to charge"),
        (lambda firm: firm.invoice(overdue=30, state="draft"), "neither open nor paid"),
    ],
)
def test_what_bears_no_charges_is_not_proposed(firm: Firm, make: Callable[[Firm], Invoice], words: str) -> None:
    with pytest.raises(ChargeError, match=words):
        proposed(firm, make(firm))


def test_an_invoice_on_which_nothing_waits_is_named(firm: Firm) -> None:
    with pytest.raises(ChargeError, match="no charge waits on 'INV-1'"):
        raising.named(firm.store, ["INV-1"])


def _a_charge() -> NewCharge:
    return NewCharge(mark="m", key="k", contact_id="c", currency="GBP", day=date(2026, 4, 11), lines=(), account="270")  # type: ignore[arg-type]


def test_what_was_handed_over_before_it_was_approved_is_not_raised(firm: Firm) -> None:
    invoice = firm.late()
    record = proposed(firm, invoice)
    firm.store.handovers.record([record.charge.invoice_id], "Agency", "0" * 64, "ada", firm.now)

    outcome = approved(firm, invoice)

    assert (outcome.result, "is with Agency" in (outcome.words or ""), drafts(firm)) == ("refused", True, [])


@pytest.mark.parametrize(
    ("country", "terms", "named"),
    [("CH", EUROPEAN_UNION, False), ("FR", EUROPEAN_UNION, True), ("CH", Contract(percent=Decimal(12)), True)],
)
def test_the_reckoning_tells_whether_messages_may_name_its_law(
    firm: Firm, country: str, terms: Law | Contract, named: bool
) -> None:
    invoice = firm.late()
    firm.charging(terms=terms)
    firm.books.edit_customer(firm.owner_of(invoice), country=country)
    firm.mirrored(invoice)

    [shown] = reckonings(at_hand(firm, invoice), firm.settings).reckonings

    assert (shown.named, shown.total_minor > 0) == (named, True)
