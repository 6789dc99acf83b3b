"""Which pulls cannot be believed."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from state.model import Organisation
from sync.guard import believable, clocks_agree, same_company, same_documents

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
KNOWN = Organisation(ledger="xero", id="one", name="Harbour", currency="GBP", zone=None, country="GB")


def code(suspicion: object) -> str | None:
    return getattr(suspicion, "code", None)


def test_the_first_company_to_answer_is_the_right_one() -> None:
    assert same_company(None, KNOWN) is None


def test_a_company_may_change_its_name() -> None:
    assert same_company(KNOWN, msgspec.structs.replace(KNOWN, name="Harbour Ltd")) is None


@pytest.mark.parametrize("changes", [{"id": "two"}, {"ledger": "quickbooks"}])
def test_another_company_is_suspicious(changes: dict[str, str]) -> None:
    suspicion = same_company(KNOWN, msgspec.structs.replace(KNOWN, **changes))

    assert code(suspicion) == "another_company"


@pytest.mark.parametrize(
    ("before", "after", "suspicious"),
    [
        (19, 0, False),  # too few to prove anything
        (20, 0, True),
        (20, 7, True),
        (20, 8, False),  # two fifths are left
        (100, 39, True),
        (100, 40, False),
        (0, 100, False),
        (100, 500, False),
    ],
)
def test_open_invoices_that_vanish_at_once_are_suspicious(before: int, after: int, suspicious: bool) -> None:
    assert code(believable(before, after)) == ("shrunk" if suspicious else None)


@pytest.mark.parametrize(
    ("known", "gone", "suspicious"),
    [
        (19, 19, False),  # too few to prove anything
        (20, 20, True),
        (20, 13, True),
        (20, 12, False),  # two fifths are left
        (100, 0, False),
        (0, 0, False),
    ],
)
def test_open_invoices_that_the_ledger_no_longer_knows_are_suspicious(known: int, gone: int, suspicious: bool) -> None:
    assert code(same_documents(known, gone)) == ("replaced" if suspicious else None)


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_clocks_may_differ_by_a_quarter_of_an_hour(minutes: int) -> None:
    assert clocks_agree(NOW, NOW + timedelta(minutes=minutes)) is None


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clocks_that_differ_by_more_are_suspicious(minutes: int) -> None:
    assert code(clocks_agree(NOW, NOW + timedelta(minutes=minutes))) == "clock_skew"


def test_a_ledger_that_does_not_tell_the_time_is_not_suspected() -> None:
    assert clocks_agree(NOW, None) is None
