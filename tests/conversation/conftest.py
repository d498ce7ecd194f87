from pathlib import Path

import pytest

from conversation.profiles.error_messages import profile_sentence
from conversation.profiles.errors import ProfileError
from conversation.profiles.profile import load_profile

BASIC = """\
name = "Ana"
business = "Panadería {Sol}"
language = "es-ES"
time_zone = "Europe/Madrid"
greeting = "Hola, soy {name}, el asistente automático de {business}."
instructions = "Sea breve."
"""


@pytest.fixture
def write(tmp_path):
    def write_profile(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_profile


@pytest.fixture
def refusal(write):
    """The sentence that a text is refused with, from its line on."""

    def refuse(text: str | bytes) -> str:
        path = write(text)
        with pytest.raises(ProfileError) as raised:
            load_profile(str(path))
        sentence = profile_sentence(raised.value).said_in("en")
        assert "\n" not in sentence
        assert sentence.endswith(".")
        return sentence.removeprefix(f"{path}:")

    return refuse
