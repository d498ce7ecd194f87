"""Examines the disks that the program writes to."""

from collections.abc import Callable, Mapping
from pathlib import Path

from doctor.findings import Finding, Status
from observability.disk import LOW_MB, DiskState
from translations import lazy_gettext as _
from translations.numbers import Number


class DiskPart:
    """The disks. folders: those that are written to, by name. look: writes a little to each."""

    name = "disk"

    def __init__(self, folders: Mapping[str, Path], look: Callable[[Mapping[str, Path]], DiskState]) -> None:
        self._folders, self._look = folders, look

    def check(self) -> list[Finding]:
        """See what can be written, and how much room is left."""
        found = self._look(self._folders)
        if found.unwritable:
            paths = ", ".join(str(self._folders[name]) for name in found.unwritable)
            sentence = _("Nothing can be written to {paths}.").format(paths=paths)
            return [Finding(self.name, Status.FIX, sentence, _("Make room, or check the folder's owner."))]
        room = Number(f"{found.free_mb or 0:,}")
        if found.is_low:
            sentence = _("The disk is nearly full: {room} MB are left.").format(room=room)
            return [
                Finding(
                    self.name, Status.FIX, sentence, _("Make room: {low} MB at least.").format(low=LOW_MB)
                )
            ]
        return [Finding(self.name, Status.OK, _("The disk has {room} MB left.").format(room=room))]
