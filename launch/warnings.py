"""Says once, when the server starts, what is doubtful in the settings and what is off for lack of them."""

import shutil
import sys
import textwrap

import structlog

from observability.disabled_features import what_is_off
from observability.doubtful_settings import doubts_here
from observability.logging import configure_logging
from settings import Settings
from translations import language_of_locale

log = structlog.get_logger()


def tell_warnings(settings: Settings) -> None:
    """Say each in a sentence: on a terminal for people, else as a line of the log."""
    language = language_of_locale(settings.lang)
    doubtful = [sentence.said_in(language) for sentence in doubts_here(settings)]
    if sys.stderr.isatty():
        marked = [("!", doubtful), ("-", what_is_off(settings))]
        sys.stderr.writelines(_wrapped(mark, text) for mark, texts in marked for text in texts)
        sys.stderr.flush()
        return
    configure_logging(settings)
    for sentence in (*doubtful, *what_is_off(settings)):
        log.warning(sentence)


def _wrapped(mark: str, text: str) -> str:
    width = shutil.get_terminal_size().columns - 1
    return (
        textwrap.fill(
            text, width, initial_indent=f"  {mark} ", subsequent_indent="    ", break_on_hyphens=False
        )
        + "\n"
    )
