"""From a reminder and a letterhead to the letter: where it goes, what it asks, and the slip that pays exactly that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from connector.config.letters import LetterheadSection
from connector.letters.addresses import address_block, complete
from connector.letters.data import Charge, LetterData
from connector.letters.letterhead import payee_of, sender_of
from connector.letters.payee import slip_for, swiss_party
from connector.messages.context import MessageContext
from state.model import PostalAddress


def reminder_letter(
    context: MessageContext,
    letterhead: LetterheadSection,
    *,
    postal: PostalAddress | None,
    subject: str,
    paragraphs: Sequence[str],
    closing: Sequence[str] = (),
    charges: Sequence[Charge] = (),
    home_locale: str,
    day: date,
) -> LetterData:
    """The letter about `context`, whose text is written above and below the table. `home_locale` is the tenant's.

    Raises IncompleteAddress, or LetterError if there would be nothing to ask for.
    """
    home = letterhead.country
    letter = LetterData(
        sender=sender_of(letterhead, home_locale),
        recipient=address_block(context.customer, postal, home=home, locale=home_locale),
        window=letterhead.window,
        locale=context.locale,
        day=day,
        subject=subject,
        paragraphs=tuple(paragraphs),
        closing=tuple(closing),
        invoices=context.lines,
        credits=context.credits,
        charges=tuple(charges),
        reference=context.reference,
        instalment=context.asked[0] if context.instalment else None,
    )
    payee = payee_of(letterhead)
    if payee is None:
        return letter
    slip = slip_for(
        payee,
        [letter.instalment]
        if letter.instalment
        else [group.asked for group in letter.sums if group.subtotal or group.charges],
        window=letterhead.window,
        reference=context.reference,
        text=" ".join((context.reference, *(line.number for line in context.lines if line.number))),
        debtor=swiss_party(context.customer, complete(context.customer, postal, home=home)),
    )
    return replace(letter, slip=slip)
