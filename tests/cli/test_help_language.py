"""What commands say of themselves, in the reader's language, click's own words included."""

import re

import click
import pytest
from click.testing import CliRunner

from cli.commands import commands
from container import Container
from settings import load_settings

SAME_IN_BOTH = {"Chatwoot."}


@pytest.fixture
def commands_in(tmp_path):
    def make(lang):
        return {
            command.name: command
            for command in commands(Container(load_settings(None, lang=lang, data_dir=tmp_path)))
        }

    return make


def texts(command):
    """Every text of a command's help, and of those below it."""
    yield command.help
    yield from (option.help for option in command.params if isinstance(option, click.Option))
    for below in getattr(command, "commands", {}).values():
        yield from texts(below)


def test_every_help_is_translated(commands_in):
    spanish, english = (
        [text for command in commands_in(lang).values() for text in texts(command) if text]
        for lang in ("es", "en")
    )

    same = {one for one, other in zip(spanish, english, strict=True) if one == other}
    assert same == SAME_IN_BOTH


@pytest.mark.parametrize(
    ("arguments", "spanish", "english"),
    [
        (["--help"], "Uso:", "Usage:"),
        (["--help"], "Opciones:", "Options:"),
        (["--help"], "[OPCIONES]", "[OPTIONS]"),
        (["--nothing"], "No existe la opción", "No such option"),
        (["--last", "x"], "Valor incorrecto para '--last'", "Invalid value for '--last'"),
        (["--last", "0"], "no está entre los valores admitidos", "is not in the range"),
    ],
)
def test_clicks_own_words_are_in_the_readers_language(commands_in, arguments, spanish, english):
    said = [
        CliRunner().invoke(commands_in(lang)["handoffs"], arguments).output for lang in ("es", "en", "es")
    ]

    assert [words in text for words, text in zip((spanish, english, spanish), said, strict=True)] == [
        True
    ] * 3


def pages(command, parent=None):
    """The help of a command, and of those below it."""
    context = click.Context(command, parent=parent, info_name=command.name)
    yield command.get_help(context)
    for below in getattr(command, "commands", {}).values():
        yield from pages(below, context)


def test_what_stands_for_values_is_in_the_readers_language_everywhere(commands_in):
    english = ("OPTIONS", "COMMAND", "ARGS", "INTEGER", "NUMBER", "TEXT", "FILENAME", "FLOAT")

    spanish = [page for command in commands_in("es").values() for page in pages(command)]

    assert len(spanish) > 15
    assert [page for page in spanish if re.search(rf"(?<![A-Z_])({'|'.join(english)})(?![A-Z_])", page)] == []
