"""The tables about charges for late payment: by which right they are asked for, and rates not in the built-in list."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import AfterValidator, Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import Amounts, parse_threshold, refusal
from connector.dunning.late_terms import LAWS, Contract, DayCount, Debtor, Terms
from connector.dunning.reference_rates import Rate, RateName, Rates
from connector.law.published_rates import published_rates

_LEAST, _MOST = Decimal(-10), Decimal(100)


def _check_percent(text: str) -> str:
    try:
        percent = Decimal(text) if text else Decimal(0)
    except InvalidOperation:
        raise refusal("is not a percentage", 'write it in quotes, as "3.75"') from None
    if not (percent.is_finite() and _LEAST <= percent <= _MOST):
        raise refusal("is not a percentage", f"use {_LEAST} to {_MOST}")
    return text


Percent = Annotated[str, AfterValidator(_check_percent)]


class ChargesSection(Section):
    """Interest and fixed sums for late payment. A stage names or claims them only where its `charges` say so."""

    terms: Literal["none", "uk", "eu", "de", "contract"] = Field(
        default="none",
        description="by which right: the Late Payment of Commercial Debts Act (uk), Directive 2011/7 (eu), BGB 288"
        " (de), or what was agreed (contract)",
    )
    customers: Debtor = Field(
        default="unknown",
        description="who customers are of whom nothing else is known; no law for businesses is used on unknown ones",
    )
    percent: Percent = Field(
        default="", description="of a contract: interest a year", examples=["8.00"], json_schema_extra=OPTIONAL
    )
    day_count: DayCount = Field(
        default="365", description="of a contract: a year has 365 days, or as many as it really has"
    )
    per_invoice: Amounts = Field(
        default={},
        description="of a contract: an amount for each late invoice, by currency",
        examples=[{"EUR": "25.00"}],
        json_schema_extra=OPTIONAL,
    )
    per_reminder: Amounts = Field(
        default={},
        description="of a contract: an amount for each reminder after the due date, by currency",
        examples=[{"EUR": "2.50"}],
        json_schema_extra=OPTIONAL,
    )
    cap_percent: Percent = Field(
        default="",
        description="of a contract: all charges together are at most so much of the invoice",
        examples=["10"],
        json_schema_extra=OPTIONAL,
    )
    with_consumers: bool = Field(default=False, description="of a contract: whether consumers agreed to it too")
    account: str = Field(
        default="",
        max_length=10,
        pattern=r"^[^\s]*$",
        description="Xero: code of the account on which charges are booked that a person raises in the ledger",
        examples=["270"],
        json_schema_extra=OPTIONAL,
    )
    item: str = Field(
        default="",
        max_length=20,
        pattern=r"^\d*$",
        description="QuickBooks: id of the product or service for the same",
        examples=["18"],
        json_schema_extra=OPTIONAL,
    )
    four_eyes: bool = Field(
        default=False, description="whether somebody else than the proposer has to let charges into the ledger"
    )


class RateSection(Section):
    """A reference rate on days for which the built-in list has none, or another. Look it up; never estimate it."""

    name: RateName = Field(description="which rate", examples=["bank_of_england"])
    first: date = Field(description="the first day on which it was in force", examples=[date(2026, 7, 1)])
    last: date = Field(description="the last day of which that is known", examples=[date(2026, 12, 31)])
    percent: Percent = Field(min_length=1, description="percent a year", examples=["3.75"])


class Charging(Struct, frozen=True, kw_only=True):
    """By which right a tenant asks for interest and fixed sums, of whom, and at which rates."""

    terms: Terms | None = None  # None: not at all
    customers: Debtor = "unknown"
    rates: Rates = Rates({})
    account: str = ""  # Xero: where charges are booked that are raised in the ledger; empty: they cannot be
    item: str = ""  # QuickBooks: the product or service for the same
    four_eyes: bool = False  # whether the proposer may not approve


NO_CHARGES = Charging()


def charging(section: ChargesSection, rates: Iterable[RateSection]) -> Charging:
    """The charges of one tenant, at the published rates and the firm's own."""
    terms = terms_of(section)
    if terms is None:
        return NO_CHARGES
    return Charging(
        terms=terms,
        customers=section.customers,
        rates=published_rates().with_own(own_rates(rates)),
        account=section.account,
        item=section.item,
        four_eyes=section.four_eyes,
    )


def terms_of(section: ChargesSection) -> Terms | None:
    """The law or the contract that the section names; None: no charges."""
    if section.terms == "none":
        return None
    if section.terms != "contract":
        return LAWS[section.terms]
    return Contract(
        percent=Decimal(section.percent) if section.percent else None,
        day_count=section.day_count,
        per_invoice=parse_threshold(section.per_invoice) if section.per_invoice else None,
        per_reminder=parse_threshold(section.per_reminder) if section.per_reminder else None,
        cap_percent=Decimal(section.cap_percent) if section.cap_percent else None,
        with_consumers=section.with_consumers,
    )


def own_rates(sections: Iterable[RateSection]) -> list[tuple[RateName, Rate]]:
    """The firm's rates, for `Rates.with_own`."""
    return [(section.name, Rate(section.first, section.last, Decimal(section.percent))) for section in sections]
