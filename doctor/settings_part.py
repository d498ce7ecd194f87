"""Examines the settings: what is doubtful about them, and what is not set."""

from collections.abc import Sequence

from doctor.findings import Finding, Status
from translations import Message
from translations import lazy_gettext as _


class SettingsPart:
    """The settings. doubtful: a sentence for each that is mostly wrong, or misspelt.

    off: a sentence for each feature that is off and that no other part looks at.
    """

    name = "settings"

    def __init__(self, doubtful: Sequence[Message], off: Sequence[Message]) -> None:
        self._doubtful, self._off = doubtful, off

    def check(self) -> list[Finding]:
        """Say what is doubtful, and what is not set."""
        advice = _("Change it in .env, and restart.")
        doubtful = [Finding(self.name, Status.FIX, sentence, advice) for sentence in self._doubtful]
        fine = Finding(self.name, Status.OK, _("No setting's name is misspelt, and no value is doubtful."))
        return [*(doubtful or [fine]), *(Finding(self.name, Status.OFF, sentence) for sentence in self._off)]
