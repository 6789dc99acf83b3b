"""The page's own words in five languages: catalogue files of ours, one folder a language, one file a part of the page.

A template says `t("morning.title")`: the file `morning.toml`, the key `title`. All languages have all keys (a test),
so nothing is ever shown by its key. What reports, ratings and decisions say elsewhere too, in English, `t.said` says in
the page's language, and `t.name` names what is kept by a code. What a person would type next, and what Dun tells of its
own health, is English everywhere.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from connector.messages.formats import format_instant
from connector.messages.locales import LANGUAGES
from connector.page.amounts import plain_amount
from connector.saying.kept import reason_name
from connector.saying.languages import Language
from connector.saying.names import name, plan_state, stage_name
from state.money import Money, MoneyError, exponent

FOLDER = Path(__file__).with_name("words")
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "nl": "Nederlands"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every key with its text, such as `frame.skip`."""
    return {
        f"{path.stem}.{key}": text
        for path in sorted((FOLDER / language).glob("*.toml"))
        for key, text in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def language_for(preferred: str, accepted: str) -> str:
    """The preferred language if there is one, else the first of ours in an Accept-Language header, else English."""
    asked = [part.partition(";")[0].strip().lower()[:2] for part in accepted[:500].split(",")]
    return next((language for language in (preferred, *asked) if language in LANGUAGES), "en")


class Words:
    """Texts, amounts and times in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = catalogue(language)
        self._locale = Locale("en", "GB") if language == "en" else Locale(language)
        self.said = Language(str(self._locale))  # what reports, ratings and decisions say

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, its {names} replaced by `values`. A number as `n` chooses between `one | many`."""
        text = self._catalogue[key]
        one, bar, many = text.partition(" | ")
        if bar:
            text = one if values.get("n") == 1 else many
        if isinstance(number := values.get("n"), int):
            values["n"] = self.number(number)
        return text.format_map(values) if values else text

    def has(self, key: str) -> bool:
        return key in self._catalogue

    def name(self, code: str) -> str:
        """Of what is kept by a code: a channel, a state, a reason."""
        return self.said(name(code))

    def deed(self, action: str) -> str:
        """What somebody did, as the audit trail calls it."""
        key = f"history.deed_{re.sub('[^a-z]', '_', action)}"
        return self(key) if self.has(key) else self.name(action)

    def plan_state(self, code: str) -> str:
        return self.said(plan_state(code))

    def stage(self, stage: str) -> str:
        """A firm's own name of a stage stays as it is."""
        return self.said(stage_name(stage))

    def reason(self, reason: str) -> str:
        """Why a reminder stands where it stands."""
        return self.said(reason_name(reason))

    def money(self, amount: Money) -> str:
        """With the currency's code, which nobody takes for another's."""
        pattern = f"{_digits(amount.currency)}\N{NO-BREAK SPACE}¤¤"
        return format_currency(amount.amount, amount.currency, pattern, locale=self._locale, currency_digits=False)

    def bare(self, amount: Money) -> str:
        """Without its currency, where that is told beside it."""
        return format_decimal(amount.amount, _digits(amount.currency), locale=self._locale)

    def amount(self, minor: int, currency: str) -> str:
        """As `money`; of a currency that nobody knows, the minor units."""
        try:
            return self.money(Money(minor, currency))
        except MoneyError:
            return f"{self.number(minor)} {currency}"

    def plain_amount(self, text: str) -> str | None:
        """With a decimal point, of what was typed as `bare` writes it. None for no amount, or what could be two."""
        return plain_amount(text, self._locale)

    def number(self, number: int | Decimal) -> str:
        return format_decimal(number, locale=self._locale)

    def cell(self, cell: str | int | Decimal | Money | date, kind: str, named: bool = False) -> str:
        """A cell of a report, as `connector.reports.table` has them; `named`: its currency is told beside it."""
        if isinstance(cell, Money):
            return self.bare(cell) if named else self.money(cell)
        if isinstance(cell, date):
            return self.day(cell)
        if isinstance(cell, str):
            return cell
        if kind == "ratio":
            return format_decimal(cell, locale=self._locale, decimal_quantization=False)
        return f"{self.number(cell)}\N{NO-BREAK SPACE}%" if kind == "percent" else self.number(cell)

    def day(self, day: date) -> str:
        return format_date(day, "medium", locale=self._locale)

    def instant(self, instant: datetime, zone: str) -> str:
        """On the wall clock of `zone`."""
        return format_instant(instant, ZoneInfo(zone), str(self._locale))

    def ago(self, past: datetime, now: datetime) -> str:
        """`5 minutes ago`; of what lies ahead, `in 5 minutes`; `just now` of either within a minute."""
        gone = past - now
        if abs(gone) < timedelta(minutes=1):
            return self("frame.just_now")
        return format_timedelta(gone, add_direction=True, threshold=1.2, locale=self._locale)

    def days(self, days: int | Decimal) -> str:
        """`14 days`, which a span would call two weeks."""
        whole = int(days) if days == int(days) else days  # 1.0 would be many
        return format_unit(whole, "duration-day", length="long", locale=self._locale)

    def span(self, span: timedelta) -> str:
        """`12 days`."""
        return format_timedelta(span, threshold=1.2, locale=self._locale)


def _digits(currency: str) -> str:
    """The pattern of an amount, to the currency's last digit."""
    digits = exponent(currency)
    return f"#,##0{'.' if digits else ''}{'0' * digits}"
