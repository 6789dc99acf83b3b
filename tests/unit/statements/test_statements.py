"""A statement shows a customer's whole account as the mirror has it, and leaves once, on what the ledger says now."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pdf_pages import text_of
from tenant_bench import TenantBench

from connector.config.charges import Charging
from connector.config.letters import LetterheadSection
from connector.cycle import refresh
from connector.dunning.late_terms import UNITED_KINGDOM
from connector.dunning.policy import Policy, Stage
from connector.law.published_rates import published_rates
from connector.letters.data import StatementData
from connector.statement_mail import send_statement
from connector.statements import StatementError, statement_attachment, statement_of
from connectors.channels.channel import NotSent, RefusedMessage, Unsure
from connectors.ledger import Outage
from connectors.sandbox.documents import Customer
from state.agreed import Share
from state.model import ContactId, InvoiceId, PostalAddress


def statement(firm: TenantBench, customer: Customer) -> StatementData:
    refresh(firm.tenant)
    return statement_of(firm.settings, firm.store, ContactId(customer.guid), firm.today)


def sent(firm: TenantBench, customer: Customer) -> str:
    refresh(firm.tenant)
    return send_statement(firm.tenant, ContactId(customer.guid), None)


def outcomes(firm: TenantBench) -> list[tuple[str, str, str]]:
    return [(each.draft.stage, each.outcome, each.draft.totals) for each in firm.messages()]


def test_it_has_every_open_invoice_with_what_was_paid_on_it_the_oldest_first(firm: TenantBench) -> None:
    customer = firm.customer()
    late, early = firm.invoice(customer, "80.00", overdue=40), firm.invoice(customer, "100.00", overdue=-5)
    firm.pay(late, "30.00")
    firm.pay(firm.invoice(customer, "7.00"))

    found = statement(firm, customer)

    assert [(line.number, str(line.total), str(line.due), line.days_overdue) for line in found.invoices] == [
        (late.number, "80.00 GBP", "50.00 GBP", 40),
        (early.number, "100.00 GBP", "100.00 GBP", -5),
    ]


def test_currencies_have_balances_of_their_own(firm: TenantBench) -> None:
    customer = firm.customer()
    firm.invoice(customer, "100.00")
    firm.invoice(customer, "50.00", currency="EUR")
    firm.credit(customer, "30.00")

    assert [str(group.asked) for group in statement(firm, customer).sums] == ["70.00 GBP", "50.00 EUR"]


def test_credit_and_promises_are_listed(firm: TenantBench) -> None:
    customer = firm.customer()
    invoice = firm.invoice(customer, "100.00")
    credit = firm.credit(customer, "30.00")
    shares, day = [Share(InvoiceId(invoice.guid), 100_00)], firm.today + timedelta(days=3)
    refresh(firm.tenant)
    firm.store.promises.make(InvoiceId(invoice.guid), None, day, 60_00, "GBP", shares, None, "ada", firm.now)

    found = statement(firm, customer)

    assert [(each.number, str(each.remaining)) for each in found.credits] == [(credit.number, "30.00 GBP")]
    assert [(each.day, str(each.amount)) for each in found.promises] == [(day, "60.00 GBP")]


def test_the_head_of_a_family_speaks_for_its_jobs_and_a_job_for_itself(firm: TenantBench) -> None:
    head = firm.customer()
    job = firm.customer(parent=head.id)
    firm.invoice(head, "10.00")
    firm.invoice(job, "20.00")
    firm.credit(head, "5.00")

    of_head, of_job = statement(firm, head), statement(firm, job)

    assert [str(line.due) for line in of_head.invoices] == ["10.00 GBP", "20.00 GBP"]
    assert [str(line.due) for line in of_job.invoices] == ["20.00 GBP"]
    assert (len(of_head.credits), len(of_job.credits)) == (1, 0)


def test_an_account_on_which_nothing_is_open_is_empty(firm: TenantBench) -> None:
    found = statement(firm, firm.customer())

    assert (found.invoices, found.credits, found.sums) == ((), (), ())


def test_a_customer_nobody_knows_is_refused(firm: TenantBench) -> None:
    with pytest.raises(StatementError, match="not in the mirror"):
        statement_of(firm.settings, firm.store, ContactId("nobody"), firm.today)


def test_without_a_letterhead_the_firm_is_known_by_name_and_address_for_replies(firm: TenantBench) -> None:
    sender = statement(firm, firm.customer()).sender

    assert (sender.name, sender.contact) == ("Harbour Test Works", ("accounts@harbour.example",))


def test_with_a_letterhead_it_goes_to_the_postal_address(firm: TenantBench) -> None:
    letterhead = LetterheadSection(name="Harbour", street=("1 Quay",), city="Hull", postcode="HU1 1AA", country="GB")
    firm.set(letterhead=letterhead)
    customer = firm.customer(name="Buyer plc", street="2 Lane", city="Leeds", postcode="LS1 1AA", country="GB")

    found = statement(firm, customer)

    assert found.recipient == ("Buyer plc", "2 Lane", "Leeds", "LS1 1AA")
    assert found.sender.address == ("1 Quay", "Hull", "HU1 1AA")
    assert PostalAddress(lines=("1 Quay",)).lines == found.sender.address[:1]


def test_the_attachment_is_the_statement_as_pdf(firm: TenantBench) -> None:
    invoice = firm.invoice(amount="123.45")
    refresh(firm.tenant)
    [account] = firm.store.receivables.accounts(firm.today)

    attached = statement_attachment(firm.tenant, account)

    assert (attached.filename, attached.content_type) == (f"Statement-{firm.today}.pdf", "application/pdf")
    text = text_of(attached.content)
    assert invoice.number in text
    assert "£123.45" in text


def test_a_statement_is_sent_with_the_figures_of_the_ledger_and_asks_for_nothing(firm: TenantBench) -> None:
    customer = firm.customer()
    invoice = firm.invoice(customer, "100.00")
    refresh(firm.tenant)
    firm.pay(invoice, "40.00")  # the mirror has not heard of it

    send_statement(firm.tenant, ContactId(customer.guid), None)

    [message] = firm.channel.accepted
    assert [address.email for address in message.to] == [customer.email]
    assert "£60.00" in message.text
    assert "£60.00" in text_of(message.attachments[0].content)
    assert outcomes(firm) == [("statement", "sent", "{}")]


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (NotSent("no connection"), "not_sent", "it did not leave"),
        (RefusedMessage("no such mailbox"), "refused", "it did not leave"),
        (Unsure("no answer"), "unsure", "nobody knows whether it left"),
    ],
)
def test_what_became_of_it_is_told_and_kept(firm: TenantBench, error: Exception, outcome: str, words: str) -> None:
    invoice = firm.invoice()
    firm.channel.fail_next(error)  # type: ignore[arg-type]

    with pytest.raises(StatementError, match=words):
        sent(firm, firm.owner_of(invoice))

    assert [each[1] for each in outcomes(firm)] == [outcome]
    assert len(firm.channel.offered) == 1


def test_it_stands_in_the_history_before_the_first_byte_leaves(firm: TenantBench) -> None:
    invoice = firm.invoice()
    seen: list[list[tuple[str, str, str]]] = []
    firm.channel.before_send = lambda _: seen.append(outcomes(firm))

    sent(firm, firm.owner_of(invoice))

    assert seen == [[("statement", "sending", "{}")]]


def test_a_process_that_died_while_sending_leaves_a_doubt_that_the_next_one_writes_down(firm: TenantBench) -> None:
    invoice = firm.invoice()

    def die(_: object) -> None:
        raise KeyboardInterrupt

    firm.channel.before_send = die
    with pytest.raises(KeyboardInterrupt):
        sent(firm, firm.owner_of(invoice))
    firm.channel.before_send = lambda _: None
    sent(firm, firm.owner_of(invoice))

    assert sorted(each[1] for each in outcomes(firm)) == ["sent", "unsure"]


def test_a_ledger_that_cannot_be_read_sends_nothing(firm: TenantBench) -> None:
    invoice = firm.invoice()
    refresh(firm.tenant)
    firm.ledger.fail_next("changes", Outage("no answer"))

    with pytest.raises(StatementError, match="nothing was sent"):
        send_statement(firm.tenant, ContactId(firm.owner_of(invoice).guid), None)
    assert firm.channel.offered == []


@pytest.mark.parametrize(
    ("changes", "words"), [({"read_only": True}, "is read-only"), ({"mode": "off"}, "sends nothing")]
)
def test_a_firm_that_sends_nothing_sends_no_statement(
    firm: TenantBench, changes: dict[str, object], words: str
) -> None:
    invoice = firm.invoice()
    firm.set(**changes)

    with pytest.raises(StatementError, match=words):
        sent(firm, firm.owner_of(invoice))
    assert firm.channel.offered == []


def test_a_customer_without_an_address_gets_none(firm: TenantBench) -> None:
    invoice = firm.invoice(firm.customer(email=None), billed_to=None)

    with pytest.raises(StatementError, match="no usable address"):
        sent(firm, firm.owner_of(invoice))


def test_a_customer_whose_address_bounced_is_told_as_such(firm: TenantBench) -> None:
    invoice = firm.invoice(firm.customer(email="ap@buyer.example"))
    firm.store.deliveries.suppress("ap@buyer.example", "bounced", firm.now)

    with pytest.raises(StatementError, match=r"takes no mail since .*dun replies allow ADDRESS"):
        sent(firm, firm.owner_of(invoice))
    assert firm.channel.offered == []


def test_a_customer_who_owes_nothing_gets_none(firm: TenantBench) -> None:
    customer = firm.customer()
    firm.books.credit(customer, Decimal("5.00"), on=firm.today)

    with pytest.raises(StatementError, match="nothing is due"):
        sent(firm, customer)


def test_a_document_that_cannot_be_read_keeps_the_statement_back(firm: TenantBench) -> None:
    customer = firm.customer()
    firm.invoice(customer, "10.00")
    firm.ledger.unreadable.add(firm.invoice(customer, "20.00").guid)

    with pytest.raises(StatementError, match="cannot be read"):
        sent(firm, customer)


def test_an_email_after_the_due_date_has_the_statement_along_where_the_firm_wants_it(firm: TenantBench) -> None:
    firm.set(attach_statement=True)
    invoice, other = firm.invoice(overdue=1), firm.customer()
    firm.invoice(other, overdue=-3)  # a courtesy before its due date

    firm.run()

    attached = {
        message.to[0].email: [each.filename for each in message.attachments] for message in firm.channel.accepted
    }
    theirs, mine = f"Invoice-{invoice.number}.pdf", firm.owner_of(invoice).email
    assert [name for name in attached[mine or ""] if name != theirs] == [f"Statement-{firm.today}.pdf"]
    assert not [name for name in attached[other.email or ""] if name.startswith("Statement")]


def test_a_charge_that_a_stage_claims_is_in_the_message_and_not_on_the_statement(firm: TenantBench) -> None:
    """The statement is what the ledger shows: its balance is the one the customer's bookkeeper finds there."""
    claiming = Policy(stages=(Stage("soft", 1, "soft", charges="claim"),))
    british = Charging(terms=UNITED_KINGDOM, customers="business", rates=published_rates())
    firm.set(attach_statement=True, attach_pdf=False, policy=claiming, charges=british)
    firm.invoice(amount="1000.00", overdue=0)
    firm.next_day(2)

    firm.run()

    [message] = firm.channel.accepted
    [attached] = message.attachments
    assert "£70.00" in message.text
    assert "£70.00" not in text_of(attached.content)
    assert "£1,000.00" in text_of(attached.content)


def test_by_default_no_statement_goes_along(firm: TenantBench) -> None:
    firm.invoice(overdue=1)

    firm.run()

    [message] = firm.channel.accepted
    assert not [each for each in message.attachments if each.filename.startswith("Statement")]


def test_a_statement_that_cannot_be_made_keeps_its_message_back(firm: TenantBench) -> None:
    half = LetterheadSection(name="Harbour", country="GB")
    firm.set(attach_statement=True, letterhead=half)
    firm.invoice(overdue=1)

    firm.run()

    assert firm.channel.offered == []
