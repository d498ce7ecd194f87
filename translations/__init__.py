"""Translates the texts for staff: English is in the code, other languages in catalogues beside this file.

Texts for customers and sellers are in conversation/phrases. Imports no other package of the program.

    from translations import gettext as _, lazy_gettext

    _("Try again.")                                     # in the current language, now
    ngettext("{count} call", "{count} calls", n).format(count=n)
    pgettext("of a call", "Status")                     # an English word with several translations
    REFUSED = lazy_gettext("The call was refused.")     # a constant or an exception's text: str() translates it

Values are written in braces, and filled in after the translation by `.format()`.
"""

import gettext as _gettext
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
DOMAIN = "messages"
SOURCE = "en"
"""The language of the sentences in the code; it has no catalogue."""

_current: ContextVar[str | None] = ContextVar("language", default=None)
_process_language = SOURCE


# The language


@cache
def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return all languages, such as ("es", "pt_BR", "en"): those with a catalogue, and English."""
    return (*sorted(file.parts[-3] for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")), SOURCE)


def language_of_locale(locale: str, among: Sequence[str] | None = None) -> str:
    """Return the language for a POSIX locale, such as "pt_BR.UTF-8"; English without a translation.

    among: the available languages; None: those of languages().
    """
    wanted = locale.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    main = wanted.partition("_")[0]
    by_name = {name.lower(): name for name in among or languages()}
    related = (name for key, name in by_name.items() if key.partition("_")[0] == main)
    return by_name.get(wanted) or by_name.get(main) or next(related, SOURCE)


def current_language() -> str:
    """Return the language in force: the context's, or else the process's."""
    return _current.get() or _process_language


def set_process_language(language: str) -> None:
    """Set the default language of this process, for all its threads."""
    global _process_language  # one process, one terminal
    _process_language = language


def lend_to_libraries() -> None:
    """Let libraries that use the standard library's gettext, such as click, find their words in these catalogues.

    They follow the variable LANGUAGE (`settings.settle_language`).
    """
    _gettext.bindtextdomain(DOMAIN, str(FOLDER))


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Set the language inside the block, for this thread or task alone."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


# Translation


def gettext(message: str) -> str:
    """Return a sentence in the current language; in English without a translation."""
    return _catalogue(current_language()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the current language's form for a count."""
    return _catalogue(current_language()).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """Return a sentence with an ambiguous English text. context: tells its meaning."""
    return _catalogue(current_language()).pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, count: int) -> str:
    """Return the form for a count of an ambiguous English text."""
    return _catalogue(current_language()).npgettext(context, singular, plural, count)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence translated by str() when it is shown.

    values: fill its braces; messages among them are translated too.
    """

    text: str
    context: str | None = None
    plural: str | None = None
    count: int = 0
    values: Mapping[str, object] = field(default_factory=dict)

    def format(self, **values: object) -> "Message":
        """Return the message with values for its braces."""
        return replace(self, values={**self.values, **values})

    def __str__(self) -> str:
        """Return the sentence in the current language."""
        sentence = self._translated()
        return sentence.format(**self.values) if self.values else sentence

    def said_in(self, language: str) -> str:
        """Return the sentence in a language, such as "es"."""
        with in_language(language):
            return str(self)

    def _translated(self) -> str:
        if self.plural is not None:
            if self.context is not None:
                return npgettext(self.context, self.text, self.plural, self.count)
            return ngettext(self.text, self.plural, self.count)
        return gettext(self.text) if self.context is None else pgettext(self.context, self.text)


def lazy_gettext(message: str) -> Message:
    """Mark a sentence for later translation."""
    return Message(message)


def lazy_pgettext(context: str, message: str) -> Message:
    """Mark a sentence with an ambiguous English text."""
    return Message(message, context)


def lazy_ngettext(singular: str, plural: str, count: int) -> Message:
    """Mark a sentence with a count."""
    return Message(singular, plural=plural, count=count)


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    """Return a language's catalogue, read once in a process; English without one."""
    if language == SOURCE:
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
