"""Row 27: the offer and what there is to pay are right until the offer's date, and then gone."""

from collections.abc import Callable

from rows_stage import RowsStage

POLICY = """
[[policy.stages]]
name = "friendly"
offset_days = -5

[[policy.stages]]
name = "soft"
offset_days = 1
"""


def test_messages_name_the_offer_up_to_its_last_day(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(amount="200.00", overdue=-6)
    stage.told("dun sync")
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-03")
    stage.days(1)
    stage.sleep(5)
    stage.days(1)

    before, after = stage.messages(invoice)
    assert (before.stage, after.stage) == ("friendly", "soft")
    assert all(words in before.text for words in ("£195.00", "£5.00", "3 March 2026", "£200.00"))
    assert "£200.00" in after.text
    assert not any(words in after.text for words in ("£195.00", "£5.00", "3 March"))


def test_the_offer_is_of_the_last_day_still(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(amount="200.00", overdue=-6)
    stage.told("dun sync")
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-03")
    stage.pay(invoice, "100.00")
    stage.days(1)  # 3 March

    [message] = stage.messages(invoice)
    assert all(words in message.text for words in ("£97.50", "£2.50"))


def test_who_paid_in_time_what_the_offer_asked_is_not_chased_for_the_discount(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(amount="200.00", overdue=-6)
    stage.told("dun sync")
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-03")
    stage.days(1)
    stage.pay(invoice, "195.00")  # on 3 March

    stage.days(12)

    assert [message.stage for message in stage.messages(invoice)] == ["friendly"]
    told = stage.told(f"dun why {invoice.number}")
    assert "as the discount asked; the 5.00" in told
    assert "grants the discount in the ledger" in told
    stage.told(f"dun discount {invoice.number} --withdraw")
    stage.days(1)
    assert stage.messages(invoice)[-1].stage == "soft"


def test_who_paid_late_what_the_offer_asked_is_asked_for_the_rest(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(amount="200.00", overdue=-6)
    stage.told("dun sync")
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-03")
    stage.days(3)
    stage.pay(invoice, "195.00")  # on 5 March

    stage.days(9)

    assert "£5.00" in stage.messages(invoice)[-1].text


def test_an_offer_on_one_of_two_invoices_does_not_hang_on_the_other(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    customer = stage.customer()
    offered = stage.invoice(customer, amount="200.00", overdue=1)
    other = stage.invoice(customer, amount="1000.00", overdue=0)
    stage.told("dun sync")
    stage.told(f"dun discount {offered.number} --percent 2.5 --until 2026-03-09")
    stage.days(2)

    message = next(message for message in stage.messages(offered) if str(other.number) in message.text)
    assert f"If you pay £195.00 for invoice {offered.number} by 9 March 2026, it is settled" in message.text
    assert "£1,195.00" not in message.text


CHARGING = """
[[policy.stages]]
name = "firm"
offset_days = 8
charges = "mention"

[[policy.stages]]
name = "final"
offset_days = 15
charges = "claim"

[charges]
terms = "uk"
customers = "business"
"""


def test_an_offer_that_holds_is_named_beside_charges(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY + CHARGING)
    invoice = stage.invoice(amount="200.00")
    stage.told("dun sync")
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-31")
    stage.days(15)

    soft, mentioned, claimed = stage.messages(invoice)
    assert (soft.stage, mentioned.stage, claimed.stage) == ("soft", "firm", "final")
    assert "If you pay £195.00 by 31 March 2026, the matter is settled and you save £5.00." in mentioned.text
    words = f"If you pay £195.00 for invoice {invoice.number} by 31 March 2026, it is settled and you save £5.00."
    assert words in claimed.text


def test_an_offer_settles_no_part_that_is_in_dispute(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(amount="200.00")
    stage.told("dun sync")
    stage.told(f'dun dispute {invoice.number} --reason "one box was broken" --amount 40.00')
    stage.told(f"dun discount {invoice.number} --percent 2.5 --until 2026-03-31")
    stage.days(1)

    [message] = stage.messages(invoice)
    assert "If you pay £156.00 by 31 March 2026, the undisputed part is settled and you save £4.00." in message.text
