"""Configures structured logs: JSON or pretty, with ids on each line, but no words, phone numbers or keys."""

import logging
import sys

import structlog

from settings import Settings


def configure_logging(settings: Settings) -> None:
    """Configure structlog and the standard library's logging; "auto" is pretty on a terminal, else JSON."""
    level = logging.getLevelName(settings.log_level)
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _trace_without_values,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # The line and its end in one write: other processes write to the same file or pipe
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.WARNING, stream=sys.stderr)
    for name in ("httpx2", "httpcore2", "openai", "twilio.http_client"):
        logging.getLogger(name).setLevel(logging.ERROR)  # their lines hold URLs and bodies


def log_warnings_only() -> None:
    """Log only warnings and errors from now on: the terminal shows a conversation."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _trace_without_values(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Replace an exception by its type and its origin: its message may hold words or keys."""
    info = event.pop("exc_info", None)
    if info:
        error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
        if isinstance(error, BaseException):
            event["exception"] = type(error).__name__
            event["at"] = _locations(error)
    return event


def _locations(error: BaseException) -> list[str]:
    locations = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        locations.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return locations[-12:]
