"""However many ask for a token at once, in however many threads and processes: the service sees one refresh.

The sandbox counts what it saw. Answers get lost on the way; services honour what they gave away before for a while,
and nothing but that may be needed to survive it.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from connected_office import CONTEXT, ENDS_WITHIN_SECONDS, SLUGS, Office, ask_each_round, connected_office, token_source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.wiring import Installation
from connectors.ledger import Outage
from state.model import LedgerName

LEDGERS: tuple[LedgerName, ...] = get_args(LedgerName)
EXPIRY = timedelta(hours=1)  # the longer of the two services
PROCESSES, ROUNDS = 3, 2


@pytest.fixture(scope="module", params=LEDGERS)
def ledger(request: pytest.FixtureRequest) -> LedgerName:
    return request.param


@pytest.fixture(scope="module")
def office(ledger: LedgerName, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with connected_office(tmp_path_factory.mktemp("office"), ledger) as made:
        made.world.switches["quickbooks.refresh_grace"] = "86400"  # a day, as Intuit's page says
        yield made


def ask_together(office: Office, ledger: LedgerName, askers: int, rejected: str | None) -> set[str]:
    """The tokens that so many threads get when they ask at the same moment; outages are met by asking again."""
    start, got = threading.Barrier(askers), []

    def ask() -> None:
        with Installation(office.config) as own:
            source = token_source(own, SLUGS[ledger])
            start.wait()
            for _ in range(8):
                try:
                    got.append(source.after_rejection(rejected) if rejected else source.access_token())
                    break
                except Outage:
                    continue

    threads = [threading.Thread(target=ask) for _ in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == askers, "somebody got no token"
    return set(got)


@given(
    episodes=st.lists(
        st.tuples(
            st.integers(1, 6),  # who ask at once
            st.booleans(),  # because the time is up, or because the service has refused the token
            st.integers(0, 2),  # answers lost on the way
            st.integers(0, 1500),  # minutes that pass before
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_connection_lives_on_with_one_refresh_at_a_time(
    office: Office, ledger: LedgerName, episodes: list[tuple[int, bool, int, int]]
) -> None:
    for askers, expired, lost, minutes in episodes:
        office.let_pass(timedelta(minutes=minutes) + (EXPIRY if expired else timedelta(0)))
        with Installation(office.config) as looker:
            held = looker.vault.load(SLUGS[ledger])
        before = office.refreshes(ledger).refreshes
        office.lose_answers(ledger, lost)
        tokens = ask_together(office, ledger, askers, None if expired else held.access_token)

        assert len(tokens) == 1
        assert tokens != {held.access_token}
        assert office.refreshes(ledger).refreshes == before + 1 + lost
    seen = office.refreshes(ledger)
    assert (seen.double_refreshes, seen.concurrent_refreshes, seen.invalid_grants) == (0, 0, 0)


@pytest.mark.parametrize("lost", [0, 1], ids=["no answer lost", "an answer lost in each round"])
def test_several_processes_and_threads_share_one_refresh(office: Office, ledger: LedgerName, lost: int) -> None:
    start, done = CONTEXT.Barrier(PROCESSES + 1), CONTEXT.Barrier(PROCESSES + 1)
    arguments = (office.folder, ledger, ROUNDS, start, done)
    processes = [CONTEXT.Process(target=ask_each_round, args=arguments) for _ in range(PROCESSES)]
    before = office.refreshes(ledger).refreshes
    for process in processes:
        process.start()
    for _ in range(ROUNDS):
        office.let_pass(EXPIRY)
        office.lose_answers(ledger, lost)
        start.wait(ENDS_WITHIN_SECONDS)
        ask_together(office, ledger, 2, None)
        done.wait(ENDS_WITHIN_SECONDS)
    for process in processes:
        process.join(ENDS_WITHIN_SECONDS)

    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert office.refreshes(ledger).refreshes == before + ROUNDS * (1 + lost)
    seen = office.refreshes(ledger)
    assert (seen.double_refreshes, seen.concurrent_refreshes, seen.invalid_grants) == (0, 0, 0)
