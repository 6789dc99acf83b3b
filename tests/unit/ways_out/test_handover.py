"""A case is handed over with everything about it, once, and from then on nobody is reminded."""

import json
import string
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pdf_pages import text_of
from tenant_bench import TenantBench

from connector.agreements.subject import AgreementError, AtHand
from connector.charging import Reckoned, reckon
from connector.config.charges import Charging
from connector.cycle import refresh
from connector.dunning.late_terms import LAWS
from connector.dunning.policy import Policy, Stage
from connector.dunning.reference_rates import Rates
from connector.holding import Target
from connector.keeping.folders import FilesError
from connector.law.published_rates import published_rates
from connector.letters.words import case_words_of
from connector.ways_out.case import fingerprint
from connector.ways_out.handing import HandedOver, Wanted, hand_over, take_back
from connectors.ledger import Outage, Refused
from connectors.sandbox.documents import Invoice
from state.charges import ProposedCharge
from state.model import ContactId, InvoiceId
from state.store import TenantStore

AGENCY = "Northern Collections"


@pytest.fixture
def reminded(bench: TenantBench) -> Invoice:
    """120.00 GBP, 60 days overdue, reminded of once."""
    document = bench.invoice(overdue=60)
    bench.run()
    return document


def hand(bench: TenantBench, folder: Path, *invoices: Invoice, to: str = AGENCY) -> HandedOver:
    wanted = Wanted(invoices=tuple(InvoiceId(invoice.guid) for invoice in invoices))
    return hand_over(bench.tenant, wanted, to, folder, "ada")


def at_hand(bench: TenantBench, invoice: Invoice) -> AtHand:
    target = Target(bench.settings.slug, "invoice", invoice.guid, f"invoice {invoice.number}")
    return AtHand(target=target, store=bench.store, now=bench.now, today=bench.today)


def case(found: HandedOver) -> Any:
    return json.loads((found.folder / "case.json").read_text())


def test_an_invoice_whose_letter_gives_it_time_is_not_handed_over_yet(bench: TenantBench, tmp_path: Path) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", deadline_days=7),)))
    document = bench.invoice(overdue=60)
    bench.run()
    until = bench.tenant.calendar.next_open(bench.today + timedelta(days=7))

    with pytest.raises(AgreementError, match=f"was given until {until} to pay"):
        hand(bench, tmp_path, document)

    bench.live((until - bench.today).days + 1)
    assert hand(bench, tmp_path, document).invoices == (document.number,)


