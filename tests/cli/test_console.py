"""What a terminal shows of what others have written: characters, and nothing that moves its cursor."""

import pytest

from cli.console import Terminal
from translations import lazy_gettext as _


@pytest.mark.parametrize("control", ["\x1b[2J", "\x9b2J", "\u202e", "\r"])
def test_neither_a_result_nor_a_warning_controls_the_terminal(capsys, control):
    terminal = Terminal("en")

    for tell in (terminal.say, terminal.complain):
        tell(_("Line {line} has no phone number.").format(line=f"2{control}"))

    told = capsys.readouterr()
    for shown in (told.out, told.err):
        assert shown.startswith("Line 2\ufffd") and control not in shown
