"""The small grammars inside the configuration file: addresses, amounts, windows, zones, references, URLs.

Each check takes the text as written and gives it back, or says what is wrong with it and how to mend it.
"""

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from connector.config.public_holidays import is_known_region
from connector.credentials import is_reference
from connector.dunning.calendar import SendingWindow, Spell
from connector.dunning.policy import Threshold
from connectors.channels.channel import Address
from connectors.loopback import AskedHost
from state.addresses import ascii_address
from state.countries import alpha2
from state.money import MoneyError, exponent, to_minor

DEFAULT_AMOUNT = "default"

_MAILBOX = re.compile(r'(?:"?(?P<name>[^<>"]*?)"?\s*<(?P<inside>[^<>\s]+)>|(?P<bare>[^<>\s]+))')
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAY_OF_YEAR = re.compile(r"\d{2}-\d{2}")
_LEAP_YEAR = 2000  # in which every day of a year exists
_LAST_PORT = 65_535
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def refusal(what: str, mend: str) -> PydanticCustomError:
    """What is wrong with a value, and how to put it right; becomes one Problem."""
    return PydanticCustomError("refused", "{what}", {"what": what, "mend": mend})


def parse_mailbox(text: str) -> Address:
    """`Name <a@b.c>` or `a@b.c`; ValueError if it is neither."""
    match = _MAILBOX.fullmatch(text.strip())
    email = match and ascii_address(match["inside"] or match["bare"])
    if not match or not email or not text.isprintable():
        raise ValueError("is not an e-mail address")
    return Address(email, match["name"] or None)


def parse_window(text: str) -> SendingWindow:
    """`09:00-17:00`; ValueError if it is not two times in order."""
    match = _WINDOW.fullmatch(text)
    if not match:
        raise ValueError("is not a span of time")
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens >= closes:
        raise ValueError("does not end after it begins, within one day")
    return SendingWindow(opens, closes)


def parse_time(text: str) -> time:
    """`02:00`; ValueError if it is no time of day."""
    if not _TIME.fullmatch(text):
        raise ValueError("is not a time of day")
    return time.fromisoformat(text)


def parse_listen(text: str) -> tuple[str, int]:
    """`127.0.0.1:8485` or `[::1]:8485`; ValueError if it is no address of a port on this machine's interfaces."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdecimal() or not 0 <= int(port) <= _LAST_PORT:
        raise ValueError("is not an address with a port")
    host = host.removeprefix("[").removesuffix("]")
    if host != "localhost":
        ip_address(host)
    return host, int(port)


def parse_zone(text: str) -> str:
    """The IANA name of a time zone, as it is; ValueError if there is no such zone."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone") from None
    return text


def parse_threshold(amounts: dict[str, str]) -> Threshold:
    """Amounts in major units per currency, as `check_amounts` has let them pass."""
    return Threshold(
        Decimal(amounts.get(DEFAULT_AMOUNT, "0")),
        {
            currency: to_minor(Decimal(amount), currency)
            for currency, amount in amounts.items()
            if currency != DEFAULT_AMOUNT
        },
    )


