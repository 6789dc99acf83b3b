"""How the books' records look as QuickBooks entities: credits, families, currencies, links and documents."""

from datetime import date
from decimal import Decimal
from typing import Any

from truth.quickbooks_truth import Wire, work

DAY = date(2026, 1, 1)


def one(wire: Wire, path: str) -> dict[str, Any]:
    answer = wire.get(path).json(parse_float=Decimal)
    return dict(next(value for value in answer.values() if isinstance(value, dict)))


def test_money_is_exact_to_the_cent_in_the_bytes(wire: Wire) -> None:
    customer = wire.books.add_customer("A")
    wire.books.add_invoice(customer, work("1234567.10", "0.07"), issued=DAY)
    text = wire.get("/invoice/2").text
    assert '"TotalAmt":1234567.17,' in text
    assert '"Balance":1234567.17}' in text


def test_what_is_unknown_is_absent(wire: Wire) -> None:
    wire.books.add_invoice(wire.books.add_customer("A"), work("1.00"), issued=DAY, due=None)
    text = wire.get("/invoice/2").text
    assert "null" not in text
    for name in ("BillEmail", "BillAddr", "DueDate", "SalesTermRef", "PrivateNote", "ExchangeRate", "HomeBalance"):
        assert name not in text


def test_rates_and_home_amounts_appear_once_there_is_a_second_currency(firm: Wire) -> None:
    abroad = firm.rows("select * from Invoice where Balance > '1000'")[0]
    assert abroad["CurrencyRef"] == {"value": "EUR", "name": "Euro"}
    assert (abroad["ExchangeRate"], abroad["Balance"]) == (Decimal("1.0884"), Decimal("1200.10"))
    assert abroad["HomeBalance"] == abroad["HomeTotalAmt"] == Decimal("1306.19")
    assert one(firm, "/invoice/6")["ExchangeRate"] == 1
    assert one(firm, "/preferences")["CurrencyPrefs"] == {
        "MultiCurrencyEnabled": True,
        "HomeCurrency": {"value": "USD"},
    }


def test_an_applied_credit_memo_is_a_payment_of_nothing_that_links_both(firm: Wire) -> None:
    payment = next(row for row in firm.rows("select * from Payment where TotalAmt = '0'") if row["Line"])
    links = [(line["LinkedTxn"][0]["TxnType"], line["Amount"]) for line in payment["Line"]]
    assert links == [("Invoice", 10), ("CreditMemo", 10)]
    number = payment["Line"][0]["LinkedTxn"][0]["TxnId"]
    assert {"TxnId": payment["Id"], "TxnType": "Payment"} in one(firm, f"/invoice/{number}")["LinkedTxn"]
    assert one(firm, f"/payment/{payment['Id']}") == payment


def test_a_write_off_by_journal_is_a_payment_of_nothing_that_links_the_journal(firm: Wire) -> None:
    invoice = firm.books.invoices[6]
    firm.books.write_off(invoice, on=DAY, kind="journal")
    assert one(firm, "/invoice/6")["Balance"] == 0
    payment = firm.rows("select * from Payment")[0]
    assert [line["LinkedTxn"][0]["TxnType"] for line in payment["Line"]] == ["Invoice", "JournalEntry"]
    assert len(firm.rows("select * from CreditMemo")) == 1


def test_only_the_customers_balance_knows_of_a_journal_that_is_not_applied(firm: Wire) -> None:
    payments, before = len(firm.rows("select * from Payment")), one(firm, "/customer/1")["Balance"]
    firm.books.credit(firm.books.customers[1], Decimal("20.00"), on=DAY, kind="journal")
    assert len(firm.rows("select * from Payment")) == payments
    assert len(firm.rows("select * from CreditMemo")) == 1
    assert one(firm, "/customer/1")["Balance"] == before - 20


def test_a_deposit_is_taken_off_the_balance_without_a_payment(wire: Wire) -> None:
    customer = wire.books.add_customer("Bulk Ltd")
    invoice = wire.books.add_invoice(customer, work("100.00"), issued=DAY, deposit=Decimal("30.00"))
    shown = one(wire, f"/invoice/{invoice.id}")
    assert (shown["TotalAmt"], shown["Deposit"], shown["Balance"], shown["LinkedTxn"]) == (100, 30, 70, [])


