"""What a message says, gathered from the plan, the live read and what was agreed with the customer.

The amounts come from the live read only. Whatever the mirror believed earlier decides that a message is written, never
what it says.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from connector.dunning.agreements import Agreed, judge, missing_of, missing_of_promise
from connector.dunning.consolidate import CurrencyGroup, CustomerMessagePlan
from connector.dunning.deadlines import deadline_from
from connector.dunning.ordinals import ordinal_of
from connector.dunning.policy import Stage as PolicyStage
from connector.enclosures import Enclosure
from connector.letters.accounts import checked_iban, in_groups
from connector.messages.context import InvoiceLine, MessageContext, MessageError, Stage
from connector.messages.facts import BrokenPromise, Charge, Discount, Instalment
from connector.messages.harmless import harmless_or_none
from connector.messages.locales import language_of, notation
from connector.tenant import Tenant
from state.agreed import PromiseState
from state.model import Account, Contact, Invoice, InvoiceId, MessageId, Receivable
from state.money import Money, totals

_WITHOUT_STAGE: Stage = "soft"  # an instalment's words are its own


def context_of(
    tenant: Tenant,
    account: Account,
    contact: Contact,
    plan: CustomerMessagePlan,
    invoices: Mapping[InvoiceId, Invoice],
    enclosures: Mapping[InvoiceId, Enclosure],
    message_id: MessageId,
    charges: tuple[Charge, ...] = (),
) -> MessageContext:
    """Everything the message of `plan` is made of. Raises MessageError if it would say another sum than was decided."""
    settings, organisation = tenant.settings, tenant.store.mirror.organisation()
    company = organisation.name if organisation else tenant.slug
    language = language_of(
        account.preference.language if account.preference else None, contact.country, settings.locale
    )
    agreed = judge(account, (), tenant.today)
    lines = tuple(
        _line(reminder.receivable, invoices[reminder.receivable.invoice_id], enclosures, tenant.today)
        for group in plan.groups
        for reminder in group.reminders
    )
    context = MessageContext(
        company=company,
        sender_name=settings.sender.name or company,
        customer=contact.name,
        first_name=contact.first_name,
        locale=notation(language, contact.country, settings.locale),
        language=language,
        stage=_WITHOUT_STAGE if plan.plan is not None else cast("Stage", plan.stage.template),
        lines=lines,
        ordinal=ordinal_of(plan, tenant.settings.book.stages, tenant.today),
        credits=_credits(plan),
        charges=charges,
        deadline=_deadline(tenant, plan.stage, contact),
        broken_promise=_broken_promise(account, plan, agreed, invoices),
        discount=None if plan.plan is not None else _discount(plan, agreed, charges),
        instalment=_instalment(plan),
        owner_name=plan.stage.owner or None,
        callback_phone=settings.phone.forward_to or settings.phone.call_from or None,
        payment_account=in_groups(checked_iban(iban)) if (iban := settings.letterhead.iban) else None,
        reply_to=(settings.reply_to or settings.sender).email,
        reference=f"dun:{message_id}",
    )
    _same_sums(plan.groups, charges, context)
    return context


def _line(
    receivable: Receivable, invoice: Invoice, enclosures: Mapping[InvoiceId, Enclosure], today: date
) -> InvoiceLine:
    due_on = invoice.due_on or today  # an invoice without a due date is never chased, so this is never guessed
    return InvoiceLine(
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=due_on,
        days_overdue=(today - due_on).days,
        total=Money(invoice.total_minor, invoice.currency),
        due=Money(invoice.due_minor, invoice.currency),
        disputed=Money(receivable.disputed_minor, invoice.currency) if receivable.disputed_minor else None,
        pay_url=enclosures[invoice.id].pay_url,
    )


def _credits(plan: CustomerMessagePlan) -> tuple[Money, ...]:
    """What is deducted from the sums; of an instalment the credit is deducted from what is missing of it."""
    if plan.plan is not None:
        return ()
    return tuple(Money(group.credit_minor, group.currency) for group in plan.groups if group.credit_minor)


def _instalment(plan: CustomerMessagePlan) -> Instalment | None:
    if plan.plan is None or plan.plan.instalment is None:
        return None
    part, currency = plan.plan.instalment, plan.plan.plan.currency
    return Instalment(
        number=part.number,
        of=len(plan.plan.plan.instalments),
        due_on=part.due_on,
        amount=Money(part.amount_minor, currency),
        outstanding=Money(plan.groups[0].ask_minor, currency),
        missing=Money(missing_of(plan.plan) - plan.groups[0].credit_minor, currency),
    )


def _broken_promise(
    account: Account,
    plan: CustomerMessagePlan,
    agreed: Mapping[InvoiceId, Agreed],
    invoices: Mapping[InvoiceId, Invoice],
) -> BrokenPromise | None:
    """The latest promise about one of the invoices that was not kept and that no message has spoken of yet."""
    broken = [
        (reminder.receivable, on)
        for reminder in plan.reminders
        if (on := _broken_on(reminder.receivable, agreed.get(reminder.receivable.invoice_id))) is not None
    ]
    if not broken:
        return None
    receivable, on = max(broken, key=lambda each: each[1])
    promise = receivable.promise
    if promise is None:
        return None
    due_now = {each.invoice_id: each.due_minor for each in account.receivables}
    due_now |= {key: invoice.due_minor for key, invoice in invoices.items()}
    missing_minor = missing_of_promise(promise, due_now) - account.credits.get(promise.currency, 0)
    if missing_minor <= 0:
        return None
    return BrokenPromise(on, Money(promise.amount_minor, promise.currency), Money(missing_minor, promise.currency))


def _broken_on(receivable: Receivable, agreed: Agreed | None) -> date | None:
    if agreed is None or agreed.promise is not PromiseState.BROKEN or agreed.promised_on is None:
        return None
    spoken_of = any(step.sent_on is not None and step.sent_on > agreed.promised_on for step in receivable.progress)
    return None if spoken_of else agreed.promised_on


def _discount(
    plan: CustomerMessagePlan, agreed: Mapping[InvoiceId, Agreed], charges: Iterable[Charge]
) -> Discount | None:
    """What is saved by paying while every offer holds; in a message of one currency only.

    Where some of the invoices have no offer, or charges are claimed besides, those that have one are named. Credit in
    hand leaves open which invoice it pays: then the offer is on everything that is asked, or is not named.
    """
    if len(plan.groups) != 1:
        return None
    [group] = plan.groups
    offered = [
        (reminder.receivable, offer)
        for reminder in group.reminders
        if (known := agreed.get(reminder.receivable.invoice_id)) and (offer := known.discount)
    ]
    saved = sum(offer.discount_minor for _, offer in offered)
    claimed = sum(charge.amount.minor for charge in charges if charge.claimed)
    whole = len(offered) == len(group.reminders)
    named = _are_told_apart(group) and bool(claimed or not whole)
    pay = sum(offer.pay_minor for _, offer in offered) if named else group.ask_minor + claimed - saved
    if not offered or pay <= 0 or not (whole or named):
        return None
    return Discount(
        pay=Money(pay, group.currency),
        saved=Money(saved, group.currency),
        until=min(offer.offer.until for _, offer in offered),
        invoices=tuple(receivable.number or "" for receivable, _ in offered) if named else (),
        undisputed=any(receivable.disputed_minor for receivable, _ in offered),
    )


def _are_told_apart(group: CurrencyGroup) -> bool:
    """Whether a customer can pay one of the invoices and everybody knows which."""
    numbers = [harmless_or_none(reminder.receivable.number) for reminder in group.reminders]
    return not group.credit_minor and None not in numbers and len(set(numbers)) == len(numbers)


def _deadline(tenant: Tenant, stage: PolicyStage, contact: Contact) -> date | None:
    """The day the stage gives the customer, moved to a business day of both."""
    return deadline_from(stage, tenant.today, tenant.calendar.of_customer(contact.country))


def _same_sums(groups: Iterable[CurrencyGroup], charges: Iterable[Charge], context: MessageContext) -> None:
    """What the policy asks for and what the message says are computed apart, and must agree to the cent."""
    claimed = totals(charge.amount for charge in charges if charge.claimed)
    asked = [Money(g.ask_minor, g.currency) + claimed.get(g.currency, Money(0, g.currency)) for g in groups]
    if asked != list(context.asked):
        raise MessageError("the message would ask for another amount than was decided; it is not sent")
