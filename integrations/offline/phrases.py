"""The offline model's phrases and patterns in a language; the caller supplies them.

Patterns apply to bare words: folded, without punctuation, one space between them ("that s all").
"""

import re
from dataclasses import dataclass
from typing import Self

from pydantic import ConfigDict


@dataclass(frozen=True)
class Recognised:
    """Parts of regular expressions, each an alternative."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    reach: tuple[str, ...]
    """Verbs that ask for a person: "speak", "connect"."""
    persons: tuple[str, ...]
    before_person: tuple[str, ...]
    """Words that may precede a short request for a person, any number of times."""
    after_person: str
    message: tuple[str, ...]
    who_are_you: tuple[str, ...]
    goodbye: tuple[str, ...]
    thanks: tuple[str, ...]
    hello: tuple[str, ...]
    polite: tuple[str, ...]
    """Words around a greeting or thanks that mean nothing else."""
    person_by_name: tuple[str, ...]
    """Requests for somebody who is named, which may also be a question about somebody."""
    help: tuple[str, ...]
    """Openings that ask for nothing yet: "can you help me"."""
    again: tuple[str, ...]
    languages: tuple[str, ...]
    """Questions for another language."""
    yes: tuple[str, ...]
    """Openings of an affirmative answer."""
    no: tuple[str, ...]
    """A whole answer that declines."""


@dataclass(frozen=True)
class OfflinePhrases:
    """The model's phrases. `{business}` stands for the business's name.

    `offer` and `else_question` are the questions within other phrases that a "yes" or a "no" answers. `do_not_know`
    and `one_language` make the offer; `{or_person}` in them is the phrase of that name where there is somebody, or
    nothing.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    greeting: str
    introduction: str
    you_are_welcome: str
    farewell: str
    anything_else: str
    go_on: str
    can_help: str
    one_language: str
    nobody_here: str
    do_not_know: str
    or_person: str
    do_not_know_alone: str
    do_not_know_again: str
    """In place of the last, every other time."""
    offer: str
    else_question: str
    reason_person: str
    reason_message: str
    reason_not_known: str
    recognised: Recognised


@dataclass(frozen=True, slots=True)
class Patterns:
    """The compiled patterns."""

    insists_on_person: re.Pattern[str]
    person: re.Pattern[str]
    message: re.Pattern[str]
    who_are_you: re.Pattern[str]
    goodbye: re.Pattern[str]
    thanks: re.Pattern[str]
    hello: re.Pattern[str]
    pleasantry: re.Pattern[str]
    """Greetings and thanks, and polite words before anything else, up to the next word."""
    person_by_name: re.Pattern[str]
    help: re.Pattern[str]
    again: re.Pattern[str]
    languages: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]

    @classmethod
    def of(cls, words: Recognised) -> Self:
        """Compile a language's patterns."""
        reach, persons = _one_of(words.reach), _one_of(words.persons)
        return cls(
            insists_on_person=re.compile(rf"\b{reach}(?: \w+){{0,3}} {persons}\b"),
            person=re.compile(rf"(?:{_one_of(words.before_person)} )*{persons}{words.after_person}"),
            message=_anywhere(words.message),
            who_are_you=_anywhere(words.who_are_you),
            goodbye=_anywhere(words.goodbye),
            thanks=_anywhere(words.thanks),
            hello=_anywhere(words.hello),
            pleasantry=re.compile(
                rf"^(?:{_one_of((*words.hello, *words.thanks, *words.polite))}\b ?)+"
                rf"|\b{_one_of((*words.hello, *words.thanks))}\b ?"
            ),
            person_by_name=_anywhere(words.person_by_name),
            help=_anywhere(words.help),
            again=_anywhere(words.again),
            languages=_anywhere(words.languages),
            yes=re.compile(rf"{_one_of(words.yes)}\b"),
            no=re.compile("|".join(words.no)),
        )


def _anywhere(alternatives: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b{_one_of(alternatives)}\b")


def _one_of(alternatives: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(alternatives)})"
