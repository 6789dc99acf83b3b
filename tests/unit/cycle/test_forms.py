"""A message is only made where it can arrive, whatever was decided about its way."""

import msgspec
import pytest
from tenant_bench import TenantBench

from connector.dunning.policy import Policy, Stage
from connector.enclosures import Enclosure
from connector.leaving import Leaving, leaving
from connector.messages.context import MessageError
from connector.outgoing import Outgoing, write_message
from sync.verify import Verification

RECIPIENTS = ("everybody", "primary", "billed_to", "escalation")


def leaving_to(bench: TenantBench, recipients: str) -> Leaving:
    """What would leave by e-mail about one invoice, with a copy to somebody else."""
    bench.set(mode="approve", policy=Policy(stages=(Stage("soft", 1, "soft", recipients=recipients),)))
    bench.invoice(bench.customer(email="ap@buyer.example", cc=("boss@buyer.example",)))
    bench.run()
    [found] = leaving(bench.tenant)
    return found


def written_again(bench: TenantBench, found: Leaving, addresses: tuple[str, ...]) -> Outgoing | None:
    """The same message, where the customer has come to have only `addresses`."""
    [reminder] = found.reminders
    invoice = bench.store.mirror.invoice(reminder.invoice_id)
    assert invoice is not None
    assert found.outgoing is not None
    return write_message(
        bench.tenant,
        msgspec.structs.replace(found.account, addresses=addresses),
        found.plan,
        {(invoice.id, reminder.stage): reminder},
        Verification(found.outgoing.proofs, {}, {invoice.id: invoice}, (), bench.now),
        {invoice.id: Enclosure(None, None)},
        0,
    )


@pytest.mark.parametrize("recipients", RECIPIENTS)
def test_no_mail_is_made_for_a_customer_none_of_whose_addresses_takes_mail(bench: TenantBench, recipients: str) -> None:
    found = leaving_to(bench, recipients)

    with pytest.raises(MessageError, match="none of its customer's addresses takes mail"):
        written_again(bench, found, ())


@pytest.mark.parametrize("recipients", RECIPIENTS)
def test_one_address_that_takes_mail_is_enough(bench: TenantBench, recipients: str) -> None:
    found = leaving_to(bench, recipients)

    message = written_again(bench, found, ("ap@buyer.example",))

    assert message is not None
    assert [to.email for to in message.message.to] == ["ap@buyer.example"]
