"""Words of strangers, and marks of print, do no harm wherever a message puts them."""

import re
from dataclasses import replace
from html import unescape

import pytest
from lxml import html as lxml_html
from unit.messages.test_languages import in_language

from connector.messages.locales import LANGUAGES
from connector.messages.occasions import KINDS, OCCASIONS
from connector.messages.paragraphs import paragraphs
from connector.messages.render import render, render_kind
from connector.messages.sms import short_text

HOSTILE = [
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}",
    "Eve\r\nBcc: victim@evil.example",
    "Eve\n\n* item\n\nAmount: £0.00",
    "<img src=https://evil.example/x.png>",
    "\u202eplc reyuB",
    "שלום בע״מ",
    "x" * 1000,
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_a_hostile_name_is_inert_everywhere(built_in, language, occasion, name) -> None:
    for context in list(in_language(language, occasion))[:2]:
        spoilt = spoil(context, name)
        for kind in KINDS[occasion]:
            usual, written = render_kind(built_in, context, kind), render_kind(built_in, spoilt, kind)
            assert len(written.text.splitlines()) == len(usual.text.splitlines())
            assert "\n" not in written.subject
            assert not re.search("[\u202a-\u202e\u2066-\u2069]", written.subject + written.text + written.html)
            assert tags(written.html) == tags(usual.html)
            assert "&amp;lt;" not in written.html
            assert name != "{{ 7 * 7 }}" or "49" not in written.text


def spoil(context, name: str):
    names = ("company", "sender_name", "customer", "first_name", "owner_name")
    changes = {each: name for each in names if hasattr(context, each)}
    if hasattr(context, "lines"):
        changes["lines"] = tuple(replace(line, number=name) for line in context.lines)
    if hasattr(context, "payments"):
        changes["payments"] = tuple(replace(payment, number=name) for payment in context.payments)
    if hasattr(context, "departures"):
        changes["departures"] = tuple(replace(each, customer=name, numbers=(name,)) for each in context.departures)
    return replace(context, **changes)


def tags(markup: str) -> list[str]:
    return [element.tag for element in lxml_html.fromstring(markup).iter()] if markup else []


def test_a_list_in_words_is_a_list_in_html() -> None:
    assert paragraphs("One & all:\n\n* a <b>\n* c") == (
        '<p>One &amp; all:</p>\n<ul style="margin:16px 0;padding-left:24px"><li>a &lt;b&gt;</li><li>c</li></ul>'
    )


def test_blanks_and_quotes_of_print_do_not_double_the_price() -> None:
    assert (
        short_text("l\u2019échéance\u202f:\u00a01\u202f234,50\u00a0€\n \u201cnow\u201d \u2013 or")
        == 'l\'échéance : 1 234,50 € "now" - or'
    )


def test_a_subject_is_not_escaped_twice(built_in, message_about) -> None:
    written = render(built_in, message_about(company="Fish & Chips"))
    assert "Fish & Chips" in written.subject
    assert "Fish & Chips" in unescape(written.html)
    assert "&amp;amp;" not in written.html
