"""What needs a person is said in every cycle, and what the ledger has told late does not look like damage."""

from datetime import timedelta

from tenant_bench import TenantBench

from connectors.channels.channel import Unsure
from connectors.ledger import Stream


def test_an_unknown_send_is_named_in_every_cycle_until_somebody_settles_it(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(Unsure("no answer"))
    bench.run()

    again = [[problem.code for problem in bench.run().problems] for _ in range(2)]
    bench.store.reminders.resolve(bench.reminder(document).id, "skipped", "says a person", bench.now)

    assert again == [["unsettled_sends"], ["unsettled_sends"]]
    assert bench.run().problems == []


def test_a_customer_whose_contact_stream_lags_behind_is_read_with_the_first_invoice(bench: TenantBench) -> None:
    bench.run()
    pages = bench.ledger.changes

    def without_contacts(stream: str, since: str | None):
        for page in pages(stream, since):
            page.contacts = []
            yield page

    bench.ledger.changes = without_contacts
    bench.ledger.streams = (Stream("changes", timedelta(0)),)
    document = bench.invoice()

    bench.run()

    assert bench.sent_stages(document) == ["soft"]
