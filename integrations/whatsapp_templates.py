"""A WhatsApp template as the phone shows it, whichever provider has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

APPROVED = "approved"
MARKETING = "marketing"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Approval:
    """WhatsApp's approval of a template, in small letters.

    status: approved, pending, received, unsubmitted, rejected, paused, disabled and others. reason: of a rejection.
    category: marketing, utility or authentication; empty: unknown.
    """

    status: str
    reason: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """A template's own words. text: as the phone shows them, with placeholders such as {{1}}. buttons: their words.

    placeholders: their names, in order, wherever they stand. unfilled: what we have no value for: a file, or a
    placeholder that the provider takes elsewhere than with those of the text; as the provider names its place.
    """

    text: str
    buttons: tuple[str, ...]
    placeholders: tuple[str, ...]
    approval: Approval
    unfilled: tuple[str, ...] = ()

    def filled(self, variables: Mapping[str, str]) -> str:
        """Return the words with the values of variables; a placeholder without one stays as it is."""
        shown = "\n".join([self.text, *(f"[{button}]" for button in self.buttons)]).strip()
        return _PLACEHOLDER.sub(lambda found: variables.get(found[1]) or found[0], shown)


def placeholders_of(*texts: str) -> tuple[str, ...]:
    """Return the names of the placeholders in texts, each once, in order."""
    return tuple(dict.fromkeys(name for text in texts for name in _PLACEHOLDER.findall(text)))
