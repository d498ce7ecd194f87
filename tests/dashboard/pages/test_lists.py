"""The pages of calls, of WhatsApp messages and of handoffs."""

import re
from datetime import timedelta

import pytest

from tests.dashboard.conversations import Talks

pytestmark = pytest.mark.both_databases

WINDOW_PASSED, PASSES = 63016, 63018


@pytest.fixture
def talks(operator):
    return Talks(operator.parts.database)


def linked(page):
    """The ids of the conversations that a page's rows link to, in order."""
    return [int(id_) for id_ in re.findall(r'href="/dashboard/conversations/(\d+)"', page)]


def pages_of(operator, path):
    """The pages of a list, from the newest on."""
    while path is not None:
        page = operator.read(path)
        yield page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None


@pytest.mark.parametrize(("path", "words"), [
    ("calls", "Ahora mismo no hay ninguna llamada"),
    ("calls", "Todavía no ha terminado ninguna llamada"),
    ("messages", "Todavía no hay mensajes"),
    ("messages?which=lost", "Todo lo enviado ha llegado"),
    ("handoffs", "Ninguna conversación ha pasado a una persona"),
    ("handoffs?which=waiting", "Nadie espera"),
])  # fmt: skip
def test_an_empty_page_says_so(operator, path, words):
    assert words in operator.read(f"/dashboard/{path}")


def test_live_calls_come_first_with_what_was_said_last(operator, talks):
    talks.call(talks.contact("Ana"), ("Buenas", "Dígame."), minutes=90)
    live = talks.call(
        talks.contact("Bea"), ("Buenas", "Dígame."), ("¿Abren hoy?", "Sí, hasta las ocho."), live=True
    )

    page = operator.read("/dashboard/calls")
    going_on, _, over = page.partition("Terminadas")

    assert f"/dashboard/conversations/{live}" in going_on
    assert "¿Abren hoy?" in going_on and "Sí, hasta las ocho." in going_on
    assert "Ana" in over and "1:00" in over and "terminada" in over and "<svg" in over


def test_calls_are_read_page_by_page(operator, talks):
    made = [talks.call(talks.contact(), minutes=n) for n in range(65, 0, -1)]

    found = [id_ for page in pages_of(operator, "/dashboard/calls") for id_ in linked(page)]

    assert found == made[::-1]


def test_the_log_tells_what_became_of_each_message_and_why(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    talks.message(chat, "Buenas", outbound=True, status="delivered")
    talks.message(chat, "¿Sigue ahí?", outbound=True, status="failed", error_code=WINDOW_PASSED)
    talks.message(chat, "Uno raro", outbound=True, status="undelivered", error_code=12345)

    page = operator.read("/dashboard/messages")

    for words in ("Hola", "entregado", "Pasaron más de 24 horas", "Código 12345", "sin entregar"):
        assert words in page


def test_the_reason_is_in_the_words_of_the_provider_that_gave_it(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), provider="360dialog")
    talks.message(chat, "¿Sigue ahí?", outbound=True, status="failed", error_code=131026)

    assert "131026" not in operator.read("/dashboard/messages")


@pytest.mark.parametrize("page", ["/dashboard/messages", "/dashboard/conversations/{chat}"])
def test_a_reason_stays_its_providers_when_the_person_writes_by_another(operator, talks, page):
    chat = talks.chat(talks.contact("Ana", wrote=1), provider="360dialog")
    talks.message(
        chat, "¿Sigue ahí?", outbound=True, status="failed", error_code=WINDOW_PASSED, sid="SM" + "0" * 32
    )

    assert "Pasaron más de 24 horas" in operator.read(page.format(chat=chat))


@pytest.mark.parametrize(("which", "expected"), [
    ("all", ["perdido", "enviado", "recibido"]),
    ("incoming", ["recibido"]),
    ("outgoing", ["perdido", "enviado"]),
    ("lost", ["perdido"]),
    ("nonsense", ["perdido", "enviado", "recibido"]),
])  # fmt: skip
def test_the_log_is_filtered(operator, talks, which, expected):
    chat = talks.chat(talks.contact(wrote=1), "esto-recibido")
    talks.message(chat, "esto-enviado", outbound=True, status="sent")
    talks.message(chat, "esto-perdido", outbound=True, status="undelivered")

    assert re.findall(r"esto-(\w+)", operator.read(f"/dashboard/messages?which={which}")) == expected


def test_the_log_is_read_page_by_page(operator, talks):
    talks.chat(talks.contact(wrote=1), *[f"mensaje-{n}." for n in range(90)])

    found = [
        n for page in pages_of(operator, "/dashboard/messages") for n in re.findall(r"mensaje-(\d+)\.", page)
    ]

    assert found == [str(n) for n in range(89, -1, -1)]


def test_handoffs_show_who_took_them_and_how_long_that_took(operator, talks):
    taken = talks.call(talks.contact("Ana"))
    talks.handoff(
        taken, "Una queja", owner="Eva", owned_at=talks.ago(5) + timedelta(seconds=95), source="key"
    )
    waiting = talks.chat(talks.contact("Bea", wrote=1))
    talks.handoff(waiting, "Quiere un presupuesto", message="Que la llamen el lunes")

    page, still = operator.read("/dashboard/handoffs"), operator.read("/dashboard/handoffs?which=waiting")

    for words in (
        "Una queja",
        "Eva",
        "1:35",
        "lo pidió con una tecla",
        "Que la llamen el lunes",
        "espera todavía",
    ):
        assert words in page
    assert linked(still) == [waiting]


# Another try


def lost(talks, *, code, wrote=10, opted_out=False, provider="twilio", status="failed"):
    chat = talks.chat(talks.contact("Ana", wrote=wrote, opted_out=opted_out), provider=provider)
    sid = "SM1" if provider == "twilio" else "wamid.1"
    return talks.message(
        chat, "¿Sigue ahí?", outbound=True, status=status, error_code=code, author="x", sid=sid
    )


@pytest.mark.parametrize("wrote", [10, 25 * 60, None])
def test_what_may_arrive_now_can_be_sent_again(operator, talks, wrote):
    message_id = lost(talks, code=PASSES, wrote=wrote)

    assert f"/dashboard/messages/{message_id}/retry" in operator.read("/dashboard/messages")
    response = operator.post(f"/dashboard/messages/{message_id}/retry")

    assert response.status_code == 303
    page = operator.read(response.headers["Location"])
    assert "Se envía otra vez" in page and "por enviar" in page


@pytest.mark.parametrize("why", [
    {"code": WINDOW_PASSED}, {"code": None}, {"code": PASSES, "opted_out": True},
    {"code": PASSES, "provider": "360dialog"}, {"code": PASSES, "status": "read"},
])  # fmt: skip
def test_what_would_not_arrive_is_not_sent_again(operator, talks, why):
    message_id = lost(talks, **why)

    assert "retry" not in operator.read("/dashboard/messages")
    response = operator.post(f"/dashboard/messages/{message_id}/retry")

    assert "no serviría" in operator.read(response.headers["Location"])
    assert "por enviar" not in operator.read("/dashboard/messages")
