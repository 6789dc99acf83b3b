"""`dun reconnect`: a connection that died or was given up comes back to life."""

from pathlib import Path

import click

from connector.commands.connect import lead, refuse_example_app, tell
from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.connecting.orderly_end import orderly_end
from connector.printing import json_option


@click.command()
@click.argument("slug", metavar="TENANT")
@click.option(
    "--no-browser", is_flag=True, help="Only print the address of the consent page; the answer may be pasted."
)
@json_option
@click.pass_obj
def reconnect(config_path: Path, slug: str, no_browser: bool, as_json: bool) -> None:
    """Connect a known client again, to the company it belongs to.

    The same journey as `dun connect`; settings, history and mirror stay. Choose the same company on the consent page:
    another one is refused. Also needed after a change of the rights, such as the end of read_only.
    """
    with installation(config_path) as opened:
        settings = opened.config.tenant(slug)
        if opened.registry.tenant(settings.slug) is None:
            raise BadInput(
                f"tenant {slug!r} was never connected; run `dun connect {settings.ledger} --tenant {slug}` first"
            )
        refuse_example_app(opened.config, settings)
    with orderly_end():
        made = lead(config_path, settings, None, no_browser=no_browser)
    tell(slug, settings.ledger, made, as_json=as_json)
