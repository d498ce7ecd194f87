from pathlib import Path

import pytest

from conversation.profiles.profile import ProfileError, load_profile

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
        assert "\n" not in str(raised.value)
        assert str(raised.value).endswith(".")
        return str(raised.value).removeprefix(f"{path}:")

    return refuse
