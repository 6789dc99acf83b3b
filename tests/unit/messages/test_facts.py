"""What a message says besides its invoices is part of its sums or of its words, and never of both by accident."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from connector.messages.context import InvoiceLine, MessageContext, MessageError
from connector.messages.facts import BrokenPromise, Charge, Departure, Discount, Instalment, Received
from connector.messages.notices import ForewarningContext, NoticeContext
from connector.messages.render import charge_labels, render, render_kind
from connector.messages.samples import samples
from state.money import Money


def pounds(amount: str) -> Money:
    return Money.of(amount, "GBP")


def charge(amount: str = "10.00", *, claimed: bool = True, kind="fee", currency: str = "GBP") -> Charge:
    return Charge(kind=kind, amount=Money.of(amount, currency), claimed=claimed)


def instalment(outstanding: str = "150.00", amount: str = "400.00", currency: str = "GBP") -> Instalment:
    asked = Money.of(outstanding, currency)
    return Instalment(2, 3, date(2026, 3, 12), Money.of(amount, currency), asked, asked)


def seen(markup: str) -> str:
    return " ".join(lxml_html.fromstring(markup).text_content().split())


AMOUNTS = st.integers(1, 10**12)


@given(
    dues=st.lists(st.tuples(AMOUNTS, st.integers(0, 99)), min_size=1, max_size=5),
    charges=st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=4),
    share=st.integers(0, 99),
)
def test_undisputed_less_credit_plus_claimed_charges_is_asked(dues, charges, share) -> None:
    lines = tuple(
        InvoiceLine(
            number=None,
            issued_on=None,
            due_on=date(2026, 3, 12),
            days_overdue=8,
            total=Money(due, "GBP"),
            due=Money(due, "GBP"),
            disputed=Money(due * percent // 100, "GBP"),
        )
        for due, percent in dues
    )
    undisputed = sum(due - due * percent // 100 for due, percent in dues)
    credit = undisputed * share // 100
    context = MessageContext(
        company="Seller Ltd",
        sender_name="Ann Seller",
        customer="Buyer plc",
        first_name=None,
        locale="en_GB",
        stage="firm",
        lines=lines,
        credits=(Money(credit, "GBP"),),
        charges=tuple(Charge(kind="fee", amount=Money(minor, "GBP"), claimed=claimed) for minor, claimed in charges),
        reply_to="accounts@seller.example",
        reference="DUN-7F3A",
    )
    claimed = sum(minor for minor, is_claimed in charges if is_claimed)
    [group] = context.groups
    assert group.subtotal.minor == undisputed
    assert group.asked.minor == group.balance.minor == undisputed - credit + claimed


def test_a_claimed_charge_is_a_line_of_the_sum_and_no_threat(built_in, message_about) -> None:
    context = message_about(charges=(replace(charge("70.00", kind="compensation"), law="Some Act 1998"),))
    written = render(built_in, context)
    assert "Fixed compensation (Some Act 1998): £70.00\nAmount to pay: £1,304.50" in written.text
    assert "Fixed compensation (Some Act 1998)" in seen(written.html)
    assert "may be added" not in written.text


def test_claimed_charges_are_named_for_the_sums_of_a_letter(built_in, message_about) -> None:
    interest = replace(charge(kind="interest"), law="BGB § 288")
    context = message_about(charges=(interest, charge(claimed=False), charge()), language="de")
    assert charge_labels(built_in, context) == ("Verzugszinsen (BGB § 288)", "Mahngebühr")
    assert charge_labels(built_in, message_about()) == ()


def test_an_announced_charge_changes_no_sum(built_in, message_about) -> None:
    written = render(built_in, message_about(charges=(charge("70.00", claimed=False, kind="interest"),)))
    assert "Amount to pay: £1,234.50\n" in written.text
    assert "* interest, £70.00 as of today" in written.text
    assert "may be added" in seen(written.html)


def test_interest_says_what_each_further_day_adds(built_in, message_about) -> None:
    interest = replace(charge("3.21", claimed=False, kind="interest"), daily=pounds("0.40"))
    assert (
        "£3.21 as of today and £0.40 for each further day" in render(built_in, message_about(charges=(interest,))).text
    )


def test_a_disputed_part_is_shown_and_not_asked_for(built_in, message_about, invoice) -> None:
    written = render(built_in, message_about(invoice(due="1000.00", disputed=pounds("400.00"))))
    assert "£400.00 of it is in dispute; we ask for the other £600.00" in written.text
    assert "we ask for the other £600.00" in seen(written.html)
    assert "Amount to pay: £600.00" in written.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Less what is in dispute: £400.00"),
        ("de", "Abzüglich des strittigen Teils: 400,00\xa0£"),
        ("fr", "Moins la partie en litige\xa0: 400,00\xa0£GB"),
        ("es", "Menos la parte en disputa: 400,00\xa0GBP"),
        ("nl", "Af: het betwiste deel: £\xa0400,00"),
    ],
)
def test_what_is_listed_less_what_is_disputed_is_what_is_asked(
    built_in, message_about, invoice, language, words
) -> None:
    lines = (invoice("INV-1", "234.50"), invoice("INV-2", "1000.00", disputed=pounds("400.00")))
    written = render(built_in, message_about(*lines, language=language, locale=language))
    [group] = message_about(*lines).groups
    assert (group.due, group.asked) == (pounds("1234.50"), pounds("834.50"))
    assert words in written.text
    assert words.partition(":")[0].strip() in seen(written.html)


def test_an_instalment_asks_for_what_is_missing_of_it_and_lists_the_invoices(built_in, message_about, invoice) -> None:
    context = message_about(invoice(), invoice("INV-2", "65.50"), instalment=instalment())
    written = render(built_in, context)
    assert context.asked == (pounds("150.00"),)
    assert written.subject.startswith("Instalment 2 of 3")
    assert "Amount to pay: £150.00" in written.text
    assert all(number in written.text for number in ("INV-1041", "INV-2", "£1,300.00"))
    assert "overdue" not in written.text + written.html  # under a plan the invoices themselves are not late


def test_a_discount_is_offered_until_its_date_and_then_gone(built_in, message_about, invoice) -> None:
    offer = Discount(pounds("1200.00"), pounds("34.50"), date(2026, 3, 20))
    lines = {days: invoice(days_overdue=days) for days in (8, 9)}  # written on 20 and 21 March
    on_its_day, too_late = (render(built_in, message_about(lines[days], discount=offer)) for days in (8, 9))
    assert "If you pay £1,200.00 by 20 March 2026, the matter is settled and you save £34.50." in on_its_day.text
    assert "you save £34.50" in seen(on_its_day.html)
    assert "£34.50" not in too_late.text + too_late.html


def test_a_broken_promise_is_named_with_its_day_and_amount(built_in, message_about) -> None:
    context = message_about(broken_promise=BrokenPromise(date(2026, 3, 18), pounds("500.00"), pounds("500.00")))
    for kind in ("email", "letter", "call"):
        text = render_kind(built_in, context, kind).text
        assert "£500.00 would be paid by 18 March 2026. We cannot find that payment." in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "£250.00 of it has not reached us."),
        ("de", "Davon fehlen noch 250,00\xa0£."),
        ("fr", "Il en manque encore 250,00\xa0£GB."),
        ("es", "Aún faltan 250,00\xa0GBP de ese importe."),
        ("nl", "Daarvan ontbreekt nog £\xa0250,00."),
    ],
)
def test_of_a_promise_kept_in_part_what_is_missing_is_named(built_in, message_about, language, words) -> None:
    promise = BrokenPromise(date(2026, 3, 18), pounds("450.00"), pounds("250.00"))
    context = message_about(broken_promise=promise, language=language, locale=language)
    for kind in ("email", "letter", "call"):
        assert words in render_kind(built_in, context, kind).text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "the undisputed part is settled"),
        ("de", "ist der unstrittige Teil erledigt"),
        ("fr", "la partie non contestée est soldée"),
        ("es", "queda saldada la parte no disputada"),
        ("nl", "dan is het onbetwiste deel voldaan"),
    ],
)
@pytest.mark.parametrize("invoices", [(), ("INV-1041",)])
def test_an_offer_settles_no_disputed_part(built_in, message_about, invoice, language, words, invoices) -> None:
    offer = Discount(pounds("580.00"), pounds("20.00"), date(2026, 4, 1), invoices=invoices, undisputed=True)
    line = invoice(due="1000.00", disputed=pounds("400.00"))
    context = message_about(line, discount=offer, language=language, locale=language)
    for kind in ("email", "letter", "call"):
        assert words in render_kind(built_in, context, kind).text
    assert words in seen(render(built_in, context).html)


def test_the_account_and_the_telephone_are_said_when_they_are_known(built_in, message_about) -> None:
    context = message_about(payment_account="GB33 BUKB 2020", callback_phone="+44 20 7946 0000", owner_name="Cy Seller")
    assert "GB33 BUKB 2020" in render(built_in, context).text
    assert "call us on +44 20 7946 0000" in render_kind(built_in, context, "letter").text
    assert "Call +44 20 7946 0000" in render_kind(built_in, context, "sms").text
    assert "this is Cy Seller from Seller Ltd" in render_kind(built_in, context, "call").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"charges": (charge("0"),)}, "above zero"),
        ({"charges": (charge(currency="EUR"),)}, "currency in which no invoice"),
        ({"instalment": instalment("0")}, "above zero"),
        ({"instalment": instalment("401.00")}, "no more than the instalment"),
        ({"instalment": instalment("1234.51", "2000.00")}, "more than the invoices still owe"),
        ({"instalment": instalment(currency="EUR")}, "one currency"),
        ({"discount": Discount(pounds("1234.50"), pounds("0"), date(2026, 4, 1))}, "something to save"),
        ({"discount": Discount(pounds("1200.00"), pounds("34.51"), date(2026, 4, 1))}, "make up what is asked"),
        ({"discount": Discount(pounds("100"), pounds("50"), date(2026, 4, 1)), "instalment": instalment()}, "make up"),
    ],
)
def test_facts_that_do_not_add_up_are_refused(message_about, changes, words) -> None:
    with pytest.raises(MessageError, match=words):
        message_about(**changes)


@pytest.mark.parametrize(
    ("disputed", "words"),
    [("1234.50", "disputed as a whole"), ("2000", "disputed as a whole"), ("-1", "an amount in its currency")],
)
def test_a_dispute_that_leaves_nothing_or_more_is_refused(message_about, invoice, disputed, words) -> None:
    with pytest.raises(MessageError, match=words):
        message_about(invoice(disputed=pounds(disputed)))


def test_a_dispute_in_another_currency_is_refused(message_about, invoice) -> None:
    with pytest.raises(MessageError, match="in its currency"):
        message_about(invoice(disputed=Money.of("1", "EUR")))


def test_thanks_need_a_payment() -> None:
    [thanks, *_] = samples("thanks")
    assert isinstance(thanks, NoticeContext)
    with pytest.raises(MessageError, match="need a payment"):
        replace(thanks, payments=())
    with pytest.raises(MessageError, match="above zero"):
        replace(thanks, payments=(Received("INV-1", pounds("0")),))


def test_a_statement_says_what_is_owed_to_the_customer(built_in) -> None:
    [statement, *_] = samples("statement")
    assert isinstance(statement, NoticeContext)
    text = render(built_in, statement).text
    assert "* GBP: open invoices £1,234.50, balance £1,234.50" in text
    assert "* EUR: open invoices €99.90, credit €100.00, in your favour €0.10" in text


def test_a_statement_without_anything_open_says_so(built_in) -> None:
    [*_, bare] = samples("statement")
    assert "Nothing is open on your account." in render(built_in, bare).text


def test_a_forewarning_lists_what_will_leave(built_in) -> None:
    [*_, forewarning] = samples("forewarning")
    text = render(built_in, forewarning).text
    assert "* Buyer plc: £1,234.50, €99.90, payment reminder by e-mail, invoices INV-1041, INV-1043" in text
    assert "* customer without a name: £1,234.50, final reminder by letter, invoice without a number" in text


def test_a_forewarning_of_nothing_is_refused() -> None:
    with pytest.raises(MessageError, match="nothing to forewarn of"):
        ForewarningContext(company="S", owner_name=None, locale="en_GB", day=date(2026, 3, 20), departures=())


@pytest.mark.parametrize("channel", ["email", "sms", "voice", "letter", "call"])
@pytest.mark.parametrize("occasion", ["friendly", "soft", "firm", "final", "collection", "instalment"])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_a_forewarning_has_a_word_for_whatever_leaves(built_in, language, occasion, channel) -> None:
    departure = Departure("Buyer plc", channel, occasion, ("INV-1",), (pounds("1"),))
    context = ForewarningContext(
        company="S",
        owner_name=None,
        locale="en_GB",
        language=language,
        day=date(2026, 3, 20),
        departures=(departure,),
    )
    assert "Buyer plc" in render(built_in, context).text


def test_a_way_that_an_occasion_does_not_go_is_refused(built_in) -> None:
    [forewarning, *_] = samples("forewarning")
    with pytest.raises(MessageError, match="no sms for forewarning"):
        render_kind(built_in, forewarning, "sms")
