"""`dun people`: who may sign in on the page."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.config.people import ROLES
from connector.config.settings import Config
from connector.page.proxy import NAME
from connector.printing import emit_json, json_option, say, show, table
from state.page_accounts import AccountRole

_ROLES: dict[str, AccountRole] = {role: role for role in ROLES}


@click.group()
def people() -> None:
    """Who may sign in on the page, and with which role.

    What a name may do is what [people] in the configuration says of it. While nobody is listed there, the role
    given here counts.
    """


@people.command("list")
@json_option
@click.pass_obj
def list_people(config_path: Path, as_json: bool) -> None:
    """List the accounts, and the links that wait to be used."""
    with installation(config_path) as opened:
        accounts, invited = opened.registry.accounts.all(), opened.registry.accounts.invited(opened.clock.now())
        listed = opened.config.people
    if as_json:
        rows = [
            {"name": a.name, "role": a.role, "added_at": a.added_at, "password_at": a.password_at} for a in accounts
        ]
        emit_json({"accounts": rows, "invited": invited, "roles_from_configuration": bool(listed)})
        return
    told = [[a.name, "by [people]" if listed else a.role, f"{a.added_at:%Y-%m-%d}"] for a in accounts]
    told += [[name, "", "has a link"] for name in invited]
    show(
        table("Accounts of the page", ("name", "role", "since"), told), "Nobody has an account yet: dun people add NAME"
    )


@people.command()
@click.argument("name")
@click.option(
    "--role", type=click.Choice(ROLES[1:]), default="viewer", show_default=True, help="While [people] lists nobody."
)
@click.option("--url", metavar="URL", help="Where that person reaches the page, for the link.")
@json_option
@click.pass_obj
def add(config_path: Path, name: str, role: str, url: str | None, as_json: bool) -> None:
    """Print a link with which NAME chooses a password.

    It works once, within three days. For somebody who has an account, the link sets a new password; the role stays.
    """
    from connector.page.serving import link_for  # the server and its templates

    if not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is no name for an account: it has letters, digits and . _ - @")
    with installation(config_path) as opened:
        address = (url or _address(opened.config)).rstrip("/")
        link = link_for(opened.registry, address, name, _ROLES[role])
        guessed = url is None and not opened.config.page.hosts
        unlisted = bool(opened.config.people) and name not in opened.config.people
    if as_json:
        emit_json({"name": name, "link": link, "listed": not unlisted})
        return
    if unlisted:
        say(f"{name} is not listed in [people] of the configuration, and may do nothing until then.")
    say(f"For {name}, once, within three days: {link}")
    if guessed:
        say("That is where the configuration puts the page. If it is open elsewhere: --url with that address.")


@people.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@json_option
@click.pass_obj
def change_role(config_path: Path, name: str, role: str, as_json: bool) -> None:
    """Give an account another role.

    It counts while [people] of the configuration lists nobody.
    """
    with installation(config_path) as opened:
        if opened.registry.accounts.account(name) is None:
            raise BadInput(f"{name!r} has no account; `dun people list` shows who has")
        opened.registry.accounts.set_role(name, _ROLES[role])
    if as_json:
        emit_json({"name": name, "role": role})
    else:
        say(f"{name} has the role {role}.")


@people.command()
@click.argument("name")
@json_option
@click.pass_obj
def remove(config_path: Path, name: str, as_json: bool) -> None:
    """Take an account away; whoever is signed in under it is signed out."""
    with installation(config_path) as opened:
        if not opened.registry.accounts.remove(name):
            raise BadInput(f"{name!r} has neither an account nor a link; `dun people list` shows who has")
    if as_json:
        emit_json({"removed": name})
    else:
        say(f"{name} can sign in no more.")


def _address(config: Config) -> str:
    named = config.page.hosts
    return f"https://{named[0]}" if named else f"http://{config.page.listen or '127.0.0.1:8486'}"
