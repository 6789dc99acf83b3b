"""Every message, in every language and form: whole sentences, the right sums, a way to object, and nothing foreign."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from connector.messages.context import MessageContext
from connector.messages.facts import Charge
from connector.messages.formats import format_day, format_money, speak_money, spell
from connector.messages.locales import LANGUAGES, notation
from connector.messages.occasions import DEMANDS, KINDS, OCCASIONS
from connector.messages.render import TABLE_PLACE, letter_in_words, letter_parts, render, render_kind
from connector.messages.samples import samples
from connector.messages.sms import short_text
from connectors.channels.segments import segments
from state.money import Money

OTHERS = [language for language in LANGUAGES if language != "en"]
FORMS = [(occasion, kind) for occasion in OCCASIONS for kind in KINDS[occasion]]
DEMANDED = [(occasion, kind) for occasion, kind in FORMS if occasion in DEMANDS]
ENGLISH = set(
    "the and your you please for invoice invoices payment with by paid from reply thank this not amount we".split()
)
NAMES = re.compile(r"\b(GBP|EUR|Seller Ltd|Ann Seller|Cy Seller|Buyer plc|accounts@seller\.example)\b")
WRITTEN = {
    "en": ("already paid", "in dispute"),
    "de": ("bereits bezahlt", "strittig"),
    "fr": ("déjà payé", "contestez"),
    "es": ("ya ha pagado", "no está conforme"),
    "nl": ("al betaald", "niet mee eens"),
}
SHORT = {
    "en": ("Paid already", "not right"),
    "de": ("Schon bezahlt", "nicht richtig"),
    "fr": ("Déjà payé", "erreur"),
    "es": ("Ya ha pagado", "error"),
    "nl": ("Al betaald", "klopt er iets niet"),
}
SAID = {
    "en": ("already paid", "not right"),
    "de": ("bereits bezahlt", "etwas nicht stimmt"),
    "fr": ("déjà payé", "erreur"),
    "es": ("ya ha pagado", "error"),
    "nl": ("al betaald", "Klopt er iets niet"),
}
BY_PHONE = {
    "en": "If they say",
    "de": "Wenn die Antwort lautet",
    "fr": "Si l\u2019on vous répond",
    "es": "Si responden",
    "nl": "Als het antwoord is",
}
WAYS_OUT = {"email": WRITTEN, "letter": WRITTEN, "sms": SHORT, "voice": SAID}


def in_language(language: str, occasion: str):
    for sample in samples(occasion):
        if isinstance(sample, MessageContext):
            sample = replace(sample, charges=tuple(replace(charge, law="") for charge in sample.charges))
        yield replace(sample, language=language, locale=notation(language, None, "en_GB"))


def forms_of(written):
    return [form for form in (written.subject, written.text, seen(written.html) if written.html else "") if form]


def seen(markup: str) -> str:
    return " ".join(lxml_html.fromstring(markup).text_content().split())


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("occasion", "kind"), FORMS)
def test_no_message_has_a_gap(built_in, language, occasion, kind) -> None:
    for context in in_language(language, occasion):
        written = render_kind(built_in, context, kind)
        assert written.text
        for form in forms_of(written):
            assert not re.search(r"None|\{\{|\{%|<Macro|Undefined|\(\)| ,| \.(?!\.)|,,", form), form
            assert not any("  " in line.strip() for line in form.splitlines()), form


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("occasion", "kind"), DEMANDED)
def test_every_demand_says_each_amount_in_the_readers_notation(built_in, language, occasion, kind) -> None:
    for context in in_language(language, occasion):
        write = speak_money if kind == "voice" else format_money
        for form in forms_of(replace(render_kind(built_in, context, kind), subject="")):
            for amount in context.asked:
                assert plain(write(amount, context.locale)) in plain(form)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", DEMANDS)
@pytest.mark.parametrize("kind", ["email", "call"])
def test_text_and_script_name_every_invoice_and_what_is_due_on_it(built_in, language, occasion, kind) -> None:
    for context in in_language(language, occasion):
        written = render_kind(built_in, context, kind)
        for line in context.lines:
            for form in forms_of(replace(written, subject="")):
                assert line.number is None or line.number in form
                assert plain(format_money(line.due, context.locale)) in plain(form)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", DEMANDS)
def test_a_single_invoice_is_named_in_a_text_message_and_read_out_in_a_call(built_in, language, occasion) -> None:
    context = next(in_language(language, occasion))
    assert "INV-1041" in render_kind(built_in, context, "sms").text
    if occasion != "instalment":  # the invoice of a plan is not what is asked for
        assert spell("INV-1041") in render_kind(built_in, context, "voice").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", DEMANDS)
def test_every_demand_leaves_a_way_to_object_and_to_say_already_paid(built_in, language, occasion) -> None:
    for context in in_language(language, occasion):
        for kind, ways in WAYS_OUT.items():
            for form in forms_of(replace(render_kind(built_in, context, kind), subject="")):
                assert [word for word in ways[language] if word not in form] == [], (kind, form)
        assert BY_PHONE[language] in render_kind(built_in, context, "call").text


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(("occasion", "kind"), FORMS)
def test_no_english_slips_into_another_language(built_in, language, occasion, kind) -> None:
    for context in in_language(language, occasion):
        for form in forms_of(render_kind(built_in, context, kind)):
            words = set(re.findall(r"[^\W\d_]+", NAMES.sub("", form)))
            assert words & ENGLISH == set(), form


@pytest.mark.parametrize(("occasion", "kind"), [form for form in FORMS if form[1] not in {"sms", "voice"}])
def test_a_french_mark_of_two_parts_does_not_begin_a_line(built_in, occasion, kind) -> None:
    """Before : ; ! ? and » stands a blank that no line is broken at; text messages and voices have no use for it."""
    for context in in_language("fr", occasion):
        written = render_kind(built_in, context, kind)
        for form in (written.text, lxml_html.fromstring(written.html).text_content() if written.html else ""):
            assert not re.search(r"[^\u00a0\u202f][:;!?»](?=\s|$)", form), form


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_a_spanish_question_begins_with_its_mark(built_in, occasion) -> None:
    for kind in KINDS[occasion]:
        for context in in_language("es", occasion):
            text = render_kind(built_in, context, kind).text
            assert text.count("?") == text.count("¿")
            assert text.count("!") == text.count("¡")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", [occasion for occasion in OCCASIONS if "sms" in KINDS[occasion]])
def test_a_usual_text_message_takes_no_more_than_three_segments(built_in, language, occasion) -> None:
    text = render_kind(built_in, next(in_language(language, occasion)), "sms").text
    assert segments(text).count <= 3
    assert "Seller Ltd" in text
    assert "STOP" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", DEMANDS)
@pytest.mark.parametrize("kind", ["letter", "voice"])
def test_what_cannot_be_clicked_has_no_link(built_in, language, occasion, kind) -> None:
    for context in in_language(language, occasion):
        assert "http" not in render_kind(built_in, context, kind).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", DEMANDS)
def test_a_letter_has_its_table_between_the_opening_and_the_request(built_in, language, occasion) -> None:
    written = render_kind(built_in, next(in_language(language, occasion)), "letter")
    above, below = letter_parts(written)
    assert len(above) >= 2
    assert "accounts@seller.example" in " ".join(below)
    assert TABLE_PLACE not in "".join((*above, *below))
    assert below[-1] == "Ann Seller\nSeller Ltd"  # the reference stands beside the address


def test_a_letter_in_words_lists_what_its_table_shows(built_in) -> None:
    for context in (each for language in LANGUAGES for each in in_language(language, "firm")):
        words = letter_in_words(built_in, context, render_kind(built_in, context, "letter"))
        assert TABLE_PLACE not in words
        assert all(line.number in words for line in context.lines if line.number)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_layout_is_one_and_the_words_are_many(built_in, language) -> None:
    for occasion in OCCASIONS:
        english, other = (render(built_in, next(in_language(each, occasion))) for each in ("en", language))
        page, translated = lxml_html.fromstring(english.html), lxml_html.fromstring(other.html)
        assert translated.get("lang") == language
        assert [each.tag for each in page.xpath("//table//*")] == [each.tag for each in translated.xpath("//table//*")]
        assert language == "en" or english.subject != other.subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", ["soft", "firm", "final", "collection"])
@pytest.mark.parametrize("kind", ["email", "letter", "sms", "voice"])
def test_the_deadline_is_a_date_of_the_reader(built_in, language, occasion, kind) -> None:
    context = next(in_language(language, occasion))
    assert plain(format_day(context.deadline, context.locale)) in plain(render_kind(built_in, context, kind).text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["sms", "voice"])
def test_credit_that_is_taken_off_is_named_where_there_is_no_table(built_in, language, kind) -> None:
    credit = Money.of("100.00", "GBP")
    context = replace(next(in_language(language, "firm")), credits=(credit,))
    shown = format_money(credit, context.locale) if kind == "sms" else speak_money(credit, context.locale)
    assert plain(shown) in plain(render_kind(built_in, context, kind).text)


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        ("de", ["Zahlungserinnerung:", "Mahnung:", "Mahnung:", "Letzte Mahnung:", "Entscheidung steht an:"]),
        ("fr", ["Rappel", "Relance", "Relance", "Mise en demeure", "Décision à prendre"]),
        (
            "es",
            ["Recordatorio:", "Recordatorio de pago:", "Requerimiento de pago:", "Último requerimiento", "Pendiente"],
        ),
        ("nl", ["Herinnering:", "Betalingsherinnering:", "Aanmaning:", "Laatste aanmaning:", "Beslissing volgt:"]),
    ],
)
def test_the_tone_rises_with_the_words_of_the_trade(built_in, language, subjects) -> None:
    written = [render(built_in, next(in_language(language, stage))).subject for stage in DEMANDS[:5]]
    assert all(subject.startswith(words) for subject, words in zip(written, subjects, strict=True)), written


@pytest.mark.parametrize(
    ("language", "ordinal", "title"),
    [("de", 1, "1. Mahnung:"), ("de", 3, "3. Mahnung:"), ("fr", 1, "Relance"), ("fr", 2, "2e relance")],
)
@pytest.mark.parametrize("stage", ["soft", "firm"])
def test_a_reminder_is_called_by_its_number_and_not_by_its_stage(
    built_in, message_about, language, stage, ordinal, title
) -> None:
    context = message_about(stage=stage, language=language, ordinal=ordinal)
    assert render(built_in, context).subject.startswith(title)


LATE = {
    "en": "overdue|past|overlooked|unpaid",
    "de": "überfällig|Mahnung|übersehen",
    "fr": "échue|retard|oubli|demeure",
    "es": "vencida|descuido|requerimiento",
    "nl": "te laat|vervallen|aanmaning|ontsnapt",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", DEMANDS[:5])
@pytest.mark.parametrize("kind", ["email", "sms", "voice", "letter"])
def test_what_is_not_due_yet_is_not_called_late(built_in, message_about, invoice, language, stage, kind) -> None:
    context = message_about(invoice(days_overdue=-3), stage=stage, language=language)
    written = render_kind(built_in, context, kind)
    said = f"{written.subject} {written.text}"
    if language == "nl":
        said = said.replace("vervallen op de vermelde", "")
    assert not re.search(LATE[language], said, re.IGNORECASE), said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["email", "sms", "voice", "letter", "call"])
@pytest.mark.parametrize("stage", DEMANDS[:5])
def test_no_agency_and_no_court_is_named_before_it_is_decided(built_in, language, stage, kind, message_about) -> None:
    written = render_kind(built_in, message_about(stage=stage, language=language), kind)
    threats = "agency|court|Inkasso|gericht|recouvrement|tribunal|agencia|incasso|rechter"
    assert not re.search(threats, written.text, re.IGNORECASE)


NEXT = {
    "en": ("collection agency", "court"),
    "de": ("Inkassounternehmen", "gerichtlich"),
    "fr": ("société de recouvrement", "tribunal"),
    "es": ("agencia", "tribunales"),
    "nl": ("incassobureau", "rechter"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", ["final", "collection"])
def test_what_comes_next_is_named_once_it_is_decided(built_in, message_about, language, stage) -> None:
    for step, word in zip(("agency", "court"), NEXT[language], strict=True):
        written = render(built_in, message_about(stage=stage, language=language, next_step=step))
        assert word in written.text
        assert word in seen(written.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_charge_that_is_announced_names_its_amount_and_its_law_and_is_not_asked_for(
    built_in, message_about, language
) -> None:
    charge = Charge(kind="interest", amount=Money.of("3.21", "GBP"), claimed=False, law="Some Act 1998")
    context = message_about(stage="firm", language=language, charges=(charge,))
    written = render(built_in, context)
    for form in (written.text, seen(written.html), render_kind(built_in, context, "letter").text):
        assert "Some Act 1998" in form
        assert "£3.21" in form
    assert context.asked == (Money.of("1234.50", "GBP"),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    sums=st.lists(
        st.builds(Money, st.integers(1, 10**12), st.sampled_from(["GBP", "EUR", "CHF", "JPY", "KWD"])),
        min_size=1,
        max_size=4,
    ),
    language=st.sampled_from(LANGUAGES),
    country=st.sampled_from([None, "DE", "CH", "FR", "BE", "MX", "NL", "GB", "IN"]),
    stage=st.sampled_from(DEMANDS[:5]),
    kind=st.sampled_from(["email", "sms", "letter", "call"]),
)
def test_no_amount_and_no_country_is_written_wrong(
    built_in, message_about, invoice, sums, language, country, stage, kind
) -> None:
    lines = [replace(invoice(f"No-{number}-"), total=due, due=due) for number, due in enumerate(sums)]
    locale = notation(language, country, "en_GB")
    context = message_about(*lines, stage=stage, language=language, locale=locale)
    text = plain(render_kind(built_in, context, kind).text)
    in_print = (
        short_text if kind == "sms" else plain
    )  # a text message has 1'000 for the Swiss, not the apostrophe of print
    assert all(in_print(format_money(amount, locale)) in text for amount in context.asked)
    if kind in {"email", "call"}:
        assert [text.count(f"No-{number}-") for number in range(len(sums))] == [1] * len(sums)


DAYS = {
    "en": ("day ", "days "),
    "de": ("Tag ", "Tage "),
    "fr": ("jour ", "jours "),
    "es": ("día)", "días)"),
    "nl": ("dag ", "dagen "),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_one_and_many_days_are_told_apart(built_in, message_about, invoice, language, count) -> None:
    words = DAYS[language]
    text = render(built_in, message_about(invoice(days_overdue=count), language=language)).text
    if count:
        assert f"{count} {words[count - 1]}" in text
    else:
        assert not any(f"0 {word}" in text for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_greeted_without_a_name_by_a_blank(built_in, message_about, language) -> None:
    greeting = render(built_in, message_about(customer="", first_name=None, language=language)).text.splitlines()[0]
    assert re.fullmatch(r"\w+(?: \w+)?[,:]", greeting)
