"""The tables about text messages and calls: one account at Twilio, and for each firm its numbers and its limit."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from connector.config.section import OPTIONAL, Section
from connector.config.values import CurrencyCode, OptionalUrl, SecretReference, Url, refusal
from connectors.channels.twilio_host import HOST
from state.phones import is_e164


def _check_number(text: str) -> str:
    if text and not is_e164(text):
        raise refusal("is not a phone number in international form", 'write it as "+442079460000", without blanks')
    return text


PhoneNumber = Annotated[str, AfterValidator(_check_number)]
Sid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]*$")]
MajorAmount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]


class NumbersSection(Section):
    """The numbers of this client, instead of those in [phone]."""

    text_from: PhoneNumber = Field(
        default="",
        description="the number that texts; a name in letters is not offered, because nobody can answer STOP to it",
        examples=["+442079460000"],
        json_schema_extra=OPTIONAL,
    )
    messaging_service: Sid = Field(
        default="",
        description="a Twilio messaging service that chooses among its numbers, instead of text_from",
        examples=["MG0000000000000000000000000000000"],
        json_schema_extra=OPTIONAL,
    )
    answers_at: Annotated[tuple[PhoneNumber, ...], Field(strict=False)] = Field(
        default=(),
        description="the numbers whose incoming texts are read, for STOP above all; empty: text_from. A messaging"
        " service's numbers belong here",
        examples=[["+442079460000"]],
        json_schema_extra=OPTIONAL,
    )
    call_from: PhoneNumber = Field(
        default="",
        description="the number that calls show; one of the account's or verified with Twilio",
        examples=["+442079460000"],
        json_schema_extra=OPTIONAL,
    )
    forward_to: PhoneNumber = Field(
        default="",
        description="the firm's own telephone: whoever presses 1 during a call is connected with it, and where that"
        " cannot be, the call names it",
        examples=["+442079460001"],
        json_schema_extra=OPTIONAL,
    )
    voice: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.-]*$",
        description="the voice that reads, as Twilio names it; empty: Twilio's own for the language",
        examples=["Polly.Amy"],
        json_schema_extra=OPTIONAL,
    )
    most_segments: int = Field(
        default=3,
        ge=1,
        le=10,
        description="parts of a text message at most; each is charged, and a longer one is refused",
    )
    monthly_cap: MajorAmount = Field(
        default="20.00",
        description="what texts and calls of a month may cost, in major units of currency; then none leaves until the"
        " next month",
    )
    currency: CurrencyCode = Field(default="USD", description="the currency in which Twilio charges the account")
    price_per_segment: MajorAmount = Field(
        default="0.10", description="what part of a text is reckoned with until Twilio has told its price"
    )
    price_per_call: MajorAmount = Field(
        default="0.20", description="what a call is reckoned with until Twilio has told its price"
    )

    @property
    def inbound(self) -> tuple[str, ...]:
        """The numbers whose incoming texts are read."""
        return self.answers_at or ((self.text_from,) if self.text_from else ())

    @property
    def cap(self) -> Decimal:
        return Decimal(self.monthly_cap)


class PhoneSection(NumbersSection):
    """For text messages and calls: your account at twilio.com. The numbers and limits may be set again for a tenant."""

    account_sid: Sid = Field(
        default="",
        description="the account; empty: nobody is texted or called",
        examples=["AC0000000000000000000000000000000"],
        json_schema_extra=OPTIONAL,
    )
    auth_token: SecretReference = Field(
        default="",
        description="the account's auth token, by reference; with an API key it only proves that posts are Twilio's",
        examples=["env:DUN_TWILIO_AUTH_TOKEN"],
        json_schema_extra=OPTIONAL,
    )
    api_key: Sid = Field(
        default="",
        description="the SID of an API key that is used instead of the auth token",
        examples=["SK0000000000000000000000000000000"],
        json_schema_extra=OPTIONAL,
    )
    api_key_secret: SecretReference = Field(
        default="",
        description="that key's secret, by reference",
        examples=["env:DUN_TWILIO_API_KEY_SECRET"],
        json_schema_extra=OPTIONAL,
    )
    host: Url = Field(default=HOST, description="where Twilio is; its other regions have other hosts")
    callback: OptionalUrl = Field(
        default="",
        description='the public address that a proxy hands on to [daemon] listen; with it calls offer "press 1", and'
        " Twilio tells at once what became of a text",
        examples=["https://dun.example.com"],
        json_schema_extra=OPTIONAL,
    )

    @property
    def answers_keys(self) -> bool:
        """Whether key presses reach us and can be told from forged ones."""
        return bool(self.callback and self.auth_token)


def numbers_of(shared: PhoneSection, own: NumbersSection) -> NumbersSection:
    """[phone] with what the tenant's own table says instead. A tenant that texts by itself takes no service from it."""
    said = {name: getattr(own, name) for name in own.model_fields_set}
    if "text_from" in said:
        said = {"messaging_service": "", "answers_at": (), **said}
    usual = {name: getattr(shared, name) for name in NumbersSection.model_fields}
    return NumbersSection(**{**usual, **said})
