"""Whatever happens in the books, the wire stays consistent with itself and change data capture loses nothing."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from truth.quickbooks_truth import company, work

from connectors.sandbox.books import Books
from connectors.sandbox.quickbooks.cdc import changes
from connectors.sandbox.quickbooks.realm import Realm, Realms
from connectors.sandbox.quickbooks.select import Selector
from connectors.sandbox.quickbooks.stamps import envelope_time

DAY = date(2026, 1, 1)
ENTITIES = ("Invoice", "Payment", "CreditMemo", "Customer")
HAPPENINGS = ("invoice", "pay", "credit", "apply", "overpay", "unapply", "void", "delete")
HAPPENINGS += ("void payment", "delete payment", "invoice", "pay", "apply")
Happening = tuple[str, int, int]
happenings = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 20), st.integers(1, 99_999)), max_size=25)


def opened() -> Realm:
    world = company()
    world.switches["quickbooks.payment_delete_bumps_invoice"] = "yes"
    customer = world.companies["quickbooks"].add_customer("Acme")
    world.companies["quickbooks"].add_customer("Acme job", parent=customer.id)
    realm = Realms(world).get(world.companies["quickbooks"].company.realm)
    assert realm is not None
    return realm


def pick(shelf: list[Any], choice: int) -> Any | None:
    return shelf[choice % len(shelf)] if shelf else None


def let_happen(books: Books, happening: Happening) -> None:
    """One thing of the kind, on whatever document the choice falls; nothing if there is none it can happen to."""
    kind, choice, cents = happening
    amount = Decimal(cents).scaleb(-2)
    customer = books.customers[1 + choice % 2]
    unpaid = pick([i for i in books.invoices.values() if i.state == "open" and i.due_amount > 0], choice)
    untouched = pick([i for i in books.invoices.values() if i.state == "open" and not i.allocations], choice)
    payment = pick([p for p in books.payments.values() if not p.deleted and not p.void], choice)
    credit = pick([c for c in books.credits.values() if c.kind == "credit_note"], choice)
    acts: dict[str, Callable[[], object]] = {
        "invoice": lambda: books.add_invoice(customer, work(str(amount)), issued=DAY),
        "credit": lambda: books.credit(customer, amount, on=DAY),
        "overpay": lambda: books.credit(customer, amount, on=DAY, kind="overpayment"),
    }
    if unpaid is not None:
        part = min(amount, unpaid.due_amount)
        acts["pay"] = lambda: books.pay(customer, amount, on=DAY, against={unpaid.id: part})
        if credit is not None and credit.remaining > 0:
            taken = min(credit.remaining, part)
            acts["apply"] = lambda: books.apply_credit(credit, unpaid, taken, on=DAY)
    if credit is not None and credit.allocations:
        acts["unapply"] = lambda: books.unallocate(credit, books.invoices[credit.allocations[0].invoice_id])
    if untouched is not None:
        acts |= {"void": lambda: books.void_invoice(untouched), "delete": lambda: books.delete_invoice(untouched)}
    if payment is not None:
        acts["void payment"] = lambda: books.void_payment(payment)
        acts["delete payment"] = lambda: books.delete_payment(payment)
    acts.get(kind, lambda: None)()


def everything(selector: Selector, entity: str) -> dict[str, Any]:
    rows = selector.answer(" ".join(["select * from", entity, "maxresults 1000"])).get(entity, [])
    return {row["Id"]: row for row in rows}


@settings(max_examples=60, deadline=None)
@given(happenings)
def test_every_balance_is_the_total_less_the_payments_that_link_to_it(story: list[Happening]) -> None:
    realm = opened()
    for happening in story:
        let_happen(realm.books, happening)
    selector = Selector(realm)
    settled: dict[str, Decimal] = defaultdict(Decimal)
    linked: dict[str, set[str]] = defaultdict(set)
    for payment in everything(selector, "Payment").values():
        for line in payment["Line"]:
            link = line["LinkedTxn"][0]
            settled[link["TxnId"]] += line["Amount"]
            linked[link["TxnId"]].add(payment["Id"])
    for number, invoice in everything(selector, "Invoice").items():
        assert invoice["Balance"] == invoice["TotalAmt"] - settled[number]
        assert {link["TxnId"] for link in invoice["LinkedTxn"]} == linked[number]
    for number, memo in everything(selector, "CreditMemo").items():
        assert memo["Balance"] == memo["RemainingCredit"] == memo["TotalAmt"] - settled[number]


@settings(max_examples=60, deadline=None)
@given(st.lists(happenings, max_size=6))
def test_a_mirror_fed_by_changes_alone_equals_the_books(days: list[list[Happening]]) -> None:
    realm = opened()
    mirror: dict[str, dict[str, Any]] = {entity: {} for entity in ENTITIES}
    cursor = "2026-02-20T00:00:00Z"
    for story in [[], *days]:
        for happening in story:
            let_happen(realm.books, happening)
        groups = changes(realm, ",".join(ENTITIES), cursor)["CDCResponse"][0]["QueryResponse"]
        for entity, group in zip(ENTITIES, groups, strict=True):
            for row in group.get(entity, []):
                if row.get("status") == "Deleted":
                    mirror[entity].pop(row["Id"], None)
                else:
                    mirror[entity][row["Id"]] = row
        cursor = envelope_time(realm.now())
        realm.books.clock.advance(timedelta(hours=7, seconds=1))
    selector = Selector(realm)
    for entity in ("Invoice", "CreditMemo"):
        assert mirror[entity] == everything(selector, entity)
    assert {n: row["UnappliedAmt"] for n, row in mirror["Payment"].items()} == {
        n: row["UnappliedAmt"] for n, row in everything(selector, "Payment").items()
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(1, 15), st.sampled_from(["Id", "DueDate DESC", "Balance, Id DESC"]))
def test_pages_of_any_size_hold_every_row_once(rows: int, size: int, order: str) -> None:
    realm = opened()
    for number in range(rows):
        realm.books.add_invoice(realm.books.customers[1], work(str(number % 7 + 1)), issued=DAY)
    selector, seen = Selector(realm), []
    while True:
        page = ["select * from Invoice orderby", order, "startposition", str(len(seen) + 1), "maxresults", str(size)]
        found = selector.answer(" ".join(page)).get("Invoice", [])
        seen += [int(row["Id"]) for row in found]
        if not found:
            break
    assert sorted(seen) == sorted(realm.books.invoices)
