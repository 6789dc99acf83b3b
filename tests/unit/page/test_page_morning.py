"""The morning list over two firms, and what its buttons do to their files."""

import re
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace
from page_guest import Guest, Open, open_page
from unit.state.examples import a_credit, a_reply

from connector.wiring import tenant_file
from state.model import DecisionRow, InvoiceId, InvoiceStatus, Rejected, TenantSlug
from state.store import TenantStore
from state.tasks import NewTask

NORTH = TenantSlug("north")


@contextmanager
def north(opened: Open):
    with TenantStore.open(tenant_file(opened.config, NORTH)) as store:
        yield store


def waiting(opened: Open) -> list:
    with north(opened) as store:
        return [each for each in store.reminders.planned() if not each.approved]


def an_invoice(opened: Open):
    """One that is due and neither planned nor held."""
    with north(opened) as store:
        return store.mirror.invoice(InvoiceId(store.reminders.planned()[0].invoice_id))


def test_it_counts_what_waits_and_how_much_it_asks_for(office: Open) -> None:
    guest, planned = office.signed_in().get("/"), waiting(office)
    with north(office) as store:
        sums = sum(store.mirror.invoice(each.invoice_id).due_minor for each in planned)

    assert f"{len(planned)} reminder" in guest.text
    assert f"{sums / 100:,.2f}\N{NO-BREAK SPACE}GBP" in guest.text


def test_approving_all_lets_go_exactly_what_was_shown_and_says_who_did_it(office: Open) -> None:
    planned = waiting(office)
    guest = office.signed_in().get("/").press("/t/north/do/approve-all")

    assert guest.said.startswith(f"Approved {len(planned)} reminder")
    assert waiting(office) == []
    with north(office) as store:
        trail = [entry for entry in store.audit.after(0) if entry.action == "approve"]
    assert {entry.who for entry in trail} == {"anna"}


def test_an_approval_can_be_taken_back(office: Open) -> None:
    planned = waiting(office)
    guest = office.signed_in().get("/").press("/t/north/do/approve-all").press("/t/north/do/take-back")

    assert guest.said.startswith(f"Took back {len(planned)} approval")
    assert {each.id for each in waiting(office)} == {each.id for each in planned}


def test_of_two_people_who_approve_the_same_one_wins_and_the_other_is_told(office: Open) -> None:
    anna, ben = office.signed_in("anna").get("/"), office.signed_in("ben").get("/")
    anna.press("/t/north/do/approve-all")
    ben.press("/t/north/do/approve-all")

    assert "somebody else was faster" in ben.said
    with north(office) as store:
        assert {entry.who for entry in store.audit.after(0) if entry.action == "approve"} == {"anna"}


def test_what_has_changed_since_it_was_looked_at_is_not_approved(office: Open) -> None:
    guest, before = office.signed_in().get("/"), waiting(office)
    with north(office) as store:
        store.reminders.skip([before[0].id], "another hand", office.clock.now())
    guest.press("/t/north/do/approve-all")

    assert "has changed since you looked" in guest.said
    assert len(waiting(office)) == len(before) - 1


def test_the_list_shows_what_was_written_a_moment_ago(office: Open) -> None:
    guest = office.signed_in().get("/")
    with north(office) as store:
        store.holds.place("tenant", "*", "shrunk", None, "half of the invoices are gone", office.clock.now())

    assert "half of the invoices are gone" in guest.get("/").text


def test_a_suspicion_is_ended_by_whoever_has_looked(office: Open) -> None:
    with north(office) as store:
        store.holds.place("tenant", "*", "shrunk", None, "half of the invoices are gone", office.clock.now())
    guest = office.signed_in().get("/").press("/t/north/do/release")

    assert "1 hold ended" in guest.said
    assert "half of the invoices" not in guest.text


def test_a_hold_for_a_week_can_be_taken_back(office: Open) -> None:
    guest, invoice = office.signed_in().get("/"), an_invoice(office)
    token = guest.form("/t/north/do/approve-all").fields["token"]
    guest.post("/t/north/do/hold-for-a-week", {"token": token, "scope": "invoice", "id": invoice.id})
    assert "Held up to and including" in guest.said

    assert "1 hold ended" in guest.press("/t/north/do/release").said


