"""`dun statement`: how a customer's account stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from connector.agreements.subject import at_hand, living_contact, money
from connector.commands.options import installation, tenant_option
from connector.commands.refusals import BadInput
from connector.letters.data import StatementData, ageing
from connector.letters.statement import statement_html, statement_pdf
from connector.printing import emit_json, json_option, say, show, table
from connector.statement_mail import send_statement
from connector.statements import statement_of
from state.model import ContactId
from state.money import Money

_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("customer")
@click.option("--pdf", "pdf", metavar="FILE", type=_FILE, help="Write it as PDF.")
@click.option("--html", "html", metavar="FILE", type=_FILE, help="Write it as a web page.")
@click.option("--send", is_flag=True, help="Read the ledger, and send it to the customer as PDF.")
@tenant_option
@json_option
@click.pass_obj
def statement(
    config_path: Path, customer: str, pdf: Path | None, html: Path | None, send: bool, slug: str | None, as_json: bool
) -> None:
    """Show a customer's statement of account.

    CUSTOMER is a name or an id. Open invoices, what was paid on them, credit that no invoice has taken and promises,
    per currency, as the mirror has it: `dun sync` brings it up to date. With --send the ledger is read first, and the
    statement goes to the customer's e-mail addresses, each time anew.

    \b
    dun statement "Buyer plc"
    dun statement "Buyer plc" --pdf buyer.pdf
    dun statement "Buyer plc" --send
    """
    with installation(config_path) as opened:
        fonts = opened.config.base / folder if (folder := opened.config.letters.fonts) else None
        with at_hand(opened, slug, None, customer, change=False) as hand:
            tenant_slug, contact_id = hand.target.tenant, living_contact(hand.store, ContactId(hand.target.id))
            data = statement_of(opened.config.tenant(tenant_slug), hand.store, contact_id, hand.today)
            read_at = hand.store.mirror.last_pulled_at()
        sent = None
        if send:
            with opened.working_on(tenant_slug), opened.tenant(tenant_slug) as tenant:
                sent = send_statement(tenant, contact_id, fonts)
                data = statement_of(tenant.settings, tenant.store, contact_id, tenant.today)
                read_at = tenant.store.mirror.last_pulled_at()
    _write(data, pdf, html, fonts)
    if as_json:
        emit_json({"tenant": tenant_slug, "as_of": read_at, "sent": sent, "statement": _plain(data)})
        return
    _show(data)
    say(f"As the ledger was at {read_at:%Y-%m-%d %H:%M} UTC." if read_at else "The ledger has not been read yet.")
    say(*(f"Written to {file}." for file in (pdf, html) if file is not None))
    if sent is not None:
        say(f"Sent as message {sent}.")


def _write(data: StatementData, pdf: Path | None, html: Path | None, fonts: Path | None) -> None:
    try:
        if pdf is not None:
            pdf.write_bytes(statement_pdf(data, fonts))
        if html is not None:
            html.write_text(statement_html(data), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be written: {error.strerror}") from None


def _plain(data: StatementData) -> dict[str, Any]:
    return {
        "day": data.day,
        "invoices": [
            {
                "number": line.number,
                "issued_on": line.issued_on,
                "due_on": line.due_on,
                "days_overdue": line.days_overdue,
                "currency": line.due.currency,
                "total_minor": line.total.minor,
                "due_minor": line.due.minor,
            }
            for line in data.invoices
        ],
        "credits": [
            {"kind": c.kind, "number": c.number, "currency": c.remaining.currency, "remaining_minor": c.remaining.minor}
            for c in data.credits
        ],
        "promises": [
            {"by": p.day, "currency": p.amount.currency, "amount_minor": p.amount.minor} for p in data.promises
        ],
        "balances": [
            {
                "currency": group.currency,
                "open_minor": group.subtotal.minor,
                "credit_minor": group.credit.minor,
                "balance_minor": group.asked.minor,
                "ageing": {name: amount.minor for name, amount in _ageing(data, group.currency)},
            }
            for group in data.sums
        ],
    }


def _ageing(data: StatementData, currency: str) -> Iterator[tuple[str, Money]]:
    parts = ageing(data.invoices, currency)
    yield "not_due", parts.not_due
    yield "days_1_to_30", parts.days_1_to_30
    yield "days_31_to_60", parts.days_31_to_60
    yield "days_61_to_90", parts.days_61_to_90
    yield "over_90", parts.over_90


def _show(data: StatementData) -> None:
    lines = (
        (
            line.number,
            line.issued_on,
            line.due_on,
            line.total,
            line.total - line.due if line.part_paid else "",
            line.due,
        )
        for line in data.invoices
    )
    columns = ("invoice", "of", "due on", "amount", "paid", "still due")
    show(table("Open invoices", columns, lines, right=("amount", "paid", "still due")), "No invoice is open.")
    credits = ((credit.kind, credit.number, credit.dated_on, credit.remaining) for credit in data.credits)
    show(table("Credit not yet set against an invoice", ("kind", "number", "of", "left"), credits, right=("left",)))
    promises = ((promise.day, promise.amount) for promise in data.promises)
    show(table("Promised", ("by", "amount"), promises, right=("amount",)))
    for group in data.sums:
        ages = ", ".join(
            f"{name.replace('_', ' ')} {amount}" for name, amount in _ageing(data, group.currency) if amount
        )
        balance = money(group.asked.minor, group.currency)
        say(f"Balance in {group.currency}: {balance}{f' ({ages})' if ages else ''}")
