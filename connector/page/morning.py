"""The morning list: what needs a person, what goes out today, what came in, and what is held, over all tenants.

It shows what is stored and decides nothing. Each tenant's part is remembered until its file changes, so that a hundred
tenants are one quick page.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector.agreements.subject import money
from connector.approval import credit_text
from connector.asked import Deducting, sums
from connector.config.settings import Config, TenantSettings
from connector.dunning.explain import sentence, together
from connector.dunning.reasons import Reason, ReasonCode, reasons_from_json
from connector.on_their_way import on_their_way
from connector.page.glances import Glances
from connector.page.held import held_now
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from connector.people import same_person
from connector.saying.kept import known_again, reason_name
from connector.saying.names import name, stage_name
from connector.saying.said import say
from connector.seen import Seen, mark
from connector.terms import terms_of
from connector.wiring import tenant_file
from state.arrivals import Sum
from state.clock import Clock
from state.errors import StateError
from state.held import HeldGroup, HeldInvoice
from state.in_hand import InHand
from state.model import ReminderId, TenantSlug
from state.morning import Concern, Morning, Planned
from state.store import TenantStore
from state.terms import Terms

Mornings = Glances[tuple[date, str], Morning]

NAVIGATION = (Entry("/", "morning.title", 10),)
SHOWN = 100  # rows of a section; how many more there are is told
# In the order of what must not wait.
KINDS: tuple[str, ...] = (
    "parked", "unreadable", "suspicious", "unknown", "failed", "delivery", "reply", "dispute", "promise", "call",
    "decision", "write_off", "text", "late_payment", "person", "rejected",
)  # fmt: skip

_NOT_BY_A_BUTTON = frozenset({"handed_over", "forgotten", "write_off"})


class Firm(Struct, frozen=True):
    """One tenant's part, with the names people know."""

    settings: TenantSettings
    name: str
    parked: bool  # its connection is dead
    morning: Morning

    @property
    def slug(self) -> TenantSlug:
        return self.settings.slug


class Need(Struct, frozen=True):
    """One row of what needs a person; `concern` is None where the tenant as a whole does, for the reason `words`."""

    slug: TenantSlug
    firm: str
    kind: str
    concern: Concern | None
    words: str
    barred: bool = False  # from saying yes: it takes somebody else


class Going(Struct, frozen=True, kw_only=True):
    """What leaves today for one tenant: what waits for a yes, and what goes by itself. `mark` stands for the former.

    Where its connection is dead, nothing does: all of it is `stuck`.
    """

    slug: TenantSlug
    firm: str
    waiting: int
    waiting_sums: tuple[Sum, ...]
    alone: int
    alone_sums: tuple[Sum, ...]
    stuck: int
    stuck_sums: tuple[Sum, ...]
    mark: str


class Group(Struct, frozen=True):
    """Needs of one kind: `total` of them, of which `needs` are shown."""

    kind: str
    total: int
    needs: tuple[Need, ...]


class Held(Struct, frozen=True):
    slug: TenantSlug
    firm: str
    group: HeldGroup
    why: str
    targets: frozenset[str]

    def scope(self, invoice: HeldInvoice) -> str:
        """What a person can end of it: the hold on the invoice, on its customer, or nothing by a button (empty)."""
        if self.group.code in _NOT_BY_A_BUTTON:
            return ""
        if invoice.invoice_id in self.targets:
            return "invoice"
        return "contact" if invoice.contact_id in self.targets else ""


def routes(site: Site) -> list[Route]:
    mornings: Mornings = Glances(_read)
    site.beforehand.append(lambda config: _read_all(config, site.clock, mornings))
    return [site.page("/", lambda visit: _show(visit, mornings)), site.page("/t/{tenant}/held", _held)]


def _read_all(config: Config, clock: Clock, mornings: Mornings) -> None:
    now = clock.now()
    for settings in config.tenants.values():
        with suppress(StateError):
            mornings.look(tenant_file(config, settings.slug), (settings.today_at(now), settings.zone))


def _read(store: TenantStore, about: tuple[date, str]) -> Morning:
    today, zone = about
    return store.morning(today, datetime.combine(today - timedelta(days=1), time(0), ZoneInfo(zone)))


def _show(visit: Visit, mornings: Mornings) -> Response:
    firms, needs = _look(visit, mornings)
    for firm in firms:
        needs += [_need(firm, each, visit.who) for each in firm.morning.concerns]
    going = [each for each in map(_going, firms) if each.waiting or each.alone or each.stuck]
    came_in = sorted(((f, p) for f in firms for p in f.morning.came_in), key=lambda each: each[1].seen_at, reverse=True)
    held = [
        Held(f.slug, f.name, group, _why(group), f.morning.held_targets)
        for f in firms
        for group in held_now(f.morning.held, f.morning, f.morning.held_targets)
    ]
    return visit.show(
        "morning.html",
        groups=_groups(needs, firms),
        needed=sum(group.total for group in _groups(needs, firms)),
        going=going,
        came_in=[(firm.slug, firm.name, payment) for firm, payment in came_in[:SHOWN]],
        came_in_total=len(came_in),
        came_in_sums=sums(payment.amount for _, payment in came_in),
        stopped=sum({(f.slug, p.contact_id): p.stopped for f, p in came_in}.values()),
        held=held[:SHOWN],
        held_total=sum(each.group.invoices for each in held),
        unconnected=len(visit.tenants) - len(visit.connected()),
    )


