"""Facts about the company behind a connection, and the proof that it is the company we meant."""

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Forbidden, Outage
from connectors.unreadable import NOT_JSON
from connectors.xero.zones import IANA
from state.model import Organisation
from state.money import MoneyError, exponent
from state.plain_text import bounded


class _Organisation(Struct, kw_only=True):
    OrganisationID: str
    Name: str
    BaseCurrency: str
    CountryCode: str | None = None
    Timezone: str | None = None
    ShortCode: str | None = None
    IsDemoCompany: bool | None = None


class _Organisations(Struct):
    Organisations: list[_Organisation]


class _ReminderSettings(Struct):
    Enabled: bool | None = None


class _InvoiceReminders(Struct):
    InvoiceReminders: list[_ReminderSettings]


def read_organisation(body: bytes, tenant_id: str) -> Organisation:
    """The one organisation in the answer. Forbidden if it is not `tenant_id` (Xero uses one id for both)."""
    wire = _only_organisation(body)
    if wire.OrganisationID.lower() != tenant_id.lower():
        raise Forbidden("another company than the connected one answers; run `dun reconnect` for this client")
    try:
        exponent(wire.BaseCurrency)
    except MoneyError as error:
        raise BadData(f"the organisation keeps its books in a currency Dun cannot count: {error}") from None
    return Organisation(
        ledger="xero",
        id=tenant_id,
        name=bounded(wire.Name),
        currency=wire.BaseCurrency,
        zone=IANA.get(wire.Timezone or ""),
        country=wire.CountryCode or None,
        short_code=wire.ShortCode or None,
        demo=wire.IsDemoCompany is True,
    )


def read_reminders_on(body: bytes) -> bool | None:
    """Whether Xero itself reminds customers; None if it does not say."""
    try:
        settings = msgspec.json.decode(body, type=_InvoiceReminders).InvoiceReminders
    except NOT_JSON:
        return None
    answers = {setting.Enabled for setting in settings}
    return True if True in answers else (False if answers == {False} else None)


def _only_organisation(body: bytes) -> _Organisation:
    try:
        organisations = msgspec.json.decode(body, type=_Organisations).Organisations
    except msgspec.ValidationError as error:
        raise BadData(f"Xero's description of the organisation cannot be read: {error}") from None
    except NOT_JSON:
        raise Outage("Xero's answer is not JSON, or ends too early") from None
    if len(organisations) != 1:
        raise BadData(f"Xero answered with {len(organisations)} organisations instead of one")
    return organisations[0]
