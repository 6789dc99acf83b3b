"""From the configured letterhead to what letters need of it: a sender, a place, an account."""

from connector.config.letters import LetterheadSection, ReturnAddressSection
from connector.letters.addresses import address_block
from connector.letters.data import Sender
from connector.letters.payee import Payee
from state.model import PostalAddress


def sender_of(letterhead: LetterheadSection, locale: str) -> Sender:
    """Raises IncompleteAddress if the letterhead is not filled in."""
    home = sender_address(letterhead)
    _, *address = address_block(letterhead.name, home, home=letterhead.country, locale=locale)
    return Sender(name=letterhead.name, address=tuple(address), contact=letterhead.contact)


def sender_address(letterhead: LetterheadSection) -> PostalAddress:
    return PostalAddress(
        lines=letterhead.street,
        city=letterhead.city,
        postcode=letterhead.postcode,
        region=letterhead.region or None,
        country=letterhead.country,
    )


def lob_sender(letterhead: LetterheadSection, back: ReturnAddressSection) -> tuple[str, PostalAddress]:
    """Whom Lob is told as the sender: the return address where there is one, else the letterhead."""
    if not back.name:
        return letterhead.name, sender_address(letterhead)
    return back.name, PostalAddress(
        lines=back.street, city=back.city, postcode=back.postcode, region=back.region, country="US"
    )


def payee_of(letterhead: LetterheadSection) -> Payee | None:
    """None if no account is given: then letters have no payment slip."""
    if not letterhead.iban:
        return None
    return Payee(
        name=letterhead.account_holder or letterhead.name,
        iban=letterhead.iban,
        bic=letterhead.bic,
        address=sender_address(letterhead),
    )
