"""`dun web`: the bookkeeper's page."""

import sys
from pathlib import Path

import click

from connector.commands.refusals import BadInput
from connector.config.settings import load
from connector.data_folder import prepare
from connector.logs import configure_for_command
from connector.printing import emit_json, json_option, say


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where to serve it, instead of [page] listen.")
@click.option("--behind-proxy", is_flag=True, help="A proxy signs people in; as [page] behind_proxy.")
@json_option
@click.pass_obj
def web(config_path: Path, listen: str | None, behind_proxy: bool, as_json: bool) -> None:
    """Serve the bookkeeper's page.

    It goes on until it is stopped (Ctrl-C or SIGTERM). `dun run` serves the same page beside its work. While nobody has
    an account, a link for the first one is shown, which works once. Accounts after that: `dun people add`. SIGHUP makes
    it read the configuration again.
    """
    from connector.page.serving import PortTaken, serve  # the server and its templates

    config = load(config_path)
    configure_for_command(config.log_level, config.log_format)
    prepare(config.data)
    tell = tell_as_json if as_json else tell_in_words
    try:
        serve(config, listen=listen, behind_proxy=behind_proxy or None, tell=tell, link=as_json or sys.stdout.isatty())
    except (PortTaken, ValueError) as error:
        raise BadInput(f"--listen {listen!r} {error}" if isinstance(error, ValueError) else str(error)) from error


def tell_in_words(url: str, link: str | None, *, nobody: bool) -> None:
    say(f"The page is at {url} ; stop with Ctrl-C.")
    if link:
        say(f"Nobody has an account yet. This link makes the first one, once, within the hour: {link}")
    elif nobody:  # what is not a terminal may be a log, which is no place for a key
        say("Nobody has an account yet; run: dun people add NAME --role admin")


def tell_as_json(url: str, link: str | None, *, nobody: bool) -> None:
    emit_json({"url": url, "first_link": link, "nobody_has_an_account": nobody})
    sys.stdout.flush()
