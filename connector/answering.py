"""The list of replies that wait for a person, and what the person says became of one."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from connector.saying.names import name
from connector.saying.said import say
from connector.wiring import Installation
from state.addresses import ascii_address
from state.correspondence import HandledAs, Reply, ReplyId
from state.deliveries import SuppressedAddress
from state.model import ContactId, TenantSlug
from state.phones import is_e164
from state.store import TenantStore


class AnsweringError(Exception):
    """What was named is not there, or was dealt with before."""


class WaitingReply(Struct, frozen=True, kw_only=True):
    """A reply as people see it. `held` are the customers whom it still holds."""

    tenant: TenantSlug
    id: ReplyId
    received_at: datetime
    customers: tuple[str, ...]
    sender: str
    subject: str
    text: str
    kind: str
    matched_by: str
    doubt: str
    held: tuple[str, ...]


def waiting_replies(installation: Installation, slugs: list[TenantSlug], *, automatic: bool) -> Iterator[WaitingReply]:
    """Unhandled ones, each tenant's oldest first; with `automatic`, what machines wrote and reported as well."""
    for slug in slugs:
        with installation.store(slug) as store:
            for reply in store.correspondence.unhandled(automatic=automatic):
                yield _as_seen(slug, store, reply)


def suppressed_addresses(
    installation: Installation, slugs: list[TenantSlug]
) -> Iterator[tuple[TenantSlug, SuppressedAddress]]:
    """Addresses and numbers that are not used, and why."""
    for slug in slugs:
        with installation.store(slug) as store:
            for suppressed in store.deliveries.suppressed():
                yield slug, suppressed


def handle_reply(
    installation: Installation,
    slugs: list[TenantSlug],
    reply_id: ReplyId,
    outcome: HandledAs,
    *,
    by: str,
    release: bool,
) -> int:
    """Take the reply off the list; how many holds ended. Raises AnsweringError if there is none, or it was handled."""
    for slug in slugs:
        with installation.store(slug) as store:
            reply = store.correspondence.get(reply_id.lower())
            if reply is None:
                continue
            if reply.handled_at is not None:
                raise AnsweringError(
                    say(
                        "reply {id} was handled already, by {who}: {outcome}",
                        id=reply.id,
                        who=str(reply.handled_by),
                        outcome=name(str(reply.outcome)),
                    )
                )
            now = installation.clock.now()
            with store.transaction():
                ended = store.correspondence.handle(reply.id, outcome, by, now, release=release)
                details = {
                    "reply": reply.id,
                    "received_on": reply.received_at.date(),
                    "outcome": outcome,
                    "released": ended,
                }
                _note(store, by, "reply handled", reply.contacts, details, now)
            return ended
    raise AnsweringError(say("there is no reply {id}; `dun replies --all` lists those that wait", id=repr(reply_id)))


def take_back_reply(
    installation: Installation, slug: TenantSlug, reply_id: ReplyId, handled_at: datetime, *, by: str
) -> int:
    """The reply waits again, as before it was handled at that instant; how many holds stand again.

    Raises AnsweringError if somebody has gone on from there.
    """
    with installation.store(slug) as store, store.transaction():
        now = installation.clock.now()
        held = store.correspondence.take_back(reply_id, handled_at, now)
        reply = store.correspondence.get(reply_id)
        if held is None or reply is None:
            raise AnsweringError(
                f"what became of reply {reply_id} was told otherwise meanwhile; `dun replies` lists it"
            )
        _note(store, by, "reply waits again", reply.contacts, {"reply": reply.id, "holds": held}, now)
    return held


def allow_address(installation: Installation, slugs: list[TenantSlug], address: str, *, by: str) -> int:
    """Use the address or number again; for how many tenants it was suppressed. Raises AnsweringError if for none."""
    named, allowed, now = address.strip(), 0, installation.clock.now()
    usable = named if is_e164(named) else (ascii_address(named) or "").lower()
    for slug in slugs:
        with installation.store(slug) as store, store.transaction():
            found = [each for each in store.deliveries.suppressed() if each.address == usable]
            for each in found:
                allowed += store.deliveries.release(each.address, now)
                owners = _owners(store, each.address)
                _note(store, by, "address allowed", owners, {"why": each.reason, "since": each.since.date()}, now)
    if not allowed:
        raise AnsweringError(say("this address or number is not suppressed; `dun replies` lists those that are"))
    return allowed


def _owners(store: TenantStore, address: str) -> tuple[ContactId, ...]:
    if is_e164(address):
        return tuple(store.customers_by_mobile().get(address, ()))
    return store.correspondence.customers_by_address().get(address, ())


def _note(
    store: TenantStore, who: str, action: str, customers: tuple[ContactId, ...], details: object, at: datetime
) -> None:
    """In the audit of each customer it concerns, else of the tenant. The trail names no address."""
    for customer in customers:
        store.audit.record(who, action, "contact", customer, details, at)
    if not customers:
        store.audit.record(who, action, "tenant", "*", details, at)


def _as_seen(slug: TenantSlug, store: TenantStore, reply: Reply) -> WaitingReply:
    return WaitingReply(
        tenant=slug,
        id=reply.id,
        received_at=reply.received_at,
        customers=_names(store, reply.contacts),
        sender=f"{reply.sender_name} <{reply.sender}>".strip() if reply.sender_name else reply.sender,
        subject=reply.subject,
        text=reply.text,
        kind=reply.kind,
        matched_by=reply.matched_by,
        doubt=reply.doubt,
        held=_names(store, reply.held),
    )


def _names(store: TenantStore, contacts: tuple[ContactId, ...]) -> tuple[str, ...]:
    known = ((key, store.mirror.contact(key)) for key in contacts)
    return tuple(contact.name if contact else f"unknown customer {key}" for key, contact in known)