def _held(visit: Visit) -> Response:
    """All that one firm holds for one reason, where the morning list shows the largest."""
    settings, today = visit.tenant, visit.tenant.today_at(visit.now)
    code, action = visit.query.get("why", ""), visit.query.get("what", "")
    with visit.open() as opened, opened.store(settings.slug) as store:
        found, outbox = store.held(today, code, action), store.outbox(today)
    groups = held_now((found,) if found else (), outbox, outbox.held)
    group = next((each for each in groups if (each.code, each.action) == (code, action)), None)
    if group is None:
        raise NotHere
    held = Held(settings.slug, visit.firm(settings.slug), group, _why(group), outbox.held)
    return visit.show("held.html", held=held, back=f"{visit.request.url.path}?{visit.request.url.query}")


def _look(visit: Visit, mornings: Mornings) -> tuple[list[Firm], list[Need]]:
    """The tenants whose files can be read, and a need for each that cannot work at all."""
    firms: list[Firm] = []
    needs: list[Need] = []
    known = visit.connected()
    for settings in visit.tenants:
        tenant = known.get(settings.slug)
        if tenant is None:
            continue
        if tenant.parked_because:
            needs.append(Need(settings.slug, tenant.name, "parked", None, tenant.parked_because))
        about = (settings.today_at(visit.now), settings.zone)
        try:
            morning = mornings.look(tenant_file(visit.config, settings.slug), about)
            firms.append(Firm(settings, tenant.name, tenant.parked_because is not None, morning))
        except StateError as error:
            needs.append(Need(settings.slug, tenant.name, "unreadable", None, str(error)))
    return firms, needs


def _groups(needs: Sequence[Need], firms: Iterable[Firm]) -> list[Group]:
    """By kind, the oldest first; of many, the first of each."""
    totals = Counter(need.kind for need in needs if need.concern is None)
    for firm in firms:
        totals.update(firm.morning.counts)
    by_kind = {kind: [need for need in needs if need.kind == kind] for kind in KINDS}
    return [
        Group(kind, totals[kind], tuple(sorted(found, key=_age)[:SHOWN])) for kind, found in by_kind.items() if found
    ]


def _age(need: Need) -> str:
    return need.concern.since.isoformat() if need.concern else ""


def _need(firm: Firm, concern: Concern, reader: str) -> Need:
    barred = False
    if concern.kind == "write_off" and firm.settings.write_off.four_eyes:
        barred = same_person(_proposal(concern)[0], reader)
    return Need(firm.slug, firm.name, concern.kind, concern, _words(concern), barred)


def _proposal(concern: Concern) -> tuple[str, str]:
    """Who proposed it, and why."""
    who, reason = msgspec.json.decode(concern.words, type=tuple[str, str])
    return who, reason


def _words(concern: Concern) -> str:
    """In sentences that can be said in any language; what customers and carriers say stays as it is."""
    if concern.kind == "person":
        return _sentences(concern.words)
    if concern.kind == "promise":
        return sentence(Reason(ReasonCode.PROMISE_BROKEN, {"promised_on": concern.words}))
    if concern.kind == "write_off":
        who, reason = _proposal(concern)
        return say("{who} proposes to write it off: {reason}", who=who, reason=reason)
    if concern.kind in ("reply", "text", "dispute"):
        return say("{words}", words=concern.words)
    if concern.kind in ("unknown", "failed"):
        stage, _, why = concern.words.partition(": ")
        told = say("{stage}", stage=stage_name(stage))
        return say("{stage}: {why}", stage=told, why=reason_name(why)) if why else told
    return known_again(concern.words.partition("\nHow shall it go on?")[0])  # the buttons ask that


def _sentences(reasons: str) -> str:
    return together(reasons_from_json(reasons))


def _why(group: HeldGroup) -> str:
    """What all of the group have in common: the sentence if it is the same for all that are listed, else its code."""
    told = {_sentences(each.reasons) for each in group.some}
    return told.pop() if len(told) == 1 else name(group.code)


def _going(firm: Firm) -> Going:
    on_way = on_their_way(firm.morning.facts, firm.morning.today)
    wanted = [each for each in firm.morning.planned if each.reminder_id in on_way and _may_leave(firm, each)]
    open_ones, stuck = ([], wanted) if firm.parked else (wanted, [])
    by_hand = let_go_by_hand(firm.settings, {each.stage for each in open_ones})
    asked = [each for each in open_ones if each.stage in by_hand or each.reminder_id in firm.morning.dropped]
    waiting = [each for each in asked if not each.approved]
    deducting = Deducting(firm.settings, firm.morning.in_hand)
    terms = terms_of(firm.settings, firm.morning.facts, firm.morning.today)
    others = {each.reminder_id for each in waiting}
    alone = [each for each in open_ones if each.reminder_id not in others]
    return Going(
        slug=firm.slug,
        firm=firm.name,
        waiting=len(waiting),
        waiting_sums=deducting.asked(waiting).ask,
        alone=len(alone),
        alone_sums=deducting.asked(alone).ask,
        stuck=len(stuck),
        stuck_sums=deducting.asked(stuck).ask,
        mark=mark(seen(each, firm.morning.in_hand, terms) for each in waiting),
    )


def _may_leave(firm: Firm, planned: Planned) -> bool:
    held = firm.morning.held_targets
    return firm.settings.mode != "off" and held.isdisjoint(("*", planned.contact_id, planned.invoice_id))


def let_go_by_hand(settings: TenantSettings, stages: Iterable[str]) -> set[str]:
    """Those that a person has to let go; as `connector.approval.waiting` has it."""
    return {stage for stage in stages if settings.book.mode_of(stage, settings.mode) == "approve"}


def seen(planned: Planned, in_hand: InHand, terms: Mapping[ReminderId, Terms]) -> Seen:
    """As `connector.approval` has it."""
    credit = credit_text(in_hand.of(planned.contact_id))
    return Seen(planned.reminder_id, money(*planned.due), credit, terms[ReminderId(planned.reminder_id)])
