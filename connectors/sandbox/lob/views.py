"""A letter as Lob's API shows it; addresses come back in capitals, as its correction writes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.post import Letter, Scan

_ADDRESS = "name company phone email address_line1 address_line2 address_city address_state address_zip".split()
_COUNTRIES = {"US": "UNITED STATES", "GB": "UNITED KINGDOM", "IE": "IRELAND", "CA": "CANADA", "DE": "GERMANY"}
_SUBSTATUS = {
    "Mailed": "package_accepted",
    "In Transit": "package_processed",
    "In Local Area": "package_in_local_area",
    "Processed for Delivery": "out_for_delivery",
    "Delivered": "delivered",
    "Re-Routed": "package_forwarded",
    "Returned to Sender": "returned_to_sender",
}


def letter_view(letter: Letter, now: datetime) -> dict[str, Any]:
    """One letter as of `now`: tracking events appear once the post has seen it."""
    wish, extra = letter.options, letter.options.get("extra_service")
    scans = [scan for scan in letter.scans() if scan.at <= now]
    return {
        "id": letter.id,
        "description": wish.get("description"),
        "metadata": dict(wish.get("metadata") or {}),
        "to": _address(letter, letter.to),
        "from": _address(letter, letter.sender),
        "color": wish["color"],
        "double_sided": wish.get("double_sided", True),
        "address_placement": wish.get("address_placement") or "top_first_page",
        "return_envelope": False,
        "perforated_page": None,
        "custom_envelope": None,
        "extra_service": extra,
        "mail_type": wish.get("mail_type") or "usps_first_class",
        "url": f"https://lob-assets.com/letters/{letter.id}.pdf?version=v1&expires={_expiry(now)}&signature=sandbox",
        "carrier": "USPS",
        "tracking_number": f"9407300000000{int(letter.id[4:14], 16) % 10**9:09d}" if letter.certified else None,
        "tracking_events": list(_events(letter, scans)),
        "thumbnails": [],
        "merge_variables": None,
        "expected_delivery_date": f"{letter.send_at + timedelta(days=5):%Y-%m-%d}",
        "date_created": _iso(letter.at),
        "date_modified": _iso(scans[-1].at if scans else letter.at),
        "send_date": _iso(letter.send_at),
        "use_type": wish["use_type"],
        "fsc": False,
        "status": "processed" if now < letter.at + timedelta(seconds=5) else "rendered",
        "failure_reason": None,
        "object": "letter",
    }


def _events(letter: Letter, scans: list[Scan]) -> Iterator[dict[str, Any]]:
    kind = "certified" if letter.certified else "normal"
    for number, scan in enumerate(scans):
        seen = f"{scan.at + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}.000Z"
        yield {
            "id": f"evnt_{letter.id[4:]}{number:02d}",
            "type": kind,
            "name": scan.name,
            "details": _details(scan) if letter.certified else None,
            "location": None if scan.name == "Mailed" else str(letter.to.get("address_zip") or "")[:5] or None,
            "time": _iso(scan.at),
            "date_created": seen,
            "date_modified": seen,
            "object": "tracking_event",
        }


def _details(scan: Scan) -> dict[str, Any]:
    event = _SUBSTATUS.get(scan.name, "other")
    words = event.replace("_", " ")
    return {"event": event, "description": words.capitalize(), "notes": None, "action_required": False}


def _address(letter: Letter, address: dict[str, Any]) -> dict[str, Any]:
    known = {name: str(address[name]).upper() if address.get(name) else None for name in _ADDRESS}
    country = str(address.get("address_country") or "US")
    return {
        "id": address["id"],
        "description": address.get("description"),
        **known,
        "email": address.get("email"),
        "address_country": _COUNTRIES.get(country, country),
        "metadata": {},
        "date_created": _iso(letter.at),
        "date_modified": _iso(letter.at),
        "deleted": True,  # addresses given inline are not kept in the address book
        "object": "address",
    }


def _expiry(now: datetime) -> int:
    return int((now + timedelta(days=30)).timestamp())


def _iso(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
