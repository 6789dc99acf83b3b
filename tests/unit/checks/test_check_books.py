"""Books that cannot be believed, or that somebody else chases from as well, are noticed."""

import pytest

from connector.checks import books
from connectors.ledger import Forbidden, Outage


@pytest.mark.parametrize("code", ["shrunk", "replaced", "another_company", "clock_skew"])
def test_a_tenant_stopped_by_the_guard_says_what_it_saw(sight, bench, code: str) -> None:
    bench.store.holds.place("tenant", "*", reason=code, until=None, note="what was seen", at=bench.now)

    [finding] = books.suspicious(sight())
    assert (finding.severity, "what was seen" in finding.words) == ("critical", True)
    assert list(books.held(sight())) == []


def test_a_hold_by_hand_is_a_wish_and_not_a_trouble(sight, bench) -> None:
    bench.store.holds.place("tenant", "*", reason="manual", until=None, note=None, at=bench.now)

    assert list(books.suspicious(sight())) == []
    assert [finding.severity for finding in books.held(sight())] == ["notice"]


def test_xeros_own_reminders_are_noticed_when_they_are_switched_on_later(sight, bench) -> None:
    bench.run()
    before = list(books.own_reminders_on(sight()))
    bench.books.company.own_reminders = True
    bench.next_day()
    bench.run()

    assert before == []
    assert [finding.code for finding in books.own_reminders_on(sight())] == ["own_reminders_on"]


def test_records_nobody_can_read_are_counted(sight, bench) -> None:
    bench.ledger.unreadable.add(bench.invoice().guid)
    bench.run()

    [finding] = books.quarantined(sight())
    assert finding.words.startswith("1 record of the ledger cannot be read")


def test_what_the_last_cycle_could_not_do_is_told_in_its_words(sight, bench) -> None:
    bench.ledger.fail_next("changes", Forbidden("the plan does not include this"))
    bench.run()
    [finding] = books.needs_person(sight())
    bench.run()

    assert finding.words == "the plan does not include this"
    assert list(books.needs_person(sight())) == []


def test_an_outage_needs_nobody(sight, bench) -> None:
    bench.ledger.fail_next("changes", Outage("no answer"))
    bench.run()

    assert list(books.needs_person(sight())) == []
