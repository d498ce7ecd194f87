"""Parses the input lines of the terminal's WhatsApp."""

import shlex
from dataclasses import dataclass
from enum import StrEnum


class InputAction(StrEnum):
    """A person's action."""

    WRITE = "write"
    SEND_PHOTO = "send a photo"
    SEND_VOICE = "send a voice note"
    OPT_OUT = "opt out"
    OPT_IN = "opt in"
    ASK_FOR_HELP = "ask for help"
    LEAVE = "leave"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


COMMANDS = {
    "/foto": InputAction.SEND_PHOTO,
    "/photo": InputAction.SEND_PHOTO,
    "/voz": InputAction.SEND_VOICE,
    "/voice": InputAction.SEND_VOICE,
    "/baja": InputAction.OPT_OUT,
    "/stop": InputAction.OPT_OUT,
    "/alta": InputAction.OPT_IN,
    "/start": InputAction.OPT_IN,
    "/ayuda": InputAction.ASK_FOR_HELP,
    "/help": InputAction.ASK_FOR_HELP,
    "/?": InputAction.ASK_FOR_HELP,
    "/salir": InputAction.LEAVE,
    "/exit": InputAction.LEAVE,
    "/quit": InputAction.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A parsed line. text: the message or the file's caption. path: of a file; "": none."""

    action: InputAction
    text: str = ""
    path: str = ""


def read_line(line: str) -> Typed:
    """Parse a line. A path with spaces must be quoted."""
    line = line.strip()
    if not line:
        return Typed(InputAction.NOTHING)
    word, _, arguments = line.partition(" ")
    # A message may begin with a path or a fraction; a command is a single word
    if not line.startswith("/") or "/" in word[1:]:
        return Typed(InputAction.WRITE, line)
    action = COMMANDS.get(word.lower(), InputAction.UNKNOWN)
    if action is InputAction.UNKNOWN:
        return Typed(action, word)
    path, text = _path_and_text(arguments.strip())
    return Typed(action, text, path)


def _path_and_text(arguments: str) -> tuple[str, str]:
    try:
        parts = shlex.split(arguments)
    except ValueError:  # a quote that is not closed: an apostrophe, as a rule
        parts = arguments.split()
    return (parts[0], " ".join(parts[1:])) if parts else ("", "")
