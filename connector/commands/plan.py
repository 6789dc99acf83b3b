"""`dun plan`: invoices paid by instalments."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import click

from connector.agreements.in_hand import in_hand, left_aside
from connector.agreements.plans import by_equal_parts, by_hand, cancel_plans, chosen_invoices, make_plan, plans_of
from connector.agreements.subject import AtHand, at_hand, money
from connector.commands.options import day_option, installation, tenant_option
from connector.dunning.agreements import PlanPosition, missing_of, position
from connector.dunning.instalments import Rhythm
from connector.people import at_the_terminal
from connector.plan_standings import plan_standings
from connector.printing import count, emit_json, json_option, say, show, table
from state.agreed import Plan, PlanState
from state.model import InvoiceStatus


def _parts(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> list[tuple[date, str]]:
    """Each DATE=AMOUNT; the amount is read once its currency is known."""
    try:
        return [(date.fromisoformat(day), amount) for day, _, amount in (value.partition("=") for value in values)]
    except ValueError:
        raise click.BadParameter("write each like 2026-04-30=200.00", ctx, param) from None


@click.group()
def plan() -> None:
    """Let a customer pay by instalments."""


@plan.command()
@click.argument("customer")
@click.option("--invoices", metavar="A,B", multiple=True, help="These; without it: all that is open.")
@click.option("--instalments", "parts", metavar="N", type=click.IntRange(1, 120), help="In so many equal parts.")
@day_option("--first", "first", words="When the first of them is due.")
@click.option(
    "--every", type=click.Choice(["month", "week", "2weeks"]), default="month", show_default=True, help="Rhythm."
)
@click.option(
    "--instalment", "by_day", metavar="DATE=AMOUNT", multiple=True, callback=_parts, help="One part, by hand."
)
@tenant_option
@json_option
@click.pass_obj
def make(
    config_path: Path,
    customer: str,
    invoices: Sequence[str],
    parts: int | None,
    first: datetime | None,
    every: Rhythm,
    by_day: Sequence[tuple[date, str]],
    slug: str | None,
    as_json: bool,
) -> None:
    """Make a payment plan over a customer's invoices.

    CUSTOMER is a name or an id. The instalments sum to what is due, to the cent: equal ones have what does not divide
    in the last. A day on which the firm does not work is moved to the next. Each instalment is asked for by its own
    day; payments count for the oldest first.

    \b
    dun plan make "Buyer plc" --instalments 3 --first 2026-04-30
    dun plan make "Buyer plc" --invoices INV-1041,INV-1050 --instalment 2026-04-30=400.00 --instalment 2026-05-31=200.00
    """
    if bool(by_day) == (parts is not None) or (parts is None) != (first is None):
        raise click.UsageError("say --instalments N and --first DATE, or each --instalment DATE=AMOUNT")
    texts = [text.strip() for listed in invoices for text in listed.split(",") if text.strip()]
    with installation(config_path) as opened, at_hand(opened, slug, None, customer) as hand:
        chosen = chosen_invoices(hand, texts)
        calendar = opened.config.tenant(hand.target.tenant).calendar
        if parts is not None and first is not None:
            instalments = by_equal_parts(hand, chosen, parts, first.date(), every, calendar)
        else:
            instalments = by_hand(hand, chosen, by_day, calendar)
        made = make_plan(hand, chosen, instalments, at_the_terminal())
        aside = left_aside(in_hand(hand.store, [each.invoice_id for each in chosen]))
    if as_json:
        emit_json({"tenant": hand.target.tenant, "plan": made})
        return
    balance = money(made.baseline_minor, made.currency)
    say(f"Plan for {hand.target.words}: {balance} in {count(len(made.instalments), 'instalment')}.")
    say(*aside)
    _show_parts(made)


@plan.command(name="show")
@click.argument("customer")
@tenant_option
@json_option
@click.pass_obj
def show_plans(config_path: Path, customer: str, slug: str | None, as_json: bool) -> None:
    """Show a customer's plans and how far they have come.

    CUSTOMER is a name or an id. Of the next instalment it says until when it can be paid before the plan breaks. What
    was paid is read from the mirror: `dun sync` brings it up to date.
    """
    with installation(config_path) as opened, at_hand(opened, slug, None, customer, change=False) as hand:
        standings = plan_standings(hand.store, opened.config.tenant(hand.target.tenant), hand.today)
        found = [(each, standings.get(each.id) or _position(hand, each)) for each in plans_of(hand)]
    if as_json:
        emit_json({"tenant": hand.target.tenant, "plans": [_in_figures(each, at) for each, at in found]})
        return
    for each, at in found:
        say(*_lines(each, at))
        _show_parts(each)
    if not found:
        say(f"There is no plan with {hand.target.words}.")


@plan.command()
@click.argument("customer")
@tenant_option
@json_option
@click.pass_obj
def cancel(config_path: Path, customer: str, slug: str | None, as_json: bool) -> None:
    """End a customer's plan; its invoices are asked for as before.

    CUSTOMER is a name or an id.
    """
    with installation(config_path) as opened, at_hand(opened, slug, None, customer) as hand:
        ended = cancel_plans(hand, at_the_terminal())
    if as_json:
        emit_json({"tenant": hand.target.tenant, "cancelled": [each.id for each in ended]})
        return
    say(f"Cancelled {count(len(ended), 'plan')} with {hand.target.words}.")


def _position(hand: AtHand, of: Plan) -> PlanPosition:
    """Of a plan that is over: nothing of it is asked for, so nothing of it can be late."""
    invoices = {share.invoice_id: hand.store.mirror.invoice(share.invoice_id) for share in of.shares}
    due = {key: each.due_minor for key, each in invoices.items() if each and each.status is InvoiceStatus.OPEN}
    return position(of, due, due, 0, hand.today)


def _in_figures(of: Plan, at: PlanPosition) -> dict[str, object]:
    return {
        "plan": of,
        "paid_minor": at.paid_minor,
        "rest_minor": at.rest_minor,
        "outstanding_minor": at.outstanding_minor,
        "last_day": at.last_day,
        "broken": at.broken,
    }


def _lines(of: Plan, at: PlanPosition) -> Iterator[str]:
    yield f"Plan {of.id} of {of.made_at:%Y-%m-%d}, {of.state}: {money(of.baseline_minor, of.currency)}"
    yield f"  paid {money(at.paid_minor, of.currency)}, left {money(at.rest_minor, of.currency)}"
    if at.instalment is not None and of.state in (PlanState.ACTIVE, PlanState.BROKEN):
        yield f"  next: instalment {at.instalment.number} of {at.instalment.due_on}, {_outstanding(of, at)}"


def _outstanding(of: Plan, at: PlanPosition) -> str:
    asked, missing = money(at.outstanding_minor, of.currency), missing_of(at)
    if not at.outstanding_minor:
        return f"{money(missing, of.currency)} of it outstanding, which is disputed and not asked for"
    if missing > at.outstanding_minor:
        return f"{money(missing, of.currency)} of it outstanding, of which {asked} is undisputed; {_until(at)}"
    return f"{asked} of it outstanding; {_until(at)}"


def _until(at: PlanPosition) -> str:
    if at.broken:
        return f"the plan is broken, it could be paid until {at.last_day}"
    if at.last_day is None:
        return "the plan does not break before its reminder has left"
    return f"it can be paid until {at.last_day}"


def _show_parts(of: Plan) -> None:
    rows = ((part.number, part.due_on, money(part.amount_minor, of.currency)) for part in of.instalments)
    show(table("Instalments", ("number", "due on", "amount"), rows, right=("number", "amount")))
