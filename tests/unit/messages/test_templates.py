"""A tenant's own words win, and what is wrong with them is found before a customer could see it."""

import re
from pathlib import Path

import pytest

import connector
from connector.messages.check import Problem, check_templates
from connector.messages.context import STAGES, CurrencyGroup, InvoiceLine, template_variables
from connector.messages.facts import BrokenPromise, Charge, Departure, Discount, Instalment, Received
from connector.messages.locales import LANGUAGES
from connector.messages.notices import Balance, forewarning_variables, notice_variables
from connector.messages.occasions import OCCASIONS, files_of
from connector.messages.render import render
from connector.messages.samples import samples
from connector.messages.templates import TemplateFault, Templates

GOOD = "{% for group in groups %}{{ group.asked|money }} {% endfor %}"


def both(text: str) -> dict[str, str]:
    """One own stage, reworded in both forms."""
    return {"soft.txt": text, "soft.html": text}


def messages(problems: list[Problem]) -> str:
    return "\n".join(problem.message for problem in problems)


def test_the_built_in_templates_have_no_problem() -> None:
    assert check_templates(None) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_occasion_has_its_words_in_every_language(built_in, language) -> None:
    words = {f"{language}/{occasion}.words.txt" for occasion in OCCASIONS}
    assert words | {f"{language}/_phrases.txt", f"{language}/_labels.txt"} == {
        path for path in built_in.sources if path.startswith(f"{language}/")
    }


def test_the_built_in_templates_lie_inside_the_package() -> None:
    """hatchling packs whatever lies in the four packages; a file elsewhere would be missing from the wheel."""
    folder = Path(connector.__file__).parent / "messages" / "built_in"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == set(Templates.load(None).sources)


def test_a_tenants_own_files_win_and_the_rest_stays(folder, message_about) -> None:
    templates = Templates.load(folder(both(f"Own words: {GOOD}")))
    assert render(templates, message_about(stage="soft")).text == "Own words: £1,234.50\n"
    assert "Kind regards" in render(templates, message_about(stage="firm")).text


def test_an_own_frame_changes_every_stage(folder, built_in, message_about) -> None:
    frame = built_in.sources["_base.txt"].replace("{{ label.regards() }}", "Cheers")
    templates = Templates.load(folder({"_base.txt": frame}))
    assert all("Cheers" in render(templates, message_about(stage=stage)).text for stage in STAGES)
    assert check_templates(folder({"_base.txt": frame})) == []


def test_an_own_subject_alone_is_fine(folder) -> None:
    assert check_templates(folder({"soft.subject.txt": "Please pay {{ company }}"})) == []


def test_a_subject_is_one_line_whatever_the_file_looks_like(folder, message_about) -> None:
    templates = Templates.load(folder({"soft.subject.txt": "\n  Please\r\n  pay \t {{ customer }}\n\n"}))
    assert render(templates, message_about(customer="Buyer\r\nBcc: x")).subject == "Please pay Buyer Bcc: x"


def test_names_are_escaped_in_a_tenants_own_html(folder, message_about) -> None:
    templates = Templates.load(folder(both("{{ customer }}")))
    written = render(templates, message_about(customer="<b>"))
    assert (written.text, written.html) == ("<b>\n", "&lt;b&gt;")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("line one\n{% if %}", "Expected an expression"),
        ("line one\n{{ custmer }}", "'custmer' is undefined"),
        ("line one\n{{ invoices[0].nunber }}", "has no attribute 'nunber'"),
        ("line one\n{{ first_name }}", "may be absent"),
        ("line one\n{% for i in invoices %}{{ i.number }}{% endfor %}", "may be absent"),
        ("line one\n{{ deadline|date }}", "something absent"),
        ("line one\n{{ invoices[0].issued_on|date }}", "something absent"),
        ("line one\n{{ 3|money }}", "needs an amount, not int"),
        ("line one\n{{ 'x'|date }}", "needs a date, not str"),
        ("line one\n{{ company|shout }}", "No filter named 'shout'"),
        ("line one\n{% include 'footer.txt' %}", "there is no template footer.txt"),
        ("line one\n{% extends '/etc/passwd' %}", "there is no template /etc/passwd"),
        ("line one\n{{ invoices[0].due + 1 }}", "'int' object has no attribute"),
        ("line one\n{{ 1 / 0 }}", "division by zero"),
        ("line one\n{{ invoices[7].number }}", "has no element 7"),
        ("line one\n{% for i in range(10 ** 9) %}{% endfor %}", "Range too big"),
        ("line one\n{{ company.__class__ }}", "not allowed"),
        ("line one\n{{ ''.__class__.__mro__[1].__subclasses__() }}", "not allowed"),
        ("line one\n{{ invoices[0].__class__ }}", "not allowed"),
        ("line one\n{{ invoices[0].__init__.__globals__ }}", "not allowed"),
        ("line one\n{{ '{0.__class__}'.format(company) }}", "not allowed"),
        ("line one\n{{ company|attr('__class__') }}", "not allowed"),
        ("line one\n{{ cycler.__init__.__globals__.os }}", "not allowed"),
        ("line one\n{{ self.__init__ }}", "not allowed"),
        ("line one\n{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
    ],
)
def test_a_mistake_is_found_with_its_file_and_line(folder, source, complaint) -> None:
    problems = check_templates(folder(both(source + GOOD)))
    assert complaint in messages(problems)
    assert {(problem.file, problem.line) for problem in problems} == {("soft.txt", 2), ("soft.html", 2)}


