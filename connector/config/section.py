"""What every table of the configuration file has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict

# A key with this mark stays commented out in the example file, although its example is not its default.
OPTIONAL: dict[str, Any] = {"optional": True}


class Section(BaseModel):
    """A table of the file. Unknown keys are refused and nothing is converted: what is written is what counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
