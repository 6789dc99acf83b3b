"""What every table of the configuration file has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

from state.plain_text import blank

# A key with this mark stays commented out in the example file, although its example is not its default.
OPTIONAL: dict[str, Any] = {"optional": True}


class Section(BaseModel):
    """A table of the file. Unknown keys are refused and nothing is converted: what is written is what counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @field_validator("*")
    @classmethod
    def _says_something(cls, value: Any) -> Any:
        """A name that nobody can see is a slip, and no name. Empty text is a key that is left out."""
        if isinstance(value, str) and value and blank(value):
            raise _refusal("is blank", "write it out, or leave the key out")
        if isinstance(value, tuple) and any(isinstance(entry, str) and blank(entry) for entry in value):
            raise _refusal("has a blank entry", "write it out, or take it out")
        return value


def _refusal(what: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{what}", {"what": what, "mend": mend})
