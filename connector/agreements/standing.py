"""Everything that keeps somebody from being asked: one list of it, so that nothing stands forgotten.

Each row says what it is about, since when, until when or whose it is, why, and which command ends it. What the ledger
says by itself (a payment expected or scheduled, a dispute) is on the list too, and ends in the ledger.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from shlex import quote
from typing import Literal, get_args

from msgspec import Struct

from connector.agreeing import NOBODY
from connector.agreements.subject import living_contact
from connector.dunning.segments import group_among
from connector.printing import count
from connector.ways_out.giving_up import HOLD as WRITE_OFF
from state.agreed import Dispute, Plan, PlanState, Promise
from state.holds import HANDED_OVER, OPERATOR
from state.model import Account, ContactId, Hold, InvoiceId, Receivable, TenantSlug
from state.preferences import Spared
from state.store import TenantStore

Kind = Literal["hold", "deferral", "promise", "dispute", "plan", "do_not_chase"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LEDGER = "the ledger"


class Owed(Struct, frozen=True):
    """Minor units of a currency."""

    minor: int
    currency: str


class Standing(Struct, frozen=True, kw_only=True):
    """One of them. `amounts` is what it is about: promised, disputed, planned, or due on what is held."""

    tenant: TenantSlug
    kind: Kind
    reason: str  # a code, such as reply or handed_over; that of a hold, else the kind
    invoice: str | None  # its number, else its id; None: it is about the customer, or the tenant
    customer: str | None  # None: it is about the tenant
    amounts: tuple[Owed, ...]
    since: datetime | None  # None: the ledger does not say
    until: date | None  # last day; None: until somebody ends it
    owner: str | None  # who has to see to it
    by: str  # who placed it; `dun`, `the ledger`
    why: str
    ends_with: str  # the command, or words where there is none


def standing(store: TenantStore, slug: TenantSlug, today: date, groups: frozenset[str]) -> list[Standing]:
    """All that stands at the tenant today, the oldest first; what the ledger says comes last.

    `groups`: those whose customers the policy lets alone.
    """
    return _Reader(store, slug, today, groups).everything()


class _Reader:
    def __init__(self, store: TenantStore, slug: TenantSlug, today: date, groups: frozenset[str]) -> None:
        self._store, self._slug, self._today, self._groups = store, slug, today, groups
        self._accounts = {account.contact_id: account for account in store.receivables.accounts(today)}
        self._open = {r.invoice_id: r for account in self._accounts.values() for r in account.receivables}
        self._placed = store.holds.placed_by()
        self._replies = {c: reply.id for reply in store.correspondence.unhandled() for c in reply.held}

    def everything(self) -> list[Standing]:
        store = self._store
        found = [
            *(self._hold(each) for each in store.holds.active(self._today)),
            *(self._promise(each) for each in store.promises.open()),
            *(self._dispute(each) for each in store.disputes.standing()),
            *(self._plan(each) for each in store.plans.standing()),
            *(self._spared(each) for each in store.preferences.spared()),
        ]
        said = (each for account in self._accounts.values() for each in self._said_by_the_ledger(account))
        return [*sorted(found, key=lambda each: (each.since is None, each.since)), *said]

    def _hold(self, hold: Hold) -> Standing:
        return Standing(
            tenant=self._slug,
            kind="deferral" if hold.reason == "deferral" else "hold",
            reason=hold.reason,
            invoice=self._number(hold.target) if hold.scope == "invoice" else None,
            customer=self._customer(hold),
            amounts=self._held(hold),
            since=hold.placed_at,
            until=hold.until,
            owner=hold.owner,
            by=self._placer(hold),
            why=hold.note or "",
            ends_with=self._end_of(hold),
        )

    def _customer(self, hold: Hold) -> str | None:
        if hold.scope == "invoice":
            return self._owner_of(InvoiceId(hold.target))
        return self._name(ContactId(hold.target)) if hold.scope == "contact" else None

    def _held(self, hold: Hold) -> tuple[Owed, ...]:
        if hold.scope == "invoice":
            held = self._open.get(InvoiceId(hold.target))
            return (Owed(held.due_minor, held.currency),) if held else ()
        if hold.scope == "contact":
            account = self._accounts.get(living_contact(self._store, ContactId(hold.target)))
            return _sums(account.receivables) if account else ()
        return ()

    def _placer(self, hold: Hold) -> str:
        handed = self._store.handovers.of_invoice(InvoiceId(hold.target)) if hold.reason == HANDED_OVER else None
        if handed is not None:
            return handed.handed_by
        return self._placed.get(hold.id) or (NOBODY if hold.owner in (None, OPERATOR) else str(hold.owner))

    def _end_of(self, hold: Hold) -> str:
        reply = self._replies.get(ContactId(hold.target))
        if hold.reason == "reply" and hold.scope == "contact" and reply is not None:
            return f"dun replies handle {reply} --outcome ... --release"
        if hold.reason == "forgotten":
            return "nothing: the customer was forgotten"
        if hold.scope == "tenant":
            return f"dun release --everything --tenant {self._slug}"
        if hold.scope == "contact":
            return f"dun release --customer {quote(self._name(ContactId(hold.target)))}"
        number = quote(self._number(hold.target))
        special = {
            HANDED_OVER: f"dun handover --return {number}",
            WRITE_OFF: f"dun write-off refuse {number} --reason ...",
        }
        return special.get(hold.reason, f"dun release {number}")

    def _promise(self, promise: Promise) -> Standing:
        about = promise.invoice_id
        customer = self._owner_of(about) if about else self._name(promise.contact_id or ContactId(""))
        target = quote(self._number(about)) if about else f"--customer {quote(customer)}"
        return Standing(
            tenant=self._slug,
            kind="promise",
            reason="promise",
            invoice=self._number(about) if about else None,
            customer=customer,
            amounts=(Owed(promise.amount_minor, promise.currency),),
            since=promise.made_at,
            until=promise.promised_on,
            owner=None,
            by=promise.made_by,
            why=promise.note or "",
            ends_with=f"dun promise {target} --withdraw",
        )

    def _dispute(self, dispute: Dispute) -> Standing:
        owed = self._open.get(dispute.invoice_id)
        minor = dispute.contested(owed.due_minor if owed else dispute.amount_minor or 0)
        return Standing(
            tenant=self._slug,
            kind="dispute",
            reason="dispute",
            invoice=self._number(dispute.invoice_id),
            customer=self._owner_of(dispute.invoice_id),
            amounts=(Owed(minor, dispute.currency),),
            since=dispute.opened_at,
            until=None,
            owner=dispute.owner,
            by=dispute.opened_by,
            why=dispute.reason,
            ends_with=f"dun dispute {quote(self._number(dispute.invoice_id))} --settle ...",
        )

    def _plan(self, plan: Plan) -> Standing:
        customer = self._name(plan.contact_id)
        broken = f"; broken on {plan.settled_at:%Y-%m-%d}" if plan.state is PlanState.BROKEN else ""
        return Standing(
            tenant=self._slug,
            kind="plan",
            reason="plan_broken" if broken else "plan",
            invoice=None,
            customer=customer,
            amounts=(Owed(plan.baseline_minor, plan.currency),),
            since=plan.made_at,
            until=plan.instalments[-1].due_on,
            owner=None,
            by=plan.made_by,
            why=f"{_parts(plan)}{broken}",
            ends_with=f"dun plan cancel {quote(customer)}",
        )

    def _spared(self, spared: Spared) -> Standing:
        account = self._accounts.get(living_contact(self._store, spared.contact_id))
        customer = self._name(spared.contact_id)
        return Standing(
            tenant=self._slug,
            kind="do_not_chase",
            reason="do_not_chase",
            invoice=None,
            customer=customer,
            amounts=_sums(account.receivables) if account else (),
            since=spared.at,
            until=None,
            owner=spared.owner,
            by=spared.by,
            why=spared.why,
            ends_with=f"dun customer {quote(customer)} --chase",
        )

    def _said_by_the_ledger(self, account: Account) -> Iterator[Standing]:
        group = group_among(account.groups, self._groups)
        for receivable in account.receivables:
            if group is not None:
                yield self._said(account, receivable, "do_not_chase", f"in the group {group}", None)
            if receivable.disputed:
                yield self._said(account, receivable, "dispute", "disputed", None)
            if receivable.expected_on is not None and receivable.expected_on >= self._today:
                yield self._said(account, receivable, "promise", "payment expected", receivable.expected_on)
            if receivable.payment_scheduled:
                yield self._said(account, receivable, "promise", "payment scheduled", None)

    def _said(self, account: Account, receivable: Receivable, kind: Kind, words: str, until: date | None) -> Standing:
        return Standing(
            tenant=self._slug,
            kind=kind,
            reason=words.replace(" ", "_"),
            invoice=receivable.number or receivable.invoice_id,
            customer=account.name,
            amounts=(Owed(receivable.due_minor, receivable.currency),),
            since=None,
            until=until,
            owner=self._store.preferences.of(account.contact_id).owner,
            by=LEDGER,
            why=words,
            ends_with="in the ledger",
        )

    def _number(self, invoice_id: str) -> str:
        invoice = self._store.mirror.invoice(InvoiceId(invoice_id))
        return (invoice.number if invoice else None) or invoice_id

    def _owner_of(self, invoice_id: InvoiceId) -> str:
        invoice = self._store.mirror.invoice(invoice_id)
        return self._name(invoice.contact_id) if invoice else ""

    def _name(self, contact_id: ContactId) -> str:
        contact = self._store.mirror.contact(contact_id)
        return contact.name if contact else contact_id


def _parts(plan: Plan) -> str:
    """As in `2 instalments for 1 invoice`."""
    return f"{count(len(plan.instalments), 'instalment')} for {count(len(plan.shares), 'invoice')}"


def _sums(receivables: Iterable[Receivable]) -> tuple[Owed, ...]:
    """Per currency, never added across."""
    sums: dict[str, int] = {}
    for each in receivables:
        sums[each.currency] = sums.get(each.currency, 0) + each.due_minor
    return tuple(Owed(minor, currency) for currency, minor in sorted(sums.items()))
