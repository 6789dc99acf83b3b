"""What a list request asks for, read from its query string and headers the way Xero reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from starlette.requests import Request

from connectors.sandbox.xero.errors import PreconditionFailed, query_parse

LONGEST_QUERY = 2_048
DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE = 1_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list request. `page` is None for an unpaged one; `since` is the first second that counts."""

    page: int | None
    page_size: int
    since: datetime | None
    where: str
    order: str
    search: str
    summary: bool
    archived: bool
    own_only: bool
    unit_digits: int
    ids: frozenset[str]
    numbers: frozenset[str]
    contacts: frozenset[str]
    statuses: frozenset[str]

    @property
    def filters(self) -> tuple[object, ...]:
        """All that decides which rows are listed, apart from their stamps."""
        return (
            self.where,
            self.search,
            self.archived,
            self.own_only,
            self.ids,
            self.numbers,
            self.contacts,
            self.statuses,
        )


def read_query(request: Request, *, inclusive: bool) -> ListQuery:
    """The request as a ListQuery; `inclusive` decides whether If-Modified-Since counts its own second."""
    given = request.query_params
    summary, statuses = _true(given, "summaryOnly"), _names(given, "Statuses")
    page = _number(given, "page")
    if page is None and (summary or statuses):
        page = 1
    return ListQuery(
        page=None if page is None else max(1, page),
        page_size=min(LARGEST_PAGE, max(1, _number(given, "pageSize") or DEFAULT_PAGE_SIZE)),
        since=modified_since(request.headers.get("if-modified-since"), inclusive=inclusive),
        where=given.get("where", "").strip(),
        order=given.get("order", "").strip(),
        search=given.get("searchTerm", "").strip().lower(),
        summary=summary,
        archived=_true(given, "includeArchived"),
        own_only=_true(given, "createdByMyApp"),
        unit_digits=4 if given.get("unitdp") == "4" else 2,
        ids=frozenset(name.lower() for name in _names(given, "IDs")),
        numbers=_names(given, "InvoiceNumbers"),
        contacts=frozenset(name.lower() for name in _names(given, "ContactIDs")),
        statuses=frozenset(name.upper() for name in statuses),
    )


def modified_since(text: str | None, *, inclusive: bool) -> datetime | None:
    """The first instant an If-Modified-Since lets through: it has whole seconds only, and is UTC if it says nothing."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
    except ValueError:
        raise PreconditionFailed("The If-Modified-Since header is not a date") from None
    moment = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)
    second = moment.replace(microsecond=0)
    return second if inclusive else second + _SECOND


def _true(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "").lower() == "true"


def _names(given: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(part.strip() for part in given.get(name, "").split(",") if part.strip())


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise query_parse(f"The value of {name} is not a number") from None
