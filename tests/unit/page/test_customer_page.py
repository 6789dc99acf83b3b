"""A customer and an invoice as a bookkeeper sees them, and what can be done there."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from page_desk import HOME, SLUG, PageDesk, page_desk
from unit.state.examples import a_payment

from connector.page.customer import _followed, on_average
from connector.page.gradings import Gradings
from connector.page.words import Words
from state.arrivals import Paid
from state.clock import SystemClock
from state.history import Wanted
from state.model import ContactId, InvoiceId, TenantSlug


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    with page_desk(tmp_path, customers=8) as made:
        yield made


@pytest.fixture
def invoice(desk: PageDesk) -> dict:
    """One that waits for a yes."""
    return json.loads(desk.dun("approve", "--json"))["reminders"][0]


@pytest.fixture
def customer(invoice: dict) -> str:
    return f"{HOME}/customer/{invoice['customer_id']}"


def test_open_items_stand_with_their_decision_in_words(desk: PageDesk, invoice: dict, customer: str) -> None:
    page = desk.person().get(customer)

    assert invoice["invoice"] in page.text
    assert "reminder: due on" in page.text


def test_why_is_said_in_the_readers_language(desk: PageDesk, customer: str) -> None:
    page = desk.person().get(customer, **{"Accept-Language": "de"}).text

    assert re.search(r"Erinnerung \w+: fällig am \d\d\.\d\d\.2026, und die Stufe", page)
    assert "<li>beruht auf 4 bezahlten Rechnungen</li>" in page


def test_a_rating_stands_with_what_it_rests_on(desk: PageDesk, customer: str) -> None:
    page = desk.person().get(customer).text

    assert re.search(r"Rating <strong>[A-F]</strong>", page)
    assert "<li>rests on 4 invoices paid</li>" in page


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("-3.6", "Im Mittel 3,6 Tage vor Fälligkeit."),
        ("1.0", "Im Mittel 1 Tag nach Fälligkeit."),
        ("0.0", "Im Mittel am Fälligkeitstag."),
    ],
)
def test_whoever_pays_early_pays_before_the_due_date(days: str, words: str) -> None:
    assert on_average(Words("de"), Decimal(days)) == words


def test_ratings_are_reckoned_once_a_day(desk: PageDesk) -> None:
    gradings, today = Gradings(), date(2026, 3, 2)
    with desk.store() as store:
        first = gradings.of(store, TenantSlug(SLUG), today)

        assert gradings.of(store, TenantSlug(SLUG), today) is first
        assert gradings.of(store, TenantSlug(SLUG), today + timedelta(days=1)) is not first


def test_a_customer_nobody_knows_is_not_there(desk: PageDesk) -> None:
    assert desk.person().get(f"{HOME}/customer/nobody").status == 404
    assert desk.person("ben").get(f"{HOME}/invoice/none").status == 404


def test_a_note_is_in_the_trail(desk: PageDesk, customer: str) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/note")

    assert "<b>rang</b>" not in ada.post(f"{customer}/note", form | {"note": "<b>rang</b>, asks for a copy"}).text
    assert "&lt;b&gt;rang&lt;/b&gt;, asks for a copy" in ada.get(customer).text


def test_a_promise_is_taken_down_and_taken_back(desk: PageDesk, customer: str) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/promise")

    made = ada.post(f"{customer}/promise", form | {"on": "2026-03-20"})
    with desk.store() as store:
        assert [promise.promised_on for promise in store.promises.open()] == [date(2026, 3, 20)]

    withdrawn = ada.post(*made.undo)
    with desk.store() as store:
        assert store.promises.open() == []

    ada.post(*withdrawn.undo)
    with desk.store() as store:
        assert [promise.promised_on for promise in store.promises.open()] == [date(2026, 3, 20)]


def test_a_promise_that_cannot_be_is_refused_and_what_was_typed_is_kept(desk: PageDesk, customer: str) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/promise")

    refused = ada.post(f"{customer}/promise", form | {"on": "2020-01-01", "note": "she said so, twice, on the phone"})

    assert refused.status == 422
    assert "which is past" in refused.text
    assert "she said so, twice, on the phone" in refused.text
    assert re.search(r'name="on" value="2020-01-01"\s+type="date"', refused.text)
    assert all(words in refused.text for words in (">Pays by</label>", ">Note</label>"))
    again, on = refused.form(f"{customer}/promise"), SystemClock().now().date() + timedelta(days=30)
    assert ada.post(f"{customer}/promise", again | {"on": str(on)}).undo


def test_a_refusal_is_said_in_the_readers_language(desk: PageDesk, customer: str) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/promise")

    refused = ada.post(f"{customer}/promise", form | {"on": "2020-03-02"}, **{"Accept-Language": "de"})

    assert refused.status == 422
    assert "Tag der Zusage: 02.03.2020, das ist vorbei; heute ist der" in refused.text
    assert "which is past" not in refused.text


@pytest.mark.parametrize("language", ["de", "fr", "es", "nl"])
def test_what_was_done_to_a_message_is_named_in_the_readers_language(
    desk: PageDesk, invoice: dict, language: str
) -> None:
    ada, said = desk.person(), Words(language)
    desk.dun("approve", "--all")
    desk.dun("run", "--once")

    page = ada.get(f"{HOME}/invoice/{invoice['invoice_id']}", **{"Accept-Language": language})

    assert f": {said.deed('approve')}" in page.text
    assert said.name("noted") in page.text
    assert said("invoice.next") in page.text
    assert "reminder sent" not in page.text
    assert 'lang="en"' not in page.text


def test_a_dispute_is_taken_down_and_taken_back(desk: PageDesk, customer: str, invoice: dict) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/dispute")

    made = ada.post(f"{customer}/dispute", form | {"invoice": invoice["invoice_id"], "reason": "two boxes broken"})
    with desk.store() as store:
        assert store.disputes.about(InvoiceId(invoice["invoice_id"])).reason == "two boxes broken"
    assert "two boxes broken" in ada.get(customer).text

    ada.post(*made.undo)
    with desk.store() as store:
        assert store.disputes.standing() == []


def test_a_plan_is_made_and_taken_back(desk: PageDesk, customer: str, invoice: dict) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/plan")
    plan = form | {"invoices": invoice["invoice_id"], "parts": "3", "first": "2026-03-31", "every": "month"}

    made = ada.post(f"{customer}/plan", plan)
    with desk.store() as store:
        [kept] = store.plans.of_contact(ContactId(invoice["customer_id"]))
        assert len(kept.instalments) == 3

    ada.post(*made.undo)
    with desk.store() as store:
        assert store.plans.active() == []


@pytest.mark.parametrize("fields", [{"parts": "0"}, {"parts": "x"}, {"every": "year"}, {"first": "soon"}])
def test_a_plan_that_makes_no_sense_is_refused(desk: PageDesk, customer: str, fields: dict[str, str]) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/plan")

    assert ada.post(f"{customer}/plan", form | {"parts": "3", "first": "2026-03-31"} | fields).status == 422


def test_an_invoice_is_held_and_released(desk: PageDesk, customer: str, invoice: dict) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/hold")

    held = ada.post(f"{customer}/hold", form | {"invoice": invoice["invoice_id"], "reason": "dispute", "until": ""})
    assert "On hold" in ada.get(customer).text

    ada.post(*held.undo)
    assert "On hold" not in ada.get(customer).text


def test_who_gets_what_is_kept(desk: PageDesk, customer: str, invoice: dict) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/treat")

    ada.post(
        f"{customer}/treat",
        form | {"do_not_chase": "the owner calls", "language": "de", "escalate": "Jo Bloggs <jo@buyer.example>"},
    )

    with desk.store() as store:
        kept = store.preferences.of(ContactId(invoice["customer_id"]))
    assert (kept.do_not_chase, kept.owner, kept.language) == ("the owner calls", "ada", "de")
    assert kept.escalation_email == "jo@buyer.example"
    assert "jo@buyer.example" in ada.get(customer).text


@pytest.mark.parametrize("odd", [{"channel": "pigeon"}, {"owner": "o" * 65}])
def test_what_no_field_of_the_form_takes_is_refused(desk: PageDesk, customer: str, odd: dict[str, str]) -> None:
    ada = desk.person()
    form = ada.get(customer).form(f"{customer}/treat")

    assert ada.post(f"{customer}/treat", form | odd).status == 422
    with desk.store() as store:
        assert "o" * 65 not in str(store.audit.entries())


def test_the_invoice_tells_its_life_from_issue_on(desk: PageDesk, invoice: dict) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")

    page = ada.get(f"{HOME}/invoice/{invoice['invoice_id']}")

    kinds = re.findall(r'<span class="mark">(\w+)</span>', page.text)
    assert kinds[0] == "issued"
    assert {"decided", "reminder", "message", "deed"} <= set(kinds)
    assert "reminder noted" in page.text or "reminder sent" in page.text
    assert 'rel="noreferrer">Open it in the ledger' in page.text


def test_a_sent_message_stands_in_the_history_with_its_proof_and_can_be_taken_along(desk: PageDesk) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")
    with desk.store() as store:
        sent = store.reminders.messages(None, 100)

    listed = ada.get(f"{HOME}/history")
    [first] = [each for each in sent if each.draft.id == re.search(rf"{HOME}/history/(\w+)", listed.text)[1]]
    message = ada.get(f"{HOME}/history/{first.draft.id}")
    taken = [each for each in json.loads(ada.get(f"{HOME}/history.json").text)["history"] if each["kind"] == "message"]
    table = ada.bytes(f"{HOME}/history.csv")

    assert "What the ledger said seconds before" in message.text
    assert re.search(r'data-label="Read at">\d+ \w+ \d{4}, \d\d:\d\d<', message.text)
    assert {each["id"] for each in taken} == {each.draft.id for each in sent}
    assert len(table.text.splitlines()) >= len(sent) + 1
    assert table.headers["content-disposition"] == f'attachment; filename="{SLUG}-history.csv"'


def test_the_history_is_searched_and_taken_along_as_it_is_listed(desk: PageDesk) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")
    with desk.store() as store:
        every = list(store.history.all(Wanted(kind="message")))
    number = every[0].invoices[0].name

    found = json.loads(ada.get(f"{HOME}/history.json?q={number}&kind=message").text)["history"]

    assert found
    assert all(number in json.dumps(each) for each in found)
    assert "Nothing like this" in ada.get(f"{HOME}/history?q=no+such+thing").text
    assert "Nothing like this" in ada.get(f"{HOME}/history?last=2020-01-01&first=never&before=x").text


def test_search_leads_to_the_only_thing_it_finds(desk: PageDesk, invoice: dict) -> None:
    ada = desk.person()

    assert ada.get(f"/search?q={invoice['invoice']}").path == f"{HOME}/invoice/{invoice['invoice_id']}"
    assert "Nothing is found" in ada.get("/search?q=%22+OR+*").text
    assert "three characters are found anywhere" in ada.get("/search?q=%22+OR+*").text
    assert invoice["customer"] in ada.get("/search?q=INV").text or "INV-" in ada.get("/search?q=INV").text


def test_the_reference_printed_in_a_message_leads_to_the_message(desk: PageDesk) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")
    with desk.store() as store:
        newest = next(store.history.all(Wanted(kind="message"))).message
        assert newest is not None
        reference = re.findall(r"dun:[\w.-]+\w", store.sent.get(newest.id)[1])[0]  # type: ignore[index]

    assert ada.get(f"/search?q={reference}").path == f"{HOME}/history/{newest.id}"
    assert newest.id in ada.get(f"{HOME}/history?q={reference}").text


def test_money_of_a_messages_own_day_is_not_called_paid_after_it(desk: PageDesk, customer: str, invoice: dict) -> None:
    desk.dun("approve", "--all")
    desk.dun("run", "--once")
    with desk.store() as store:
        [message, *_] = store.reminders.messages(ContactId(invoice["customer_id"]), 1)
        fields = {"contact_id": invoice["customer_id"], "amount_minor": 12_34, "updated_at": SystemClock().now()}
        day = message.business_day
        store.mirror.save_payments(
            [a_payment("p1", paid_on=day, **fields), a_payment("p2", paid_on=day + timedelta(days=1), **fields)]
        )
    page = desk.person().get(customer).text

    assert "paid on the same day, before or after it: 12.34" in page
    assert "paid 1 day after: 12.34" in page
    assert "paid 0 days after" not in page


def test_a_payment_belongs_to_the_last_message_before_it() -> None:
    class Sent:
        def __init__(self, day: date) -> None:
            self.business_day = day

    day = date(2026, 3, 2)
    newer, older = Sent(day + timedelta(days=7)), Sent(day)
    paid = [Paid(id=str(n), amount=(1, "GBP"), unapplied=None, on=day + timedelta(days=n)) for n in (-1, 3, 8)]

    assert [[p.id for p in each.paid_after] for each in _followed([newer, older], paid)] == [["8"], ["3"]]  # type: ignore[list-item]
