"""The dashboard's pages in a browser: a call watched as it is spoken, takeover, search, and hostile words."""

import re

import pytest
from playwright.sync_api import expect

from storage.models import Call, Conversation, Message
from tests.dashboard.conversations import HOSTILE, Talks
from tests.fakes.openai.replies import text
from tests.journeys.dashboard.pages import NARROW, WIDE, overflows, serious_findings
from tests.records import every, the_only


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


@pytest.fixture
def talks(line):
    return Talks(line.parts.database)


def full(talks):
    """A business with a bit of everything; return the ids of a chat and a live call."""
    ana = talks.contact("Ana García", wrote=2)
    chat = talks.chat(
        ana, "Hola, quería cambiar la cita del jueves a otro día. ¿Puede ser?", topic="Cambiar una cita"
    )
    turn = talks.turn(chat, "Hola", "Claro.", tools=["look_up"])
    talks.message(
        chat, "Claro que sí, ¿qué día le viene bien?", outbound=True, status="read", turn_id=turn, part=0
    )
    talks.message(
        chat, "", attachments=[{"url": "x", "type": "image/jpeg", "words": "[sent photo 3: una receta]"}]
    )
    talks.message(
        chat, "Le escribo desde recepción", outbound=True, status="failed", error_code=63018, author="Eva"
    )
    talks.handoff(chat, "Quiere hablar con una persona", summary="Cambió la cita dos veces.")
    talks.call(
        ana,
        ("Buenas", "Dígame."),
        ("¿Cuánto cuesta?", "Cuarenta y cinco euros."),
        minutes=3000,
        topic="Precio",
    )
    live = talks.call(talks.contact(number="withheld:CA1"), live=True)
    talks.turn(
        live, "¿A qué hora abren mañana?", "A las nueve. Y cerramos a las ocho.", heard_upto=12, minutes=1
    )
    talks.handoff(live, "Pulsó cero", source="key", owner="+34600000002", owned_at=talks.ago(1))
    talks.call(talks.contact("Bea", simulated=True), minutes=50)
    return chat, live


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_fits_the_window_and_axe_finds_nothing_serious(line, talks, open_window, width):
    chat, live = full(talks)
    page = open_window(width=width, dark=width == NARROW)

    for path in ("conversations", f"conversations/{chat}", f"conversations/{live}", "calls", "messages", "handoffs",
                 "conversations?q=cita"):  # fmt: skip
        page.goto(f"{line.url}/dashboard/{path}")
        assert not overflows(page), path
        assert serious_findings(page) == [], path


def test_a_call_is_watched_as_it_is_spoken(line, openai, open_window):
    openai.enqueue(text("Abrimos a las nueve."), text("Y los sábados, a las diez."))
    page, phone = open_window(), line.phone(status_callback=f"{line.url}/status")
    page.goto(f"{line.url}/dashboard/calls")

    phone.dial()
    page.get_by_text(line.parts.phone.manager.profile.greeting).wait_for()
    phone.say("¿A qué hora abren?")
    page.locator("#live").get_by_text("Abrimos a las nueve.").wait_for()
    page.locator("#live a").first.click()
    page.locator("#entries").get_by_text("¿A qué hora abren?").wait_for()
    phone.say("¿Y los sábados?")
    page.locator("#entries").get_by_text("Y los sábados, a las diez.").wait_for()
    expect(page.locator("#live").get_by_text("en curso")).to_be_visible()
    phone.hang_up()
    page.locator("#live").get_by_text("en curso").wait_for(state="detached")
    page.goto(f"{line.url}/dashboard/calls")
    expect(page.locator("#live tr").last).to_contain_text("terminada")

    assert the_only(line.parts.database, Call).ended_at is not None


