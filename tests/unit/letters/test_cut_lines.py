"""A frame cuts what does not fit it, and nothing of what does: a PDF's words know no edge, so pictures are held up."""

from importlib import resources

import pytest
import typst

_LAYOUTS = resources.files("connector.letters") / "layouts"
_IN_A_FRAME = {
    "common.typ": "#fitted(40mm, 6mm, from: 10pt, [{}])",
    "monthly.typ": "#fitted(6mm, from: 10pt, [{}])",
}


def picture(layout: str, words: str, *, cut: bool) -> bytes:
    """`words` alone, in a frame of the layout, or in one that cuts nothing."""
    text = (_LAYOUTS / layout).read_text()
    frame = text[text.index("#let fitted") : text.index("\n})", text.index("#let fitted")) + 3]
    frame = frame if cut else frame.replace("clip: true", "clip: false")
    page = f"#set page(width: 50mm, height: 20mm, margin: 5mm)\n{frame}\n{_IN_A_FRAME[layout].format(words)}"
    found = typst.compile(page.encode(), format="png", ppi=144)
    assert isinstance(found, bytes)  # one page
    return found


@pytest.mark.parametrize("layout", _IN_A_FRAME)
@pytest.mark.parametrize("words", ["Österreich", r"A \ B \ Évry, (q)"])
def test_nothing_is_cut_of_words_that_fit(layout, words: str) -> None:
    assert picture(layout, words, cut=True) == picture(layout, words, cut=False)


@pytest.mark.parametrize("layout", _IN_A_FRAME)
def test_what_does_not_fit_is_cut(layout) -> None:
    words = r" \ ".join("many lines".split() * 6)

    assert picture(layout, words, cut=True) != picture(layout, words, cut=False)
