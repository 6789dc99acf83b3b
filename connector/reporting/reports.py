"""Which reports there are, by the names that `dun report`, the page and the monthly PDF ask for them.

A report's arithmetic is pure and lies in `connector.reports`; its rows come from `state`; here they meet. Whoever adds
a report adds a line to REPORTS.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from connector.config.settings import TenantSettings
from connector.reporting import payers
from connector.reporting.asked import Asked, UnanswerableError, check_day
from connector.reporting.monthly import monthly
from connector.reporting.receivables import aged_debt_report, collected_in, window_of
from connector.reports.apology import Firm
from connector.reports.collection import collection_report
from connector.reports.dso import dso_report
from connector.reports.effects import Minutes, effects_report
from connector.reports.left_out import before_the_file
from connector.reports.table import Report
from connector.reports.trial import trial_report
from connector.saying.said import Said, say
from state.store import TenantStore

__all__ = ["REPORTS", "Asked", "Listed"]


Choice = Literal["as_of", "month", "by", "days"]
_DAY: frozenset[Choice] = frozenset({"as_of", "month"})
_WINDOW: frozenset[Choice] = _DAY | {"days"}


class Listed(Struct, frozen=True):
    """A report as it is listed: its title, what it answers, in a line, and what builds it."""

    title: str
    words: str
    build: Callable[[TenantStore, TenantSettings, Asked], Report]
    heeds: frozenset[Choice] = frozenset()  # the choices that change what it says
    today_alone: Said | None = None  # why it can be of no other day; None: it can


def built(name: str, listed: Listed, store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    """The report `name`. Raises UnanswerableError for a day that it cannot be of."""
    check_day(asked)
    if listed.today_alone is not None and asked.as_of != asked.today:
        raise UnanswerableError(
            say(
                "The report {name} is of today alone, {today}, and not of {day}: {why}.",
                name=name,
                today=asked.today,
                day=asked.as_of,
                why=listed.today_alone,
            )
        )
    made = listed.build(store, settings, asked)
    first = store.first_issue(asked.as_of)
    if first is None or first <= asked.as_of:
        return made
    nothing = before_the_file(asked.as_of, first)
    return made if nothing in made.cannot_know else replace(made, cannot_know=(nothing, *made.cannot_know))


def _aged_debt(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    return aged_debt_report(store, settings, asked.as_of, asked.today, asked.by)


def _dso(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:  # noqa: ARG001 - as reports are built
    return dso_report(window_of(store, asked))


def _collection(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:  # noqa: ARG001 - as above
    return collection_report(collected_in(store, asked))


def _effects(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    zone = ZoneInfo(settings.zone)
    effects = store.effects(asked.as_of - timedelta(days=asked.days - 1), asked.as_of, asked.today, zone)
    minutes = Minutes(settings.minutes.message, settings.minutes.note)
    firm = Firm(firm_of(store, settings), settings.locale, zone)
    return effects_report(effects, minutes, firm)


def _trial(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    trial = settings.trial
    share, days = (trial.percent, trial.start_days) if trial else (0, 0)
    groups, draws = store.trials.groups(share, days, asked.as_of), store.trials.begun(share, days)
    return trial_report(*groups, draws, share, days, asked.as_of)


def firm_of(store: TenantStore, settings: TenantSettings) -> str:
    organisation = store.mirror.organisation()
    return organisation.name if organisation else settings.sender.name or ""


REPORTS: Mapping[str, Listed] = MappingProxyType(
    {
        "aged-debt": Listed(
            "Aged debt", "what customers owe, by how many days it is past its due date", _aged_debt, _DAY | {"by"}
        ),
        "dso": Listed(
            "Days sales outstanding",
            "how long money takes: DSO in three ways, and what payments say themselves",
            _dso,
            _WINDOW,
        ),
        "collection": Listed(
            "Collection",
            "how much of what could be collected was: CEI, collection rate, days late",
            _collection,
            _WINDOW,
        ),
        "reminders": Listed(
            "What reminders did",
            "what reminders did: arrived, answered, followed by payment, sent for nothing, minutes spared",
            _effects,
            _WINDOW,
        ),
        "control-group": Listed(
            "What reminding changes", "by a group of customers that is reminded later", _trial, _DAY
        ),
        "best-time": Listed(
            "Messages at the customer's own time",
            "whether messages at customers' own times are paid sooner, and what those times are",
            payers.best_time,
            today_alone=say("where customers were, and when messages might be sent to them, is not kept of other days"),
        ),
        "monthly": Listed("The month", "a month on one page, also as a PDF", monthly, frozenset({"month"})),
        "rating": Listed("Payer rating", "how each customer pays, from A to F, and why", payers.rating, _DAY),
        "forecast": Listed(
            "When the money comes",
            "when the money of the open invoices comes, and how wrong that was lately",
            payers.forecast,
            today_alone=say(
                "what was promised and agreed on other days is not kept; how wrong earlier forecasts were, it says"
                " itself"
            ),
        ),
    }
)