@pytest.mark.parametrize("source", ["{{ company.__class__ }}", "{{ ''.__class__.__mro__ }}"])
def test_the_sandbox_holds_when_a_message_is_written(folder, message_about, source) -> None:
    with pytest.raises(TemplateFault, match=r"template soft.txt, line 1: not allowed"):
        render(Templates.load(folder(both(source))), message_about())


def test_each_problem_is_told_once_and_all_at_once(folder) -> None:
    problems = check_templates(
        folder({**both(GOOD + "{{ custmer }}"), "firm.txt": "{% if", "firm.html": GOOD, "soft.subject.txt": "{{ x }}"})
    )
    assert {problem.file for problem in problems} == {"soft.txt", "soft.html", "firm.txt", "soft.subject.txt"}
    assert len(problems) == len(set(problems)) == 4


def test_every_unknown_name_and_filter_of_a_file_is_told(folder) -> None:
    source = "{{ custmer }}\n{{ company|monney }}\n{% set mine = company %}{{ mine }}{{ compny }}"
    problems = check_templates(folder(both(GOOD + source)))
    told = {(problem.line, problem.message) for problem in problems if problem.file == "soft.txt"}
    first = 1 + GOOD.count("\n")
    assert {(first, "'custmer' is undefined"), (first + 2, "'compny' is undefined")} <= told
    assert (first + 1, "No filter named 'monney'.") in told
    assert len(told) == 3


def test_files_that_cannot_be_read_hide_neither_each_other_nor_the_rest(folder) -> None:
    problems = check_templates(folder({"soft.txt": b"\xff", "firm.txt": b"\xff", "final.subject.txt": "{{ x }}"}))
    assert {problem.file for problem in problems} >= {"soft.txt", "firm.txt", "final.subject.txt"}


def test_a_mistake_in_a_shared_part_is_told_where_it_is(folder) -> None:
    problems = check_templates(folder({"_phrases.txt": "{% macro standing() %}{{ nobody }}{% endmacro %}"}))
    assert ("_phrases.txt", 1) in {(problem.file, problem.line) for problem in problems}


def test_a_part_that_nothing_uses_yet_is_still_read(folder) -> None:
    [problem] = check_templates(folder({"_footer.txt": "\n\n{% endif %}"}))
    assert (problem.file, problem.line) == ("_footer.txt", 3)


def test_a_filter_in_an_import_without_context_says_what_is_missing(folder) -> None:
    files = {"_own.txt": "{% macro f(m) %}{{ m|money }}{% endmacro %}"}
    problems = check_templates(folder({**files, **both("{% import '_own.txt' as own %}{{ own.f(asked[0]) }}" + GOOD)}))
    assert "with context" in messages(problems)


def test_a_message_that_does_not_say_what_it_asks_is_a_problem(folder) -> None:
    problems = check_templates(folder(both("{{ invoices[0].total|money }}")))
    assert {problem.file for problem in problems} == {"soft.txt", "soft.html"}
    assert "every amount asked for" in messages(problems)


def test_text_reworded_without_its_html_is_a_problem(folder) -> None:
    [problem] = check_templates(folder({"soft.txt": GOOD}))
    assert (problem.file, problem.line) == ("soft.html", None)
    assert "soft.txt" in problem.message


