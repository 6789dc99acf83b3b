"""What the tables about letters can get wrong together: half a letterhead, a provider without its key."""

from connector.config.letters import LetterheadSection
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
        path: KeyPath = ("tenants", slug, "letterhead")
        yield from _letterhead(path, letterhead)
        if file.letters.carrier == "lob":
            yield from _by_lob(path, letterhead)
    if writing and file.letters.carrier == "lob" and not file.letters.lob.api_key:
        yield problem(
            ("letters", "lob", "api_key"), "is missing, and letters go by Lob", 'add api_key = "env:DUN_LOB_API_KEY"'
        )


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


def _by_lob(path: KeyPath, letterhead: LetterheadSection) -> Found:
    if letterhead.country not in {"", "US"}:
        yield problem(
            (*path, "country"), "is not where Lob posts from", 'use "US", or set [letters] carrier to "folder"'
        )
    if letterhead.window != "lob":
        yield problem((*path, "window"), "is not where Lob prints addresses", 'set window = "lob"')
