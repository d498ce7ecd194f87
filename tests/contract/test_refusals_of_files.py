# ruff: noqa: E501  (tables of command lines and of rows are read by the line)
"""What settings, profiles and the sellers' file must not say."""

from pathlib import Path

import pytest

from tests.contract.seams import LANGUAGES, application
from tests.contract.snapshot import hold
from tests.contract.stories import without_pythons_words

# What settings, profiles and the sellers' file must not say

WRONG = ("x", "-1", "1000000000", "1.5", "https://x?a", "x\ny")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_settings_refuse(monkeypatch, language):
    told = []
    for setting in application.settings().values():
        for name in setting["names"]:
            for wrong in WRONG:
                with monkeypatch.context() as patched:
                    patched.setenv(name, wrong)
                    if sentence := application.refusal_of_settings(language):
                        told.append(f"{name}={wrong!r}: {sentence}")
    monkeypatch.setenv("CHATWOOT_ENABLED", "true")
    told.append(f"CHATWOOT_ENABLED='true': {application.refusal_of_settings(language)}")

    hold(f"refusals_settings_{language}.txt", "\n".join(sorted(told)))


BASIC = """\
name = "Sol"
business = "Panadería Sol"
language = "es-ES"
time_zone = "Europe/Madrid"
greeting = "Hola."
instructions = "Atienda."
"""
PROFILES = {
    "nothing": "",
    "not TOML": BASIC + 'voice = "Polly',
    "unknown key": BASIC + 'greting = "x"',
    "unlike any key": BASIC + "colour = 1",
    "missing": BASIC.replace('greeting = "Hola."\n', ""),
    "empty": BASIC.replace('"Hola."', '""'),
    "too long": BASIC.replace("Hola.", "x" * 100_000),
    "not text": BASIC.replace('"Hola."', "7"),
    "language": BASIC.replace("es-ES", "xx"),
    "no language": BASIC.replace("es-ES", "español"),
    "no phrases": BASIC.replace("es-ES", "fr-FR"),
    "time zone": BASIC.replace("Europe/Madrid", "Madrid"),
    "voice": BASIC + 'voice = "nobody"',
    "voice of another language": BASIC + 'voice = "Polly.Joanna"',
    "hints": BASIC + 'hints = "pan"',
    "facts": BASIC + "facts = [1]",
    "faq without answer": BASIC + '[[faq]]\nquestions = ["¿Abren?"]',
    "faq without questions": BASIC + '[[faq]]\nquestions = []\nanswer = "Sí."',
    "faq as a table": BASIC + '[faq]\nquestions = ["¿Abren?"]\nanswer = "Sí."',
    "below a table": BASIC + '[[faq]]\nquestions = ["¿Abren?"]\nanswer = "Sí."\nhints = ["pan"]',
    "phrase above": BASIC + 'transfer = "Le paso."',
    "one reprompt": BASIC + '[phrases]\nreprompts = ["Una."]',
    "fillers": BASIC + "[phrases]\nfillers = []",
    "placeholder": BASIC + '[phrases]\ngoodbye = "Adiós {nobody}"',
}
SELLERS = {
    "nothing": "",
    "not TOML": "[[seller]",
    "no name": '[[seller]]\nnumber = "+34600000002"',
    "empty name": '[[seller]]\nname = ""\nnumber = "+34600000002"',
    "number": '[[seller]]\nname = "Ana"\nnumber = "600"',
    "same number": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\n[[seller]]\nname = "Eva"\nnumber = "+34600000002"',
    "hours": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\nhours = "9 to 5"',
    "backwards": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\nhours = "22:00-06:00"',
    "no hour": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\nhours = "09:00-25:00"',
    "day": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\ndays = ["someday"]',
    "weight": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\nweight = 0',
    "unknown key": '[[seller]]\nname = "Ana"\nnumber = "+34600000002"\nphone = "x"',
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_profiles_and_the_sellers_file_refuse(tmp_path, language):
    told = []
    for kind, files, refusal in (
        ("profile", PROFILES, lambda path: application.refusal_of_profile(str(path), language)),
        ("sellers", SELLERS, lambda path: application.refusal_of_sellers(path, language)),
    ):
        for what, text in files.items():
            path = Path(tmp_path / f"{kind}.toml")
            path.write_text(text, "utf-8")
            told.append(f"{kind}, {what}: {refusal(path).replace(str(tmp_path), 'FOLDER')}")
    told.append(f"profile, no such: {application.refusal_of_profile('nobody', language)}")
    told.append(f"profile, no such file: {application.refusal_of_profile('./nobody.toml', language)}")
    told.append(f"sellers, no such file: {application.refusal_of_sellers(Path('nobody.toml'), language)}")

    hold(f"refusals_files_{language}.txt", "\n".join(map(without_pythons_words, told)))
