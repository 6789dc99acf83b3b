"""Twilio's instants: RFC 2822, as in an e-mail, "Thu, 24 Aug 2023 05:01:45 +0000"."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def instant(text: str | None) -> datetime | None:
    """The instant in `text`, aware UTC; None where there is none that can be read."""
    try:
        told = parsedate_to_datetime(text or "")
        return None if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
