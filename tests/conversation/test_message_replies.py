"""What callers mean who were asked for a message."""

import pytest

from conversation.intents import MessageReply, message_reply


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("No, gracias", "declined"),
        ("No, muchas gracias.", "declined"),
        ("Déjelo, no importa", "declined"),
        ("No quiero dejar ningún mensaje", "declined"),
        ("I'll call back later, thanks", "declined"),
        ("Não, obrigado", "declined"),
        ("Vale, gracias, adiós", "goodbye"),
        ("No, gracias, hasta luego", "goodbye"),
        ("Thank you, goodbye.", "goodbye"),
        ("Tchau, obrigada", "goodbye"),
        ("Quiero hablar con una persona", "person"),
        ("I want to talk to a person", "person"),
        ("Quero falar com um atendente", "person"),
        ("Sí", "unclear"),
        ("Gracias", "unclear"),
        ("¿Hola? ¿Me oye?", "unclear"),
        ("", "unclear"),
        ("?!", "unclear"),
        ("No, gracias. ¿A qué hora abren?", "question"),
        ("No, espere, ¿a qué hora abren?", "question"),
        ("No, thank you. What time do you open?", "question"),
        ("Não, obrigada. A que horas abrem?", "question"),
        ("¿No abren mañana?", "message"),
        ("™?", "message"),
        ("Soy Ana, ¿pueden llamarme?", "message"),
        ("Sí, soy Ana, ¿pueden llamarme?", "message"),
        ("Ana", "message"),
        ("No me funciona el grifo", "message"),
        ("Gracias, soy Ana, que me llamen", "message"),
        ("Quiero hablar con Marta de la factura de ayer, que no me cuadra nada", "message"),
        ("Dígale adiós de mi parte", "message"),
    ],
)
def test_a_message_is_told_from_what_is_none(said, meant):
    assert message_reply(said) is MessageReply(meant)
