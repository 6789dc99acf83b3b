"""What time it may be in a state or province, for the countries whose addresses name one and that keep several zones.

By the zone database and the laws behind it; where a border runs through a state, it has both zones.
"""

from functools import lru_cache

_US = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "AZ CO ID KS MT ND NE NM NV OR SD TX UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Anchorage": "AK",
    "America/Adak": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
_CA = {
    "America/St_Johns": "NL",
    "America/Halifax": "NB NL NS PE QC",
    "America/Blanc-Sablon": "QC",
    "America/Toronto": "NU ON QC",
    "America/Atikokan": "NU ON",
    "America/Winnipeg": "MB NU ON SK",
    "America/Regina": "SK",
    "America/Edmonton": "AB BC NT NU SK",
    "America/Dawson_Creek": "BC",
    "America/Vancouver": "BC",
    "America/Whitehorse": "YT",
}
_AU = {
    "Australia/Sydney": "ACT NSW VIC",
    "Australia/Lord_Howe": "NSW",
    "Australia/Broken_Hill": "NSW",
    "Australia/Brisbane": "QLD",
    "Australia/Hobart": "TAS",
    "Australia/Adelaide": "SA",
    "Australia/Darwin": "NT",
    "Australia/Eucla": "WA",
    "Australia/Perth": "WA",
}
_COUNTRIES = {"US": _US, "CA": _CA, "AU": _AU}


def zones_of_region(country: str, region: str | None) -> tuple[str, ...]:
    """The zones of a state or province of `country` (ISO 3166 alpha-2), given by code or name; none: not known."""
    code = _codes(country).get((region or "").strip().casefold())
    return tuple(zone for zone, codes in _COUNTRIES.get(country, {}).items() if code in codes.split())


@lru_cache(maxsize=8)
def _codes(country: str) -> dict[str, str]:
    """Codes by code and by name."""
    if country not in _COUNTRIES:
        return {}
    from holidays import country_holidays  # megabytes, for whoever has customers in such a country

    named = country_holidays(country).get_subdivision_aliases()
    return {text.casefold(): code for code, names in named.items() for text in (code, *names)}