def test_a_misspelt_file_name_is_a_problem(folder) -> None:
    [problem] = check_templates(folder({"freindly.txt": GOOD}))
    assert problem.file == "freindly.txt"
    assert "friendly" in problem.message


@pytest.mark.parametrize("source", ["", "  \n", "{% if not company %}x{% endif %}"])
def test_an_empty_subject_is_a_problem_and_never_sent(folder, message_about, source) -> None:
    own = folder({"soft.subject.txt": source})
    assert check_templates(own) == [Problem("soft.subject.txt", None, "the subject is empty")]
    with pytest.raises(TemplateFault, match="subject is empty"):
        render(Templates.load(own), message_about())


def test_a_folder_that_is_not_there_is_a_problem(tmp_path) -> None:
    [problem] = check_templates(tmp_path / "wording")
    assert (problem.file, problem.message) == ("wording", "the folder of templates does not exist")


def test_a_file_that_is_no_text_is_a_problem(folder) -> None:
    [problem] = check_templates(folder({"soft.txt": b"\xff\xfe\x00"}))
    assert (problem.file, problem.message) == ("soft.txt", "the file is not UTF-8 text")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path) -> None:
    (tmp_path / "soft.txt").mkdir()
    [problem] = check_templates(tmp_path)
    assert problem.file == "soft.txt"
    assert "cannot be read" in problem.message


def test_other_files_in_the_folder_are_left_alone(folder) -> None:
    assert check_templates(folder({"README.md": "{{ nothing }}", "logo.png": b"\x89PNG"})) == []


def test_the_reference_names_every_variable_and_filter_and_nothing_else(message_about) -> None:
    documented = reference_tables()
    phrases = Templates.load(None).sources["en/_phrases.txt"]
    [notice, *_] = samples("thanks")
    [forewarning, *_] = samples("forewarning")
    assert documented["Variables"] == set(template_variables(message_about()))
    assert documented["An invoice"] == public_names(InvoiceLine)
    assert documented["A group"] == public_names(CurrencyGroup)
    assert documented["A charge"] == public_names(Charge)
    assert documented["A promise"] == public_names(BrokenPromise)
    assert documented["A discount"] == public_names(Discount)
    assert documented["An instalment"] == public_names(Instalment)
    assert documented["Notices"] == set(notice_variables(notice))
    assert documented["A payment"] == public_names(Received)
    assert documented["A balance"] == public_names(Balance)
    assert documented["A forewarning"] == set(forewarning_variables(forewarning))
    assert documented["A departure"] == public_names(Departure)
    assert documented["Filters"] == {"money", "date", "spoken", "spelled", "brief", "paragraphs"}
    assert documented["Phrases"] == set(re.findall(r"{% (?:macro|set) (\w+)", phrases))
    assert documented["Files"] == set(OCCASIONS) | {"_base", "_phrases", "_labels"}


def test_the_reference_names_every_form() -> None:
    forms = {file.partition(".")[2] for occasion in OCCASIONS for file in files_of(occasion)}
    documented = re.findall(r"^\| `([\w.]+)` \|", reference_sections()["Forms"], re.MULTILINE)
    assert set(documented) == forms | {"words.txt"}


def reference_tables() -> dict[str, set[str]]:
    first_cells = re.compile(r"^\| `(?:\w+\.)?(\w+)", re.MULTILINE)
    return {title: set(first_cells.findall(section)) for title, section in reference_sections().items()}


def reference_sections() -> dict[str, str]:
    reference = (Path(connector.__file__).parents[1] / "docs" / "reference" / "templates.md").read_text()
    return dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", reference, re.MULTILINE | re.DOTALL))


def public_names(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "more than 5,000,000 char"),
        ("{% for a in range(10**9) %}x{% endfor %}", "Range too big"),
        ("x" * 20_000_000, "the file has more than 100,000 characters"),
        ("{{ " + "(" * 40_000 + "1" + ")" * 40_000 + " }}", "recursion"),
        ("{% include 'firm.txt' %}", "recursion"),
        ("{% for a in b recursive %}{% endfor %}{{ 1" + "+1" * 40_000 + " }}", "recursion"),
    ],
    ids=["loops", "range", "file", "brackets", "itself", "sum"],
)
def test_a_wording_that_is_a_bomb_is_refused_in_words(folder, message_about, text, words) -> None:
    own = folder({"soft.txt": text, "firm.txt": "{% include 'soft.txt' %}"})
    with pytest.raises(TemplateFault, match=words):
        render(Templates.load(own), message_about(stage="soft"))
