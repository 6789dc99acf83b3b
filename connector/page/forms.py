"""What a browser posts: plain form fields, so many bytes and no more."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from connector.web.webhooks import LARGEST_BODY, read_body

LARGEST_FORM = LARGEST_BODY
LARGEST_WITH_KEPT = 2 * LARGEST_FORM  # of one that carries the fields of another, as `packed` has them
_MOST_FIELDS = 20_000
TOKEN_FIELD = "token"  # noqa: S105 - the name of the field that proves a form is ours
_NEVER_SHOWN = frozenset((TOKEN_FIELD, "password", "old", "new"))


class UnusableForm(Exception):
    """Not a form, or a larger one than any of ours."""


class Form(Mapping[str, str]):
    """The fields in their order; as a mapping, the last value of each."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        self.fields = tuple(fields)
        self._last = dict(fields)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be ticked several times."""
        return [value for field, value in self.fields if field == name]

    @property
    def typed(self) -> tuple[tuple[str, str], ...]:
        """What a person put in, without the proof that the form is ours and without passwords."""
        return tuple((name, value) for name, value in self.fields if name not in _NEVER_SHOWN)


async def read_form(request: Request, largest: int = LARGEST_FORM) -> Form:
    """Raises UnusableForm, also of more than `largest` bytes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, largest)
    if body is None or (body and kind != "application/x-www-form-urlencoded"):
        raise UnusableForm
    return parsed(body.decode("ascii", errors="replace"))


def parsed(text: str) -> Form:
    """A form from its encoded text. Line ends become those of this house."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError:
        raise UnusableForm from None
    return Form([(name, value.replace("\r\n", "\n")) for name, value in pairs])


def packed(fields: Sequence[tuple[str, str]]) -> str:
    """In letters that travel as they are: what is encoded and encoded again has five bytes for each one it had."""
    return urlsafe_b64encode(urlencode(fields).encode()).decode()


def unpacked(text: str) -> Form:
    """What was `packed`. Raises UnusableForm."""
    try:
        return parsed(urlsafe_b64decode(text).decode("ascii", errors="replace"))
    except ValueError:
        raise UnusableForm from None
