"""Nothing in the truth lies there unread: every file is replayed by a test, or stands here with the reason why not."""

import re
from pathlib import Path

from truth.replaying import TRUTH, needs_truth

pytestmark = needs_truth
HERE = Path(__file__)

UNREAD = {
    r"(.*/)?(LICENSE(\.txt)?|SOURCES\.md)": "says where the others come from and under which terms",
    r"quickbooks/.*/access_token_200\.xml": "OAuth 1, which Intuit switched off in 2019",
    r"quickbooks/.*/disconnect_200\.xml": "OAuth 1, as above",
    r"quickbooks/.*/exchange_rates\.xml": "Dun adds no two currencies, so it asks for no rates",
    r"quickbooks/.*/terms\.xml": "Dun reads due dates and never the terms behind them",
    r"quickbooks/.*/deactivate/account\.yml": "an account of the books, which Dun never asks for",
    r"quickbooks/.*/update/sales_receipt\.yml": "a sale that was paid at once is nobody's debt; Dun never asks for it",
    r"quickbooks/.*/success_userinfo_response\.json": "who the person is that consents, which Dun never asks",
    r"xero/.*/get_-BatchPayments_200\.json": "a bracket around payments; what they paid stands on the invoices",
    r"xero/.*/get_-Payments_200\.json": "payments come with their invoices, the list of them is never asked for",
    r"xero/.*/post_-Payments-PaymentID_200\.json": "the deletion of a refund to a supplier",
    r"xero/.*/put_-CreditNotes-CreditNoteID-Allocations_200\.json": "Dun allocates nothing",
    r"xero/.*/put_-Overpayments-OverpaymentID-Allocations_200\.json": "Dun allocates nothing",
}


def files() -> list[Path]:
    return sorted(path.relative_to(TRUTH) for path in TRUTH.rglob("*") if path.is_file())


def sources() -> str:
    """What the other tests of this folder say."""
    return "\n".join(path.read_text(encoding="utf-8") for path in HERE.parent.glob("*.py") if path != HERE)


def named_in(path: Path, source: str) -> bool:
    """Whether a test names the file: with its folder where names repeat, alone where they do not."""
    ways = {f"{path.parent.name}/{path.name}", f'"{path.parent.name}", "{path.name}"'}
    if path.parent.name in {"fixtures", "openapi", "intuit-dotnet-oauth", "quickbooks", "json"}:
        ways |= {f'"{path.name}"', f"}}/{path.name}", f'"{path.stem}"'}
    if path.parent.name in {"oas-examples", "intuit-php-sdk-xsd"}:
        ways |= {f'"{path.stem}"', f"/{path.name}"}
    return any(way in source for way in ways)


def unread(path: Path) -> list[str]:
    return [pattern for pattern in UNREAD if re.fullmatch(pattern, path.as_posix())]


def test_every_file_is_replayed_or_says_why_not() -> None:
    source = sources()
    forgotten = [path.as_posix() for path in files() if not named_in(path, source) and not unread(path)]
    assert forgotten == []


def test_no_reason_outlives_its_file_and_no_file_has_both() -> None:
    source, paths = sources(), files()
    assert [pattern for pattern in UNREAD if not any(re.fullmatch(pattern, path.as_posix()) for path in paths)] == []
    licences = re.compile(next(iter(UNREAD)))
    both = [path.as_posix() for path in paths if unread(path) and named_in(path, source)]
    assert [path for path in both if not licences.fullmatch(path)] == []
