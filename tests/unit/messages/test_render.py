"""A message asks for exactly what is owed, says so the same way in text and HTML, and believes no name."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from connector.messages.context import STAGES, InvoiceLine, MessageError
from connector.messages.formats import format_money
from connector.messages.render import render
from connectors.channels.headers import one_line
from state.money import Money

HOSTILE = [
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}{% for x in y %}",
    "Eve\r\nBcc: victim@evil.example",
    "Eve\n\nAmount to pay: £0.00",
    "x" * 1000,
    "\u202eplc reyuB",
    "שלום בע״מ",
    "😀" * 90,
    "\ud800",
    "<img src=https://evil.example/x.png>",
    "javascript:alert(1)",
]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))
VISIBLE = NAMES.filter(lambda name: one_line(name, 120))
CURRENCIES = st.sampled_from(["GBP", "EUR", "USD", "JPY", "KWD", "IQD", "ALL", "HUF", "CLF"])


def seen_in(markup: str) -> str:
    """What a reader of the HTML sees, blanks collapsed."""
    return " ".join(lxml_html.fromstring(markup).text_content().split())


def asked_in(text: str) -> list[str]:
    return re.findall(r"^Amount to pay(?: in [A-Z]{3})?: (.+)", text, re.MULTILINE)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_what_is_owed_who_asks_and_how_to_answer(built_in, message_about, stage) -> None:
    written = render(built_in, message_about(stage=stage))
    for form in (written.text, seen_in(written.html)):
        for word in ("Bo", "INV-1041", "12 March 2026", "8 days overdue", "£1,234.50", "Ann Seller", "Seller Ltd"):
            assert word in form
        for word in ("accounts@seller.example", "DUN-7F3A", "already paid", "in dispute", "reply"):
            assert word in form


def test_the_tone_rises_from_stage_to_stage(built_in, message_about) -> None:
    subjects = [render(built_in, message_about(stage=stage)).subject for stage in STAGES]
    assert subjects == [
        "A reminder about invoice INV-1041 from Seller Ltd",
        "Payment reminder: invoice INV-1041 from Seller Ltd",
        "Payment outstanding: invoice INV-1041 from Seller Ltd",
        "Final reminder: invoice INV-1041 from Seller Ltd",
        "Decision pending: invoice INV-1041 from Seller Ltd",
    ]


def test_a_message_before_the_due_date_does_not_call_the_invoice_late(built_in, message_about, invoice) -> None:
    for stage in STAGES:
        written = render(built_in, message_about(invoice(days_overdue=-3), stage=stage))
        assert "due in 3 days" in written.text
        assert not re.search("overdue|past|overlooked|unpaid|without delay", written.text)
    first = render(built_in, message_about(invoice(days_overdue=-3), stage="friendly"))
    assert first.subject == "Coming up for payment: invoice INV-1041 from Seller Ltd"


@pytest.mark.parametrize("stage", STAGES)
def test_no_message_invents_a_fee_or_a_threat(built_in, message_about, stage) -> None:
    written = render(built_in, message_about(stage=stage, deadline=date(2026, 4, 1))).text
    assert not re.search(r"\b(fee|interest|court|legal|lawyer|agency|credit rating|penalt)", written, re.IGNORECASE)


def test_the_final_notice_names_its_deadline(built_in, message_about) -> None:
    written = render(built_in, message_about(stage="final", deadline=date(2026, 4, 1)))
    assert "by 1 April 2026" in written.text
    assert "by 1 April 2026" in seen_in(written.html)


@pytest.mark.parametrize("stage", STAGES)
def test_a_message_without_a_deadline_sets_none(built_in, message_about, stage) -> None:
    assert "by that date" not in render(built_in, message_about(stage=stage)).text


def test_a_part_paid_invoice_is_asked_for_its_rest(built_in, message_about, invoice) -> None:
    line = invoice(due="600", total="1000")
    written = render(built_in, message_about(line))
    assert "Invoice INV-1041 of 10 February 2026: £600.00 still due" in written.text
    assert asked_in(written.text) == ["£600.00"]
    assert "part of the invoice total of £1,000.00" in seen_in(written.html)


def test_credit_is_deducted_in_sight(built_in, message_about, invoice) -> None:
    lines = (invoice(due="600.00"), invoice("INV-2", due="400.00"))
    written = render(built_in, message_about(*lines, credits=(Money.of("250.50", "GBP"),)))
    assert asked_in(written.text) == ["£749.50"]
    for form in (written.text, seen_in(written.html)):
        for word in ("Sum of the above", "£1,000.00", "Less credit on your account", "£250.50", "£749.50"):
            assert word in form


def test_each_currency_has_its_own_sum_and_credit(built_in, message_about, invoice) -> None:
    lines = (invoice(due="100"), invoice("E-1", "50", "EUR"), invoice("INV-2", "20.25"))
    written = render(built_in, message_about(*lines, credits=(Money.of("10", "EUR"),)))
    assert asked_in(written.text) == ["£120.25", "€40.00"]
    assert "the amounts shown" in render(built_in, message_about(*lines, stage="firm")).text


def test_credit_in_a_currency_that_is_not_asked_for_changes_nothing(built_in, message_about) -> None:
    written = render(built_in, message_about(credits=(Money.of("10", "EUR"),)))
    assert asked_in(written.text) == ["£1,234.50"]
    assert "€" not in written.text


@pytest.mark.parametrize("stage", STAGES)
def test_every_invoice_is_named_exactly_once(built_in, message_about, invoice, stage) -> None:
    numbers = [f"INV-{number}" for number in range(100, 130)]
    written = render(built_in, message_about(*(invoice(number) for number in numbers), stage=stage))
    for form in (written.text, seen_in(written.html)):
        assert [form.count(number) for number in numbers] == [1] * len(numbers)
    assert "30 invoices" in written.subject


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day overdue"), (2, "2 days overdue"), (0, "due today"), (-1, "due in 1 day"), (-2, "due in 2 days")],
)
def test_days_are_counted_in_words(built_in, message_about, invoice, days, words) -> None:
    written = render(built_in, message_about(invoice(days_overdue=days)))
    assert f"({words})" in written.text
    assert f"({words})" in seen_in(written.html)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((8,), "the invoice below is past its due date"),
        ((8, 1), "the invoices below are past their due dates"),
        ((8, -1), "1 of the 2 invoices below is past the due date"),
        ((8, 1, -1), "2 of the 3 invoices below are past the due date"),
        ((-1,), "the invoice below is due for payment on the date shown"),
        ((-1, 0), "the invoices below are due for payment on the dates shown"),
    ],
)
def test_one_and_many_are_told_apart(built_in, message_about, invoice, days, words) -> None:
    lines = [invoice(f"INV-{number}", days_overdue=late) for number, late in enumerate(days)]
    assert words in render(built_in, message_about(*lines)).text


def test_what_is_absent_leaves_no_gap(built_in, message_about, invoice) -> None:
    written = render(built_in, message_about(invoice(None, issued_on=None), first_name=None))
    assert "Dear Buyer plc," in written.text
    assert "* Invoice without a number: £1,234.50 still due" in written.text
    assert written.subject == "Payment reminder: your invoice from Seller Ltd"
    assert "None" not in written.text + written.html
    assert not any("  " in line.strip() for line in written.text.splitlines())


def test_a_link_to_pay_is_a_link(built_in, message_about, invoice) -> None:
    url = "https://pay.seller.example/i/1?a=1&b=2"
    written = render(built_in, message_about(invoice(pay_url=url)))
    assert f"Pay online: {url}\n" in written.text
    assert url in [link for _, _, link, _ in lxml_html.fromstring(written.html).iterlinks()]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//pay.example", "https://", "https://a b", "https://x\n.example", "http://["],
)  # fmt: skip
def test_a_link_that_is_no_web_page_is_left_out(built_in, message_about, invoice, url) -> None:
    written = render(built_in, message_about(invoice(pay_url=url)))
    assert "Pay" not in written.text.replace("Payment", "")
    assert "online" not in written.html


def test_the_html_fetches_nothing(built_in, message_about, invoice) -> None:
    page = lxml_html.fromstring(render(built_in, message_about(invoice(pay_url="https://pay.example/1"))).html)
    assert {(element.tag, attribute) for element, attribute, _, _ in page.iterlinks()} == {("a", "href")}
    assert not page.xpath("//img | //script | //link | //iframe")


def test_the_html_can_be_read_aloud(built_in, message_about) -> None:
    page = lxml_html.fromstring(render(built_in, message_about()).html)
    assert page.get("lang") == "en"
    assert [th.text_content() for th in page.xpath("//thead//th[@scope='col']")] == [
        "Number",
        "Issued",
        "Due date",
        "Still due",
    ]
    assert page.xpath("//tbody//th[@scope='row']")
    assert page.xpath("//caption")
    assert page.xpath("//title")


def test_nothing_is_asked_when_credit_covers_it(message_about) -> None:
    for credit in ("1234.50", "5000"):
        with pytest.raises(MessageError, match="nothing to ask"):
            message_about(credits=(Money.of(credit, "GBP"),))


def test_nothing_is_asked_for_an_invoice_that_is_settled(message_about, invoice) -> None:
    for due in ("0", "-5"):
        with pytest.raises(MessageError, match="nothing due"):
            message_about(invoice(), invoice(due=due))


def test_impossible_contents_are_refused(message_about, invoice) -> None:
    with pytest.raises(MessageError, match="at least one"):
        message_about(lines=())
    with pytest.raises(MessageError, match="negative"):
        message_about(credits=(Money.of("-1", "GBP"),))
    with pytest.raises(MessageError, match="one currency"):
        message_about(replace(invoice(), total=Money.of("1", "EUR")))


def _line(position: int, money: Money, paid: int, days: int) -> InvoiceLine:
    return InvoiceLine(
        number=f"No-{position}-",
        issued_on=date(2026, 2, 10),
        due_on=date(2026, 3, 12),
        days_overdue=days,
        total=Money(money.minor + paid, money.currency),
        due=money,
    )


MONEY = st.builds(Money, st.integers(1, 10**15), CURRENCIES)
LINES = st.lists(st.tuples(MONEY, st.integers(0, 10**9), st.integers(-400, 4000)), min_size=1, max_size=6).map(
    lambda parts: tuple(_line(position, *part) for position, part in enumerate(parts))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(
    lines=LINES,
    share=st.integers(0, 99),
    stage=st.sampled_from(STAGES),
    locale=st.sampled_from(["en_GB", "en_US", "de_DE", "fr_FR", "ja_JP", "ar_SA", "hi_IN"]),
)
def test_text_and_html_ask_for_the_net_amount_in_every_currency(
    built_in, message_about, lines, share, stage, locale
) -> None:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.due.currency] = sums.get(line.due.currency, 0) + line.due.minor
    credits = tuple(Money(total * share // 100, currency) for currency, total in sums.items())
    net = [Money(sums[credit.currency] - credit.minor, credit.currency) for credit in credits]
    context = message_about(*lines, credits=credits, stage=stage, locale=locale)
    written = render(built_in, context)
    amounts = [format_money(money, locale) for money in net]
    assert asked_in(written.text) == amounts
    page = lxml_html.fromstring(written.html)
    assert [row.xpath("string(td)") for row in page.xpath("//tfoot/tr[last()]")] == amounts
    for line in lines:
        assert written.text.count(line.number) == 1
        assert f": {format_money(line.due, locale)} still due" in written.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(customer=NAMES, first_name=st.none() | NAMES, company=VISIBLE, sender_name=VISIBLE, number=VISIBLE)
def test_no_name_changes_what_a_message_is(
    built_in, message_about, invoice, customer, first_name, company, sender_name, number
) -> None:
    context = message_about(
        invoice(number), customer=customer, first_name=first_name, company=company, sender_name=sender_name
    )
    written, plain = render(built_in, context), render(built_in, message_about())
    assert elements(written.html) == elements(plain.html)
    assert asked_in(written.text) == asked_in(plain.text)
    assert len(written.text.splitlines()) == len(plain.text.splitlines())
    assert "\n" not in written.subject
    assert len(written.subject) <= 240
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written.subject + written.text + written.html)


@pytest.mark.parametrize("number", ["\u05d0\u05d1-17", "17 \u0634\u0631\u0643\u0629", "INV-\u05e9 \u0661\u0662"])
def test_a_number_from_right_to_left_does_not_draw_the_amount_in_front_of_it(
    built_in, message_about, invoice, number
) -> None:
    """What stands behind it begins anew, from left to right: between the two is a mark that says so."""
    written = render(built_in, message_about(invoice(number, issued_on=None)))
    assert f"* Invoice {number}\u200e: £1,234.50 still due" in written.text
    assert f"<bdi>{number}\u200e</bdi>" in written.html


def test_a_number_from_left_to_right_stays_as_it_is(built_in, message_about, invoice) -> None:
    assert "\u200e" not in render(built_in, message_about(invoice("INV-17"))).text


def elements(markup: str) -> list[str]:
    return [element.tag for element in lxml_html.fromstring(markup).iter()]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(built_in, message_about, invoice, name, stage) -> None:
    written = render(built_in, message_about(invoice(name), customer=name, first_name=name, company=name, stage=stage))
    assert "<script" not in written.html.lower()
    assert "<img" not in written.html.lower()
    assert "49" not in written.text.replace("1,234.50", "")
    assert not any(line.startswith(("Bcc:", "Amount to pay: £0")) for line in written.text.splitlines())
    assert unescape(written.html).count("Amount to pay") >= 1
