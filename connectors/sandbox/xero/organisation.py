"""The organisation's own facts, and the enumerations Xero writes them in."""

from datetime import UTC, datetime

from connectors.sandbox.documents import Company
from connectors.sandbox.xero.wire import Node, bare_instant, calendar_date, integer

# Xero names zones as Windows does, without blanks; several cities share one name.
_ZONES = {
    "Europe/London": "GMTSTANDARDTIME",
    "Europe/Dublin": "GMTSTANDARDTIME",
    "Europe/Lisbon": "GMTSTANDARDTIME",
    "Europe/Berlin": "WEUROPESTANDARDTIME",
    "Europe/Amsterdam": "WEUROPESTANDARDTIME",
    "Europe/Vienna": "WEUROPESTANDARDTIME",
    "Europe/Zurich": "WEUROPESTANDARDTIME",
    "Europe/Stockholm": "WEUROPESTANDARDTIME",
    "Europe/Rome": "WEUROPESTANDARDTIME",
    "Europe/Paris": "ROMANCESTANDARDTIME",
    "Europe/Madrid": "ROMANCESTANDARDTIME",
    "Europe/Brussels": "ROMANCESTANDARDTIME",
    "Europe/Warsaw": "CENTRALEUROPEANSTANDARDTIME",
    "Europe/Athens": "GTBSTANDARDTIME",
    "Europe/Helsinki": "FLESTANDARDTIME",
    "America/New_York": "EASTERNSTANDARDTIME",
    "America/Toronto": "EASTERNSTANDARDTIME",
    "America/Chicago": "CENTRALSTANDARDTIME",
    "America/Denver": "MOUNTAINSTANDARDTIME",
    "America/Phoenix": "USMOUNTAINSTANDARDTIME",
    "America/Los_Angeles": "PACIFICSTANDARDTIME",
    "America/Vancouver": "PACIFICSTANDARDTIME",
    "Asia/Singapore": "SINGAPORESTANDARDTIME",
    "Asia/Hong_Kong": "CHINASTANDARDTIME",
    "Asia/Tokyo": "TOKYOSTANDARDTIME",
    "Asia/Kolkata": "INDIASTANDARDTIME",
    "Asia/Dubai": "ARABIANSTANDARDTIME",
    "Africa/Johannesburg": "SOUTHAFRICASTANDARDTIME",
    "Australia/Sydney": "AUSEASTERNSTANDARDTIME",
    "Australia/Melbourne": "AUSEASTERNSTANDARDTIME",
    "Australia/Brisbane": "EAUSTRALIASTANDARDTIME",
    "Australia/Adelaide": "CENAUSTRALIASTANDARDTIME",
    "Australia/Perth": "WAUSTRALIASTANDARDTIME",
    "Australia/Hobart": "TASMANIASTANDARDTIME",
    "Pacific/Auckland": "NEWZEALANDSTANDARDTIME",
}
_EDITIONS = {"GB": "UK", "NZ": "NZ", "AU": "AU", "US": "US"}
_FOUNDED = datetime(2019, 4, 1, 9, 0, tzinfo=UTC)


def organisation_node(company: Company) -> Node:
    """The company as `/Organisation` shows it. A zone nobody mapped is UTC, as Xero has no other word for it."""
    node: Node = {
        "Name": company.name,
        "LegalName": company.name,
        "PaysTax": True,
        "Version": _EDITIONS.get(company.country, "GLOBAL"),
        "OrganisationType": "COMPANY",
        "BaseCurrency": company.currency,
        "CountryCode": company.country,
        "IsDemoCompany": company.demo,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": integer(31),
        "FinancialYearEndMonth": integer(3),
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
    }
    if company.closed_until is not None:
        node["PeriodLockDate"] = calendar_date(company.closed_until)
    return node | {
        "CreatedDateUTC": bare_instant(_FOUNDED),
        "OrganisationEntityType": "COMPANY",
        "Timezone": _ZONES.get(company.zone, "UTC"),
        "ShortCode": company.short_code,
        "OrganisationID": company.guid,
        "Edition": "BUSINESS",
        "Class": "DEMO" if company.demo else "STANDARD",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
