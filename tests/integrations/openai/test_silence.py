"""What speech recognition writes where nobody speaks, and what people do say."""

import pytest

from integrations.openai.silence import spoken_words


@pytest.mark.parametrize(
    "transcript",
    [
        "Subtítulos realizados por la comunidad de Amara.org",
        "Subtítulos por la comunidad de Amara.org",
        "Subtitulado por la comunidad de Amara.org.",
        "Subtítulos creados por María Pérez",
        "¡Gracias por ver el video!",
        "Gracias por ver. ¡Suscríbete al canal!",
        "Más información www.alimmenta.com",
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Please subscribe to my channel.",
        "Subtitles by the Amara.org community",
        "Transcribed by https://otter.ai",
        "Legendas pela comunidade Amara.org",
        "Legenda Adriana Zanotto",
        "Obrigado por assistir!",
        "Inscreva-se no canal.",
        "[Música]",
        "[BLANK_AUDIO]",
        "♪♪",
        " ... ",
        "¿?",
        "",
    ],
)
def test_credits_marks_and_punctuation_are_silence(transcript):
    assert spoken_words(transcript) == ""


@pytest.mark.parametrize(
    "transcript",
    [
        "Gracias.",
        "Muchas gracias por todo",
        "Sí",
        "12",
        "Quería los subtítulos del vídeo",
        "¿Hacen subtítulos por encargo?",
        "Subtítulos por encargo, ¿los hacen?",
        "legendas de um filme, por favor",
        "Thank you for waiting.",
        "I would like to subscribe to the newsletter, who do I ask?",
    ],
)
def test_what_people_say_is_left_as_it_is(transcript):
    assert spoken_words(transcript) == transcript


def test_a_credit_after_words_is_left_out_and_the_words_stay():
    said = "Quiero una cita mañana. Subtítulos realizados por la comunidad de Amara.org"

    assert spoken_words(said) == "Quiero una cita mañana."
