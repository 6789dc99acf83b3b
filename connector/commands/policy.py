"""`dun policy`: read a policy as sentences, see what a change would do, and what it would have done."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import click
from msgspec import Struct, structs

from connector.charging import rate_doubts
from connector.commands.options import chosen, how_to_connect, installation, tenant_option, tenants_of
from connector.commands.refusals import BadInput
from connector.config.settings import Config, TenantSettings, load
from connector.dunning.calendar import shift
from connector.grading import known_payers
from connector.outlook import room_on
from connector.policy_tools.difference import Change, Rules, difference
from connector.policy_tools.findings import Finding, mirror_findings, plan_findings
from connector.policy_tools.firm_sentences import firm_sentences
from connector.policy_tools.rewind import Rewound, not_replayed, rewind
from connector.policy_tools.sentences import policy_sentences, segment_sentences, time_sentences
from connector.policy_tools.silent_telephones import silent_telephones
from connector.policy_tools.unreachable import unreachable
from connector.printing import count, emit_json, json_option, say, show, table
from connector.tenant import Tenant
from connector.wiring import clock_of
from state.model import TenantSlug

_DAYS_IN_A_MONTH = 30.44
_MOST = 10  # rows of a table; how many more there are is told
_DIGITS_OF_A_TELEPHONE = 13


@click.group()
def policy() -> None:
    """Look after the dunning policy."""


class Checked(Struct, frozen=True):
    """One tenant's policy in sentences, and what is to be weighed; of its customers only where it is connected."""

    tenant: TenantSlug
    connected: bool
    policy: list[str]
    findings: list[Finding]


@policy.command()
@tenant_option
@json_option
@click.pass_obj
def check(config_path: Path, slug: str | None, as_json: bool) -> None:
    """Read the policy as sentences, with what is doubtful about it.

    What cannot be carried out or is unlawful has been refused with the configuration (exit code 2). A tenant that is
    not connected yet is read by the configuration alone; nothing can be said of its customers.
    """
    found = list(_checked(config_path, slug))
    if as_json:
        emit_json({"tenants": found})
        return
    for each in found:
        say(f"{each.tenant}:", *(f"  {sentence}" for sentence in each.policy))
        say(*(f"{each.tenant}: to be weighed in {f.sequence}: {f.words}" for f in each.findings))
        if not each.connected:
            say(f"{each.tenant}: not connected yet, so nothing is said of its customers.")


def _checked(config_path: Path, slug: str | None) -> Iterator[Checked]:
    config = load(config_path)
    wanted = list(config.tenants.values()) if slug is None else [config.tenant(slug)]
    if not wanted:
        raise BadInput(f"no tenant is configured yet; run {how_to_connect(config)}")
    if not (config.data / "registry.db").exists():
        clock = clock_of(config)
        yield from (_by_itself(config, settings, settings.today_at(clock.now())) for settings in wanted)
        return
    with installation(config_path) as opened:
        for settings in wanted:
            if opened.registry.tenant(settings.slug) is None:
                yield _by_itself(config, settings, settings.today_at(opened.clock.now()))
            else:
                with opened.tenant(settings.slug) as tenant:
                    yield _with_its_customers(config, tenant)


def _by_itself(config: Config, settings: TenantSettings, today: date) -> Checked:
    escalates = settings.escalated_sender is not None
    policies = settings.book.policies
    words = [f"{each.name}: {told}" for each in policies for told in policy_sentences(each, escalates=escalates)]
    law = (Finding("law", doubt) for doubt in settings.doubts)
    rates = (Finding("rates", doubt) for doubt in rate_doubts(settings, today))
    idle = unreachable(settings.book, (each.book for each in config.tenants.values()))
    planned = plan_findings(settings.book, escalates=escalates)
    doubts = [*planned, *idle, *law, *rates, *_of_letters(settings), *silent_telephones(settings, today)]
    words += [*firm_sentences(settings), *time_sentences(settings.book), *segment_sentences(settings.book)]
    return Checked(settings.slug, False, words, doubts)


def _of_letters(settings: TenantSettings) -> Iterator[Finding]:
    """Letters that give no account to pay to."""
    by_letter = [stage.name for stage in settings.book.stages.values() if "letter" in stage.channels]
    head = settings.letterhead
    if by_letter and head.country and not head.iban and not any(map(_names_an_account, head.contact)):
        yield Finding(
            "letters",
            f"nothing in the letters of {', '.join(by_letter)} says which account to pay to: set iban in"
            f" [tenants.{settings.slug}.letterhead], or see that contact or a template of your own names one",
        )


def _names_an_account(line: str) -> bool:
    """Sort code and account, or routing number and account, have more digits than a telephone number."""
    return sum(map(str.isdigit, line)) > _DIGITS_OF_A_TELEPHONE


def _with_its_customers(config: Config, tenant: Tenant) -> Checked:
    alone = _by_itself(config, tenant.settings, tenant.today)
    of_customers = mirror_findings(tenant.settings.book, list(tenant.accounts()), tenant.today)
    return structs.replace(alone, connected=True, findings=[*alone.findings, *of_customers])


