"""What Lob checks before it takes a letter: addresses field by field, the document, and what may go together.

Field lengths and codes follow Lob's OpenAPI description. Real addresses are also looked up; here only their form is.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.lob.errors import LobProblem, invalid

_LENGTHS_US = {"address_line1": 64, "address_line2": 64, "address_city": 200, "address_state": 2, "address_zip": 10}
_LENGTHS_ABROAD = dict.fromkeys(("address_line1", "address_line2", "address_city", "address_state"), 200)
_LENGTHS_EVERYWHERE = {"name": 40, "company": 40, "phone": 40, "email": 100, "description": 255}
_REQUIRED_US = ("address_line1", "address_city", "address_state", "address_zip")
_ZIP = re.compile(r"\d{5}(-\d{4})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_BOTH_LINES = 50
_EXTRA = frozenset({None, "certified", "certified_return_receipt", "registered"})
_USES = frozenset({"marketing", "operational"})
_MAILS = frozenset({"usps_first_class", "usps_standard"})
_PLACEMENTS = frozenset({"top_first_page", "insert_blank_page", "bottom_first_page_center", "bottom_first_page"})
_PAGES_US, _PAGES_ABROAD = 60, 6  # single-sided
_MAX_FILE = 5 * 1024 * 1024
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_MEDIA = re.compile(rb"/MediaBox\s*\[\s*([\d.\-]+)\s+([\d.\-]+)\s+([\d.\-]+)\s+([\d.\-]+)\s*\]")
_US_LETTER = (612.0, 792.0)
_LONGEST_AHEAD = timedelta(days=180)


def check_address(role: str, address: Any) -> dict[str, Any]:
    """An inline address; `role` is 'to' or 'from'."""
    if not isinstance(address, Mapping):
        raise invalid(f"{role} must be an object") if address else invalid(f"{role} is required")
    known = {**dict.fromkeys(("address_country",)), **address}
    country = str(known.get("address_country") or "US")
    if not _COUNTRY.fullmatch(country):
        raise invalid(f"{role}.address_country must be a valid country code")
    if not known.get("name") and not known.get("company"):
        raise invalid(f"{role}.name or {role}.company is required")
    _check_fields(role, known, abroad=country != "US")
    if role == "from" and country != "US":
        raise LobProblem(422, "foreign_return_address", "from.address_country must be a US address")
    if role == "to" and len(str(known["address_line1"])) + len(str(known.get("address_line2") or "")) > _BOTH_LINES:
        words = f"the sum of to.address_line1 and to.address_line2 cannot surpass {_BOTH_LINES} characters"
        raise LobProblem(422, "address_length_exceeds_limit", words)
    return {**known, "address_country": country}


def _check_fields(role: str, address: Mapping[str, Any], *, abroad: bool) -> None:
    for name in ("address_line1",) if abroad else _REQUIRED_US:
        if not address.get(name):
            raise invalid(f"{role}.{name} is required")
    lengths = _LENGTHS_EVERYWHERE | (_LENGTHS_ABROAD | {"address_zip": 40} if abroad else _LENGTHS_US)
    for name, longest in lengths.items():
        value = address.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"{role}.{name} must be a string")
        if value is not None and len(value) > longest:
            raise invalid(f"{role}.{name} length must be less than or equal to {longest} characters long")
    if not abroad and not _ZIP.fullmatch(address["address_zip"]):
        raise invalid(f"{role}.address_zip must be in a valid zip format")


def check_options(wish: Mapping[str, Any], *, abroad: bool) -> None:
    """Everything about the letter that is neither an address nor the document."""
    if not isinstance(wish.get("color"), bool):
        raise invalid("color is required" if wish.get("color") is None else "color must be a boolean")
    if wish.get("use_type") is None:
        raise LobProblem(422, "mail_use_type_can_not_be_null", "use_type must be one of [marketing, operational]")
    _one_of(wish, "use_type", _USES)
    _one_of(wish, "mail_type", _MAILS | {None})
    _one_of(wish, "address_placement", _PLACEMENTS | {None})
    _one_of(wish, "extra_service", _EXTRA)
    if wish.get("extra_service") is not None and wish.get("mail_type") == "usps_standard":
        raise invalid("extra_service cannot be used with mail_type usps_standard")
    if abroad and str(wish.get("extra_service") or "").startswith("certified"):
        raise LobProblem(422, "invalid_international_feature", "certified mail cannot be sent internationally")
    if len(str(wish.get("description") or "")) > _LENGTHS_EVERYWHERE["description"]:
        raise invalid("description length must be less than or equal to 255 characters long")
    _check_metadata(wish.get("metadata"))


def _one_of(wish: Mapping[str, Any], name: str, allowed: frozenset[Any]) -> None:
    if wish.get(name) not in allowed:
        raise invalid(f"{name} must be one of [{', '.join(sorted(str(a) for a in allowed if a is not None))}]")


def _check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, Mapping) or len(metadata) > 20:
        raise invalid("metadata must be an object with up to 20 key-value pairs")
    for key, value in metadata.items():
        if not isinstance(value, str) or len(key) > 40 or len(value) > 500 or set('"\\') & set(key + value):
            raise invalid(f"metadata.{key} is invalid")


def check_pdf(content: bytes, *, abroad: bool, double_sided: bool) -> None:
    """A PDF of letter size and not too many pages, and nothing else that only calls itself one."""
    if len(content) > _MAX_FILE:
        raise LobProblem(422, "file_size_exceeds_limit", "file size must be 5 MB or less")
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        raise LobProblem(422, "invalid_file", "file is not a valid PDF")
    if b"/Encrypt" in content[-2048:]:
        raise LobProblem(422, "pdf_encrypted", "file must not be encrypted")
    pages = len(_PAGE.findall(content))
    if not pages:
        raise LobProblem(422, "file_pages_below_min", "file must have at least 1 page")
    if pages > (_PAGES_ABROAD if abroad else _PAGES_US) * (2 if double_sided else 1):
        raise LobProblem(422, "file_pages_exceed_max", "file has too many pages")
    for box in _MEDIA.findall(content):
        left, bottom, right, top = (float(edge) for edge in box)
        if any(abs(a - b) > 1 for a, b in zip((right - left, top - bottom), _US_LETTER, strict=True)):
            words = "file: every page must be 8.5 x 11 inches"
            raise LobProblem(422, "invalid_file_dimensions", words)


def send_date(wish: Any, now: datetime, otherwise: datetime) -> datetime:
    """When the letter goes to print."""
    if wish is None:
        return otherwise
    try:
        at = datetime.fromisoformat(wish)
    except (TypeError, ValueError):
        raise invalid("send_date must be a valid ISO 8601 date") from None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    if not now < at <= now + _LONGEST_AHEAD:
        raise invalid("send_date must be after the current time and within 180 days")
    return at