@pytest.mark.parametrize("scope", ["invoice", "contact", "everything", ""])
def test_nothing_is_held_that_the_mirror_does_not_know(office: Open, scope: str) -> None:
    guest = office.signed_in().get("/")
    token = guest.form("/t/north/do/approve-all").fields["token"]
    guest.post("/t/north/do/hold-for-a-week", {"token": token, "scope": scope, "id": "nobody"})

    assert 'class="notice bad"' in guest.text
    with north(office) as store:
        assert store.holds.active(office.clock.now().date()) == []


def test_a_dispute_is_listed_and_settled(office: Open) -> None:
    invoice = an_invoice(office)
    with north(office) as store:
        store.disputes.open(invoice.id, "wrong colour", "anna", None, invoice.currency, "anna", office.clock.now())
    guest = office.signed_in().get("/")
    assert "wrong colour" in guest.text

    guest.press("/t/north/do/settle-dispute", outcome="a new one was sent")

    assert "The dispute is settled" in guest.said
    with north(office) as store:
        assert store.disputes.standing() == []
    guest.press(f"/t/north/customer/{invoice.contact_id}/dispute")
    with north(office) as store:
        assert [each.reason for each in store.disputes.standing()] == ["wrong colour"]


def test_a_tenant_whose_connection_is_dead_leads_to_connect(office: Open) -> None:
    from state.registry import Registry

    with Registry.open(office.config.data / "registry.db") as registry:
        registry.park(NORTH, "the consent was withdrawn", office.clock.now())
    guest = office.signed_in().get("/")

    assert "the consent was withdrawn" in guest.text
    assert "Connect again" in guest.text


def test_a_file_that_is_gone_is_told_and_the_other_firm_is_shown(office: Open) -> None:
    guest = office.signed_in()
    for path in tenant_file(office.config, NORTH).parent.iterdir():
        path.unlink()
    guest.get("/")

    assert "The file cannot be used" in guest.text
    assert "/t/west/do/approve-all" in guest.text
    assert not tenant_file(office.config, NORTH).exists()


def test_the_age_of_the_data_is_on_every_page(office: Open) -> None:
    office.clock.at += timedelta(hours=3)
    guest = office.signed_in()

    for path in ("/", "/health", "/firms", "/own", "/t/north/policy", "/t/north/health"):
        assert "3 hours ago" in guest.get(path).text, path


@pytest.mark.parametrize(
    "path", ["/", "/firms", "/health", "/connect", "/t/north/policy", "/t/north/policy/rewind", "/t/west/health"]
)
def test_every_page_answers_in_every_language(office: Open, path: str) -> None:
    guest: Guest = office.signed_in()
    for language in ("en", "de", "fr", "es", "nl"):
        guest.get(path, Accept_Language=language)
        assert (guest.status, f'<html lang="{language}"' in guest.text) == (200, True)


def test_undoing_a_hold_leaves_those_of_others(office: Open) -> None:
    with north(office) as store:
        contact = store.reminders.planned()[0].contact_id
        placed = store.holds.place("contact", contact, "dispute", None, None, office.clock.now(), "ada")
        mine = store.holds.place("contact", contact, "manual", None, None, office.clock.now(), "anna")
    guest = office.signed_in()
    token = guest.get("/").form("/t/north/do/approve-all").fields["token"]

    guest.post("/t/north/do/release", {"token": token, "hold": str(mine.id)})

    assert guest.said == "1 hold ended."
    with north(office) as store:
        assert [hold.id for hold in store.holds.active(office.clock.now().date())] == [placed.id]
    assert guest.post("/t/north/do/release", {"token": token, "hold": str(mine.id)}).said == "0 holds ended."


def test_what_is_to_go_out_is_counted_less_credit(office: Open) -> None:
    planned = waiting(office)
    with north(office) as store:
        contact, now = planned[0].contact_id, office.clock.now()
        store.mirror.save_credits([a_credit(contact_id=contact, currency="GBP", updated_at=now)])
        sums = sum(store.mirror.invoice(each.invoice_id).due_minor for each in planned)

    assert f"{sums / 100 - 50:,.2f}\N{NO-BREAK SPACE}GBP" in office.signed_in().get("/").text


