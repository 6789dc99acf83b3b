"""What is kept by a code has a name in every language, and what is a firm's own stays as it is."""

from typing import get_args

import pytest

from connector.dunning.policy import Channel
from connector.dunning.reasons import ReasonCode
from connector.messages.locales import LANGUAGES
from connector.saying.kept import reason_name
from connector.saying.languages import Language, catalogue
from connector.saying.names import name, plan_state, stage_name
from connector.saying.said import Said
from connector.terms import REASONS
from connectors.budget import Purpose
from state.agreed import PlanState, PromiseState
from state.correspondence import HandledAs
from state.deliveries import Kind, State
from state.model import CreditKind, InvoiceStatus, ReminderState
from state.records import Outcome

FOREIGN = tuple(language for language in LANGUAGES if language != "en")
_SAID_IN_SENTENCES = {  # these never stand over several invoices
    "closed_day", "handover_not_due", "keeps_distance", "minimum_gap", "own_time", "own_time_given_up",
    "send_under_way", "stage_due", "stage_not_due", "usual_time",
}  # fmt: skip
CODES = {
    *get_args(Channel), *get_args(Purpose), *get_args(HandledAs), *get_args(Kind), *get_args(State),
    *get_args(Outcome), *PromiseState, *CreditKind, *InvoiceStatus, *ReminderState,
    *REASONS.values(), *(set(ReasonCode) - _SAID_IN_SENTENCES),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_that_the_page_shows_has_a_name(code: str) -> None:
    assert isinstance(name(code), Said)


@pytest.mark.parametrize("state", PlanState)
def test_every_state_of_a_plan_has_a_name(state: PlanState) -> None:
    assert isinstance(plan_state(state), Said)


@pytest.mark.parametrize("language", FOREIGN)
def test_what_a_firm_or_a_carrier_says_stays_as_it_is(language: str) -> None:
    said = Language(language)

    assert said(stage_name("Freundlich_1")) == "Freundlich_1"
    assert said(reason_name("550 5.1.1 user unknown")) == "550 5.1.1 user unknown"


def test_an_instalments_stage_is_named_in_the_readers_language() -> None:
    assert stage_name("instalment-2-plan-7") == "instalment-2-plan-7"
    assert Language("de")(stage_name("instalment-2")) == "Rate 2"
    assert Language("fr")(stage_name("instalment-2-plan-7")) == "versement 2 (échéancier 7)"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("edit_dropped", catalogue("de")["edit dropped"]),
        ("skipped by Ann: no reason given", "von Ann übersprungen: kein Grund genannt"),
        ("skipped by Ann: {paid}\nin cash", "von Ann übersprungen: {paid}\nin cash"),
        ("sent, says Ann", "gesendet, sagt Ann"),
        ("skipped, says Ann", "übersprungen, sagt Ann"),
        ("retry by Ann", "neuer Versuch durch Ann"),
        ("taken back by Ann", "zurückgenommen von Ann"),
    ],
)
def test_what_a_person_did_is_said_with_the_persons_name(reason: str, said: str) -> None:
    assert Language("de")(reason_name(reason)) == said
    assert reason_name(reason) == reason.replace("_", " ")