@pytest.mark.both_databases
def test_an_operator_takes_over_writes_and_gives_back(line, openai, open_window):
    openai.enqueue(text("¿En qué le ayudo?"), text("Aquí estoy otra vez."))
    page, person = open_window(), line.whatsapp()
    person.send("Hola")
    page.goto(f"{line.url}/dashboard/conversations")

    page.get_by_role("link", name=re.compile("WhatsApp.*En qué le ayudo", re.DOTALL)).click()
    page.get_by_role("button", name="Llevarla yo").click()
    page.get_by_text("el asistente calla").first.wait_for()
    person.send("¿Sigue ahí?")
    page.locator("#entries").get_by_text("¿Sigue ahí?").wait_for()
    page.get_by_label("Escribir como persona").fill("Soy Eva, dígame.")
    page.get_by_role("button", name="Enviar", exact=True).click()
    page.locator("#entries").get_by_text("Soy Eva, dígame.").wait_for()
    page.get_by_role("button", name="Devolver al asistente").click()
    page.get_by_text("Contesta el asistente").wait_for()
    person.send("¿Y ahora?")
    page.locator("#entries").get_by_text("Aquí estoy otra vez.").wait_for()

    assert len(openai.chats) == 2
    assert person.texts[-2:] == ["Soy Eva, dígame.", "Aquí estoy otra vez."]


def test_what_is_being_written_stays_while_the_conversation_goes_on(line, openai, open_window):
    openai.enqueue(text("Dígame."), text("Claro."))
    page, person = open_window(), line.whatsapp()
    person.send("Hola")
    chat = the_only(line.parts.database, Conversation).id
    page.goto(f"{line.url}/dashboard/conversations/{chat}")

    page.get_by_label("Escribir como persona").fill("Un borrador")
    page.locator("#hand-off summary").click()
    page.get_by_label("Motivo").fill("Una que")
    person.send("Otra cosa")
    page.locator("#entries").get_by_text("Otra cosa").wait_for()

    expect(page.get_by_label("Escribir como persona")).to_have_value("Un borrador")
    expect(page.get_by_label("Motivo")).to_have_value("Una que")


def test_a_conversation_is_found_by_words_and_by_name(line, talks, open_window):
    chat, _ = full(talks)
    page = open_window()
    page.goto(f"{line.url}/dashboard/conversations")

    page.get_by_role("searchbox").fill("garcia")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("Ana García")).first.click()
    page.wait_for_url("**/conversations?contact=*")
    page.get_by_role("searchbox").fill("CITA del jueves")
    page.keyboard.press("Enter")
    page.locator("mark").first.click()

    page.wait_for_url(f"**/conversations/{chat}")


def test_hostile_words_run_nowhere_also_when_they_come_live(line, talks, openai, open_window):
    openai.enqueue(text("Bien."))
    page, person = open_window(), line.whatsapp(profile_name=HOSTILE[:80])
    talks.chat(talks.contact(HOSTILE[:80], wrote=1), HOSTILE, topic=HOSTILE, summary=HOSTILE)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("conversations", "conversations/1", "messages", "conversations?q=script"):
        page.goto(f"{line.url}/dashboard/{path}")

    page.goto(f"{line.url}/dashboard/conversations/1")
    before = page.locator("#entries li").count()
    talks.message(1, HOSTILE)
    page.locator("#entries li").nth(before).wait_for()
    person.send(HOSTILE)

    assert dialogs == []
    expect(page.locator("main script, main img[src=x]")).to_have_count(0)
    assert len(every(line.parts.database, Message)) >= 3


def test_without_scripts_a_conversation_is_read_and_taken_over(line, talks, open_window):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    page = open_window(script=False)
    page.goto(f"{line.url}/dashboard/conversations/{chat}")

    page.get_by_role("button", name="Llevarla yo").click()

    expect(page.get_by_text("La lleva el panel")).to_be_visible()


def test_more_windows_than_streams_still_follow(line, talks, open_window):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    live = line.parts.dashboard.live
    streams = [live.watch("calls", "") for _ in range(8)]
    page = open_window()
    page.goto(f"{line.url}/dashboard/conversations/{chat}")

    talks.message(chat, "¿Sigue ahí?")
    page.locator("#entries").get_by_text("¿Sigue ahí?").wait_for()

    for stream in streams:
        stream.close()


@pytest.mark.parametrize("path", ["conversations", "handoffs"])
def test_an_open_list_shows_who_waits_and_counts_them_in_the_windows_title(line, talks, open_window, path):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    page = open_window()
    page.clock.install()
    page.goto(f"{line.url}/dashboard/{path}")
    before = page.title()

    talks.handoff(chat)
    page.clock.run_for(4_500)
    page.locator("#live .badge.bad").wait_for()

    assert not before.startswith("(") and page.title() == f"(1) {before}"
