"""A business in Brazil: its profile names a language and a voice, and all that no model wrote is in Portuguese."""

import pytest

from conversation.phrases import catalogue_for
from simulator.twilio.journal import Ending
from tests.fakes.openai.replies import text, tool_call

PROFILE = """
name = "Clara"
business = "Clínica Sol"
language = "pt-BR"
voice = "Polly.Camila-Neural"
time_zone = "America/Sao_Paulo"
greeting = "Clínica Sol, aqui é Clara, a assistente automática. Como posso ajudar?"
instructions = "Seja breve."
facts = ["A clínica abre de segunda a sexta, das oito às dezoito horas."]

[[faq]]
questions = ["Tem estacionamento?"]
answer = "Sim, há um estacionamento gratuito atrás da clínica."
"""
WORDS = catalogue_for("pt-BR")
NO_SUCH_VOICE = {13321, 13511}
"""Warnings of the simulated phone, which knows the voices of Spanish and English alone."""


@pytest.fixture
def brazil(open_line, tmp_path):
    file = tmp_path / "clinica.toml"
    file.write_text(PROFILE, "utf-8")
    return lambda **values: open_line(assistant_profile=str(file), whatsapp_settle_s=0, **values)


def test_a_call_in_portuguese(brazil, openai):
    openai.enqueue(text("Abrimos das oito às dezoito."), tool_call("end_call", {}))
    phone = brazil().phone()

    greeting = phone.dial()
    answer = phone.say("A que horas vocês abrem?")
    reprompt = phone.silence()
    goodbye = phone.say("Obrigado, tchau.")

    told = openai.chats[0].body["messages"][0]["content"]
    assert greeting.startswith("Clínica Sol, aqui é Clara")
    assert answer == "Abrimos das oito às dezoito."
    assert reprompt == WORDS.phrases.reprompts[0]
    assert goodbye == WORDS.phrases.goodbye
    assert phone.ended is Ending.HANGUP
    assert {warning.code for warning in phone.warnings} <= NO_SUCH_VOICE
    assert "Você é Clara, o assistente automático de Clínica Sol." in told
    assert "# Regras" in told and "# Como falar: por telefone" in told and "Hoje é " in told


def test_a_whatsapp_chat_in_portuguese(brazil, openai):
    openai.enqueue(text("Abrimos às oito."))
    person = brazil().whatsapp()

    for words in ("A que horas abrem?", "SAIR", "VOLTAR", "Quero falar com um atendente"):
        person.send(words)

    assert person.texts == [
        "Abrimos às oito.",
        WORDS.phrases.opted_out,
        WORDS.phrases.opted_in,
        WORDS.customers.message_kept,
    ]
    assert person.errors == []
    assert "# Como escrever: por WhatsApp" in openai.chats[0].body["messages"][0]["content"]


def test_a_call_in_portuguese_without_a_model(brazil):
    phone = brazil(openai_base_url=None, openai_api_key=None).phone()

    phone.dial()

    assert phone.say("Tem estacionamento?") == "Sim, há um estacionamento gratuito atrás da clínica."
    assert phone.say("Quem é você?") == WORDS.offline.introduction.replace("{business}", "Clínica Sol")
    assert phone.say("Só isso, obrigado, tchau") == WORDS.offline.farewell.replace(
        "{business}", "Clínica Sol"
    )
