"""What the company says of itself: CompanyInfo, Preferences, Terms, and the names of currencies and countries."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale

from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.stamps import stamp

_CURRENCIES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "NZD": "New Zealand Dollar",
    "USD": "United States Dollar",
}
_COUNTRIES = dict(
    pair.split("/")
    for pair in "AT/AUT AU/AUS BE/BEL CA/CAN CH/CHE DE/DEU DK/DNK ES/ESP FI/FIN FR/FRA GB/GBR IE/IRL IN/IND IT/ITA"
    " JP/JPN LU/LUX MX/MEX NL/NLD NO/NOR NZ/NZL PL/POL PT/PRT SE/SWE SG/SGP US/USA ZA/ZAF".split()
)
_USUAL_TERMS = frozenset({0, 15, 30, 60})


@dataclass(frozen=True, slots=True)
class Term:
    """Payment terms in days, as a record with an id of its own."""

    id: int
    days: int
    created: datetime
    updated: datetime
    version: int = 0

    @property
    def name(self) -> str:
        return f"Net {self.days}" if self.days else "Due on receipt"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one record of CompanyInfo or Preferences."""

    id: int
    created: datetime
    updated: datetime
    version: int = 0


@cache
def currency_name(code: str) -> str:
    return _CURRENCIES.get(code) or Locale("en").currencies.get(code, code)


def currency_ref(code: str) -> Payload:
    return {"value": code, "name": currency_name(code)}


def country_of(alpha2: str | None) -> str | None:
    """The three-letter code addresses have carried since 2025; what we cannot translate stays as it is."""
    return _COUNTRIES.get(alpha2, alpha2) if alpha2 else None


def term_ref(days: int) -> Payload:
    return {"value": str(days + 1)}


def all_terms(realm: Realm) -> list[Term]:
    founded = founding(realm)
    used = {customer.terms_days for customer in realm.books.customers.values()}
    return [Term(days + 1, days, founded, founded) for days in sorted(used | _USUAL_TERMS)]


def founding(realm: Realm) -> datetime:
    """When the company file began: with its first customer, or now."""
    first = next(iter(realm.books.customers.values()), None)
    return first.created if first else realm.now()


def sheets(realm: Realm) -> list[Sheet]:
    founded = founding(realm)
    return [Sheet(1, founded, founded)]


def _identity(record: Term | Sheet) -> Payload:
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": str(record.id),
        "SyncToken": str(record.version),
        "MetaData": {"CreateTime": stamp(record.created), "LastUpdatedTime": stamp(record.updated)},
    }


def term_body(_: Realm, term: Term) -> Payload:
    return {
        "Name": term.name,
        "Active": True,
        "Type": "STANDARD",
        "DueDays": term.days,
        "DiscountDays": 0,
        **_identity(term),
    }


def company_info_body(realm: Realm, sheet: Sheet) -> Payload:
    company = realm.books.company
    place = {"Id": "1", "Line1": "1 Sandbox Street", "City": "Sandbox", "Country": country_of(company.country)}
    values = {"NeoEnabled": "true", "SubscriptionStatus": "PAID", "OfferingSku": "QuickBooks Online Plus"}
    return {
        "CompanyName": company.name,
        "LegalName": company.name,
        "CompanyAddr": place,
        "CustomerCommunicationAddr": place,
        "LegalAddr": place,
        "PrimaryPhone": {},
        "CompanyStartDate": sheet.created.date().isoformat(),
        "FiscalYearStartMonth": "January",
        "Country": company.country,
        "Email": {"Address": "office@company.example"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "NameValue": [{"Name": name, "Value": value} for name, value in values.items()],
        **_identity(sheet),
    }


def preferences_body(realm: Realm, sheet: Sheet) -> Payload:
    company = realm.books.company
    closed = {"BookCloseDate": company.closed_until.isoformat()} if company.closed_until else {}
    return {
        "AccountingInfoPrefs": {
            "UseAccountNumbers": False,
            "TrackDepartments": False,
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": False,
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            **closed,
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {"ForSales": True, "ForPurchase": True},
        "SalesFormsPrefs": {
            "CustomTxnNumbers": False,
            "AllowDeposit": False,
            "AllowDiscount": False,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "AutoApplyCredit": realm.switch("auto_apply", "no") == "yes",
            "AutoApplyPayments": realm.switch("auto_apply", "no") == "yes",
            "UsingPriceLevels": False,
        },
        "TaxPrefs": {"UsingSalesTax": False, "PartnerTaxEnabled": False},
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": realm.multicurrency,
            "HomeCurrency": {"value": company.currency},
        },
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "DateFormatMnemonic", "Value": "MMDDYYYY_SEP_SLASH"}]},
        **_identity(sheet),
    }
