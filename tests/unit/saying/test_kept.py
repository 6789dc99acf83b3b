"""What Dun has stored in English is said in the reader's language, and what others wrote stays as it is."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.dunning.snapshots import a_receivable, an_account, sent

from connector.messages.locales import LANGUAGES
from connector.saying.kept import known_again, reason_name
from connector.saying.languages import Language
from connector.saying.said import Said
from connector.undelivered import delivery_task
from connector.ways_out.ends import _script
from connector.ways_out.late_money import _told
from connector.work_list import script_for
from state.deliveries import Failed, Failure, Kind, State
from state.model import ContactId, InvoiceId, MessageId, Organisation
from state.write_offs import WriteOff
from sync.guard import believable, clocks_agree, same_company, same_documents

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_COMPANY = Organisation(id="1", name="Nord GmbH", currency="EUR", ledger="xero", zone="Europe/Berlin", country="DE")
_GIVEN_UP = WriteOff(
    id="W",
    invoice_id=InvoiceId("inv-1"),
    round=1,
    currency="GBP",
    amount_minor=600_00,
    reason="bankrupt",
    state="written",
    proposed_at=NOON,
    proposed_by="ann",
)
_BY_HAND = replace(_GIVEN_UP, exported_at=NOON)
_INVOICE = SimpleNamespace(id="inv-1", number="INV-1", contact_id=ContactId("customer"))


def _suspicions() -> list[str]:
    found = (
        same_company(_COMPANY, replace(_COMPANY, id="2")),
        believable(1200, 3),
        same_documents(1200, 1190),
        clocks_agree(NOON, NOON + timedelta(hours=3)),
    )
    return [each.words for each in found if each is not None]


def _scripts() -> list[str]:
    went = a_receivable(progress=(sent("soft", date(2026, 3, 5)), sent("instalment-2", date(2026, 3, 9))))
    lines = [*_script(an_account(went), went), *_script(an_account(), a_receivable(due_on=None))]
    return [line for line in lines if "How shall it go on?" not in line and not line.startswith("  ")]


def _failed(state: State, *kinds: Kind) -> Failed:
    recipients = tuple(f"{kind}@buyer.example" for kind in kinds)
    return Failed(
        message_id=MessageId("m"),
        contact_id=ContactId("c"),
        stage="soft",
        carrier="email",
        sent_on=date(2026, 3, 5),
        recipients=(*recipients, "boss@buyer.example"),
        state=state,
        failures=tuple(Failure(each, kind, "550 no") for each, kind in zip(recipients, kinds, strict=True)),
    )


def _late(words: str, write_off: WriteOff = _GIVEN_UP) -> str:
    return _told(write_off, _INVOICE, "d", words).script  # type: ignore[arg-type]


STORED = [
    *_suspicions(),
    *_scripts(),
    script_for(None, "Ask Ann when invoice INV-1 will be paid."),
    delivery_task(_failed("undelivered", "bounced", "failed"), {}).script,
    delivery_task(_failed("partly_delivered", "opened_complaint", "returned"), {}).script,
    _late("10.00 GBP was put against it on 2026-03-02"),
    _late("the customer has paid 10.00 GBP on 2026-03-02, which no invoice has taken"),
    _late("10.00 GBP was put against it on 2026-03-02", _BY_HAND),
    _late("the customer has paid 10.00 GBP on 2026-03-02, which no invoice has taken", _BY_HAND),
    (
        "Invoice INV-1 has been with Inkasso & Co. since 2026-03-02. What is due on it has fallen from 1,600.00 EUR to"
        " 5 JPY (open). Tell Inkasso & Co.; if the case is over: dun handover --return INV-1"
    ),
]


@pytest.mark.parametrize("text", STORED)
def test_what_dun_has_stored_is_known_again(text: str) -> None:
    assert all(isinstance(known_again(line), Said) for line in text.split("\n"))
    assert known_again(text).replace("e-mail", "email").replace("text message", "sms") == text.replace(
        "opened complaint", "called unwanted"
    )
    assert all(Language(each)(known_again(text)) != text for each in LANGUAGES if each != "en")


def test_days_and_amounts_are_written_as_in_the_readers_language() -> None:
    script = "Meyer: invoice INV-1, 1,600.00 EUR, due since 2026-03-02.\nIts sequence is through: soft on 2026-03-05."

    assert Language("de")(known_again(script)) == (
        "Meyer: Rechnung INV-1, 1.600,00\u00a0€, fällig seit 02.03.2026.\nIhre Folge ist durch: soft am 05.03.2026."
    )


@pytest.mark.parametrize("text", ["1,2,,3.4 EUR", "5.001 JPY", "12.00 XYZ", "2026-13-45"])
def test_what_is_no_day_and_no_amount_stays_a_text(text: str) -> None:
    assert text in Language("de")(known_again(f"Meyer: invoice 7, {text}."))


@given(st.text())
def test_what_others_wrote_stays_as_it_is(text: str) -> None:
    assert known_again(text) == text
    assert Language("fr")(known_again(f"{text}?")) == f"{text}?"


@given(st.text(st.characters(exclude_characters="\r")))
def test_a_persons_reason_stays_as_it_is(why: str) -> None:
    assert why in Language("nl")(reason_name(f"skipped by Ann: {why}")) or why == "no reason given"
