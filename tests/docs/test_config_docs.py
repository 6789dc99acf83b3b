"""The example file and the reference page say what the schema says."""

import json
import tomllib
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from connector.config import example as config_example
from connector.config import json_schema
from connector.config import reference as config_reference
from connector.config.settings import ConfigError, load

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
REFERENCE = ROOT / "docs" / "reference" / "configuration.md"
JSON_SCHEMA = ROOT / "docs" / "config.schema.json"
REGENERATE = "run: python -m connector.config.example"

OF_A_CONTRACT = ("percent", "day_count", "per_invoice", "per_reminder", "cap_percent", "with_consumers")

COMMENTED = [
    (number, line.removeprefix("# "))
    for number, line in enumerate(config_example.render().splitlines())
    if line.startswith("# ") and " = " in line and not line.startswith("# owing") and "such as" not in line
]


def test_the_example_file_is_the_one_the_schema_generates() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == config_example.render(), REGENERATE


def test_the_reference_page_is_the_one_the_schema_generates() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == config_reference.render(), REGENERATE


def test_the_json_schema_is_the_one_the_schema_generates() -> None:
    assert JSON_SCHEMA.read_text(encoding="utf-8") == json_schema.render(), REGENERATE


def test_the_json_schema_accepts_the_example_file() -> None:
    jsonschema.validate(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")), json.loads(json_schema.render()))


def test_the_json_schema_marks_a_key_that_is_none() -> None:
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate({"sending": {"colour": "red"}}, json.loads(json_schema.render()))


def test_the_example_file_loads() -> None:
    config = load(EXAMPLE)

    assert list(config.tenants) == ["acme"]


@pytest.mark.parametrize(("number", "line"), COMMENTED, ids=[line.split(" = ")[0] for _, line in COMMENTED])
def test_a_commented_key_of_the_example_can_be_used_as_it_stands(tmp_path, number, line) -> None:
    lines = config_example.render().splitlines()
    lines[number] = line
    if line.split(" = ")[0] in OF_A_CONTRACT:
        lines[number] += '\nterms = "contract"' + ("" if line.startswith("per") else '\npercent = "8"')
    (tmp_path / "templates" / "acme").mkdir(parents=True)
    path = tmp_path / "config.toml"
    path.write_text("\n".join(lines), encoding="utf-8")

    if line.startswith("clock"):  # a rehearsal beside real endpoints is what the checks are for
        with pytest.raises(ConfigError, match="reaches api"):
            load(path)
    else:
        load(path)


def test_values_are_written_as_toml_reads_them() -> None:
    value = {"text": 'a "b" \\ ü\n', "yes": True, "days": [date(2026, 12, 25)], "n": 3, "t": {"GBP": "1.00"}}

    written = "\n".join(f"{key} = {config_example.toml_value(inner)}" for key, inner in value.items())

    assert tomllib.loads(written) == value


def test_the_reference_names_every_key_of_the_example() -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    table = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table = line.strip("[]").replace("tenants.acme", "tenants.<name>") + "."
        elif " = " in line and not line.startswith("#"):
            assert f"### `{table}{line.split(' = ')[0]}`" in page
