"""The configuration's keys as JSON Schema, so that an editor completes them and marks what is not one."""

import json

from connector.config.schema import ConfigFile

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def render() -> str:
    """The text of docs/config.schema.json. Keys stand under the names they have in the file."""
    schema = ConfigFile.model_json_schema(by_alias=True)
    return json.dumps({"$schema": _DRAFT, "title": "The configuration of Dun", **schema}, indent=2) + "\n"
