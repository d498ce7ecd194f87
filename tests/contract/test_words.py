"""Words: what people hear and read, what the model is told, and every sentence that the code has, as they were."""

import json

import pytest

from tests.contract.seams import source, words
from tests.contract.snapshot import hold

PROFILES = ("recepcion.es", "reception.en")


def flat(value, path=""):
    """(path, text) of everything in a table, whatever it is made of."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from flat(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            yield from flat(below, f"{path}[{number}]")
    elif isinstance(value, set | frozenset):
        yield path, json.dumps(sorted(value), ensure_ascii=False)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def lines(value):
    return "\n".join(f"{path} = {text}" for path, text in sorted(flat(value)))


def test_tables_of_words():
    hold("words.txt", lines(words.words()))


@pytest.mark.parametrize("profile", PROFILES)
def test_what_people_hear_with_a_sample_profile(profile):
    hold(f"profile_{profile}.txt", lines(words.profile(profile)))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("channel", ["phone", "whatsapp"])
def test_what_the_model_is_told(profile, channel):
    hold(f"instructions_{profile}_{channel}.txt", words.instructions(profile, channel))


def test_the_tools_that_the_model_is_offered():
    hold("tools.txt", lines(words.tools()))


def test_every_sentence_of_the_code():
    hold("sentences.txt", "\n".join(json.dumps(text, ensure_ascii=False) for text in source.sentences()))


def test_every_text_that_there_is_in_spanish_and_in_english():
    pairs = [
        f"{json.dumps(es, ensure_ascii=False)} = {json.dumps(en, ensure_ascii=False)}"
        for es, en in source.pairs()
    ]

    hold("pairs.txt", "\n".join(pairs))
