"""`dun config check`: everything that is wrong with the configuration, at once."""

from pathlib import Path

import click

from connector.config import Config, load
from connector.messages.check import check_templates
from connector.printing import emit_json, json_option, say
from connector.wiring import missing_secrets


@click.group()
def config() -> None:
    """Look after the configuration file."""


@config.command()
@json_option
@click.pass_obj
def check(config_path: Path, as_json: bool) -> None:
    """Check the file, the secrets it refers to, and every tenant's templates."""
    loaded = load(config_path)
    problems = [*missing_secrets(loaded), *_template_problems(loaded)]
    if as_json:
        emit_json({"config": str(loaded.path), "tenants": list(loaded.tenants), "problems": problems})
    elif problems:
        for problem in problems:
            say(problem)
    else:
        names = ", ".join(loaded.tenants) or "no tenant yet"
        say(f"{config_path} is right: {names}.")
    if problems:
        raise click.exceptions.Exit(2)


def _template_problems(loaded: Config) -> list[str]:
    folders = {tenant.templates for tenant in loaded.tenants.values()}
    return [
        f"template {problem.file}{f', line {problem.line}' if problem.line else ''}: {problem.message}"
        for folder in sorted(folders, key=str)
        for problem in check_templates(folder)
    ]
