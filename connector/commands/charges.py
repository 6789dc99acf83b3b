"""`dun charges`: what late invoices cost their debtors, and how it gets into the ledger."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from connector import raising
from connector.agreements.subject import at_hand, money
from connector.commands.options import chosen, installation, tenant_option
from connector.commands.refusals import BadInput
from connector.people import at_the_terminal
from connector.printing import count, emit_json, json_option, say, show, table
from connector.raising import Outcome
from connector.reckonings import Reckoning, Shown, reckonings
from connector.wiring import Installation
from state.charges import ChargeRecord
from state.model import TenantSlug


@click.group()
def charges() -> None:
    """Reckon interest and fixed sums on late invoices, and raise them in the ledger."""


@charges.command(name="show")
@click.argument("invoice", required=False)
@click.option("--customer", metavar="NAME", help="Of everything that a customer owes.")
@tenant_option
@json_option
@click.pass_obj
def show_charges(config_path: Path, invoice: str | None, customer: str | None, slug: str | None, as_json: bool) -> None:
    """Show the reckoning up to today, period by period.

    INVOICE is a number or an id. What was paid is read from the mirror: `dun sync` brings it up to date.

    \b
    dun charges show INV-1041
    dun charges show --customer "Buyer plc" --json
    """
    with installation(config_path) as opened, at_hand(opened, slug, invoice, customer, change=False) as hand:
        found = reckonings(hand, opened.config.tenant(hand.target.tenant))
    if as_json:
        emit_json({"tenant": hand.target.tenant, "charges": found.reckonings, "running": found.running})
        return
    _show(found)


@charges.command(name="propose")
@click.argument("invoice")
@tenant_option
@json_option
@click.pass_obj
def propose_charges(config_path: Path, invoice: str, slug: str | None, as_json: bool) -> None:
    """Propose to raise the charges on an invoice in the ledger.

    INVOICE is a number or an id. They are reckoned up to today, less what stands in the ledger already, as a draft too.
    Nothing is written until somebody approves it.
    """
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None, change=False) as hand:
        settings = opened.config.tenant(hand.target.tenant)
        made = raising.propose(hand, settings, at_the_terminal())
    if as_json:
        emit_json({"tenant": hand.target.tenant, "proposed": made})
        return
    total = money(made.charge.total_minor, made.charge.currency)
    say(f"Proposed on {hand.target.words}: {total} up to and including {made.charge.up_to}.")
    if words := raising.nowhere_to_book(settings):
        say(f"Before it can be approved: {words}.")
    say(f"Next: dun charges approve {made.charge.number}")


@charges.command(name="approve")
@click.argument("invoices", nargs=-1, metavar="INVOICE...", required=True)
@click.option("--as-issued", is_flag=True, help="QuickBooks: let it be owed at once, since there are no drafts.")
@tenant_option
@json_option
@click.pass_obj
def approve_charges(
    config_path: Path, invoices: Sequence[str], as_issued: bool, slug: str | None, as_json: bool
) -> None:
    """Let proposed charges into the ledger.

    INVOICE is the number or id of the late invoice. Xero gets a draft, which nobody owes until it is approved there.
    QuickBooks has no drafts: with --as-issued it gets an invoice that is owed and chased from then on. The invoice is
    read again first, and what could not be written stays approved: the same command tries again and writes it once.
    With four_eyes in [charges], whoever proposed them may not approve them.
    """
    with installation(config_path) as opened:
        tenant_slug = _tenant_of(opened, slug, invoices)
        with opened.tenant(tenant_slug) as tenant:
            wanted = raising.named(tenant.store, invoices)
            outcomes = raising.approve(tenant, wanted, at_the_terminal(), as_issued=as_issued)
    if as_json:
        emit_json({"tenant": tenant_slug, "charges": outcomes})
    else:
        say(*(_told(each, drafts=tenant.settings.ledger == "xero") for each in outcomes))
    if any(each.result != "raised" for each in outcomes):
        raise click.exceptions.Exit(1)


@charges.command(name="refuse")
@click.argument("invoices", nargs=-1, metavar="INVOICE...", required=True)
@tenant_option
@json_option
@click.pass_obj
def refuse_charges(config_path: Path, invoices: Sequence[str], slug: str | None, as_json: bool) -> None:
    """Take proposed charges back.

    INVOICE is the number or id of the late invoice. What may be in the ledger already cannot be taken back here.
    """
    with installation(config_path) as opened:
        tenant_slug = _tenant_of(opened, slug, invoices)
        with opened.store(tenant_slug) as store:
            refused = raising.named(store, invoices)
            raising.refuse(store, refused, at_the_terminal(), opened.clock.now())
    if as_json:
        emit_json({"tenant": tenant_slug, "refused": [each.id for each in refused]})
        return
    say(f"Refused {count(len(refused), 'charge')}.")


@charges.command(name="list")
@click.option("--all", "everything", is_flag=True, help="With what was raised or refused.")
@tenant_option
@json_option
@click.pass_obj
def list_charges(config_path: Path, everything: bool, slug: str | None, as_json: bool) -> None:
    """List charges that wait for approval, or for the ledger."""
    with installation(config_path) as opened:
        found: list[tuple[TenantSlug, ChargeRecord]] = []
        for each_slug in chosen(opened, slug):
            with opened.store(each_slug) as store:
                records = store.charges.everything() if everything else store.charges.pending()
                found += [(each_slug, record) for record in records]
    if as_json:
        emit_json({"charges": [{"tenant": each, "charge": record} for each, record in found]})
        return
    columns = ("tenant", "invoice", "up to", "amount", "state", "why")
    rows = (
        (each, r.charge.number, r.charge.up_to, money(r.charge.total_minor, r.charge.currency), r.state, _why(r))
        for each, r in found
    )
    made = table("Charges", columns, rows, right=("amount",), prose=("why",))
    show(made, "No charges wait. `dun charges propose INVOICE` proposes some.")


def _tenant_of(opened: Installation, slug: str | None, invoices: Sequence[str]) -> TenantSlug:
    """Where charges on these invoices wait. BadInput if that is at several tenants."""
    slugs, waiting = chosen(opened, slug), []
    for each in slugs:
        with opened.store(each) as store:
            if raising.waits(store, invoices):
                waiting.append(each)
    if len(waiting) > 1:
        raise BadInput(f"charges on these invoices wait at several tenants ({', '.join(waiting)}); add --tenant")
    return (waiting or slugs)[0]


def _told(outcome: Outcome, *, drafts: bool) -> str:
    charge = outcome.charge.charge
    amount = money(charge.total_minor, charge.currency)
    if outcome.result == "raised" and drafts:
        return (
            f"{charge.number}: {amount} raised in the ledger as draft {outcome.document_id}. It asks the customer for"
            " nothing until somebody approves it there; until then messages go on asking for them."
        )
    if outcome.result == "raised":
        return f"{charge.number}: {amount} raised in the ledger as {outcome.document_id}."
    return f"{charge.number}: {amount} {outcome.result}; {outcome.words}."


def _why(record: ChargeRecord) -> str | None:
    """Why it is not in the ledger, or is there and asks nobody."""
    if record.is_no_more:
        return f"its document is {record.document_status} in the ledger; it can be proposed anew"
    if record.is_draft:
        return "a draft in the ledger, which asks the customer for nothing"
    return record.words


def _show(found: Shown) -> None:
    for each in found.reckonings:
        if each.refused:
            say(f"{each.number}: no charges; {each.refused}.")
            continue
        say(*_lines(each))
        columns = ("from", "to", "days", "open", "percent", "interest")
        rows = (
            (p.first, p.last, p.days, money(p.balance_minor, each.currency), p.percent, _amount(p.interest_minor, each))
            for p in each.periods
        )
        show(table(each.number, columns, rows, right=("days", "open", "percent", "interest")))
    for currency, running in found.running.items():
        say(
            f"Still to be asked for in {currency}: {money(running.total_minor, currency)},"
            f" each day {money(running.daily_minor, currency)} more."
        )


def _lines(each: Reckoning) -> Iterator[str]:
    yield f"{each.number}: {_amount(each.total_minor, each)} up to {each.as_of}, by {each.source}."
    if not each.named:
        yield "  It is no law in the customer's country: messages do not name it, and ask for this as agreed."
    yield f"  Payable in time until {each.last_day}; days of a year: {each.day_count}."
    yield f"  Interest {_amount(each.interest_minor, each)}, fixed {_amount(each.fixed_minor, each)}."
    yield from (f"  Rate: {words}." for words in each.rates)
    if each.without_fixed:
        yield f"  No fixed sum: {each.without_fixed}."
    if each.beyond_cap_minor:
        yield f"  {_amount(each.beyond_cap_minor, each)} more are beyond the agreed limit."
    if each.raised_minor:
        yield f"  {_amount(each.raised_minor, each)} are raised in the ledger already and left out."
    if each.drafted_minor:
        yield (
            f"  {_amount(each.drafted_minor, each)} of it are a draft in the ledger, which asks the customer for"
            " nothing; they are not proposed again."
        )


def _amount(minor: int, each: Reckoning) -> str:
    return money(minor, each.currency)
