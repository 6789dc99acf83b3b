"""kill -9 between an approval, a change behind its back and the next cycle: nothing leaves twice, or unasked."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import approving_lives
import pytest
from connected_office import CONTEXT, ENDS_WITHIN_SECONDS, SLUGS, Office, connected_office

from connector import approval
from connector.approval import Waiting
from connector.rounds import run_tenant
from connector.wiring import Installation
from state.model import LedgerName

ELSEWHERE = "somebody.else@customer.example"
UNTIL_OPEN: dict[LedgerName, timedelta] = {"xero": timedelta(0), "quickbooks": timedelta(hours=8)}  # where each firm is


@pytest.fixture(params=SLUGS)
def ledger(request: pytest.FixtureRequest) -> LedgerName:
    return request.param


@pytest.fixture
def office(tmp_path: Path, ledger: LedgerName) -> Iterator[Office]:
    with connected_office(tmp_path, ledger, customers=12) as made:
        path = made.folder / "config.toml"
        path.write_text(path.read_text().replace('mode = "auto"', 'mode = "approve"'))
        made.let_pass(UNTIL_OPEN[ledger])
        yield made


def move(office: Office, ledger: LedgerName, reminder: Waiting) -> None:
    """The customer's address changes in the ledger."""
    with office.world.lock:
        books = office.world.companies[ledger]
        [customer] = [each for each in books.customers.values() if each.name == reminder.customer]
        books.edit_customer(customer, email=ELSEWHERE)


def reminded(office: Office) -> Counter[str]:
    """How many messages each address got."""
    return Counter(to for mail in office.world.messages for to in mail.recipients)


@pytest.mark.parametrize("moment", ["before", "halfway", "after"])
def test_a_change_after_the_yes_asks_again_through_a_kill_and_then_leaves_once(
    office: Office, ledger: LedgerName, moment: approving_lives.Moment
) -> None:
    slug = SLUGS[ledger]
    with Installation(office.config) as own:
        run_tenant(own, slug)
        waiting = [each for each in approval.waiting(own, [slug]) if each.terms.channel == "email"]
        changed, others = waiting[0], [each for each in waiting if each.customer_id != waiting[0].customer_id]
        of_changed = [each for each in waiting if each.customer_id == changed.customer_id]
        approval.approve(own, waiting, "ada")
    assert others
    move(office, ledger, changed)

    process = CONTEXT.Process(target=approving_lives.killed, args=(office.folder, slug, moment))
    process.start()
    process.join(ENDS_WITHIN_SECONDS)
    assert process.exitcode == -9

    with Installation(office.config) as own:
        sent = [run_tenant(own, slug).messages for _ in range(3)]
        assert sent == [len({each.customer_id for each in others}), 0, 0]
        assert reminded(office)[ELSEWHERE] == 0

        again = [each for each in approval.waiting(own, [slug]) if each.customer_id == changed.customer_id]
        assert {each.approval_ended for each in again} == {"addressees_changed_since_approved"}
        assert {each.reminder_id for each in again} == {each.reminder_id for each in of_changed}
        approval.approve(own, again, "ada")
        assert [run_tenant(own, slug).messages for _ in range(2)] == [1, 0]
        assert reminded(office)[ELSEWHERE] == 1
