"""Log lines: structured, on standard error, without anything that belongs to a customer or opens a door.

An event is one line, whatever stands in it: names can come in by the words of an error.
Lines of a cycle carry `tenant` and `cycle`, lines about reminders their ids: `dun history` and `dun why` say the rest.
"""

import logging
import sys
from collections.abc import Sequence
from traceback import format_exception
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from state.plain_text import bounded, plain

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
Form = Literal["auto", "console", "json"]


def configure(level: str, form: Form = "console") -> None:
    """Send our own lines to standard error from `level` up. Other libraries stay at warnings: some print secrets."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _harmless,
    ]
    after = _ending(as_json=form == "json" or (form == "auto" and not on_terminal()))
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _take_in_libraries(before, after)


def configure_for_command(level: str, form: Form) -> None:
    """As `configure`, for commands that print what they do: the everyday lines would say it twice."""
    configure("warning" if level == "info" else level, form)


def on_terminal() -> bool:
    """Whether a person reads along."""
    return sys.stderr.isatty()


def _ending(*, as_json: bool) -> Sequence[Processor]:
    if as_json:
        return (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    return (structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_indented_traceback),)


def _indented_traceback(out: TextIO, error: ExcInfo) -> None:
    """No line of it, whatever its error quotes, can be taken for an event."""
    lines = "".join(format_exception(*error)).rstrip("\n").split("\n")
    out.write("".join(f"\n    {plain(bounded(line))}" for line in lines))


def _harmless(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    return {name: _plain(value) for name, value in event.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(bounded(value))
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _take_in_libraries(before: list[Processor], after: Sequence[Processor]) -> None:
    """Lines that libraries log in the standard way come out looking like ours."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
    )
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, _StandardError)]:
        root.removeHandler(earlier)
    handler = _StandardError()
    handler.setFormatter(formatter)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of beats that took longer than a beat


class _StandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")