def test_an_unapplied_credit_memo_leaves_the_invoices_balance_alone(firm: Wire) -> None:
    memo = firm.rows("select * from CreditMemo where Balance > '0'")[0]
    assert (memo["TotalAmt"], memo["RemainingCredit"], memo["Balance"]) == (25, 15, 15)
    assert one(firm, "/invoice/6")["Balance"] == Decimal("258.12")


def test_prepayments_and_overpayments_are_unapplied_payments(firm: Wire) -> None:
    prepaid = firm.rows("select * from Payment where TotalAmt = '33'")[0]
    assert (prepaid["UnappliedAmt"], prepaid["Line"]) == (33, [])
    assert len(firm.rows("select * from CreditMemo")) == 1


def test_one_payment_settles_invoices_of_parent_and_job(firm: Wire) -> None:
    payment = firm.rows("select * from Payment where TotalAmt = '150'")[0]
    customers = {
        one(firm, f"/invoice/{line['LinkedTxn'][0]['TxnId']}")["CustomerRef"]["value"] for line in payment["Line"]
    }
    assert payment["CustomerRef"]["value"] == "1"
    assert customers == {"1", "2"}


def test_a_job_names_its_parent_and_the_parent_counts_its_jobs(firm: Wire) -> None:
    job, parent = one(firm, "/customer/2"), one(firm, "/customer/1")
    assert (job["Job"], job["BillWithParent"], job["ParentRef"], job["Level"]) == (True, True, {"value": "1"}, 1)
    assert job["FullyQualifiedName"] == "Bramble Bakery:Oven hire"
    assert parent["BalanceWithJobs"] == parent["Balance"] + job["Balance"]


def test_a_customers_balance_is_net_of_unapplied_money(firm: Wire) -> None:
    open_invoices = Decimal("258.12") + Decimal("50.00") + Decimal("9.99")
    unapplied = Decimal("19.75") + Decimal("33.00") + Decimal("15.00")
    assert one(firm, "/customer/1")["Balance"] == open_invoices - unapplied


def test_a_dispute_and_a_scheduled_payment_show(firm: Wire) -> None:
    rows = firm.rows("select * from Invoice")
    assert [row["DocNumber"] for row in rows if row.get("EInvoiceStatus") == "Disputed"] == ["INV-00009"]
    assert len([row for row in rows if "ScheduledPaymentId" in row]) == 1


def test_an_invoice_that_was_mailed_says_so(firm: Wire) -> None:
    mailed = one(firm, "/invoice/7")
    assert (mailed["EmailStatus"], mailed["DeliveryInfo"]["DeliveryType"]) == ("EmailSent", "Email")
    assert mailed["BillEmailCc"] == {"Address": "books@bramble.example"}


def test_the_pay_link_comes_only_when_asked_payable_and_addressed(firm: Wire) -> None:
    def link(number: int, **params: str) -> str | None:
        return firm.get(f"/invoice/{number}", **params).json()["Invoice"].get("InvoiceLink")

    assert link(6) is None
    assert (link(6, include="invoiceLink") or "").startswith(firm.base)
    firm.books.edit_invoice(firm.books.invoices[6], billed_to="a@b.example, c@d.example")
    assert link(6, include="invoiceLink") is None
    firm.world.switches["quickbooks.online_payments"] = "no"
    assert link(7, include="invoiceLink") is None


def test_the_pdf_names_the_invoice(firm: Wire) -> None:
    answer = firm.get("/invoice/6/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert b"Invoice 1001" in answer.content
    assert firm.get("/invoice/999/pdf").status_code == 400


def test_terms_have_ids_that_invoices_refer_to(firm: Wire) -> None:
    terms = {row["Id"]: row["Name"] for row in firm.rows("select * from Term")}
    assert terms[one(firm, "/invoice/6")["SalesTermRef"]["value"]] == "Net 30"
    assert terms[one(firm, "/customer/2")["SalesTermRef"]["value"]] == "Net 15"


def test_the_company_says_who_it_is(firm: Wire) -> None:
    info = one(firm, f"/companyinfo/{firm.books.company.realm}")
    assert (info["CompanyName"], info["Country"], info["CompanyAddr"]["Country"]) == ("Acorn Joinery", "US", "USA")
    assert {pair["Name"] for pair in info["NameValue"]} >= {"SubscriptionStatus", "OfferingSku"}
    assert "Lat" not in info["CompanyAddr"]
