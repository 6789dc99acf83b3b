"""`dun config check`: everything that is wrong with the configuration, at once."""

from pathlib import Path

import click

from connector.commands.options import how_to_connect
from connector.config.json_schema import render
from connector.config.settings import Config, ConfigError, load
from connector.data_folder import loose_rights
from connector.messages.check import check_templates
from connector.printing import emit_json, json_option, say
from connector.wiring import missing_secrets


@click.group()
def config() -> None:
    """Look after the configuration."""


@config.command()
@json_option
@click.pass_obj
def check(config_path: Path, as_json: bool) -> None:
    """Find everything that is wrong with the configuration.

    Checks the file, the secrets it refers to, the rights of the data folder, and every tenant's templates.
    """
    try:
        loaded = load(config_path)
    except ConfigError as error:
        if not as_json:
            raise
        emit_json({"config": str(error.path), "tenants": [], "problems": [str(each) for each in error.problems]})
        raise click.exceptions.Exit(2) from None
    problems = [*missing_secrets(loaded), *loose_rights(loaded.data), *_template_problems(loaded)]
    if as_json:
        emit_json({"config": str(loaded.path), "tenants": list(loaded.tenants), "problems": problems})
    elif problems:
        for problem in problems:
            say(problem)
    elif loaded.tenants:
        say(f"{config_path} is right, with {', '.join(loaded.tenants)}.")
    else:
        say(f"{config_path} is right, but has no tenant yet. Next: {how_to_connect(loaded)}")
    if problems:
        raise click.exceptions.Exit(2)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, for editors.

    \b
    dun config schema > config.schema.json
    and as the first line of config.toml: #:schema ./config.schema.json
    """
    click.echo(render(), nl=False)


def _template_problems(loaded: Config) -> list[str]:
    """Of tenants' own wordings; the built-in ones have been looked at before they came here."""
    folders = {(tenant.templates, tenant.locale) for tenant in loaded.tenants.values() if tenant.templates is not None}
    return [
        f"template {problem.file}{f', line {problem.line}' if problem.line else ''}: {problem.message}"
        for folder, locale in sorted(folders)
        for problem in check_templates(folder, locale)
    ]
