"""Tells a firm's owner on each business day what will leave on the next one, so that nobody is surprised by a customer.

One mail a day at most. The day is claimed in the tenant's file before the mail leaves; where it is not certain that it
left, it is not told again: the messages themselves are held back by approvals and live reads, not by this mail.
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import structlog

from connector.dunning.consolidate import CustomerMessagePlan, PlannedReminder
from connector.dunning.forecast import Foresight
from connector.gates import let_go
from connector.messages.context import MessageError
from connector.messages.facts import Departure
from connector.messages.notices import ForewarningContext
from connector.messages.render import render
from connector.tenant import Tenant
from connectors.channels.channel import ChannelError, Message, NotSent, RefusedMessage
from state.clock import wall_instant
from state.model import Account, InvoiceId
from state.money import Money

log = structlog.get_logger()
_ONE_DAY = timedelta(days=1)


def forewarn(tenant: Tenant) -> None:
    """Tell the owner what leaves on the next business day, if the hour has come and nobody has.

    A carrier's error stands with the day. Where the mail has certainly not left, the next cycle tries again.
    """
    if not _is_time(tenant):
        return
    day = tenant.calendar.next_open(tenant.today + _ONE_DAY)
    found = list(departures(tenant, day))
    if not found or not tenant.store.forewarnings.claim(day, tenant.clock.now()):
        return
    try:
        tenant.channel.send(message(tenant, day, found))
    except (NotSent, RefusedMessage, MessageError) as error:
        tenant.store.forewarnings.settle(day, "failed", str(error))
        log.warning("nobody was forewarned", day=day.isoformat(), reason=str(error))
    except ChannelError as error:
        tenant.store.forewarnings.settle(day, "unsure", str(error))
        log.warning("perhaps nobody was forewarned", day=day.isoformat(), reason=str(error))
    else:
        tenant.store.forewarnings.settle(day, "sent", None)
        log.info("forewarned", day=day.isoformat(), messages=len(found))


def departures(tenant: Tenant, day: date) -> Iterator[Departure]:
    """What leaves on the business day `day` if nobody pays; what waits for approval since earlier is among it."""
    foresight = Foresight(tenant.settings.book, tenant.calendar)
    planned_already = tenant.store.reminders.planned()
    free = {reminder.id for reminder in let_go(tenant, planned_already)}
    known = {(reminder.invoice_id, reminder.stage): reminder.id not in free for reminder in planned_already}
    for account in tenant.accounts():
        for planned in foresight.preview(account, tenant.today, (day - tenant.today).days + 1).sends:
            waits = any(_needs_approval(tenant, each, known) for each in planned.plan.reminders)
            if planned.on == day or waits:
                yield _departure(account, planned.plan, waits=waits)


def message(tenant: Tenant, day: date, found: list[Departure]) -> Message:
    """The mail, in the tenant's language, to everybody in `forewarn`."""
    settings, organisation = tenant.settings, tenant.store.mirror.organisation()
    context = ForewarningContext(
        company=organisation.name if organisation else tenant.slug,
        owner_name=None,
        locale=settings.locale,
        day=day,
        departures=tuple(found),
    )
    rendered = render(tenant.templates, context)
    return Message(
        id=f"forewarning-{secrets.token_hex(8)}",
        sender=settings.sender,
        reply_to=None,
        to=settings.forewarn,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        stage="forewarning",
        tenant=tenant.slug,
    )


def _is_time(tenant: Tenant) -> bool:
    settings = tenant.settings
    if not settings.forewarn or settings.read_only or settings.mode == "off":
        return False
    now = tenant.clock.now()
    return tenant.calendar.is_open(tenant.today) and now >= wall_instant(
        tenant.today, settings.forewarn_at, tenant.zone
    )


def _needs_approval(tenant: Tenant, reminder: PlannedReminder, known: Mapping[tuple[InvoiceId, str], bool]) -> bool:
    """`known`: of reminders that are planned already. One may wait in mode auto too, such as with an edit dropped."""
    waits = known.get((reminder.receivable.invoice_id, reminder.stage))
    if waits is not None:
        return waits
    return tenant.settings.book.mode_of(reminder.stage, tenant.settings.mode) != "auto"


def _departure(account: Account, plan: CustomerMessagePlan, *, waits: bool) -> Departure:
    return Departure(
        customer=account.name,
        channel=plan.channel,
        occasion="instalment" if plan.plan is not None else plan.stage.template,
        numbers=tuple(each.receivable.number for each in plan.reminders),
        asked=tuple(Money(group.ask_minor, group.currency) for group in plan.groups),
        waits=waits,
    )