def test_a_release_can_be_undone(office: Open) -> None:
    with north(office) as store:
        contact = store.reminders.planned()[0].contact_id
        store.holds.place("contact", contact, "dispute", None, "the pump", office.clock.now(), "ada")
    guest = office.signed_in()
    token = guest.get("/").form("/t/north/do/approve-all").fields["token"]

    guest.post("/t/north/do/release", {"token": token, "scope": "contact", "id": contact})
    guest.press("/t/north/do/hold-again")

    assert guest.said == "1 hold stands again."
    with north(office) as store:
        [hold] = store.holds.active(office.clock.now().date())
    assert (hold.target, hold.reason, hold.note, hold.owner) == (contact, "dispute", "the pump", "ada")


def test_the_end_of_a_sequence_offers_to_write_the_debt_off(office: Open) -> None:
    invoice = an_invoice(office)
    decision = NewTask(
        kind="decision",
        subject=f"{invoice.id}/0",
        contact_id=invoice.contact_id,
        invoice_id=invoice.id,
        owner="anna",
        script="The sequence is through.",
    )
    with north(office) as store:
        store.tasks.open([decision], office.clock.now())
    guest = office.signed_in().get("/")
    assert guest.form("/t/north/do/hand-over").fields["invoice"] == invoice.id

    guest.press("/t/north/do/write-off", reason="bankrupt")

    with north(office) as store:
        [made] = store.write_offs.of_invoice(invoice.id)
    assert (made.reason, made.state, made.proposed_by) == ("bankrupt", "proposed", "anna")


def test_a_task_is_told_in_the_readers_language_and_a_customers_words_are_not(office: Open) -> None:
    contact = an_invoice(office).contact_id
    call = NewTask(kind="call", subject="1", contact_id=contact, script="Ask Ann when invoice INV-1 will be paid.")
    text = NewTask(kind="text", subject="2", contact_id=contact, script="Customer")
    with north(office) as store:
        store.tasks.open([call, text], office.clock.now())

    page = office.signed_in().get("/", Accept_Language="de").text

    assert "Fragen Sie Ann, wann Rechnung INV-1 bezahlt wird." in page
    assert "<bdi>Customer</bdi>" in page


def test_what_is_held_is_released_from_its_row_and_all_of_it_is_listed(office: Open) -> None:
    with north(office) as store:
        ids = [InvoiceId(each.invoice_id) for each in store.reminders.planned()]
        held = [store.mirror.invoice(key) for key in ids]
        reasons = '[["held",{"scope":"invoice","reason":"manual"}]]'
        rows = [DecisionRow(key, "wait", None, reasons, None) for key in ids]
        store.decisions.record(rows, office.clock.now().date(), office.clock.now())
        for key in ids:
            store.holds.place("invoice", key, "manual", None, None, office.clock.now(), "anna")
    guest = office.signed_in()

    listed = guest.get("/t/north/held?why=held&what=wait")
    assert listed.status == 200
    assert all(invoice.number in listed.text for invoice in held)
    listed.press("/t/north/do/release", id=ids[0])

    assert guest.said == "1 hold ended."
    assert guest.get("/t/north/held?why=nothing&what=wait").status == 404


def test_what_cannot_be_read_is_named_with_its_reason_and_leads_into_the_ledger(office: Open) -> None:
    owner = an_invoice(office).contact_id
    odd = Rejected("invoice", "8c1c06b7", owner, "unknown currency 'XTS'", "{}", "OM-XTS")
    with north(office) as store:
        store.mirror.quarantine([odd], office.clock.now())
        name = store.mirror.contact(owner).name
    guest = office.signed_in().get("/", Accept_Language="de")

    assert "Nicht lesbar" in guest.text
    row = guest.text.partition("Nicht lesbar")[2].partition("</li>")[0]
    assert all(words in unescape(row) for words in (name, "Rechnung", "OM-XTS", "unknown currency 'XTS'"))
    assert 'href="/t/north/in-ledger/8c1c06b7"' in row
    answer = guest.session.get(f"{guest.url}/t/north/in-ledger/8c1c06b7", allow_redirects=False)
    assert re.fullmatch(r"https://go\.xero\.com/app/.+/8c1c06b7", answer.headers["location"])
    assert guest.get("/t/north/in-ledger/anything").status == 404


@pytest.mark.parametrize("entity", ["payment", "credit", "contact"])
def test_a_nameless_record_that_cannot_be_read_is_listed_too(office: Open, entity: str) -> None:
    with north(office) as store:
        store.mirror.quarantine([Rejected(entity, None, None, "not an object", "[]")], office.clock.now())  # type: ignore[arg-type]

    assert "not an object" in office.signed_in().get("/").text


