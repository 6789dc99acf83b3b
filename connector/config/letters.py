"""The tables about letters: what carries them, and each tenant's letterhead and account."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import SecretReference, Url, refusal
from connector.letters.accounts import AccountError, checked_bic, checked_iban
from connector.letters.data import Window
from state.countries import alpha2


def _check_iban(text: str) -> str:
    try:
        return checked_iban(text) if text else text
    except AccountError as error:
        raise refusal(str(error), "copy it from a bank statement") from None


def _check_bic(text: str) -> str:
    try:
        return checked_bic(text) if text else text
    except AccountError as error:
        raise refusal(str(error), "copy it from a bank statement, or leave it out") from None


def _check_country(text: str) -> str:
    if text and (len(text) != 2 or not text.isupper() or alpha2(text) is None):
        raise refusal("is not a country", 'write ISO codes such as "DE"')
    return text


Iban = Annotated[str, AfterValidator(_check_iban)]
Bic = Annotated[str, AfterValidator(_check_bic)]
Country = Annotated[str, AfterValidator(_check_country)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class ReturnAddressSection(Section):
    """Whom Lob names as the sender of a firm whose letterhead is not in the United States."""

    name: str = Field(
        default="",
        description="who gets what comes back; empty: the letterhead is the sender",
        examples=["Acme Ltd"],
        json_schema_extra=OPTIONAL,
    )
    street: Texts = Field(
        default=(),
        description="street and the like, a line each",
        examples=[["1 Main Street"]],
        json_schema_extra=OPTIONAL,
    )
    city: str = Field(default="", description="the town", examples=["Albany"], json_schema_extra=OPTIONAL)
    region: str = Field(
        default="", description="the state, by its two letters", examples=["NY"], json_schema_extra=OPTIONAL
    )
    postcode: str = Field(default="", description="its ZIP code", examples=["12207"], json_schema_extra=OPTIONAL)


class LobSection(Section):
    """For letters by Lob, which prints them and posts them from the United States."""

    api_key: SecretReference = Field(
        default="", description="a secret API key, by reference", examples=["env:DUN_LOB_API_KEY"]
    )
    host: Url = Field(default="https://api.lob.com", description="where Lob is")
    color: bool = Field(default=False, description="whether letters are printed in color")
    double_sided: bool = Field(default=True, description="whether both sides of a sheet are printed")
    certified: Literal["certified", "certified_return_receipt"] = Field(
        default="certified",
        description="how certified letters go; certified_return_receipt brings the recipient's signature back."
        " Abroad they go registered",
    )
    return_address: ReturnAddressSection = Field(default_factory=ReturnAddressSection)


class CarriageSection(Section):
    """How the letters of this client leave; a key that is left out is as in [letters]."""

    carrier: Literal["folder", "lob"] = Field(
        default="folder", description="who posts them: people, out of a folder, or Lob"
    )
    certified_stages: Texts = Field(
        default=(),
        description="stages whose letters go as certified mail, where Lob posts them",
        examples=[["final"]],
        json_schema_extra=OPTIONAL,
    )
    lob: LobSection = Field(default_factory=LobSection)


class LettersSection(CarriageSection):
    """How letters leave. Carrier, certified stages and Lob may be set again for a tenant."""

    folder: str = Field(
        default="letters",
        min_length=1,
        description="where the PDFs and their list manifest.csv go, a folder per tenant inside; relative to this file",
    )
    fonts: str = Field(
        default="",
        description="a folder with further fonts, relative to this file; empty: those of the system",
        examples=["fonts"],
        json_schema_extra=OPTIONAL,
    )


def letters_of(shared: LettersSection, own: CarriageSection) -> LettersSection:
    """[letters] with what the tenant's own table says instead; of [letters.lob], key by key."""
    lob = shared.lob.model_copy(update=_said(own.lob))
    return shared.model_copy(update={**_said(own), "lob": lob})


def _said(own: Section) -> dict[str, Any]:
    return {name: getattr(own, name) for name in own.model_fields_set}


class LetterheadSection(Section):
    """Who writes this company's letters, and where they are paid to. Needed before a stage may send letters."""

    name: str = Field(default="", description="the firm's name", examples=["Acme Ltd"])
    street: Texts = Field(default=(), description="street and the like, a line each", examples=[["1 High Street"]])
    city: str = Field(default="", description="the town", examples=["London"])
    postcode: str = Field(default="", description="its postcode", examples=["EC1A 1BB"])
    region: str = Field(
        default="",
        description="the state or province, where addresses have one; two letters in the United States",
        examples=["CA"],
        json_schema_extra=OPTIONAL,
    )
    country: Country = Field(
        default="",
        description="two letters; customers without a country are taken to live there too",
        examples=["GB"],
    )
    contact: Texts = Field(
        default=(),
        description="further lines of the letterhead, such as a telephone number",
        examples=[["Tel. +44 20 7946 0000", "accounts@example.com"]],
    )
    window: Window = Field(
        default="din-5008-b",
        description="where the envelope has its window: DIN 5008 form B, DL in Britain, no. 10 in the United States, or"
        " as Lob prints addresses",
    )
    account_holder: str = Field(
        default="",
        description="whose account it is; empty: the firm's",
        examples=["Acme Ltd"],
        json_schema_extra=OPTIONAL,
    )
    iban: Iban = Field(
        default="",
        description="the account to pay to, for the payment slip; empty: letters have none",
        examples=["GB33BUKB20201555555555"],
        json_schema_extra=OPTIONAL,
    )
    bic: Bic = Field(
        default="", description="its BIC, where it is needed", examples=["BUKBGB22XXX"], json_schema_extra=OPTIONAL
    )