def is_local(host: str) -> bool:
    """Whether `host` is this machine, a private address, or a bare name as container networks have them."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(".localhost")


def _check_mailbox(text: str) -> str:
    try:
        if text:
            parse_mailbox(text)
    except ValueError as error:
        raise refusal(str(error), 'write "accounts@example.com" or "Accounts <accounts@example.com>"') from None
    return text


def _check_window(text: str) -> str:
    try:
        parse_window(text)
    except ValueError as error:
        raise refusal(str(error), 'write the first and the last time as "09:00-17:00"') from None
    return text


def _check_time(text: str) -> str:
    try:
        parse_time(text)
    except ValueError as error:
        raise refusal(str(error), 'write it as "02:00"') from None
    return text


def _check_listen(text: str) -> str:
    try:
        if text:
            parse_listen(text)
    except ValueError:
        raise refusal("is not an address with a port", 'write it as "127.0.0.1:8485"') from None
    return text


def _check_host_name(text: str) -> str:
    host = AskedHost.of([text])
    if host is None or host.port is not None:
        raise refusal("is not the name of a host", 'write the name alone, as "dun.example.com"')
    return host.name


def _check_zone(text: str) -> str:
    try:
        return parse_zone(text)
    except ValueError as error:
        nearest = get_close_matches(text, available_timezones(), n=1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else 'use an IANA name such as "Europe/London"'
        raise refusal(str(error), hint) from None


def _check_locale(text: str) -> str:
    try:
        Locale.parse(text)
    except (ValueError, UnknownLocaleError):
        raise refusal("is not a locale", 'write language and country such as "en_GB", "de_DE" or "fr_CA"') from None
    return text


def _check_reference(text: str) -> str:
    if text and not is_reference(text):
        raise refusal(
            "is written out in the file",
            'put the secret into an environment variable or a file, and write "env:NAME" or "file:PATH" here'
            ' ("keyring:SERVICE/NAME" and "systemd:NAME" work too)',
        )
    return text


def _check_amounts(amounts: dict[str, str]) -> dict[str, str]:
    """All wrong entries of a table of amounts in one refusal."""
    wrong = [found for entry in amounts.items() if (found := _wrong_amount(*entry)) is not None]
    if wrong:
        whats, mends = (dict.fromkeys(texts) for texts in zip(*wrong, strict=True))
        raise refusal(", and ".join(whats), "; ".join(mends))
    return amounts


def _wrong_amount(currency: str, amount: str) -> tuple[str, str] | None:
    """What is wrong with an entry, and the mend."""
    try:
        value = Decimal(amount)
        if currency != DEFAULT_AMOUNT:
            to_minor(value, currency)
    except InvalidOperation:
        return f'has "{amount}" where an amount belongs', 'write amounts in quotes, as "1.00"'
    except MoneyError as error:
        return f"has a wrong entry: {error}", 'name ISO 4217 currencies, as in { EUR = "1.00" }'
    if not value.is_finite() or value < 0:
        return f'has "{amount}" where an amount belongs', "write an amount of zero or more"
    return None


def _check_url(text: str) -> str:
    url = _split(text)
    if url is None or url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        raise refusal("is not a web address", 'write it as "https://host/path", without ? and #')
    if url.username is not None:
        raise refusal("has a user name in it", "remove the part before the @")
    if url.scheme == "http" and not is_local(url.hostname):
        raise refusal("would send secrets unencrypted", "use https://; http:// is accepted for local machines only")
    return text.rstrip("/")


def _check_optional_url(text: str) -> str:
    return _check_url(text) if text else text


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        usable = url.port != 0  # reading the port is what checks it
    except ValueError:
        return None
    return url if usable else None


def parse_spell(text: str) -> Spell:
    """`12-24..01-02` of every year or `2026-08-03..2026-08-14`; ValueError if it is neither."""
    first, dots, last = text.partition("..")
    yearly = bool(_DAY_OF_YEAR.fullmatch(first))
    if not dots or yearly != bool(_DAY_OF_YEAR.fullmatch(last)):
        raise ValueError("is not a span of days")
    prefix = f"{_LEAP_YEAR}-" if yearly else ""
    spell = Spell(date.fromisoformat(prefix + first), date.fromisoformat(prefix + last), yearly)
    if not yearly and spell.first > spell.last:
        raise ValueError("does not end after it begins")
    return spell


def _check_quiet(text: str) -> str:
    try:
        parse_spell(text)
    except ValueError as error:
        what = str(error) if str(error).startswith(("is", "does")) else "is not a span of days"
        mend = 'write the first and the last day as "12-24..01-02" or "2026-08-03..2026-08-14"'
        raise refusal(what, mend) from None
    return text


def _check_holidays(text: str) -> str:
    if text and not is_known_region(text):
        raise refusal(
            "is no country or region whose holidays are known", 'write "GB", "GB-ENG", "DE-BY", "US-NY" or the like'
        )
    return text


def _check_country(text: str) -> str:
    if alpha2(text) != text:  # "UK" is understood in an address, but the code of its customers is GB
        nearest = alpha2(text)
        raise refusal("is not a country", f'did you mean "{nearest}"?' if nearest else 'write ISO codes such as "DE"')
    return text


def _check_currency(text: str) -> str:
    try:
        exponent(text)
    except MoneyError:
        raise refusal("is not a currency", 'write ISO 4217 codes such as "EUR"') from None
    return text


def _check_number(text: str) -> str:
    try:
        finite = Decimal(text).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise refusal("is not a number", 'write it in quotes, as "10" or "7.5"')
    return text


Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
Window = Annotated[str, AfterValidator(_check_window)]
TimeOfDay = Annotated[str, AfterValidator(_check_time)]
Listen = Annotated[str, AfterValidator(_check_listen)]
HostName = Annotated[str, AfterValidator(_check_host_name)]
Zone = Annotated[str, AfterValidator(_check_zone)]
LocaleName = Annotated[str, AfterValidator(_check_locale)]
SecretReference = Annotated[str, AfterValidator(_check_reference)]
Quiet = Annotated[str, AfterValidator(_check_quiet)]
HolidayRegion = Annotated[str, AfterValidator(_check_holidays)]
CountryCode = Annotated[str, AfterValidator(_check_country)]
CurrencyCode = Annotated[str, AfterValidator(_check_currency)]
Number = Annotated[str, AfterValidator(_check_number)]
Amounts = Annotated[dict[str, str], AfterValidator(_check_amounts)]
Url = Annotated[str, AfterValidator(_check_url)]
OptionalUrl = Annotated[str, AfterValidator(_check_optional_url)]