def test_a_dispute_about_an_invoice_that_is_paid_meanwhile_names_it_by_its_number(office: Open) -> None:
    invoice = an_invoice(office)
    with north(office) as store:
        store.disputes.open(invoice.id, "short delivery", "anna", None, invoice.currency, "anna", office.clock.now())
        store.audit.record("anna", "note", "invoice", invoice.id, {"note": "rang"}, office.clock.now())
        paid = replace(invoice, status=InvoiceStatus.PAID, due_minor=0, updated_at=office.clock.now())
        store.mirror.save_invoices([paid])
    page = office.signed_in().get(f"/t/north/customer/{invoice.contact_id}").text

    link = f'<a href="/t/north/invoice/{invoice.id}"><bdi>{invoice.number}</bdi></a>'
    assert f"Dispute: {link}, <bdi>short delivery" in page
    assert f"<bdi>rang</bdi> {link}" in page
    assert f"<bdi>{invoice.id}</bdi>" not in page


@pytest.mark.parametrize("path", ["/nix", "/t/north/", "/sign-in/no"])
def test_an_address_that_is_no_page_leads_home_in_the_readers_language(office: Open, path: str) -> None:
    guest = office.signed_in().get(path, Accept_Language="de")

    assert guest.status == 404
    assert '<html lang="de"' in guest.text
    assert "<h1>Diese Seite gibt es nicht</h1>" in guest.text
    assert '<a href="/">' in guest.text


def test_whoever_owes_nothing_is_offered_no_message(office: Open) -> None:
    contact = an_invoice(office).contact_id
    with north(office) as store:
        for item in store.customer_file(contact, office.clock.now().date()).open_items:
            owed = store.mirror.invoice(InvoiceId(item.invoice_id))
            store.mirror.save_invoices(
                [replace(owed, status=InvoiceStatus.PAID, due_minor=0, updated_at=office.clock.now())]
            )

    assert "/outbox/message/" not in office.signed_in().get(f"/t/north/customer/{contact}").text


def held_section(guest: Guest) -> str:
    return guest.text.partition('id="held"')[2]


@pytest.mark.parametrize("scope", ["invoice", "contact"])
def test_what_somebody_has_just_held_is_listed_as_held_at_once_and_not_any_more_when_released(
    office: Open, scope: str
) -> None:
    guest, invoice = office.signed_in().get("/"), an_invoice(office)
    assert invoice.number not in held_section(guest)
    token = guest.form("/t/north/do/approve-all").fields["token"]
    target = invoice.id if scope == "invoice" else invoice.contact_id

    guest.post("/t/north/do/hold-for-a-week", {"token": token, "scope": scope, "id": target})
    assert invoice.number in held_section(guest.get("/"))
    assert "is on hold (manual) up to and including" in held_section(guest)
    assert invoice.number in guest.get("/t/north/held?why=held&what=wait").text

    with north(office) as store:
        store.holds.release(scope, target, office.clock.now(), "anna")
    assert invoice.number not in held_section(guest.get("/"))


def test_a_reply_that_was_handled_waits_again_when_that_is_taken_back(office: Open) -> None:
    invoice = an_invoice(office)
    with north(office) as store:
        reply = store.correspondence.save(a_reply(), [], office.clock.now())
        hold = store.holds.place("contact", invoice.contact_id, "reply", None, None, office.clock.now(), "anna")
        store.correspondence.concern(reply, invoice.contact_id, hold.id)
    guest = office.signed_in().get("/")

    guest.press("/t/north/do/reply")
    assert "1 hold ended" in guest.said
    guest.press("/t/north/do/reply-again")

    assert guest.said == "The reply waits again; 1 hold stands again."
    with north(office) as store:
        assert [each.held for each in store.correspondence.unhandled()] == [(invoice.contact_id,)]
        assert [entry.action for entry in store.audit.entries(limit=2)] == ["reply waits again", "reply handled"]


def answered(opened: Open, **fields: str):
    """An answer of the customer that owes `an_invoice`, which holds it."""
    invoice = an_invoice(opened)
    with north(opened) as store:
        reply = store.correspondence.save(a_reply(**fields), [invoice.contact_id], opened.clock.now())
        hold = store.holds.place(
            "contact", invoice.contact_id, "reply", None, f"reply {reply}", opened.clock.now(), "anna"
        )
        store.correspondence.concern(reply, invoice.contact_id, hold.id)
    return reply, invoice


