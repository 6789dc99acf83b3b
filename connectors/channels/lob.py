"""Letters by Lob's Print & Mail API: Lob prints the PDF, puts it into an envelope and hands it to the US mail.

One POST per letter. Its Idempotency-Key is the message's id, so should the same message be handed over again within a
day, Lob answers with the letter it has. Source: Lob API reference, "Letters", "Tracking Events", "Errors".

Lob posts from the United States: the sender's address must be there, and certified mail is for destinations there.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import msgspec
import requests
from msgspec import Struct
from urllib3.exceptions import HTTPError

from connectors.bounds import ShortAnswer, read_within
from connectors.channels.channel import ChannelError, Message, NotSent, Receipt, RefusedMessage, Unsure
from connectors.channels.delivery import DeliveryFact
from connectors.channels.dialling import DiallingSession
from connectors.channels.headers import checked_token, one_line
from connectors.channels.lob_tracking import DeliveryUnknown, fact_of
from connectors.channels.postal import destination_of
from connectors.ledger import LedgerError
from connectors.transport import USER_AGENT
from connectors.unreadable import NOT_JSON
from state.clock import Clock
from state.countries import alpha2
from state.model import PostalAddress
from state.postal import missing_parts

Service = Literal["certified", "certified_return_receipt"]

_ANSWER_BYTES = 1 << 20  # a letter's answer has some ten kilobytes
_DOMESTIC = frozenset("US AS FM GU MH MP PR PW VI".split())  # whose addresses Lob takes in the American form
_STATE = re.compile(r"[A-Za-z]{2}")
_NAME, _LINE, _STREET_AT_HOME, _TOWN, _POSTCODE = 40, 200, 50, 200, 40  # characters, by Lob's schema
_NOT_SENT = {
    401: "the API key is wrong or revoked, or the account may not send yet; set [letters.lob] api_key",
    403: "the API key or the account may not send letters",
    429: "too many requests",
    **dict.fromkeys((301, 302, 303, 307, 308, 404, 405), "there is no letter API here; check [letters.lob] host"),
}
_REFUSED = {400: "it finds the request malformed", 413: "the letter is too large", 422: "it does not take this letter"}
_ACCOUNT_CODES = {  # 422s that blame what is set here, not the letter: the next one would meet the same
    "foreign_return_address": "the sender's address must be in the United States; set [letters.lob.return_address]",
    "mail_use_type_can_not_be_null": "the account does not take operational mail",
    "unsupported_lob_version": "the account's API version is none that Lob still has",
}
_LETTER_CODES = {
    "address_length_exceeds_limit": "the address has too long a street",
    "failed_deliverability_strictness": "the US mail does not know this address",
    "file_pages_exceed_max": "the letter has too many pages",
    "file_size_exceeds_limit": "the file is too large",
    "inconsistent_page_dimensions": "the pages differ in size",
    "invalid_file": "the file is no PDF it can print",
    "invalid_file_dimensions": "the pages are not US letter size; set the letterhead's window to lob",
    "invalid_international_feature": "this service is not offered to that country",
    "unembedded_fonts": "the file lacks its fonts",
}


class LobSettings(Struct, frozen=True, kw_only=True):
    """How letters are sent. `sender_address` is a whole address in the United States."""

    api_key: str
    sender: str
    sender_address: PostalAddress
    host: str = "https://api.lob.com"
    color: bool = False
    double_sided: bool = True
    certified: Mapping[str, Service] = {}  # stages that go as certified mail, and how
    timeout_seconds: float = 30

    def __repr__(self) -> str:
        return f"LobSettings(host={self.host!r})"


class _Error(Struct, frozen=True):
    code: str = ""


class _Refusal(Struct, frozen=True):
    error: _Error = _Error()


class _Created(Struct):
    id: str


class LobChannel:
    """Hands each letter to Lob, once."""

    def __init__(self, settings: LobSettings, clock: Clock) -> None:
        key = settings.api_key
        if not key or not key.isascii() or not key.isprintable() or " " in key or ":" in key:
            raise ValueError("the Lob API key is empty or has blanks, colons or control characters in it")
        if urlsplit(settings.host).scheme not in {"http", "https"} or not urlsplit(settings.host).hostname:
            raise ValueError("the Lob host must be a base URL such as https://api.lob.com")
        _check_sender(settings)
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> Literal["lob"]:
        return "lob"

    def send(self, message: Message) -> Receipt:
        fields = self._fields(message)
        headers = {"Idempotency-Key": checked_token(message.id)}
        file = {"file": ("letter.pdf", message.letter, "application/pdf")}
        try:
            answer = self._call("POST", "/v1/letters", headers=headers, data=fields, files=file)
        except (requests.RequestException, HTTPError, LedgerError, OSError) as error:
            raise Unsure(f"Lob did not answer ({type(error).__name__}); the letter may be under way") from None
        if answer.status not in {200, 201}:
            raise _verdict(answer)
        return Receipt(channel=self.name, provider_id=_created_id(answer.body), accepted_at=self._clock.now())

    def check(self) -> None:
        """Ask, without sending anything, whether the key is good; NotSent says why not."""
        answer = self._look("/v1/letters?limit=1")
        if answer.status != requests.codes.ok:
            raise NotSent(f"Lob does not accept the API key ({answer.status}): {_reason(answer.status)}")

    def delivery(self, provider_id: str) -> DeliveryFact:
        """The newest that is known of a letter. Raises DeliveryUnknown."""
        try:
            answer = self._look(f"/v1/letters/{quote(provider_id, safe='')}")
        except NotSent as error:
            raise DeliveryUnknown(str(error)) from None
        if answer.status != requests.codes.ok:
            raise DeliveryUnknown(f"Lob does not tell about the letter ({answer.status}): {_reason(answer.status)}")
        return fact_of(provider_id, answer.body)

    def _look(self, path: str) -> ShortAnswer:
        try:
            return self._call("GET", path)
        except (requests.RequestException, HTTPError, LedgerError, OSError) as error:
            raise NotSent(f"Lob did not answer ({type(error).__name__}); check the network") from None

    def _call(self, method: str, path: str, headers: Mapping[str, str] = {}, **request: Any) -> ShortAnswer:
        """One call over a line of its own. Once the status is there it decides, whatever becomes of the body."""
        wait = self._settings.timeout_seconds
        with (
            DiallingSession() as session,
            session.request(
                method,
                self._settings.host.rstrip("/") + path,
                headers={"User-Agent": USER_AGENT, **headers},
                auth=(self._settings.api_key, ""),
                timeout=(wait, wait),
                allow_redirects=False,
                stream=True,
                **request,
            ) as response,
        ):
            return ShortAnswer(response.status_code, response.headers, _body(response))

    def _fields(self, message: Message) -> dict[str, str]:
        destination, home = destination_of(message), self._settings.sender_address
        country = _country(destination.postal, home)
        service = self._settings.certified.get(message.stage)
        extra = "registered" if service and country not in _DOMESTIC else service  # what Lob offers abroad
        return {
            **_address("to", destination.name, destination.postal, country),
            **_address("from", self._settings.sender, home, _country(home, home)),
            "description": checked_token(message.id),
            "metadata[dun_message]": checked_token(message.id),
            "metadata[dun_tenant]": checked_token(message.tenant),
            "color": _flag(self._settings.color),
            "double_sided": _flag(self._settings.double_sided),
            "mail_type": "usps_first_class",
            "use_type": "operational",
            **({"extra_service": extra} if extra else {}),
        }


def _check_sender(settings: LobSettings) -> None:
    """Before anything is sent: a sender's address that Lob does not take would fail every letter."""
    address = settings.sender_address
    if not settings.sender.strip() or missing_parts(address) or alpha2(address.country) not in _DOMESTIC:
        raise ValueError("Lob needs the sender's name and whole address, and it must be in the United States")
    try:
        _address("from", settings.sender, address, "US")
    except RefusedMessage as error:
        raise ValueError(f"Lob does not take the sender's address: {error}") from None


