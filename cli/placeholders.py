"""Says what stands for values in the help of commands, such as [OPTIONS] and NUMBER, in the reader's language."""

from collections.abc import Mapping
from typing import TypeVar

import click

from cli.console import Terminal
from translations import Message
from translations import lazy_gettext as _

_OPTIONS, _SUBCOMMAND = _("[OPTIONS]"), _("COMMAND [ARGS]...")
_WHOLE, _NUMBER = _("INTEGER"), _("NUMBER")
_VALUES: Mapping[str, Message] = {
    "filename": _("FILE"),
    "float": _NUMBER,
    "float range": _NUMBER,
    "integer": _WHOLE,
    "integer range": _WHOLE,
    "number": _NUMBER,
    "text": _("TEXT"),
}
"""By click's names of types, and ours of `PhoneNumber`; click has no translation for these."""

_C = TypeVar("_C", bound=click.Command)


def translated(command: _C, terminal: Terminal) -> _C:
    """Return the command, with all below it in the reader's language."""
    command.options_metavar = terminal.translate(_OPTIONS)
    for parameter in command.params:
        if parameter.metavar is None and parameter.type.name in _VALUES:
            parameter.metavar = _placeholder(parameter, terminal.translate(_VALUES[parameter.type.name]))
    if isinstance(command, click.Group):
        command.subcommand_metavar = terminal.translate(_SUBCOMMAND)
        for below in command.commands.values():
            translated(below, terminal)
    return command


def _placeholder(parameter: click.Parameter, value: str) -> str:
    is_optional = isinstance(parameter, click.Argument) and not parameter.required
    return f"[{value}]" if is_optional else value