def test_nobody_is_reminded_of_what_was_handed_over(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    hand(bench, tmp_path, reminded)

    bench.live(60)

    assert (bench.sent_stages(reminded), bench.why(reminded)) == (["soft"], ["held"])
    [held] = bench.store.holds.active(bench.today)
    assert (held.reason, held.owner) == ("handed_over", AGENCY)
    assert bench.store.tasks.decisions() == []


def test_a_release_does_not_fetch_a_case_back(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    hand(bench, tmp_path, reminded)

    assert bench.store.holds.release("invoice", reminded.guid, bench.now, "ada") == 0
    assert len(bench.store.holds.active(bench.today)) == 1


def test_a_returned_invoice_goes_on_where_it_was(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    hand(bench, tmp_path, reminded)
    bench.next_day(10)

    take_back(at_hand(bench, reminded), "ada")
    bench.live(40)

    assert bench.sent_stages(reminded) == ["soft", "firm", "final"]
    with pytest.raises(AgreementError, match="is with nobody"):
        take_back(at_hand(bench, reminded), "ada")


def test_the_case_holds_every_message_with_its_text_and_proof(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.live(30)

    found = case(hand(bench, tmp_path, reminded))

    assert [message["stage"] for message in found["messages"]] == ["soft", "firm", "final"]
    assert all(reminded.number in message["text"] for message in found["messages"])
    proofs = [json.loads(reminder["proof"]) for reminder in found["reminders"]]
    assert [proof["due_minor"] for proof in proofs] == [120_00] * 3
    assert [row["to_state"] for row in found["reminder_events"]][:5] == [
        "planned",
        "verified",
        "sending",
        "sent",
        "noted",
    ]


def test_the_case_claims_interest_by_law_with_every_period(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.set(charges=Charging(terms=LAWS["uk"], customers="business", rates=published_rates()))
    bench.pay(reminded, "20.00")

    found = case(hand(bench, tmp_path, reminded))

    [invoice] = found["invoices"]
    interest, [claim] = invoice["interest"], found["claims"]
    assert (invoice["due_minor"], interest["fixed_minor"]) == (100_00, 40_00)
    assert [period["balance_minor"] for period in interest["periods"]] == [120_00]
    assert sum(period["days"] for period in interest["periods"]) == 60
    assert interest["interest_minor"] == sum(period["interest_minor"] for period in interest["periods"]) > 0
    assert claim["total_minor"] == 100_00 + interest["interest_minor"] + 40_00
    assert invoice["settlements"][0]["amount_minor"] == 20_00


def test_the_case_claims_what_messages_claim_less_what_the_ledger_asks_for_already(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.set(charges=Charging(terms=LAWS["uk"], customers="business", rates=published_rates()))
    key = InvoiceId(reminded.guid)
    asked = ProposedCharge(invoice_id=key, number="x", up_to=bench.today, currency="GBP", interest_minor=100,
                           fixed_minor=40_00, source="the Act")  # fmt: skip
    record = bench.store.charges.propose(asked, "ada", bench.now)
    bench.store.charges.approve(record.id, "ada", bench.now)
    bench.store.charges.tried(record.id, bench.now)
    bench.store.charges.raised(record.id, "a-draft", bench.now)
    invoice = bench.store.mirror.invoice(key)
    assert invoice is not None
    reckoned = reckon(bench.settings, bench.store, invoice, invoice.contact_id, bench.today)
    assert isinstance(reckoned, Reckoned)

    [claim] = case(hand(bench, tmp_path, reminded))["claims"]

    assert claim["raised_minor"] == 41_00
    assert claim["total_minor"] == 120_00 + reckoned.total_minor
    assert claim["total_minor"] == 120_00 + claim["interest_minor"] - 100


def test_without_a_right_to_interest_none_is_claimed(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    [claim] = case(hand(bench, tmp_path, reminded))["claims"]

    assert (claim["principal_minor"], claim["total_minor"], claim["currency"]) == (120_00, 120_00, "GBP")


def test_currencies_are_claimed_apart(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    euros = bench.invoice(bench.owner_of(reminded), "70.00", overdue=60, currency="EUR")
    bench.run()

    claims = case(hand(bench, tmp_path, reminded, euros))["claims"]

    assert {claim["currency"]: claim["total_minor"] for claim in claims} == {"GBP": 120_00, "EUR": 70_00}


def test_the_same_case_written_twice_is_the_same_file(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    first = hand(bench, tmp_path / "one", reminded)
    content = (first.folder / "case.json").read_bytes()
    assert first.case_file == fingerprint(content)
    with TenantStore.open(tmp_path / "copy.db"):
        pass  # another file of the same kind has nothing to do with it
    take_back(at_hand(bench, reminded), "ada")

    again = hand(bench, tmp_path / "two", reminded)

    different = {
        key for key, value in case(again).items() if json.loads(content)[key] != value
    }  # the trail tells of the first handover and its return
    assert different == {"contact_log"}


def test_a_kill_between_the_files_and_the_record_leaves_the_case_to_be_handed_over(
    bench: TenantBench, reminded: Invoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(bench.store.handovers, "record", die)
        with pytest.raises(KeyboardInterrupt):
            hand(bench, tmp_path, reminded)
    assert (bench.store.handovers.out(), bench.store.holds.active(bench.today)) == ([], [])

    found = hand(bench, tmp_path, reminded)

    assert bench.store.handovers.out()[0].case_file == found.case_file


def test_the_folder_holds_the_case_on_paper_and_the_invoices(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    found = hand(bench, tmp_path, reminded)

    assert sorted(path.name for path in found.folder.iterdir()) == [
        f"Invoice-{reminded.number}.pdf",
        "case.json",
        "case.pdf",
    ]
    words = text_of((found.folder / "case.pdf").read_bytes())
    assert all(word in words for word in (reminded.number, "claimed", bench.owner_of(reminded).name.split()[0]))


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", ("Case file:", "What is claimed", "principal", "Contact log")),
        ("de_AT", ("Fallakte:", "Die Forderung", "Hauptforderung", "Kontaktverlauf")),
        ("fr_FR", ("Dossier", "La créance", "reste dû", "Journal des échanges")),
        ("es_ES", ("Expediente:", "Lo que se reclama", "intereses", "Registro de contactos")),
        ("nl_NL", ("Dossier:", "De vordering", "hoofdsom", "Contactverslag")),
        ("it_IT", ("Case file:", "What is claimed", "principal", "Contact log")),
    ],
)
def test_the_paper_has_its_headings_in_the_firms_language(
    bench: TenantBench, reminded: Invoice, tmp_path: Path, locale: str, words: tuple[str, ...]
) -> None:
    bench.set(locale=locale)

    paper = "".join(text_of((hand(bench, tmp_path, reminded).folder / "case.pdf").read_bytes()).split())

    assert [word for word in words if "".join(word.split()) not in paper] == []


def test_the_paper_has_a_british_address_as_it_is_written_there_and_deeds_in_words(
    bench: TenantBench, tmp_path: Path
) -> None:
    place = {"street": "2 Low Street", "city": "Eastmere", "postcode": "ZX4 7QP", "country": "GB"}
    document = bench.invoice(bench.customer(**place), overdue=60)
    bench.run()
    bench.store.audit.record("ada", "note", "invoice", document.guid, {"said_by": "the director"}, bench.now)

    paper = text_of((hand(bench, tmp_path, document).folder / "case.pdf").read_bytes())

    assert "2 Low Street Eastmere ZX4 7QP UNITED KINGDOM" in " ".join(paper.split())
    assert ("said by: the director" in paper, "said_by" in paper) == (True, False)


@pytest.mark.parametrize(
    ("country", "locale", "source", "named"),
    [
        ("AT", "de_DE", "Directive 2011/7/EU, Articles 2, 3 and 6", "Richtlinie 2011/7/EU, Artikel 2, 3 und 6"),
        ("Austria", "fr_FR", "Directive 2011/7/EU, Articles 2, 3 and 6", "directive 2011/7/UE, articles 2, 3 et 6"),
        ("CH", "de_DE", "", "im Land des Schuldners nicht"),
        ("Switzerland", "en_GB", "", "no law in the debtor's country"),
    ],
)
def test_the_case_names_the_directive_in_the_firms_language_and_only_where_it_is_law(
    bench: TenantBench, reminded: Invoice, tmp_path: Path, country: str, locale: str, source: str, named: str
) -> None:
    bench.set(locale=locale, charges=Charging(terms=LAWS["eu"], customers="business", rates=published_rates()))
    bench.books.edit_customer(bench.owner_of(reminded), country=country)
    refresh(bench.tenant)

    found = hand(bench, tmp_path, reminded)

    paper = " ".join(text_of((found.folder / "case.pdf").read_bytes()).split())
    [invoice] = case(found)["invoices"]
    assert (invoice["interest"]["source"], invoice["interest"]["interest_minor"] > 0) == (source, True)
    assert named in paper
    assert ("2011/7" in paper) is bool(source)


def test_a_case_whose_interest_nobody_can_reckon_is_refused_with_what_to_do(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.set(charges=Charging(terms=LAWS["uk"], customers="business", rates=Rates()))

    with pytest.raises(AgreementError, match=r"cannot be reckoned: .*an admin looks it up and adds it"):
        hand(bench, tmp_path, reminded)

    assert (list(tmp_path.rglob("case.*")), bench.store.handovers.out()) == ([], [])


def test_the_pages_of_a_case_tell_amounts_as_money_and_instants_on_the_firms_clock(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    details = {"amount_minor": 25_000, "currency": "GBP"}
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    bench.store.audit.record("ada", "promise", "invoice", reminded.guid, details, at)

    paper = " ".join(text_of((hand(bench, tmp_path, reminded).folder / "case.pdf").read_bytes()).split())

    assert "2 Jul 2026, 00:30" in paper
    assert "amount: 250.00 GBP" in paper
    assert ("+00:00" in paper, "minor" in paper) == (False, False)


ALIKE = {"message", "note", "document", "principal", "details", "detail", "interest"}  # words that languages share


@pytest.mark.parametrize("language", ["de", "fr", "es", "nl"])
def test_every_language_has_every_word_of_a_case_file_and_none_is_english(language: str) -> None:
    words, english = case_words_of(language), case_words_of("en")

    assert words.keys() == english.keys()
    assert all(words.values())
    for key, text in words.items():
        assert fields(text) == fields(english[key]), key
    assert {key for key, text in words.items() if text == english[key]} <= ALIKE


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_an_invoice_without_pdf_is_told_and_goes_along(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    bench.ledger.fail_next("invoice_pdf", Refused("no printing today"))

    found = hand(bench, tmp_path, reminded)

    assert found.without_document == (reminded.number,)
    assert case(found)["invoices"][0]["document"] is None


def test_a_case_of_a_customer_leaves_out_what_is_not_overdue_or_disputed(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    owner = bench.owner_of(reminded)
    young, contested = bench.invoice(owner, overdue=-5), bench.invoice(owner, overdue=30)
    bench.run()
    bench.store.disputes.open(InvoiceId(contested.guid), "broken", "ada", None, "GBP", "ada", bench.now)

    found = hand_over(bench.tenant, Wanted(customer=ContactId(owner.guid)), AGENCY, tmp_path, "ada")

    assert found.invoices == (reminded.number,)
    assert {each.invoice for each in found.left_out} == {young.number, contested.number}
    assert [line["in_this_case"] for line in case(found)["statement"]] == [True, False, False]


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"overdue": -1}, "not overdue"), ({"overdue": 0}, "not overdue"), ({"overdue": 9, "disputed": True}, "disputed")],
)
def test_what_cannot_be_handed_over_is_refused_in_words(
    bench: TenantBench, tmp_path: Path, facts: dict[str, Any], words: str
) -> None:
    document = bench.invoice(**facts)
    bench.run()

    with pytest.raises(AgreementError, match=words):
        hand(bench, tmp_path / "cases", document)

    assert (bench.store.handovers.out(), (tmp_path / "cases").exists()) == ([], False)


def test_what_was_paid_this_morning_is_not_handed_over(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    bench.pay(reminded)  # the mirror has not heard of it

    with pytest.raises(AgreementError, match="nothing is due"):
        hand(bench, tmp_path, reminded)


def test_a_ledger_that_does_not_answer_hands_nothing_over(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.ledger.fail_next("read_invoices", Outage("no answer"))

    with pytest.raises(Outage):
        hand(bench, tmp_path, reminded)

    assert bench.store.handovers.out() == []


def test_an_invoice_is_with_one_agency_at_a_time(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    hand(bench, tmp_path, reminded)

    with pytest.raises(AgreementError, match=f"has been with {AGENCY}"):
        hand(bench, tmp_path, reminded, to="Others")


def test_invoices_of_two_customers_are_two_cases(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    other = bench.invoice(overdue=40)
    bench.run()

    with pytest.raises(AgreementError, match="several customers"):
        hand(bench, tmp_path, reminded, other)


def test_a_folder_that_cannot_be_written_hands_nothing_over(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    (tmp_path / "cases").write_text("a file")

    with pytest.raises(FilesError, match="cannot be written"):
        hand(bench, tmp_path / "cases", reminded)

    assert bench.store.handovers.out() == []


@pytest.mark.parametrize(("paid", "due"), [("20.00", "100.00 GBP"), ("120.00", "0.00 GBP")])
def test_money_that_comes_later_is_a_task_once_per_change(
    bench: TenantBench, reminded: Invoice, tmp_path: Path, paid: str, due: str
) -> None:
    hand(bench, tmp_path, reminded)
    bench.pay(reminded, paid)

    bench.live(3)

    [task] = bench.store.tasks.open_ones()
    assert (task.new.kind, task.new.owner) == ("late_payment", "ada")
    assert f"from 120.00 GBP to {due}" in task.new.script


def test_two_payments_are_two_tasks(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    hand(bench, tmp_path, reminded)
    for part in ("20.00", "30.00"):
        bench.pay(reminded, part)
        bench.live(2)

    assert len(bench.store.tasks.open_ones()) == 2


def test_the_fingerprint_changes_when_anything_is_paid(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    first = hand(bench, tmp_path, reminded)
    take_back(at_hand(bench, reminded), "ada")
    bench.pay(reminded, "0.01")
    bench.run()

    again = hand(bench, tmp_path, reminded)

    assert first.case_file != again.case_file
    assert case(again)["invoices"][0]["due_minor"] == 119_99


def test_a_handover_is_kept_in_the_trail(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    found = hand(bench, tmp_path, reminded)

    [entry] = bench.store.audit.entries()
    assert (entry.who, entry.action, entry.details["case_file"]) == ("ada", "handover", found.case_file)


def test_hostile_names_do_no_harm_on_paper(bench: TenantBench, tmp_path: Path) -> None:
    owner = bench.customer(name='#import "x"; $evil$ \\ ' + "ä" * 300, email="pay@customer.example")
    document = bench.invoice(owner, "5.00", overdue=60)
    bench.run()

    found = hand(bench, tmp_path, document)

    assert (found.folder / "case.pdf").read_bytes().startswith(b"%PDF")
    assert Decimal(case(found)["claims"][0]["total_minor"]) == 500
    bench.let_pass(timedelta(days=1))


def test_a_debt_that_money_in_hand_may_have_paid_is_not_handed_over(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    bench.credit(bench.owner_of(reminded), "120.00", kind="overpayment")  # since the last pull

    with pytest.raises(AgreementError, match=r"120\.00 GBP of Customer 1 is in hand .* `dun credits --tenant harbour"):
        hand(bench, tmp_path, reminded)

    assert bench.store.handovers.out() == []


def test_credit_that_was_used_elsewhere_a_minute_ago_keeps_no_case(
    bench: TenantBench, reminded: Invoice, tmp_path: Path
) -> None:
    money = bench.credit(bench.owner_of(reminded), "50.00")
    other = bench.invoice(bench.owner_of(reminded), "50.00", overdue=60)
    bench.run()
    bench.books.apply_credit(money, other, Decimal("50.00"), on=bench.today)

    assert hand(bench, tmp_path, reminded).claims == ("120.00 GBP",)


def test_credit_that_nobody_can_read_keeps_the_case(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    money = bench.credit(bench.owner_of(reminded), "120.00", kind="overpayment")
    bench.ledger.unreadable.add(money.guid)

    with pytest.raises(AgreementError, match="cannot be read"):
        hand(bench, tmp_path, reminded)


def test_credit_that_the_policy_ignores_is_named(bench: TenantBench, reminded: Invoice, tmp_path: Path) -> None:
    bench.set(policy=Policy(credit="ignore"))
    bench.credit(bench.owner_of(reminded), "20.00", kind="overpayment")

    found = hand(bench, tmp_path, reminded)

    assert (found.claims, found.left_aside) == (("120.00 GBP",), ("20.00 GBP",))
