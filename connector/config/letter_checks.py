"""What the tables about letters can get wrong together: half a letterhead, a provider without its key."""

from connector.config.letters import LetterheadSection, LobSection, ReturnAddressSection, letters_of
from connector.config.lines import KeyPath
from connector.config.policy_checks import Found, problem
from connector.config.schema import ConfigFile
from connector.letters.accounts import is_qr_iban
from state.model import PostalAddress
from state.postal import missing_parts

_PARTS = {"street": "street", "town": "city", "postcode": "postcode"}  # of an address, and the key that holds each


def check_letters(file: ConfigFile) -> Found:
    """By the path of the key to look at. Tenants without a letterhead send no letters and are left alone."""
    writing = {slug: tenant.letterhead for slug, tenant in file.tenants.items() if tenant.letterhead.model_fields_set}
    for slug, letterhead in writing.items():
        path: KeyPath = ("tenants", slug)
        yield from _letterhead((*path, "letterhead"), letterhead)
        letters = letters_of(file.letters, file.tenants[slug].letters)
        if letters.carrier == "lob":
            yield from _by_lob(path, letterhead, letters.lob)
    if any(_lacks_key(file, slug) for slug in writing):
        yield problem(
            ("letters", "lob", "api_key"),
            "is missing, and letters go by Lob",
            'add api_key = "env:DUN_LOB_API_KEY", or one for each tenant in [tenants.X.letters.lob]',
        )


def _lacks_key(file: ConfigFile, slug: str) -> bool:
    letters = letters_of(file.letters, file.tenants[slug].letters)
    return letters.carrier == "lob" and not letters.lob.api_key


def _letterhead(path: KeyPath, letterhead: LetterheadSection) -> Found:
    postal = PostalAddress(
        lines=letterhead.street, city=letterhead.city, postcode=letterhead.postcode, country=letterhead.country
    )
    missing = [key for key in ("name", "country") if not getattr(letterhead, key).strip()]
    for key in (*missing, *(_PARTS[part] for part in missing_parts(postal))):
        yield problem((*path, key), "is missing, and a letter needs its sender's whole address", "add it")
    if is_qr_iban(letterhead.iban) and letterhead.window in {"us-10", "lob"}:
        yield problem(
            (*path, "window"), "leaves no room for a Swiss payment slip", "use din-5008-b, or another account"
        )


def _by_lob(path: KeyPath, letterhead: LetterheadSection, lob: LobSection) -> Found:
    if lob.return_address.model_fields_set:
        yield from _return_address((*path, "letters", "lob", "return_address"), lob.return_address)
    elif letterhead.country not in {"", "US"}:
        yield problem(
            (*path, "letterhead", "country"),
            "is not where Lob posts from",
            'use "US", add [letters.lob.return_address], or set [letters] carrier to "folder"',
        )
    if letterhead.window != "lob":
        yield problem((*path, "letterhead", "window"), "is not where Lob prints addresses", 'set window = "lob"')


def _return_address(path: KeyPath, address: ReturnAddressSection) -> Found:
    for key in ("name", "street", "city", "region", "postcode"):
        if not getattr(address, key):
            yield problem((*path, key), "is missing, and Lob needs a whole address to send back to", "add it")
