"""The outbox as a bookkeeper uses it, over HTTP and a real office."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace
from page_desk import HOME, Page, PageDesk, Person, page_desk
from unit.state.examples import a_credit

from state.agreed import Preference
from state.clock import SystemClock
from state.model import ContactId, ReminderId

OUTBOX = f"{HOME}/outbox"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    with page_desk(tmp_path) as made:
        yield made


def messages(page: Page) -> list[str]:
    """The addresses of the messages that are listed."""
    return re.findall(rf'href="({OUTBOX}/message/[^"]*)" data-key="e"', page.text)


def approved(desk: PageDesk, ids: str) -> bool:
    with desk.store() as store:
        return all(store.reminders.get(ReminderId(key)).approved for key in ids.split())


def test_the_message_is_shown_as_it_leaves_with_the_proof_of_the_debt(desk: PageDesk) -> None:
    ada = desk.person()

    path = messages(ada.get(OUTBOX))[0]
    page = ada.get(path)

    [text] = [
        each["text"]
        for each in json.loads(desk.dun("approve", "--show", "--json"))["messages"]
        if f"Message to {each['customer']}<" in unescape(page.text)
    ]
    words = unescape(re.search(r'id="words"[^>]*>(.*?)</div>', page.text, re.DOTALL)[1])
    assert words.strip() == text.strip()
    assert "Proof of the debt" in page.text


def test_a_yes_leads_to_the_next_message_and_can_be_taken_back(desk: PageDesk) -> None:
    ada = desk.person()
    first, second = messages(ada.get(OUTBOX))[:2]
    form = ada.get(first).form(f"{OUTBOX}/approve")

    after = ada.post(f"{OUTBOX}/approve", form)

    assert after.path == second
    assert "Approved" in after.notice
    assert approved(desk, form["ids"])

    path, fields = after.undo
    ada.post(path, fields)
    assert not approved(desk, form["ids"])


def test_a_yes_can_be_taken_back_later_too(desk: PageDesk) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path).form(f"{OUTBOX}/approve")
    ada.post(f"{OUTBOX}/approve", form)
    ada.get(OUTBOX)

    for place in (OUTBOX, path):
        assert set(ada.get(place).form(f"{HOME}/do/take-back")["ids"].split()) == set(form["ids"].split())
    ada.post(f"{HOME}/do/take-back", ada.get(OUTBOX).form(f"{HOME}/do/take-back"))

    assert not approved(desk, form["ids"])


def test_fifty_answers_are_one_key_each(desk: PageDesk) -> None:
    ada = desk.person()
    page = ada.get(messages(ada.get(OUTBOX))[0])

    for _ in range(50):
        if 'data-key="a"' not in page.text:
            break
        page = ada.post(f"{OUTBOX}/approve", page.form(f"{OUTBOX}/approve"))

    assert page.path == OUTBOX
    assert messages(page)
    assert 'data-key="a"' not in page.text  # all of them go by themselves now


def test_of_two_people_who_say_yes_one_wins_and_the_other_is_told(desk: PageDesk) -> None:
    ada, ben = desk.person("ada"), desk.person("ben")
    path = messages(ada.get(OUTBOX))[0]
    forms = [person.get(path).form(f"{OUTBOX}/approve") for person in (ada, ben)]

    assert "Approved" in ada.post(f"{OUTBOX}/approve", forms[0]).notice
    told = ben.post(f"{OUTBOX}/approve", forms[1])

    assert "ada approved it" in told.notice
    with desk.store() as store:
        assert [e.who for e in store.audit.entries() if e.action == "approve"] == ["ada"] * len(forms[0]["ids"].split())


def test_a_yes_counts_for_the_amount_that_was_looked_at(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/approve")

    told = ada.post(f"{OUTBOX}/approve", form | {"mark": "of something else"})

    assert "has changed" in told.notice
    assert not approved(desk, form["ids"])


def test_a_card_says_what_is_asked_for_less_credit_and_a_yes_counts_for_that(desk: PageDesk) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path).form(f"{OUTBOX}/approve")
    with desk.store() as store:
        invoice = store.mirror.invoice(store.reminders.get(ReminderId(form["ids"].split()[0])).invoice_id)
        now = SystemClock().now()
        store.mirror.save_credits([a_credit(contact_id=invoice.contact_id, currency=invoice.currency, updated_at=now)])

    text = ada.get(OUTBOX).text
    told = ada.post(f"{OUTBOX}/approve", form)

    assert "less unapplied credit 50.00" in text
    assert "has changed" in told.notice


def test_a_yes_to_nothing_is_told_and_lets_nothing_go(desk: PageDesk) -> None:
    ada = desk.person()

    told = ada.post(f"{OUTBOX}/approve", ada.get(OUTBOX).form(f"{OUTBOX}/approve"))  # the form of all, nothing ticked

    assert told.notice == "Nothing was chosen."


def test_several_are_approved_together(desk: PageDesk) -> None:
    ada = desk.person()
    page = ada.get(OUTBOX)
    ticks = re.findall(r'form="ticked" name="card" value="([^"]*)"', page.text)
    form = page.form(f"{OUTBOX}/approve")

    after = ada.post(f"{OUTBOX}/approve", [*form.items(), *(("card", tick) for tick in ticks[:2])])

    assert "Approved" in after.notice
    assert all(approved(desk, tick.partition(" ")[2]) for tick in ticks[:2])
    assert not approved(desk, ticks[2].partition(" ")[2])


def test_what_is_skipped_does_not_leave(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/skip")

    ada.post(f"{OUTBOX}/skip", form | {"reason": "rang, pays on Friday"})

    with desk.store() as store:
        reminders = [store.reminders.get(ReminderId(key)) for key in form["ids"].split()]
    assert {(r.state, r.reason) for r in reminders} == {("skipped", "skipped by ada: rang, pays on Friday")}


def test_a_hold_takes_the_customer_off_the_list_until_it_is_undone(desk: PageDesk) -> None:
    ada = desk.person()
    before = messages(ada.get(OUTBOX))
    form = ada.get(before[0]).form(f"{OUTBOX}/hold")

    held = ada.post(f"{OUTBOX}/hold", form | {"reason": "dispute", "until": "2026-03-20"})
    assert messages(ada.get(OUTBOX)) == before[1:]

    ada.post(*held.undo)
    assert messages(ada.get(OUTBOX)) == before


def test_other_words_go_and_can_be_taken_back(desk: PageDesk) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    editor = path.replace("/message/", "/edit/")
    form = ada.get(editor).form(f"{OUTBOX}/edit")

    kept = ada.post(
        f"{OUTBOX}/edit",
        form | {"subject": "A word about your account", "text": "Dear Sir,\nplease pay.", "anyway": "on"},
    )
    assert kept.path == path
    assert "A word about your account" in kept.text

    assert "A word about your account" not in ada.post(*kept.undo).text


def reword(person: Person, path: str, text: str = "Dear Sir,\nplease pay.") -> Page:
    form = person.get(path.replace("/message/", "/edit/")).form(f"{OUTBOX}/edit")
    return person.post(f"{OUTBOX}/edit", form | {"text": text, "anyway": "on"})


def test_a_yes_does_not_count_for_words_that_came_after_the_look(desk: PageDesk) -> None:
    ada, anna = desk.person("ada"), desk.person("anna")
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path).form(f"{OUTBOX}/approve")
    reword(anna, path, "PAY UP OR ELSE")

    told = ada.post(f"{OUTBOX}/approve", form)

    assert "has changed" in told.notice
    assert not approved(desk, form["ids"])
    assert "worded by a person" in ada.get(OUTBOX).text


def test_whoever_edits_what_was_approved_is_told_that_it_waits_again(desk: PageDesk) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path).form(f"{OUTBOX}/approve")
    ada.post(f"{OUTBOX}/approve", form)

    told = reword(ada, path)

    assert "that approval is taken back" in told.notice
    assert not approved(desk, form["ids"])
    assert told.form(f"{OUTBOX}/approve")["ids"] == form["ids"]


def test_of_two_people_who_edit_the_later_one_is_shown_what_the_first_wrote(desk: PageDesk) -> None:
    ada, anna = desk.person("ada"), desk.person("anna")
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path.replace("/message/", "/edit/")).form(f"{OUTBOX}/edit")
    reword(anna, path, "Words of Anna's.")

    told = ada.post(f"{OUTBOX}/edit", form | {"text": "Words of Ada's.", "anyway": "on"})

    assert told.status == 409
    assert ("Words of Anna&#39;s." in told.text, "Words of Ada&#39;s." in told.text) == (True, True)
    assert "Words of Anna&#39;s." in ada.get(path).text
    ada.post(f"{OUTBOX}/edit", told.form(f"{OUTBOX}/edit") | {"text": "Words of both.", "anyway": "on"})
    assert "Words of both." in ada.get(path).text


def test_words_that_leave_out_what_is_asked_are_kept_once_that_is_meant(desk: PageDesk) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path.replace("/message/", "/edit/")).form(f"{OUTBOX}/edit")
    words = {"subject": "A word", "text": "Dear Sir, please ring us."}

    asked = ada.post(f"{OUTBOX}/edit", form | words)
    assert (asked.status, asked.form(f"{OUTBOX}/edit")["text"].strip()) == (409, words["text"])
    assert "Your words leave out" in asked.text

    assert ada.post(f"{OUTBOX}/edit", form | words | {"anyway": "on"}).path == path


def test_words_for_a_message_that_has_changed_are_shown_beside_it_and_not_lost(desk: PageDesk) -> None:
    ada = desk.person()
    editor = messages(ada.get(OUTBOX))[0].replace("/message/", "/edit/")
    form = ada.get(editor).form(f"{OUTBOX}/edit")

    answer = ada.post(f"{OUTBOX}/edit", form | {"text": "Words of an hour's work.", "basis": "of before"})

    assert answer.status == 409
    assert answer.form(f"{OUTBOX}/edit")["text"].strip() == "Words of an hour's work."
    assert "The message as it is now" in answer.text


def test_words_that_cannot_be_sent_are_refused_and_not_lost(desk: PageDesk) -> None:
    ada = desk.person()
    editor = messages(ada.get(OUTBOX))[0].replace("/message/", "/edit/")
    form = ada.get(editor).form(f"{OUTBOX}/edit")

    answer = ada.post(f"{OUTBOX}/edit", form | {"text": "turned \u202e round"})

    assert "control characters" in answer.text
    assert "turned" in answer.form(f"{OUTBOX}/edit")["text"]


def test_a_session_that_ended_while_somebody_wrote_loses_no_word(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0].replace("/message/", "/edit/")).form(f"{OUTBOX}/edit")
    ada.leave()

    asked = ada.post(f"{OUTBOX}/edit", form | {"text": "Words of an hour's work.\nAnd more."})
    again = ada.post("/sign-in", asked.form("/sign-in") | {"name": "ada", "password": "four words in a row"})
    done = ada.post(f"{OUTBOX}/edit", again.form(f"{OUTBOX}/edit"))

    assert "Words of an hour&#39;s work." in done.text


def test_a_viewer_looks_and_changes_nothing(desk: PageDesk) -> None:
    vera = desk.person("vera", "viewer")
    page = vera.get(messages(vera.get(OUTBOX))[0])

    assert "Proof of the debt" in page.text
    assert f'action="{OUTBOX}' not in page.text
    assert vera.post(f"{OUTBOX}/approve", {"token": page.form("/sign-out")["token"], "ids": "x"}).status == 403


def test_an_invoice_is_handed_over_by_whoever_may(desk: PageDesk) -> None:
    ada = desk.person()
    with desk.store() as store:
        planned = [store.mirror.invoice(each.invoice_id) for each in store.reminders.planned()]
        key = min(planned, key=lambda each: each.due_on).id
    fields = {"token": ada.get("/").form("/sign-out")["token"], "invoice": key, "to": "Northern Collections"}

    told = ada.post(f"{HOME}/do/hand-over", fields)

    assert "Northern Collections" in told.notice
    with desk.store() as store:
        assert store.handovers.of_invoice(key).handed_to == "Northern Collections"


def prefer(desk: PageDesk, contact: str, language: str) -> None:
    with desk.store() as store:
        store.preferences.save(Preference(contact_id=ContactId(contact), language=language), "ada", SystemClock().now())


def test_a_yes_to_another_language_than_was_shown_is_refused_and_says_so(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/approve")
    prefer(desk, form["contact"], "fr")

    told = ada.post(f"{OUTBOX}/approve", form)

    assert "the language" in told.notice
    assert not approved(desk, form["ids"])


def test_a_yes_to_another_address_than_was_shown_is_refused_and_says_so(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/approve")
    with desk.store() as store:
        contact = store.mirror.contact(ContactId(form["contact"]))
        store.mirror.save_contacts([replace(contact, email="new@customer.example", updated_at=SystemClock().now())])

    told = ada.post(f"{OUTBOX}/approve", form)

    assert "whom it goes to" in told.notice
    assert not approved(desk, form["ids"])


def test_the_morning_list_says_what_has_changed_too(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get("/").form(f"{HOME}/do/approve-all")
    prefer(desk, ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/approve")["contact"], "fr")

    told = ada.post(f"{HOME}/do/approve-all", form)

    assert "the language" in told.notice


@pytest.mark.parametrize(
    ("reader", "words"),
    [("en", "the language"), ("de", "die Sprache"), ("fr", "la langue"), ("es", "el idioma"), ("nl", "de taal")],
)
def test_the_outbox_says_in_the_readers_language_what_took_the_yes_back(
    desk: PageDesk, reader: str, words: str
) -> None:
    ada = desk.person()
    path = messages(ada.get(OUTBOX))[0]
    form = ada.get(path).form(f"{OUTBOX}/approve")
    ada.post(f"{OUTBOX}/approve", form)
    prefer(desk, form["contact"], "fr")

    desk.dun("run", "--once")

    speaks = {"Accept-Language": reader}
    assert not approved(desk, form["ids"])
    assert words in ada.get(OUTBOX, **speaks).text
    assert words in ada.get(path, **speaks).text


def test_a_card_takes_off_what_is_disputed(desk: PageDesk) -> None:
    ada = desk.person()
    form = ada.get(messages(ada.get(OUTBOX))[0]).form(f"{OUTBOX}/approve")
    with desk.store() as store:
        reminder = store.reminders.get(ReminderId(form["ids"].split()[0]))
        invoice = store.mirror.invoice(reminder.invoice_id)
        now = SystemClock().now()
        store.disputes.open(invoice.id, "broken", "ada", 1_00, invoice.currency, "ada", now)

    assert "of which disputed 1.00" in ada.get(OUTBOX).text
