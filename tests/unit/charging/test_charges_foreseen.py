"""What the preview and `dun why` say about charges before anything leaves: the sum, the rate, or what is missing."""

from datetime import date
from decimal import Decimal

from unit.charging.conftest import Firm

from connector.charging import rate_doubts
from connector.dunning.late_terms import Contract
from connector.dunning.policy import Policy, Stage
from connector.dunning.reference_rates import Rate, Rates
from connector.outlook import outlook
from connector.story import stories


def saying(charges: str) -> Policy:
    return Policy(stages=(Stage("soft", 1, "soft", charges=charges),))


def test_the_preview_asks_for_what_the_message_will_ask_for(firm: Firm) -> None:
    firm.set(policy=saying("claim"))
    firm.mirrored(firm.late())

    [send] = outlook(firm.tenant, 3).sends

    assert (send.on, send.asks) == (date(2026, 4, 13), ("680.69 GBP",))  # 600 open, 70, and 10.69 up to that Monday
    assert send.charges == ("10.69 GBP interest", "70.00 GBP compensation")


def test_charges_that_are_mentioned_are_shown_and_not_asked_for(firm: Firm) -> None:
    firm.set(policy=saying("mention"))
    firm.mirrored(firm.late())

    [send] = outlook(firm.tenant, 3).sends

    assert (send.asks, send.charges[0]) == (("600.00 GBP",), "10.69 GBP interest, mentioned")


def test_a_claim_whose_rate_is_missing_is_shown_as_waiting_with_the_entry_to_add(firm: Firm) -> None:
    firm.set(policy=saying("claim"))
    firm.charging(rates=Rates({}))
    firm.mirrored(firm.late())

    found = outlook(firm.tenant, 3)

    assert found.sends[0].problem is not None
    assert '[[rates]] name = "bank_of_england", first = 2025-12-31' in found.sends[0].problem
    assert "is not known at all" in found.rates[0]


def test_why_tells_the_charges_of_the_next_stage_with_the_rate_and_its_day(firm: Firm) -> None:
    firm.set(policy=saying("claim"))
    invoice = firm.late()
    firm.mirrored(invoice)

    [story] = stories(firm.tenant, invoice.guid)

    assert story.charges is not None
    assert story.charges.startswith("soft claims 10.69 GBP of interest up to 2026-04-13 and 70.00 GBP fixed")
    assert "the Bank Rate of the Bank of England on 2025-12-31 is 3.75 %" in story.charges


def test_why_tells_of_no_fixed_sum_where_there_is_none(firm: Firm) -> None:
    firm.set(policy=saying("mention"))
    firm.charging(terms=Contract(percent=Decimal(8), day_count="365"))
    invoice = firm.late()
    firm.mirrored(invoice)

    [story] = stories(firm.tenant, invoice.guid)

    assert story.charges is not None
    assert "fixed" not in story.charges
    assert "of interest up to" in story.charges


def test_why_tells_that_a_rate_is_missing_before_the_stage_waits_for_it(firm: Firm) -> None:
    firm.set(policy=saying("claim"))
    firm.charging(rates=Rates({}))
    invoice = firm.late()
    firm.mirrored(invoice)

    [story] = stories(firm.tenant, invoice.guid)

    assert story.charges is not None
    assert story.charges.endswith("; soft waits")


def test_the_end_of_the_known_rates_is_told_ahead(firm: Firm) -> None:
    firm.set(policy=saying("claim"))

    [known] = rate_doubts(firm.settings, date(2026, 9, 1))
    [unknown] = rate_doubts(firm.settings, date(2027, 1, 2))

    assert "of 2026-06-30: 3.75 %" in known
    assert "that of 2026-12-31, needed from 2027-01-01 on, is not known yet" in known
    assert "needs the Bank Rate of the Bank of England of 2026-12-31, and it is known until 2026-06-30" in unknown
    assert "a newer one may exist" in unknown


def test_a_rate_that_an_admin_has_added_is_known(firm: Firm) -> None:
    firm.set(policy=saying("claim"))
    own = Rate(date(2026, 12, 31), date(2027, 6, 30), Decimal("3.50"))
    firm.charging(rates=firm.settings.charges.rates.with_own([("bank_of_england", own)]))

    [told] = rate_doubts(firm.settings, date(2027, 1, 2))

    assert "of 2026-12-31: 3.50 %" in told
    assert "not known" not in told


def test_a_policy_without_charges_needs_no_rate(firm: Firm) -> None:
    firm.set(policy=saying("none"))

    assert list(rate_doubts(firm.settings, date(2027, 1, 2))) == []
