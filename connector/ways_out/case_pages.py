"""The case file as pages: the same facts as in the JSON, in the order in which somebody reads them.

Headings are in the language of the firm's locale. What is kept as a code stands as in the JSON, to be found there.
"""

from collections.abc import Iterable, Iterator
from datetime import date, tzinfo
from typing import Any

import msgspec

from connector.agreements.details import details_in_words
from connector.config.letters import LetterheadSection
from connector.letters.addresses import IncompleteAddress, shown_address
from connector.letters.case import CasePages, CaseSection, Sheet
from connector.letters.data import Sender
from connector.letters.letterhead import sender_of
from connector.letters.words import case_words_of
from connector.messages.formats import format_day, format_instant, format_money
from connector.messages.laws import law_in
from connector.messages.locales import language_part
from connector.ways_out.case import CaseFile, CaseInvoice, fingerprint
from connector.ways_out.ends import amount
from state.columns import read_instant
from state.money import Money, MoneyError
from sync.verify import Proof

_NONE = "-"


def case_pages(case: CaseFile, letterhead: LetterheadSection, locale: str, zone: tzinfo) -> CasePages:
    """The pages of `case`, written by the firm of `letterhead`, whose clock on the wall is that of `zone`."""
    return CasePages(
        sender=_sender(case, letterhead, locale),
        recipient=(case.handed_to,),
        window=letterhead.window,
        locale=locale,
        day=case.as_of,
        title=case_words_of(locale)["title"].format(creditor=case.creditor, debtor=case.debtor.name),
        reference=fingerprint(case.json())[:16],
        sections=tuple(_Pages(case, locale, zone).sections()),
    )


def _sender(case: CaseFile, letterhead: LetterheadSection, locale: str) -> Sender:
    """The letterhead; of a firm that has none, its name."""
    try:
        return sender_of(letterhead, locale)
    except IncompleteAddress:
        return Sender(name=case.creditor, address=())


