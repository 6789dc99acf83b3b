"""Texts and calls to a country so wide that no hour of the window is one in all of its zones."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from connector.config.settings import TenantSettings
from connector.customer_zones import zones_of_country
from connector.policy_tools.findings import Finding
from connector.telephone_hours import common_hours
from connector.tenant import NUMBERS


def silent_telephones(settings: TenantSettings, today: date) -> Iterator[Finding]:
    """Segments whose texts and calls leave only where the number or the address says in which zone the customer is."""
    if not settings.window_of_customer:
        return
    for segment in settings.book.segments:
        ringing = [stage.name for stage in segment.policy.stages if not NUMBERS.keys().isdisjoint(stage.channels)]
        silent = [country for country in sorted(segment.rules.countries) if not _has_hours(settings, country, today)]
        if ringing and silent:
            yield Finding(
                segment.policy.name,
                f"texts and calls of {', '.join(ringing)} leave to customers in {', '.join(silent)} only where the"
                " number or the address says in which zone: at no hour is it within the window in all of them; make"
                " the window longer, or let another channel come first",
            )


def _has_hours(settings: TenantSettings, country: str, today: date) -> bool:
    clocks = zones_of_country(country)
    return not clocks or any(common_hours(settings.sending_window, ZoneInfo(settings.zone), clocks, today))
