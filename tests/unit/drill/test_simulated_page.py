"""People of the simulation at the page: they see its forms as a browser does, and what they agree is remembered."""

from random import Random

import pytest

from drill.simulation.browser import Form, forms
from drill.simulation.life import Life


@pytest.fixture(scope="module")
def firm(tmp_path_factory) -> Life:
    """One with every feature, after five quiet weeks; somebody lets its reminders go."""
    life = Life("all1/0", tmp_path_factory.mktemp("firm"), [])
    life.live(35, peace_every=30)
    return life


def test_a_form_is_what_it_carries_and_what_it_asks_for() -> None:
    page = """
        <div class="notice bad"><form method="post" action="/undo">
        <input type="hidden" name="id" value="7"></form></div>
        <form method="get" action="/find"><input name="words"></form>
        <form class="one" method="post" action="/do"><input type="hidden" name="mark" value="a&amp;b">
        <select name="reason"><option value="x">X</option><option value="y">Y</option></select>
        <input name="note" value="as before"><input type="checkbox" name="invoices" value="1">
        <input type="checkbox" name="invoices" value="2"><textarea name="text">Dear &lt;you&gt;</textarea></form>
    """

    assert forms(page) == [
        Form("/undo", {"id": "7"}, {}, in_notice=True),
        Form(
            "/do",
            {"mark": "a&b", "note": "as before", "text": "Dear <you>"},
            {"reason": ["x", "y"], "note": [], "invoices": ["1", "2"], "text": []},
            in_notice=False,
        ),
    ]


@pytest.mark.parametrize("kind", ["page_promise", "page_dispute", "page_plan"])
def test_what_is_agreed_at_the_page_is_remembered(firm, kind: str) -> None:
    def remembered() -> int:
        return len(firm.agreed.promises) + len(firm.agreed.disputes) + len(firm.agreed.plans)

    before = remembered()
    for number in range(12):
        firm.at_the_page.act(kind, Random(f"{kind} {number}"))

    assert remembered() > before
    assert not firm.violations


@pytest.mark.parametrize("told", ["consumers", "let_be", "escalations"])
def test_how_a_customer_is_to_be_treated_is_remembered(firm, told: str) -> None:
    before = set(getattr(firm.agreed, told))
    for number in range(12):
        firm.at_the_page.act("page_treat", Random(f"{told} {number}"))

    assert set(getattr(firm.agreed, told)) != before
    assert not firm.violations


def test_what_the_page_offers_nothing_of_does_not_happen(firm) -> None:
    assert not firm.at_the_page.act("page_resolve", Random(0))
