"""Translates what staff read: English stands in the code, every other language in a catalogue beside this file.

Customers' and sellers' words are not here. Imports nothing of ours.

    from translations import gettext as _, lazy_gettext

    _("Try again.")                                     # in the current language, now
    ngettext("{count} call", "{count} calls", n).format(count=n)
    pgettext("of a call", "Status")                     # one English word that others say in two
    REFUSED = lazy_gettext("The call was refused.")     # a constant, or what an exception says: str() translates it

Values stand in braces and are filled in after the translation, by `.format()`.
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
"""The language of the sentences in the code, for which there is no catalogue."""

_current: ContextVar[str | None] = ContextVar("language", default=None)
_of_process = SOURCE


# Which language


@cache
def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return every language there is, such as ("es", "pt_BR", "en"): those with a catalogue, and English."""
    return (*sorted(file.parts[-3] for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")), SOURCE)


def language_of_locale(locale: str, among: Sequence[str] | None = None) -> str:
    """Return the language for a POSIX locale, such as "pt_BR.UTF-8"; English where nobody has translated it.

    among: the languages there are; None: those of languages().
    """
    wanted = locale.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    main = wanted.partition("_")[0]
    by_name = {name.lower(): name for name in among or languages()}
    related = (name for key, name in by_name.items() if key.partition("_")[0] == main)
    return by_name.get(wanted) or by_name.get(main) or next(related, SOURCE)


def current_language() -> str:
    """Return the language in force: the context's, or else the process's."""
    return _current.get() or _of_process


def set_process_language(language: str) -> None:
    """Have this process speak a language wherever no other is in force, in all its threads."""
    global _of_process  # one process, one terminal
    _of_process = language


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Have the code within speak a language, in this thread or task alone."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


# Words in it


def gettext(message: str) -> str:
    """Return a sentence in the current language; the English one where it is not translated."""
    return _catalogue(current_language()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form that the current language uses for a count."""
    return _catalogue(current_language()).ngettext(singular, plural, count)


def pgettext(context: str, message: str) -> str:
    """Return a sentence whose English means several things. context: which of them is meant."""
    return _catalogue(current_language()).pgettext(context, message)


def npgettext(context: str, singular: str, plural: str, count: int) -> str:
    """Return the form for a count of what means several things in English."""
    return _catalogue(current_language()).npgettext(context, singular, plural, count)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is translated where it is shown, by str(), and not where it is made.

    values: fill its braces; those that are messages themselves are translated with it.
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
        """Return it in the current language."""
        sentence = self._translated()
        return sentence.format(**self.values) if self.values else sentence

    def said_in(self, language: str) -> str:
        """Return it in a language, such as "es"."""
        with in_language(language):
            return str(self)

    def _translated(self) -> str:
        if self.plural is not None:
            if self.context is not None:
                return npgettext(self.context, self.text, self.plural, self.count)
            return ngettext(self.text, self.plural, self.count)
        return gettext(self.text) if self.context is None else pgettext(self.context, self.text)


def lazy_gettext(message: str) -> Message:
    """Mark a sentence that is shown later."""
    return Message(message)


def lazy_pgettext(context: str, message: str) -> Message:
    """Mark a sentence whose English means several things."""
    return Message(message, context)


def lazy_ngettext(singular: str, plural: str, count: int) -> Message:
    """Mark a sentence with a count."""
    return Message(singular, plural=plural, count=count)


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    """Return a language's catalogue, read once in a process; English where there is none."""
    if language == SOURCE:
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, FOLDER, [language], fallback=True)