@policy.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--days", metavar="N", type=click.IntRange(1, 366), default=30, show_default=True, help="How far ahead.")
@tenant_option
@json_option
@click.pass_obj
def diff(config_path: Path, old: Path, new: Path, days: int, slug: str | None, as_json: bool) -> None:
    """Show whom a change of the policy would treat differently.

    OLD and NEW are configuration files. The customers are those of the mirror of this installation (--config). The
    daily cap and the mode count as well; at which hour of a day a message leaves does not.
    """
    before, after = load(old), load(new)
    with installation(config_path) as opened:
        changes = []
        for name in chosen(opened, slug):
            missing = [file.path.name for file in (before, after) if name not in file.tenants]
            if missing:
                raise BadInput(f"tenant {name!r} is not in {' and '.join(missing)}; name another with --tenant")
            with opened.tenant(name) as tenant:
                everybody = tenant.store.receivables.accounts(tenant.today)
                old_rules, new_rules = _rules(before, tenant), _rules(after, tenant)
                books = old_rules.book, new_rules.book
                known = known_payers(tenant.store, tenant.settings, everybody, tenant.today, *books)
                accounts = list(known)
                found = difference(accounts, old_rules, new_rules, tenant.today, days)
                changes.append((name, len(accounts), found))
    if as_json:
        emit_json({"days": days, "tenants": [{"tenant": n, "customers": c, "changes": d} for n, c, d in changes]})
        return
    for name, customers, found in changes:
        for change in found:
            _print_change(change)
        say(f"{name}: {len(found)} of {count(customers, 'customer')} would be treated differently in {days} days.")
        _print_hours(name, before.tenant(name), after.tenant(name))


def _rules(file: Config, tenant: Tenant) -> Rules:
    settings = file.tenant(tenant.slug)
    return Rules(settings.book, settings.calendar, settings.mode, partial(room_on, tenant, settings.daily_cap))


def _print_hours(name: str, before: TenantSettings, after: TenantSettings) -> None:
    """What leaves at another hour of the same day is no other treatment."""
    hours = [(each.sending_window, each.window_of_customer, each.spread_minutes) for each in (before, after)]
    if hours[0] != hours[1]:
        say(f"{name}: the hours of the day differ, too (window, window_zone or spread_minutes); they are not compared.")


def _print_change(change: Change) -> None:
    segments = f" ({change.before.segment} -> {change.after.segment})"
    say(f"{change.customer}{segments if change.before.segment != change.after.segment else ''}")
    for sign, ours, theirs in (("-", change.before, change.after), ("+", change.after, change.before)):
        say(*(f"  {sign} {send}" for send in ours.sends if send not in theirs.sends))
        say(*(f"  {sign} held {held}" for held in ours.held if held not in theirs.held))


@policy.command(name="rewind")
@click.option("--months", metavar="N", type=click.IntRange(1, 60), default=12, show_default=True, help="How far back.")
@tenant_option
@json_option
@click.pass_obj
def rewind_command(config_path: Path, months: int, slug: str | None, as_json: bool) -> None:
    """Replay the policy on the mirror's own past.

    Says how many messages each customer would have had, stage by stage, and which would have met an invoice that was in
    fact paid, though the ledger did not show it yet. Every customer is taken to have been reachable, and to have been
    in its country and groups of today. What of the policy is not replayed, such as customers' own times, is said.
    """
    with tenants_of(config_path, slug) as tenants:
        rewound = [(tenant.slug, *_rewound(tenant, months)) for tenant in tenants]
    if as_json:
        told = [{"tenant": name, **_figures(past), "not_replayed": left_out} for name, past, left_out in rewound]
        emit_json({"months": months, "tenants": told})
        return
    for name, past, left_out in rewound:
        _print_rewound(name, past)
        say(*(f"{name}: {sentence}" for sentence in left_out))


def _rewound(tenant: Tenant, months: int) -> tuple[Rewound, list[str]]:
    """What would have been, and what of it is left out."""
    past, book, last = tenant.store.past(tenant.zone), tenant.settings.book, tenant.today
    first: date = shift(last, -round(months * _DAYS_IN_A_MONTH))
    return rewind(past, book, tenant.calendar, first, last), list(not_replayed(book, past))


def _figures(past: Rewound) -> dict[str, object]:
    return {
        "first": past.first,
        "last": past.last,
        "messages": past.messages,
        "by_stage": past.by_stage,
        "customers": past.customers,
        "met_a_paid_invoice": past.met_a_paid_invoice,
    }


def _print_rewound(name: str, past: Rewound) -> None:
    show(table(f"{name}: by stage", ("stage", "messages"), past.by_stage.items(), right=("messages",)))
    _print_written_to(name, past)
    _print_in_vain(name, past)
    say(
        f"{name}: {count(len(past.messages), 'message')} to {count(len(past.customers), 'customer')}"
        f" from {past.first} to {past.last}; {past.met_a_paid_invoice} would have met an invoice that was in fact paid."
    )
    if past.met_a_paid_invoice:
        say(f"{name}: Dun reads the ledger again before each message; what nobody has entered yet it cannot know.")


def _print_written_to(name: str, past: Rewound) -> None:
    columns = ("customer", "messages", "by stage", "met a paid one")
    rows = (
        (each.customer, each.messages, _stages(each.by_stage), each.met_a_paid_invoice or "")
        for each in past.customers[:_MOST]
    )
    show(
        table(
            f"{name}: written to most",
            columns,
            rows,
            right=("messages", "met a paid one"),
            prose=("customer", "by stage"),
        )
    )
    _print_more(len(past.customers))


def _stages(messages: dict[str, int]) -> str:
    return ", ".join(f"{stage} {number}" for stage, number in messages.items())


def _print_in_vain(name: str, past: Rewound) -> None:
    met = [(message, invoice) for message in past.in_vain for invoice in message.paid]
    columns = ("on", "customer", "stage", "invoice", "paid on", "entered on")
    rows = (
        (message.on, message.customer, message.stage, paid.invoice, paid.paid_on, paid.entered_on or "not yet")
        for message, paid in met[:_MOST]
    )
    show(table(f"{name}: would have met a paid invoice, the latest first", columns, rows, prose=("customer",)))
    _print_more(len(met))


def _print_more(rows: int) -> None:
    if rows > _MOST:
        say(f"and {rows - _MOST:,} more; --json lists them", "")
