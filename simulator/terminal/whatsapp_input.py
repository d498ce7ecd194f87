"""What each line means that somebody types at the terminal's WhatsApp."""

import shlex
from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What a person can do."""

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
    "/foto": Deed.SEND_PHOTO,
    "/photo": Deed.SEND_PHOTO,
    "/voz": Deed.SEND_VOICE,
    "/voice": Deed.SEND_VOICE,
    "/baja": Deed.OPT_OUT,
    "/stop": Deed.OPT_OUT,
    "/alta": Deed.OPT_IN,
    "/start": Deed.OPT_IN,
    "/ayuda": Deed.ASK_FOR_HELP,
    "/help": Deed.ASK_FOR_HELP,
    "/?": Deed.ASK_FOR_HELP,
    "/salir": Deed.LEAVE,
    "/exit": Deed.LEAVE,
    "/quit": Deed.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A line, understood. path: of a file, "" for none. text: what is written, beside the file too."""

    deed: Deed
    text: str = ""
    path: str = ""


def read_line(line: str) -> Typed:
    """Return what a line means. A path with spaces stands in quotes."""
    line = line.strip()
    if not line:
        return Typed(Deed.NOTHING)
    word, _, rest = line.partition(" ")
    # A path or a fraction may begin a message, a command is a single word
    if not line.startswith("/") or "/" in word[1:]:
        return Typed(Deed.WRITE, line)
    deed = COMMANDS.get(word.lower(), Deed.UNKNOWN)
    if deed is Deed.UNKNOWN:
        return Typed(deed, word)
    path, text = _path_and_text(rest.strip())
    return Typed(deed, text, path)


def _path_and_text(rest: str) -> tuple[str, str]:
    try:
        parts = shlex.split(rest)
    except ValueError:  # a quote that is not closed: an apostrophe, as a rule
        parts = rest.split()
    return (parts[0], " ".join(parts[1:])) if parts else ("", "")