def _address(field: str, name: str, postal: PostalAddress, country: str) -> dict[str, str]:
    """As Lob's schema has it: two lines of street, and the state's two letters in America."""
    first, *others = [line for line in (one_line(line, _LINE) for line in postal.lines) if line]
    street = {"address_line1": first, "address_line2": one_line(", ".join(others), _LINE)}
    if country in _DOMESTIC and sum(map(len, street.values())) > _STREET_AT_HOME:
        raise RefusedMessage(f"the address has a street of more than {_STREET_AT_HOME} characters; shorten it")
    if country in _DOMESTIC and not _STATE.fullmatch((postal.region or "").strip()):
        raise RefusedMessage("a letter to the United States needs the state's two letters; complete the address")
    parts = {
        "name": one_line(name, _NAME),
        **street,
        "address_city": one_line(postal.city or "", _TOWN),
        "address_state": one_line(postal.region or "", _TOWN),
        "address_zip": one_line(postal.postcode or "", _POSTCODE),
        "address_country": "US" if country in _DOMESTIC else country,
    }
    return {f"{field}[{part}]": text for part, text in parts.items() if text}


def _country(postal: PostalAddress, home: PostalAddress) -> str:
    """Of an address; one without a country lies in the sender's."""
    country = alpha2(postal.country if (postal.country or "").strip() else home.country)
    if country is None:
        raise RefusedMessage("a letter needs a country that is known; write its name or code in the ledger")
    return country


def _body(response: requests.Response) -> bytes:
    try:
        return read_within(response.raw, _ANSWER_BYTES, "Lob's answer")
    except (HTTPError, LedgerError, OSError):
        return b""


def _created_id(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body, type=_Created).id
    except NOT_JSON:
        return None


def _verdict(answer: ShortAnswer) -> ChannelError:
    code = _code(answer.body)
    if answer.status == 422 and code in _ACCOUNT_CODES:
        return NotSent(f"Lob did not take the letter (422, {code}): {_ACCOUNT_CODES[code]}")
    if answer.status in _NOT_SENT:
        return NotSent(f"Lob did not take the letter ({answer.status}): {_NOT_SENT[answer.status]}")
    if answer.status in _REFUSED:
        known = f", {code}" if code in _LETTER_CODES else ""
        reason = _LETTER_CODES.get(code, _REFUSED[answer.status])
        return RefusedMessage(f"Lob refused the letter ({answer.status}{known}): {reason}")
    return Unsure(f"Lob answered {answer.status}, which does not say whether the letter was taken")


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Refusal).error.code
    except NOT_JSON:
        return ""


def _reason(status: int) -> str:
    return _NOT_SENT.get(status, "it gives no reason")


def _flag(value: bool) -> str:
    return "true" if value else "false"
