"""What is said of a profile that is wrong: for each thing that can be, in the reader's language."""

import pytest

from conversation.profiles.error_messages import SENTENCES, profile_sentence
from conversation.profiles.errors import FileProblem, KeyProblem, ProfileError, ValueProblem
from conversation.profiles.profile import load_profile
from conversation.profiles.schema import ProfileFile
from conversation.speech.voices import VoiceProblem
from tests.conversation.conftest import BASIC
from tests.translations.error_types import types_of


def said(path, language="es"):
    with pytest.raises(ProfileError) as refused:
        load_profile(str(path))
    return profile_sentence(refused.value).said_in(language).removeprefix(f"{path}:")


def test_everything_that_can_be_wrong_has_a_sentence():
    by_pydantic = types_of(ProfileFile, is_toml=True) - {"extra_forbidden"}  # each of KeyProblem is one
    ours = {*FileProblem, *KeyProblem, *ValueProblem, *VoiceProblem}

    assert by_pydantic | ours == SENTENCES.keys()


def test_what_nobody_thought_of_is_said_in_words_of_ours():
    error = ProfileError("mine.toml", "a type of a later pydantic", line=3, key="facts", is_entry=True)

    sentence = profile_sentence(error).said_in("es")

    assert sentence.startswith('mine.toml:3: un elemento de "facts" no es válido')


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("facts = [1]", '7: un elemento de "facts" debe ser un texto entre comillas, como "texto".'),
        ('greting = "x"', '7: "greting" no se conoce aquí: escriba "greeting" si es lo que quiere decir.'),
        (
            'voice = "Polly.Joanna-Neural"',
            '7: "voice" habla en-US y el idioma del perfil es es-ES: elija una voz de ese idioma.',
        ),
        (
            'voicemail = "{nombre}"',
            '7: "voicemail" tiene una llave que se leería en voz alta: solo se rellenan {business} y {name}.',
        ),
        (
            "[phrases]\nfillers = []",
            '8: "fillers" necesita más elementos (mínimo 2, y hay 0): añada los que faltan.',
        ),
    ],
)
def test_a_fault_is_said_in_spanish(write, line, sentence):
    assert said(write(BASIC + line)) == sentence


@pytest.mark.parametrize(
    ("language", "begins"),
    [
        ("en", '8: "phrases" must have all of its keys, for there are no phrases for fr-FR: add '),
        ("es", '8: "phrases" debe tener todas sus claves, porque no hay frases en fr-FR: añada '),
    ],
)
def test_a_language_without_phrases_names_those_that_are_missing(write, language, begins):
    text = BASIC.replace("es-ES", "fr-FR") + 'voice = "Polly.Lea"\n[phrases]\ntransfer = "Je vous passe."\n'

    told = said(write(text), language)

    missing = told.removeprefix(begins).removesuffix(".").split(", ")
    assert "goodbye" in missing and "transfer" not in missing


def test_a_folder_without_profiles_says_so(tmp_path):
    with pytest.raises(ProfileError) as refused:
        load_profile("nobody", tmp_path)

    assert "(ninguno)" in profile_sentence(refused.value).said_in("es")
    assert "(none)" in profile_sentence(refused.value).said_in("en")
