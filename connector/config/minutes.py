"""The table about the work that Dun takes over: what the firm itself says it is worth."""

from pydantic import Field

from connector.config.section import Section

_MOST = 240


class MinutesSection(Section):
    """How many minutes each of Dun's deeds would take a person here, by the firm's own reckoning. The report on what
    reminders did multiplies them with what was done; 0: not reckoned."""

    message: int = Field(
        default=0, ge=0, le=_MOST, description="to find out what is owed, write a reminder and send it", examples=[6]
    )
    note: int = Field(default=0, ge=0, le=_MOST, description="to write into the ledger that it went", examples=[1])
