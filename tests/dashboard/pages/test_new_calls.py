"""A new campaign by phone at the dashboard, and one of reminders: what is filled in is shown as people get it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from storage.models import Campaign, CampaignRecipient
from tests.dashboard.new_campaigns import kept, said, send_form
from tests.records import every, the_only

PUBLIC = "https://assistant.example"
GOAL = "Confirmar la cita"
LIST = "nombre;teléfono;día\nAna;600 00 00 01;martes\nLuis;910 000 002;jueves\n"
DAYS = [datetime.now(UTC) + timedelta(days=days) for days in (9, -2, 5)]
DATED = "nombre;teléfono;fecha\n" + "".join(
    f"{name};60000000{n};{day:%d/%m/%Y} 10:00\n"
    for n, (name, day) in enumerate(zip(("Ana", "Luis", "Eva"), DAYS, strict=True), 1)
)


@pytest.fixture
def desk(open_desk):
    return open_desk()


@pytest.fixture
def send(desk):
    """Send the form of a campaign by phone; return the answer."""

    def send(content=LIST, path="", **given):
        usual = {
            "name": "Llamada",
            "channel": "voice",
            "goal": GOAL,
            "text": "¿Puede venir {nombre} el {día}?",
        }
        return send_form(desk, content, path, **(usual | given))

    return send


def by_whatsapp(send, content=DATED, path="", **given):
    return send(content, path, **({"channel": "whatsapp", "goal": None, "text": "Hola {nombre}"} | given))


@pytest.mark.both_databases
def test_a_campaign_by_phone_is_kept_with_its_goal_and_calls_landlines_too(desk, send):
    who_calls = desk.parts.profile.phrases.who_calls

    response = send(hang_up_on_machines="on", template="HX1", hand_over="sí", try_anyway="on")

    campaign = the_only(desk.parts.database, Campaign)
    assert response.headers["Location"] == f"/dashboard/campaigns/{campaign.id}"
    assert (campaign.channel, campaign.goal, campaign.leave_message, campaign.state) == (
        "voice", GOAL, False, "draft",
    )  # fmt: skip
    assert (campaign.template, campaign.hand_over, campaign.try_anyway) == ("", [], False)
    assert [(one.number, one.body) for one in every(desk.parts.database, CampaignRecipient)] == [
        ("+34600000001", f"{who_calls} ¿Puede venir Ana el martes?"),
        ("+34910000002", f"{who_calls} ¿Puede venir Luis el jueves?"),
    ]


def test_the_first_words_of_the_calls_are_shown_and_nothing_is_kept(desk, send):
    page = said(send(path="/look"), 200)

    assert "Llama a 2 personas. Las primeras oirán:" in page
    assert f"{desk.parts.profile.phrases.who_calls} ¿Puede venir Luis el jueves?" in page
    assert kept(desk) == []


def test_calls_without_words_of_their_own_begin_as_the_profile_says(desk, send):
    assert desk.parts.profile.greeting_outbound in said(send(path="/look", text=""), 200)


def test_calls_need_a_goal_but_not_while_the_form_is_filled_in(desk, send):
    assert "Por corregir" not in said(send(path="/look", goal=""), 200)
    assert "Diga qué debe conseguir el asistente en cada llamada." in said(send(goal=""))
    assert kept(desk) == []


def test_what_calls_lack_is_said(send):
    assert "WEBHOOK_URL" in said(send(path="/look"), 200)


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(send):
    page = said(send(goal="", hang_up_on_machines="on", remind="24 h antes de {día}"))

    assert re.search(r'value="voice"[^>]* checked', page)
    assert re.search(r'name="hang_up_on_machines" checked', page)
    assert 'value="24 h antes de {día}"' in page


@pytest.mark.both_databases
@pytest.mark.parametrize("is_by_phone", [True, False])
def test_reminders_are_kept_with_their_times_and_who_is_too_late_is_left_out(desk, send, is_by_phone):
    given = {"content": DATED, "text": "Hola {nombre}", "remind": "1 día antes de {fecha}"}

    response = send(**given) if is_by_phone else by_whatsapp(send, **given)

    assert response.status_code == 303
    campaign = the_only(desk.parts.database, Campaign)
    assert (campaign.remind, campaign.channel == "voice") == ("1 día antes de {fecha}", is_by_phone)
    people = every(desk.parts.database, CampaignRecipient)
    assert [(one.line, one.state, one.reason) for one in people] == [
        (2, "waiting", ""), (3, "skipped", "past"), (4, "waiting", ""),
    ]  # fmt: skip


def test_the_times_of_the_first_reminders_are_shown_and_whose_time_is_past(desk, send):
    page = said(by_whatsapp(send, path="/look", remind="1 día antes de {fecha}"), 200)

    shown = [datetime.fromisoformat(at) for at in re.findall(r'<time datetime="([^"]+)"', page)]
    local = [at.astimezone(desk.parts.profile.time_zone) for at in shown]
    assert [(at.date(), at.hour) for at in local] == [
        ((day - timedelta(days=1)).date(), 10) for day in (DAYS[0], DAYS[2])
    ]
    assert "Va a 2 personas" in page and "Hola Luis" not in page
    assert "Línea 3: 600000002 no recibe recordatorio: ya es tarde." in page
    assert "1 persona recibiría el recordatorio demasiado tarde" in page
    assert kept(desk) == []


@pytest.mark.parametrize(
    ("remind", "words"),
    [
        ("mañana", "mañana: escriba"),
        ("24 h antes de {cita}", "cita"),
        ("24 h antes de {nombre}", "Línea 2: Ana no es una fecha"),
    ],
)
def test_a_reminder_that_is_written_wrongly_is_named(desk, send, remind, words):
    assert words in said(by_whatsapp(send, path="/look", remind=remind), 200)
    assert words in said(by_whatsapp(send, remind=remind))
    assert kept(desk) == []
