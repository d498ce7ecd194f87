"""What is written and how it is said, a row each, in spoken/<language>.tsv."""

from pathlib import Path

import pytest

from conversation.speech.sentences import SentenceCutter
from conversation.speech.text_for_tts import speakable

FILES = sorted((Path(__file__).parent / "spoken").glob("*.tsv"))
WHOLE_LANGUAGES = {"es-ES", "en-US", "pt-BR"}
"""The others have what is said otherwise in their region."""


def rows(file):
    """Return the pairs of a file; a line break in what is written stands as \\n."""
    pairs = (line.split("\t") for line in file.read_text("utf-8").splitlines())
    return [(written.replace("\\n", "\n"), said) for written, said in pairs]


def said_piece_by_piece(written, size, language):
    """Say a text as its stream is cut, in tokens of so many characters."""
    cutter = SentenceCutter()
    tokens = (written[start : start + size] for start in range(0, len(written), size))
    pieces = [piece for token in tokens for piece in cutter.feed(token)]
    return " ".join(filter(None, (speakable(piece, language) for piece in [*pieces, *cutter.finish()])))


by_language = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@by_language
def test_each_form_is_said_as_a_person_would(file):
    heard = {written: (said, speakable(written, file.stem)) for written, said in rows(file)}

    assert {written: pair for written, pair in heard.items() if pair[0] != pair[1]} == {}


@by_language
@pytest.mark.parametrize("size", [1, 4])
def test_a_stream_is_said_as_the_whole_text_is(file, size):
    heard = {written: (said, said_piece_by_piece(written, size, file.stem)) for written, said in rows(file)}

    assert {written: pair for written, pair in heard.items() if pair[0] != pair[1]} == {}


@by_language
def test_what_is_said_is_left_as_it_is(file):
    assert [said for _, said in rows(file) if speakable(said, file.stem) != said] == []


def test_every_language_with_a_file_has_a_hundred_forms():
    lengths = {file.stem: len(rows(file)) for file in FILES}

    assert {tag for tag, length in lengths.items() if length >= 100} == WHOLE_LANGUAGES
