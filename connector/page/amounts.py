"""An amount as people write it in the page's language: `1.250,50` on a German page, `1,250.50` on an English one.

One mark that groups thousands here divides cents there, so a wrong guess is wrong by a factor of a thousand: whatever
the language does not settle is refused. The page shows each amount that was taken again.
"""

import re

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

_SPACE = re.compile(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]")
# Behind a mark of whatever language, one or two digits are never a group of thousands.
_WITH_ANY_MARK = re.compile(r"([0-9]+)[.,]([0-9]{1,2})")


def plain_amount(text: str, locale: Locale) -> str | None:
    """The same amount with a decimal point and without groups. None for what is no amount, or could be two."""
    written = _SPACE.sub(" ", text.strip())
    if found := _written_in(locale).fullmatch(written):
        whole, part = re.sub("[^0-9]", "", found["whole"]), found["part"] or ""
    elif found := _WITH_ANY_MARK.fullmatch(written):
        whole, part = found.groups()
    else:
        return None
    return f"{whole or '0'}.{part}" if part else whole or None


def _written_in(locale: Locale) -> re.Pattern[str]:
    """Whole digits, grouped in threes or not at all, and those behind the language's decimal mark."""
    group, decimal = re.escape(get_group_symbol(locale)), re.escape(get_decimal_symbol(locale))
    grouped = rf"[1-9][0-9]{{0,2}}(?P<mark>[{group} ])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
    return re.compile(rf"(?P<whole>{grouped}|[0-9]*)(?:{decimal}(?P<part>[0-9]*))?")