class _Pages:
    def __init__(self, case: CaseFile, locale: str, zone: tzinfo) -> None:
        self._case = case
        self._locale = locale
        self._zone = zone
        self._words = case_words_of(locale)

    def sections(self) -> Iterator[CaseSection]:
        yield CaseSection(title=self._words["the_debtor"], paragraphs=("\n".join(self._debtor()),))
        yield CaseSection(title=self._words["what_is_claimed"], sheets=(self._claims(),))
        yield CaseSection(title=self._words["the_invoices"], sheets=(self._invoices(),))
        for invoice in self._case.invoices:
            yield self._interest(invoice)
        yield CaseSection(title=self._words["payments_and_credits"], sheets=(self._settlements(),))
        yield CaseSection(title=self._words["statement"], sheets=(self._statement(), self._balances()))
        yield CaseSection(title=self._words["what_was_sent"], sheets=(self._reminders(), self._deliveries()))
        for row in self._case.messages:
            yield self._message(row)
        yield CaseSection(title=self._words["contact_log"], sheets=tuple(self._log()))

    def _debtor(self) -> Iterator[str]:
        debtor = self._case.debtor
        yield debtor.name
        yield from shown_address(debtor.postal, debtor.country, self._locale)
        yield from (text for text in (debtor.email, *debtor.further_emails, *debtor.phones) if text)
        yield self._words[debtor.kind].format(id=debtor.id)

    def _claims(self) -> Sheet:
        head = self._head("currency", "principal", "interest", "fixed_sums", "raised", "claimed", "a_day_more")
        rows = (
            (
                claim.currency,
                *(
                    self._money(minor, claim.currency)
                    for minor in (
                        claim.principal_minor,
                        claim.interest_minor,
                        claim.fixed_minor - claim.beyond_cap_minor,
                        -claim.raised_minor,
                        claim.total_minor,
                        claim.daily_minor,
                    )
                ),
            )
            for claim in self._case.claims
        )
        return Sheet(head=head, rows=tuple(rows), right=6)

    def _invoices(self) -> Sheet:
        head = self._head("invoice", "issued", "due", "days_overdue", "amount", "still_due")
        rows = (
            (
                _name(invoice),
                self._day(invoice.issued_on),
                self._day(invoice.due_on),
                str(invoice.days_overdue),
                self._money(invoice.total_minor, invoice.currency),
                self._money(invoice.due_minor, invoice.currency),
            )
            for invoice in self._case.invoices
        )
        return Sheet(head=head, rows=tuple(rows), right=3)

    def _interest(self, invoice: CaseInvoice) -> CaseSection:
        claimed, currency = invoice.interest, invoice.currency
        rows = tuple(
            (
                self._day(period["first"]),
                self._day(period["last"]),
                str(period["days"]),
                f"{period['percent']} %",
                self._money(period["balance_minor"], currency),
                self._money(period["interest_minor"], currency),
            )
            for period in claimed.periods
        )
        law = self._words["no_law"] if claimed.unnamed else law_in(language_part(self._locale), claimed.source)
        words = [text for text in (law, claimed.words) if text]
        if claimed.fixed_minor:
            words.append(self._words["fixed_sum"].format(amount=self._money(claimed.fixed_minor, currency)))
        head = self._head("first_day", "last_day", "days", "a_year", "on_balance", "interest")
        return CaseSection(
            title=self._words["interest_on"].format(invoice=_name(invoice)),
            paragraphs=("\n".join(words),),
            sheets=(Sheet(head=head, rows=rows, right=4),),
        )

    def _settlements(self) -> Sheet:
        rows = (
            (
                _name(invoice),
                self._words.get(part.source, part.source),
                part.source_id,
                self._day(part.applied_on),
                self._money(part.amount_minor, invoice.currency),
            )
            for invoice in self._case.invoices
            for part in invoice.settlements
        )
        return Sheet(head=self._head("invoice", "by", "document", "on_day", "amount"), rows=tuple(rows))

    def _statement(self) -> Sheet:
        rows = (
            (
                line.number or line.id,
                self._day(line.due_on),
                self._words["this_case"] if line.in_this_case else "",
                self._money(line.due_minor, line.currency),
            )
            for line in self._case.statement
        )
        return Sheet(head=self._head("open_invoice", "due", "", "still_due"), rows=tuple(rows))

    def _balances(self) -> Sheet:
        rows = (
            (b.currency, *(self._money(minor, b.currency) for minor in (b.open_minor, b.credit_minor, b.balance_minor)))
            for b in self._case.balances
        )
        return Sheet(head=self._head("currency", "open", "credit_in_hand", "balance"), rows=tuple(rows), right=3)

    def _reminders(self) -> Sheet:
        numbers = {invoice.id: _name(invoice) for invoice in self._case.invoices}
        rows = _texts(
            (
                numbers.get(str(row["invoice_id"])),
                row["stage"],
                row["state"],
                self._at(row["sent_at"]),
                self._proof(row["proof"]),
            )
            for row in self._case.reminders
        )
        return Sheet(head=self._head("invoice", "stage", "state", "sent", "proof"), rows=tuple(rows), right=0)

    def _proof(self, stored: Any) -> str:
        """What the ledger said seconds before the reminder left; in the JSON it stands in full."""
        if not stored:
            return _NONE
        try:
            proof = msgspec.json.decode(stored, type=Proof)
        except msgspec.ValidationError:  # what a restore has learnt from the ledger's note
            return _NONE
        amount_due = self._money(proof.due_minor, proof.currency)
        return self._words["proven"].format(amount=amount_due, at=self._at(proof.read_at))

    def _deliveries(self) -> Sheet:
        rows = (
            (d["message_id"], d["kind"], self._at(d["at"]), d["recipient"], d["detail"]) for d in self._case.deliveries
        )
        return _sheet(self._head("message", "carrier_said", "at", "recipient", "detail"), rows)

    def _message(self, row: Any) -> CaseSection:
        recipients = ", ".join(msgspec.json.decode(row["recipients"], type=list[str]))
        facts = (
            self._at(row["claimed_at"]),
            row["channel"],
            recipients,
            row["outcome"],
            row["reason"],
            row["provider_id"],
        )
        title = self._words["message_about"].format(id=row["id"], subject=row["subject"] or row["stage"])
        return CaseSection(title=title, paragraphs=(" | ".join(str(f) for f in facts if f), *row["text"].split("\n\n")))

    def _log(self) -> Iterator[Sheet]:
        log = self._case.contact_log
        tasks = (
            (self._at(t.opened_at), t.new.kind, t.new.owner, t.outcome or t.state, t.note, t.closed_by)
            for t in log.tasks
        )
        yield _sheet(self._head("task_of", "kind", "whose", "outcome", "note", "by"), tasks)
        replies = (
            (self._at(r["received_at"]), r["sender"], r["kind"], r["subject"], r["text"], r["outcome"])
            for r in log.replies
        )
        yield _sheet(self._head("reply_of", "sender", "kind", "subject", "text", "outcome"), replies)
        promises = (
            (
                self._at(p["made_at"]),
                self._day(p["promised_on"]),
                self._promised(p),
                p["state"],
                p["note"],
                p["made_by"],
            )
            for p in log.promises
        )
        yield _sheet(self._head("promise_of", "promised_for", "amount", "state", "note", "by"), promises)
        disputes = (
            (self._at(d["opened_at"]), d["reason"], self._at(d["closed_at"]), d["outcome"], d["opened_by"])
            for d in log.disputes
        )
        yield _sheet(self._head("dispute_of", "reason", "ended", "outcome", "by"), disputes)
        plans = ((self._at(p["made_at"]), p["state"], self._at(p["settled_at"]), p["made_by"]) for p in log.plans)
        yield _sheet(self._head("plan_of", "state", "ended", "by"), plans)
        deeds = ((self._at(d["at"]), d["who"], d["action"], _details(d["details"])) for d in log.deeds)
        yield _sheet(self._head("at", "who", "did", "details"), deeds)

    def _head(self, *columns: str) -> tuple[str, ...]:
        return tuple(self._words[column] if column else "" for column in columns)

    def _promised(self, promise: Any) -> str:
        return self._money(promise["amount_minor"], promise["currency"])

    def _money(self, minor: int, currency: str) -> str:
        try:
            return format_money(Money(minor, currency), self._locale)
        except MoneyError:
            return amount(minor, currency)

    def _day(self, day: Any) -> str:
        """Of a row, where it is text, too."""
        return format_day(date.fromisoformat(day) if isinstance(day, str) else day, self._locale) if day else _NONE

    def _at(self, instant: Any) -> str:
        if instant is None:
            return _NONE
        return format_instant(read_instant(instant) if isinstance(instant, str) else instant, self._zone, self._locale)


def _details(stored: Any) -> str:
    """What a row of the trail keeps, as `dun audit` tells it; in the JSON it stands as it is kept."""
    return details_in_words(msgspec.json.decode(stored, type=dict[str, Any])) if stored else ""


def _name(invoice: CaseInvoice) -> str:
    return invoice.number or invoice.id


def _texts(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield tuple(_NONE if cell in (None, "") else str(cell) for cell in row)


def _sheet(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Sheet:
    return Sheet(head=head, rows=tuple(_texts(rows)), right=0)
