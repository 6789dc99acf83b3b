"""A tenant rewords single blocks, of one language or of its own, and everything around them stays as it is."""

import pytest

from connector.messages.check import Problem, check_templates
from connector.messages.locales import LANGUAGES
from connector.messages.occasions import DEMANDS
from connector.messages.render import render, render_kind
from connector.messages.templates import TemplateFault, Templates

OPENING = '{{% extends "{}" %}}{{% block opening %}}\nOWN WORDS: {{{{ customer }}}}\n{{% endblock %}}'


def reworded(path: str, extended: str) -> dict[str, str]:
    """The opening of text and HTML at `path`, which each extend `extended`."""
    return {f"{path}{suffix}": OPENING.format(f"{extended}{suffix}") for suffix in (".txt", ".html")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", DEMANDS[:5])
def test_one_block_is_reworded_and_the_rest_stays(folder, built_in, message_about, language, stage) -> None:
    own = folder(reworded(f"{language}/{stage}", f"{language}/{stage}"))
    context = message_about(stage=stage, language=language)
    usual, written = render(built_in, context), render(Templates.load(own), context)
    for before, after in ((usual.text, written.text), (usual.html, written.html)):
        kept = [line for line in before.splitlines() if line in after.splitlines()]
        assert "OWN WORDS: Buyer plc" in after
        assert len(before.splitlines()) - len(kept) <= 1
    assert check_templates(own) == []


@pytest.mark.parametrize(
    ("kind", "block"), [("letter", "opening"), ("sms", "body"), ("voice", "body"), ("call", "answers")]
)
def test_every_form_has_blocks(folder, message_about, kind, block) -> None:
    words = "{% for amount in asked %}{{ amount|money }} {{ amount|spoken }}{% endfor %} OWN"
    source = f'{{% extends "de/firm.{kind}.txt" %}}{{% block {block} %}}{words}{{% endblock %}}'
    own = folder({f"de/firm.{kind}.txt": source})
    text = render_kind(Templates.load(own), message_about(stage="firm", language="de"), kind).text
    assert "OWN" in text
    assert "Seller Ltd" in text
    assert check_templates(own) == []


def test_a_file_may_extend_the_built_in_one_of_its_own_name(folder, message_about) -> None:
    templates = Templates.load(folder(reworded("soft", "soft")))
    assert "OWN WORDS: Buyer plc\n" in render(templates, message_about(stage="soft")).text


def test_one_stage_may_be_written_like_another(folder, message_about) -> None:
    templates = Templates.load(
        folder({f"soft{suffix}": f'{{% extends "firm{suffix}" %}}' for suffix in (".txt", ".html")})
    )
    assert "We have not received full payment" in render(templates, message_about(stage="soft")).text


def test_files_at_the_top_are_in_the_tenants_language_and_leave_the_others_alone(folder, message_about) -> None:
    own = folder(reworded("soft", "soft"))
    german = Templates.load(own, "de_DE")
    assert "OWN WORDS" in render(german, message_about(stage="soft")).text
    assert "OWN WORDS" in render(german, message_about(stage="soft", language="de")).text
    assert "Mahnung:" in render(german, message_about(stage="soft")).subject
    assert "OWN WORDS" not in render(german, message_about(stage="soft", language="fr")).text


def test_a_folder_of_a_language_wins_over_the_top(folder, message_about) -> None:
    files = {**reworded("soft", "soft"), "en/soft.txt": "FROM THE FOLDER", "en/soft.html": "FROM THE FOLDER"}
    assert render(Templates.load(folder(files)), message_about(stage="soft")).text == "FROM THE FOLDER\n"


def test_a_tenant_of_another_language_writes_its_own_and_gets_english_for_the_rest(folder, message_about) -> None:
    templates = Templates.load(folder(reworded("soft", "soft")), "sv_SE")
    text = render(templates, message_about(stage="soft")).text
    assert "OWN WORDS" in text
    assert "Kind regards" in text
    assert 'lang="en"' in render(templates, message_about(stage="firm")).html


def test_an_own_frame_of_one_language_changes_that_language(folder, built_in, message_about) -> None:
    frame = built_in.sources["_base.txt"].replace("{{ label.regards() }}", "Servus")
    templates = Templates.load(folder({"de/_base.txt": frame}))
    assert "Servus" in render(templates, message_about(language="de")).text
    assert "Servus" not in render(templates, message_about(language="fr")).text


def test_words_are_shared_by_text_html_and_letter(folder, built_in, message_about) -> None:
    words = built_in.sources["de/firm.words.txt"].replace("Ihre vollständige Zahlung", "Der volle Betrag")
    templates = Templates.load(folder({"de/firm.words.txt": words}))
    context = message_about(stage="firm", language="de")
    for form in (*vars_of(render(templates, context)), render_kind(templates, context, "letter").text):
        assert "Der volle Betrag" in form


def vars_of(written) -> tuple[str, str]:
    return written.text, written.html


@pytest.mark.parametrize("name", ["firm.txt", "firm.sms.txt", "firm.voice.txt", "firm.letter.txt", "firm.call.txt"])
def test_an_unknown_variable_is_refused_with_its_file_and_line(folder, name) -> None:
    own = {f"de/{name}": "\n{{ custmer }}"}
    if name == "firm.txt":
        own["de/firm.html"] = OPENING.format("de/firm.html")
    problems = check_templates(folder(own))
    assert (f"de/{name}", 2) in {(problem.file, problem.line) for problem in problems}
    assert "'custmer' is undefined" in " ".join(problem.message for problem in problems)


def test_a_form_that_does_not_say_the_sum_is_a_problem(folder) -> None:
    problems = check_templates(folder({"de/firm.sms.txt": "{{ company }}", "fr/soft.voice.txt": "{{ company }}"}))
    assert {problem.file for problem in problems} == {"de/firm.sms.txt", "fr/soft.voice.txt"}


def test_a_text_message_that_is_too_long_is_a_problem_and_never_sent(folder, message_about) -> None:
    own = folder({"en/firm.sms.txt": "{% for amount in asked %}{{ amount|money }}{% endfor %}" + "x" * 1000})
    assert "more than 6 segments" in " ".join(problem.message for problem in check_templates(own))
    with pytest.raises(TemplateFault, match="7 segments"):
        render_kind(Templates.load(own), message_about(stage="firm"), "sms")


def test_a_folder_that_is_no_language_is_a_problem(folder) -> None:
    [problem] = check_templates(folder({"german/firm.txt": "x", "pictures/logo.png": b"x"}))
    assert (problem.file, "languages are en, de" in problem.message) == ("german/", True)


def test_a_phrase_without_its_brackets_is_a_problem(folder) -> None:
    files = {"soft.subject.txt": '{% import "_phrases.txt" as say with context %}{{ say.subject_of }}'}
    assert check_templates(folder(files)) == [
        Problem("soft.subject.txt", 1, "the phrase 'subject_of' is printed without its brackets")
    ]


def test_a_phrase_with_a_name_in_it_is_escaped_in_html(folder, message_about) -> None:
    """A phrase is written in a text file; called from HTML, what it prints is escaped as everything there."""
    source = '{% import "_phrases.txt" as say with context %}{{ say.subject_of() }}'
    templates = Templates.load(folder({"soft.html": source, "soft.txt": source}))
    written = render(templates, message_about(company="<script>alert(1)</script>"))
    assert "<script>" not in written.html
    assert "&lt;script&gt;" in written.html
    assert "<script>" in written.text


MISSPELT = '{{% extends "{}" %}}\n{{% block openning %}}OWN{{% block inner %}}{{% endblock %}}{{% endblock %}}'


@pytest.mark.parametrize(("suffix", "there"), [(".txt", "greeting, opening, promise"), (".sms.txt", "body, closing")])
def test_a_block_that_the_extended_template_lacks_is_told_with_those_there_are(folder, suffix, there) -> None:
    problems = check_templates(folder({f"soft{suffix}": MISSPELT.format(f"soft{suffix}")}))
    [problem] = [each for each in problems if "block" in each.message]
    assert (problem.file, problem.line) == (f"soft{suffix}", 2)
    assert f"nothing prints the block 'openning'; the blocks here are {there}" in problem.message


def test_a_misspelt_block_in_a_frame_of_ones_own_is_told_of_that_frame(folder) -> None:
    files = {"_mine.sms.txt": MISSPELT.format("soft.sms.txt"), "firm.sms.txt": '{% extends "_mine.sms.txt" %}'}
    assert ("_mine.sms.txt", 2) in {(each.file, each.line) for each in check_templates(folder(files))}


def test_a_message_with_a_misspelt_block_is_not_written(folder, message_about) -> None:
    templates = Templates.load(folder({"soft.sms.txt": MISSPELT.format("soft.sms.txt")}))
    with pytest.raises(TemplateFault, match="nothing prints the block 'openning'"):
        render_kind(templates, message_about(stage="soft"), "sms")