def test_the_morning_list_leads_to_the_whole_of_a_long_reply(office: Open) -> None:
    reply, invoice = answered(office, text=f"{'Word after word. ' * 100}Could you send the order number?")
    guest = office.signed_in().get("/")
    assert "order number" not in guest.text
    assert f'href="/t/north/customer/{invoice.contact_id}#answer-{reply}"' in guest.text

    assert "Could you send the order number?" in guest.get(f"/t/north/customer/{invoice.contact_id}").text
    assert f'id="answer-{reply}"' in guest.text


def test_a_reply_of_nobody_known_is_read_in_the_history(office: Open) -> None:
    with north(office) as store:
        store.correspondence.save(a_reply(text="who are you?", matched_by="nothing"), [], office.clock.now())
    guest = office.signed_in().get("/")

    assert 'href="/t/north/history?kind=reply"' in guest.text
    assert "who are you?" in guest.get("/t/north/history?kind=reply").text


def test_a_hold_by_a_reply_leads_to_it_instead_of_naming_its_key(office: Open) -> None:
    reply, invoice = answered(office)
    guest = office.signed_in().get(f"/t/north/customer/{invoice.contact_id}")

    assert f'<a href="#answer-{reply}">because of the answer of 10 Mar 2026' in guest.text
    assert f"reply {reply}" not in guest.text


def test_what_became_of_a_reply_stands_beside_it(office: Open) -> None:
    reply, invoice = answered(office)
    guest = office.signed_in().get(f"/t/north/customer/{invoice.contact_id}")
    assert "waits for a person" in guest.text

    guest.get("/").press("/t/north/do/reply", "answered")
    assert "answered, handled by anna" in guest.get(f"/t/north/customer/{invoice.contact_id}").text
    with north(office) as store:
        assert store.correspondence.get(reply).outcome == "answered"


def test_a_reply_that_waits_again_already_is_left_alone(office: Open) -> None:
    guest = office.signed_in().get("/")
    token = guest.form("/t/north/do/approve-all").fields["token"]

    guest.post("/t/north/do/reply-again", {"token": token, "id": "nobody", "at": "2026-03-10T10:00:00+00:00"})
    assert "told otherwise meanwhile" in guest.said
    guest.post("/t/north/do/reply-again", {"token": token, "id": "nobody", "at": "yesterday"})
    assert "meanwhile" not in guest.said


def a_proposal(office: Open, by: str) -> InvoiceId:
    """A write-off that somebody has proposed and that waits for a yes, of an invoice whose sequence is through."""
    invoice = an_invoice(office)
    decision = NewTask(
        kind="decision", subject="0:x", contact_id=invoice.contact_id, invoice_id=invoice.id, script="It is through."
    )
    with north(office) as store:
        store.tasks.open([decision], office.clock.now())
        store.write_offs.propose(invoice.id, "bankrupt", by, office.clock.now())
    return invoice.id


def test_a_proposed_write_off_is_among_what_needs_me_instead_of_the_decision(office: Open) -> None:
    a_proposal(office, "bert")

    page = office.signed_in().get("/").text

    assert "bert proposes to write it off: bankrupt" in page
    assert "It is through." not in page


def test_a_proposed_write_off_is_approved_by_a_button(office: Open) -> None:
    key = a_proposal(office, "bert")

    office.signed_in().get("/").press("/t/north/do/write-off-approve")

    with north(office) as store:
        [found] = store.write_offs.of_invoice(key)
    assert (found.state, found.approved_by) == ("approved", "anna")


def test_a_proposed_write_off_is_refused_with_a_reason(office: Open) -> None:
    key = a_proposal(office, "bert")

    office.signed_in().get("/").press("/t/north/do/write-off-refuse", reason="they pay on Friday")

    with north(office) as store:
        [found] = store.write_offs.of_invoice(key)
    assert (found.state, found.words) == ("refused", "they pay on Friday")


def test_with_four_eyes_who_proposed_a_write_off_has_no_button_to_approve_it(office_folder: Path) -> None:
    file = office_folder / "config.toml"
    file.write_text(f"{file.read_text()}\n[policy.write_off]\nfour_eyes = true\n")
    with open_page(office_folder) as office:
        a_proposal(office, "anna")
        forms = {form.action for form in office.signed_in().get("/").forms()}

    assert "/t/north/do/write-off-refuse" in forms
    assert "/t/north/do/write-off-approve" not in forms
