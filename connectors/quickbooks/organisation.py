"""Facts about the company, and the one that mapping needs: which currency a record means when it does not say.

Which company answered cannot be proven from its data: CompanyInfo carries the id '1' in every company. What binds a
connection to its company is the realm in the address together with the token, which QuickBooks refuses (3100) for any
other realm; so the realm is taken from the consent, stored, and never read from an answer.
"""

import msgspec
from msgspec import Struct

from connectors.ledger import BadData
from connectors.quickbooks.batch import ask
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.query import select
from connectors.quickbooks.wire import CompanyInfoRow, CurrencyPreferences, PreferencesRow
from connectors.unreadable import NOT_JSON
from state.model import Organisation
from state.plain_text import bounded


class _Facts(Struct, rename="pascal"):
    company_info: list[CompanyInfoRow] = []
    preferences: list[PreferencesRow] = []


class Company:
    """What QuickBooks says about the company; the currency rule is asked for once and remembered."""

    def __init__(self, client: QuickBooksClient, realm: str) -> None:
        self._client = client
        self._realm = realm
        self._currencies: CurrencyPreferences | None = None
        self._country: str | None = None

    def organisation(self) -> Organisation:
        """One call. QuickBooks does not tell its time zone, nor whether it reminds customers itself."""
        info, currencies = self._read()
        if not info.company_name or currencies.home_currency is None or not currencies.home_currency.value:
            raise BadData("QuickBooks did not tell the company's name or home currency")
        return Organisation(
            ledger="quickbooks",
            id=self._realm,
            name=bounded(info.company_name),
            currency=currencies.home_currency.value,
            zone=None,
            country=info.country,
        )

    def country(self) -> str | None:
        """As QuickBooks writes it; None if it does not say."""
        if self._currencies is None:
            self._read()
        return self._country

    def home_currency(self) -> str | None:
        """The currency of records that name none; None where several are in use, or QuickBooks does not say."""
        currencies = self._currencies or self._read()[1]
        if currencies.multi_currency_enabled is not False or currencies.home_currency is None:
            return None
        return currencies.home_currency.value

    def _read(self) -> tuple[CompanyInfoRow, CurrencyPreferences]:
        facts = _Facts()
        for rows in ask(self._client, [select("CompanyInfo"), select("Preferences")]):
            if isinstance(rows, PoisonedQuery):
                raise rows
            part = _facts(rows.rows)
            facts.company_info += part.company_info
            facts.preferences += part.preferences
        if not facts.company_info or not facts.preferences:
            raise BadData("QuickBooks did not describe the company")
        self._currencies = facts.preferences[0].currency_prefs or CurrencyPreferences()
        self._country = facts.company_info[0].country
        return facts.company_info[0], self._currencies


def _facts(rows: msgspec.Raw) -> _Facts:
    try:
        return msgspec.json.decode(rows, type=_Facts)
    except NOT_JSON as error:
        raise BadData(f"QuickBooks described the company in an unexpected way: {error}") from None
