"""The page about the policy explains every key of its tables, and its examples can be used as they stand."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from connector.config.charges import ChargesSection, RateSection
from connector.config.policy import (
    BestTimeSection,
    ControlGroupSection,
    PolicySection,
    SegmentSection,
    SequenceSection,
    StageSection,
)
from connector.config.schema import SendingSection
from connector.config.settings import load
from connector.config.write_off import WriteOffSection

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "policy.md"
SECTIONS: dict[str, type[BaseModel]] = {
    "[policy]": PolicySection,
    "[policy.control_group]": ControlGroupSection,
    "[policy.best_time]": BestTimeSection,
    "[policy.write_off]": WriteOffSection,
    "[[policy.stages]]": StageSection,
    "[policy.sequences.NAME]": SequenceSection,
    "[[policy.segments]]": SegmentSection,
    "[sending]": SendingSection,
    "[charges]": ChargesSection,
    "[[rates]]": RateSection,
}
# About the carrier and the envelope, not about when and to whom: docs/reference/channels.md has them.
NOT_OF_THE_POLICY = {"[sending]": {"channel", "from", "reply_to", "attach_pdf", "verify_within_seconds"}}
TABLES_OF_THEIR_OWN = {"[policy]": {"stages", "sequences", "segments", "control_group", "best_time", "write_off"}}
SHARED_SEQUENCE = """
[policy.sequences.short]
stages = [{ name = "short-final", offset_days = 5, template = "final" }]
handover_days = 12
"""
SURROUNDINGS = """
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
from = "Accounts <accounts@example.com>"
client_id = "an-app"

[tenants.acme.letterhead]
name = "Acme Ltd"
street = ["1 High Street"]
city = "London"
postcode = "EC1A 1BB"
country = "GB"
"""


def explained() -> dict[str, dict[str, str]]:
    """For each table of the page: every key that has a heading, with the text below it."""
    parts = re.split(r"^## `(.+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {table: _keys(body.split("\n## ")[0]) for table, body in zip(parts[::2], parts[1::2], strict=True)}


def _keys(body: str) -> dict[str, str]:
    pieces = re.split(r"^### (.+)$", body, flags=re.MULTILINE)[1:]
    headings = zip(pieces[::2], pieces[1::2], strict=True)
    return {key: text for heading, text in headings for key in re.findall(r"`([^`]+)`", heading)}


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("table", SECTIONS)
def test_every_key_is_explained_and_no_other(table: str) -> None:
    assert set(explained()[table]) == keys_of(SECTIONS[table]) - NOT_OF_THE_POLICY.get(table, set())


@pytest.mark.parametrize("table", SECTIONS)
def test_every_key_has_an_example_that_sets_it(table: str) -> None:
    keys = explained()[table].items()
    without = {key for key, text in keys if not re.search(rf"(?:^|\{{ ?|, ){re.escape(key)} = ", text, re.MULTILINE)}
    linked = TABLES_OF_THEIR_OWN.get(table, set()) | ({"stages"} if table == "[policy.sequences.NAME]" else set())

    assert without == linked


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.splitlines()[-1])
def test_every_example_can_be_used_as_it_stands(tmp_path, example: str) -> None:
    shared = SHARED_SEQUENCE if 'sequence = "short"' in example else ""
    path = tmp_path / "config.toml"
    path.write_text(f"{example}\n{shared}\n{SURROUNDINGS}", encoding="utf-8")

    assert list(load(path).tenants) == ["acme"]
