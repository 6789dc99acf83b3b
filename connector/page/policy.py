"""The policy as it is in force: in sentences, by segment with its customers, and what it does in the coming month.

It can be held against the last twelve months, which takes a while and therefore has a page of its own.
"""

from collections import Counter
from datetime import date

from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector.dunning.calendar import shift
from connector.dunning.segments import STANDARD
from connector.outlook import Send, outlook
from connector.page.charts import Chart, Series, bars
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import Visit
from connector.policy_tools.findings import plan_findings
from connector.policy_tools.firm_sentences import firm_sentences
from connector.policy_tools.rewind import Rewound, rewind
from connector.policy_tools.sentences import policy_sentences, segment_sentences, time_sentences
from connector.policy_tools.unreachable import unreachable
from connector.tenant import Tenant

NAVIGATION = (Entry("/t/{tenant}/policy", "policy.title", 60, "policy check"), Entry("/firms", "policy.firms", 15))
DAYS, MONTHS = 30, 12
_DAYS_BACK = 365
_MOST = 200  # rows of a table; how many more there are is told
_WEEK = 7


class Segment(Struct, frozen=True):
    """Whose sequence it is: `customers` of them owe something today, of whom `some` are named with their ids."""

    name: str
    sequence: str
    customers: int
    some: tuple[tuple[str, str], ...]


def routes(site: Site) -> list[Route]:
    return [
        site.page("/firms", _firms),
        site.page("/t/{tenant}/policy", _show, "policy check"),
        site.page("/t/{tenant}/policy/rewind", _rewind, "policy rewind"),
    ]


def _firms(visit: Visit) -> Response:
    """Where one chooses a firm, whose own pages are then offered."""
    known = visit.connected()
    return visit.show("firms.html", firms=[(each.slug, each.slug in known) for each in visit.tenants])


def _show(visit: Visit) -> Response:
    with visit.open() as opened, opened.tenant(visit.tenant.slug) as tenant:
        coming = outlook(tenant, DAYS)
        segments = _segments(tenant)
    book, escalates = visit.tenant.book, visit.tenant.escalated_sender is not None
    idle = unreachable(book, (each.book for each in visit.config.tenants.values()))
    planned = [f"{each.sequence}: {each.words}" for each in (*plan_findings(book, escalates=escalates), *idle)]
    return visit.show(
        "policy.html",
        policies=[(policy.name, policy_sentences(policy, escalates=escalates)) for policy in book.policies],
        firm=list(firm_sentences(visit.tenant)),
        who=[*time_sentences(book), *segment_sentences(book)],
        doubts=(*planned, *visit.tenant.doubts, *coming.rates),
        segments=segments,
        sends=coming.sends[:_MOST],
        more=max(0, len(coming.sends) - _MOST),
        held=len(coming.held),
        chart=_by_week(visit, coming.sends, coming.business_day),
        mode=coming.mode,
    )


def _segments(tenant: Tenant) -> list[Segment]:
    book, today = tenant.settings.book, tenant.today
    found: dict[str, list[tuple[str, str]]] = {}
    for account in tenant.accounts():
        found.setdefault(book.choose(account, today).segment, []).append((account.contact_id, account.name))
    sequences = {segment.name: segment.policy.name for segment in book.segments} | {STANDARD: book.standard.name}
    return [
        Segment(name, sequence, len(found.get(name, ())), tuple(found.get(name, ())[:_MOST]))
        for name, sequence in sequences.items()
    ]


def _by_week(visit: Visit, sends: tuple[Send, ...], today: date) -> Chart:
    weeks = Counter((send.on - today).days // _WEEK for send in sends)
    numbers = [weeks[week] for week in range(-(-DAYS // _WEEK))]
    labels = [visit.words.day(shift(today, week * _WEEK)) for week in range(len(numbers))]
    words = visit.words
    series = Series(
        words("policy.messages"), [float(each) for each in numbers], [words.number(each) for each in numbers]
    )
    return bars(words("policy.by_week"), words("policy.week_from"), labels, [series])


def _rewind(visit: Visit) -> Response:
    with visit.open() as opened, opened.tenant(visit.tenant.slug) as tenant:
        last = tenant.today
        past = rewind(
            tenant.store.past(tenant.zone), tenant.settings.book, tenant.calendar, shift(last, -_DAYS_BACK), last
        )
    return visit.show("rewind.html", past=past, most=past.customers[:20], chart=_by_month(visit, past))


def _by_month(visit: Visit, past: Rewound) -> Chart:
    months = Counter((message.on.year, message.on.month) for message in past.messages)
    days = sorted(months)
    labels = [f"{month:02}/{year % 100:02}" for year, month in days]
    words = visit.words
    numbers = [months[day] for day in days]
    series = Series(
        words("policy.messages"), [float(each) for each in numbers], [words.number(each) for each in numbers]
    )
    return bars(words("policy.by_month"), words("policy.month"), labels, [series])
