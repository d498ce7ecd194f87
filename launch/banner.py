"""Words the start's last screen: where to hear the assistant, how to call it, and what to do next, in six lines."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from settings import ROOT, Settings
from translations import gettext as _
from translations import in_language, language_of_locale


def banner(settings: Settings, links: Sequence[str]) -> str:
    """Return the lines, at most six. links: open the dashboard once; empty where it opens without."""
    with in_language(language_of_locale(settings.lang)):
        lines = list(_lines(settings, links))
    width = max(len(label) for label, _value in lines)
    return "\n".join(["", *(f"  {label:<{width}}  {value}" for label, value in lines), ""])


def _lines(settings: Settings, links: Sequence[str]) -> Iterator[tuple[str, str]]:
    if links:
        labels = (_("Hear it (for 10 min)"), _("or from another machine"))
        yield from zip(labels, links, strict=False)
    else:
        yield _("Hear it in a browser"), f"{settings.local_url}/dashboard/phone"
        yield _("Dashboard"), f"{settings.local_url}/dashboard/"
    yield _("From another terminal"), _command("phone", in_folder=True)
    if settings.is_public:
        yield _("Voice webhook"), f"{settings.webhook_url}/voice"
        yield _("WhatsApp webhook"), f"{settings.webhook_url}/webhook/whatsapp/"
    yield (
        _("What to do next"),
        _("{command}   (Ctrl+C here stops the assistant)").format(command=_command("doctor")),
    )


def _command(name: str, *, in_folder: bool = False) -> str:
    in_venv = Path(sys.prefix) == ROOT / ".venv"
    command = f"{'.venv/bin/' if in_venv else ''}flask --app app {name}"
    return f"cd {shlex.quote(str(ROOT))} && {command}" if in_folder else command
