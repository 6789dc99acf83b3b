"""How a tenant's file came to be, step by step. A step that has been released is never edited; a new one follows it.

All tables are STRICT, amounts are integers of minor units, and what must never happen is refused here rather than in
Python, so that a hand-made UPDATE in the `sqlite3` shell meets the same refusal.
"""

from typing import Any

from state.agreement_tables import AGREEMENTS
from state.arrival_tables import ARRIVALS, ENTERED
from state.base_tables import DECISIONS, MIRROR, REMINDERS
from state.charge_again_tables import CHARGES_AGAIN
from state.charge_tables import CHARGES
from state.contact_tables import CONTACT_DETAILS
from state.correspondence_tables import CORRESPONDENCE
from state.database import Kind
from state.delivery_views import BY_RECIPIENTS
from state.disputed_tables import DISPUTED
from state.edited_tables import EDITED
from state.effect_tables import EFFECTS, SHOWN_LATER
from state.history_tables import HISTORY
from state.keeping_tables import KEEPING
from state.last_decision_tables import LAST_DECISION
from state.month_views import MONTH_VIEWS
from state.overdue_views import OVERDUE_VIEWS
from state.own_payment_tables import OWN_PAYMENTS
from state.phone_tables import PHONES
from state.policy_tables import CHANNELS
from state.quick_month_views import QUICK_MONTH_VIEWS
from state.rate_tables import RATES
from state.search_tables import SEARCH, SEARCH_WITHOUT_ACCENTS
from state.taking_back_tables import TAKING_BACK
from state.task_tables import TASKS
from state.term_tables import TERMS
from state.timing_tables import TIMINGS
from state.trial_start_tables import TRIAL_START
from state.unread_tables import UNREAD
from state.views import VIEWS
from state.ways_out_tables import WAYS_OUT


def _run(database: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.conn.execute(statement)


def m001_mirror(database: Any) -> None:
    _run(database, MIRROR)


def m002_reminders(database: Any) -> None:
    _run(database, REMINDERS)


def m003_decisions(database: Any) -> None:
    _run(database, DECISIONS)


def m004_views(database: Any) -> None:
    _run(database, VIEWS)


def m005_keeping(database: Any) -> None:
    _run(database, KEEPING)


def m006_channels(database: Any) -> None:
    _run(database, CHANNELS)


def m007_tasks(database: Any) -> None:
    _run(database, TASKS)


def m008_phones(database: Any) -> None:
    _run(database, PHONES)


def m009_agreements(database: Any) -> None:
    _run(database, AGREEMENTS)


def m010_contact_details(database: Any) -> None:
    _run(database, CONTACT_DETAILS)


def m011_correspondence(database: Any) -> None:
    _run(database, CORRESPONDENCE)


def m012_edited(database: Any) -> None:
    _run(database, EDITED)


def m013_charges(database: Any) -> None:
    _run(database, CHARGES)


def m014_ways_out(database: Any) -> None:
    _run(database, WAYS_OUT)


def m015_month_views(database: Any) -> None:
    _run(database, MONTH_VIEWS)


def m016_rates(database: Any) -> None:
    _run(database, RATES)


def m018_effects(database: Any) -> None:
    _run(database, EFFECTS)


def m020_search(database: Any) -> None:
    _run(database, SEARCH)


def m021_quick_month_views(database: Any) -> None:
    _run(database, QUICK_MONTH_VIEWS)


def m022_timings(database: Any) -> None:
    _run(database, TIMINGS)


def m023_own_payments(database: Any) -> None:
    _run(database, OWN_PAYMENTS)


def m024_arrivals(database: Any) -> None:
    _run(database, ARRIVALS)


def m025_terms(database: Any) -> None:
    _run(database, TERMS)


def m026_history(database: Any) -> None:
    _run(database, HISTORY)


def m027_taking_back(database: Any) -> None:
    _run(database, TAKING_BACK)


def m028_money_asked(database: Any) -> None:
    _run(database, CHARGES_AGAIN)
    _run(database, DISPUTED)


def m029_last_decision(database: Any) -> None:
    _run(database, LAST_DECISION)


def m030_entered(database: Any) -> None:
    _run(database, ENTERED)


def m031_unread(database: Any) -> None:
    _run(database, UNREAD)


def m032_search_without_accents(database: Any) -> None:
    _run(database, SEARCH_WITHOUT_ACCENTS)


def m033_delivery_by_recipients(database: Any) -> None:
    _run(database, BY_RECIPIENTS)


def m034_overdue_views(database: Any) -> None:
    _run(database, OVERDUE_VIEWS)


def m035_trial_start(database: Any) -> None:
    _run(database, TRIAL_START)


def m036_shown_later(database: Any) -> None:
    _run(database, SHOWN_LATER)


TENANT_FILE = Kind(
    "tenant's file",
    0x44554E54,  # "DUNT"
    (
        m001_mirror,
        m002_reminders,
        m003_decisions,
        m004_views,
        m005_keeping,
        m006_channels,
        m007_tasks,
        m008_phones,
        m009_agreements,
        m010_contact_details,
        m011_correspondence,
        m012_edited,
        m013_charges,
        m014_ways_out,
        m015_month_views,
        m016_rates,
        m018_effects,
        m020_search,
        m021_quick_month_views,
        m022_timings,
        m023_own_payments,
        m024_arrivals,
        m025_terms,
        m026_history,
        m027_taking_back,
        m028_money_asked,
        m029_last_decision,
        m030_entered,
        m031_unread,
        m032_search_without_accents,
        m033_delivery_by_recipients,
        m034_overdue_views,
        m035_trial_start,
        m036_shown_later,
    ),
)
