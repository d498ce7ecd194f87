"""The pages of campaigns: their list, and what each shows of its recipients."""

import csv
import io
import re
from datetime import timedelta

import pytest

from storage.base import utc_now
from tests.dashboard.campaigns import Campaigns, number
from tests.dashboard.conversations import HOSTILE

pytestmark = pytest.mark.both_databases
UNREACHABLE = 63024


@pytest.fixture
def campaigns(operator):
    return Campaigns(operator.parts.database)


def page_of(operator, campaign_id, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return operator.read(f"/dashboard/campaigns/{campaign_id}?{asked}")


def text(page):
    """What a page says in its content, as one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def full(campaigns):
    """A campaign of ten, each of whom has fared otherwise."""
    made = campaigns.make(10, state="paused", why="template")
    campaigns.set(made, pause_code=21655)
    campaigns.sent(made, 2, "sent")
    campaigns.sent(made, 3, "delivered")
    campaigns.sent(made, 4, "read", replied_at=utc_now(), outcome="yes")
    campaigns.sent(made, 5, "undelivered", state="failed", code=UNREACHABLE)
    campaigns.sent(made, 6, "sending", state="in_doubt")
    campaigns.person(made, 7, "skipped", reason="opted_out")
    campaigns.person(made, 8, "sending")
    return made


def test_without_campaigns_the_page_says_how_one_is_made(operator):
    assert "Aún no hay campañas" in operator.read("/dashboard/campaigns")


def test_the_list_has_each_campaigns_state_and_counts_newest_first(operator, campaigns):
    campaigns.make(name="Primera")
    full(campaigns)

    said = text(operator.read("/dashboard/campaigns"))

    assert said.index("en pausa") < said.index("Primera")
    full_figures = "Enviados 3 Entregados 2 Leídos 1 Han respondido 1 Fallidos 1 En duda 1"
    assert f"WhatsApp en pausa 10 {full_figures}" in said, said
    assert "Primera WhatsApp sin empezar 3 Enviados 0 Entregados 0" in said


def test_the_list_is_read_page_by_page(operator, campaigns):
    made = [campaigns.make(1) for _ in range(17)]

    first = operator.read("/dashboard/campaigns")
    following = re.search(r'href="([^"]+)" rel="next"', first)[1]
    found = re.findall(r'href="/dashboard/campaigns/(\d+)"', first + operator.read(following))

    assert [int(id_) for id_ in found] == made[::-1]


def test_a_list_that_is_being_read_is_no_campaign_yet(operator, campaigns):
    made = campaigns.make(state="listing")

    assert operator.get(f"/dashboard/campaigns/{made}").status_code == 404
    assert "Aún no hay campañas" in operator.read("/dashboard/campaigns")


@pytest.mark.parametrize(
    ("which", "lines"),
    [
        ("all", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), ("waiting", [9, 10, 11]), ("sending", [8]), ("sent", [2, 3, 4]),
        ("delivered", [3, 4]), ("read", [4]), ("replied", [4]), ("failed", [5]), ("in_doubt", [6]), ("skipped", [7]),
        ("nonsense", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ],
)  # fmt: skip
def test_recipients_are_filtered_by_what_became_of_them(operator, campaigns, which, lines):
    page = page_of(operator, full(campaigns), which=which)

    assert [int(line) for line in re.findall(r'<td class="end"[^>]*>(\d+)</td>', page)] == lines


def test_each_recipient_has_a_state_a_reason_and_a_conversation(operator, campaigns):
    made = campaigns.make(4, state="running")
    campaigns.sent(made, 2, "undelivered", state="failed", code=UNREACHABLE)
    campaigns.person(made, 3, "skipped", reason="needs_template")
    chat = campaigns.sent(made, 4, "read", replied_at=utc_now(), outcome="no")

    page = page_of(operator, made)

    for words in ("sin entregar", "compruebe que", "no ha escrito en 24 horas", "leído", "No", "por enviar"):
        assert words in page, words
    assert f'href="/dashboard/conversations/{chat}"' in page


def test_recipients_are_read_page_by_page(operator, campaigns):
    made = campaigns.make(120)
    path, found = f"/dashboard/campaigns/{made}", []

    while path:
        page = operator.read(path)
        found += re.findall(r'<td class="end"[^>]*>(\d+)</td>', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following and following[1].replace("&amp;", "&")

    assert [int(line) for line in found] == list(range(2, 122))


def test_a_paused_campaign_says_why_and_what_to_do(operator, campaigns):
    page = page_of(operator, full(campaigns))

    assert "Se ha pausado sola: la plantilla no se envía a nadie." in page
    assert "Esta cuenta no tiene esa plantilla" in page
    assert "Seguir" in page


def test_the_page_says_that_no_worker_sends_it(operator, campaigns):
    made = campaigns.make(state="running")

    assert "No hay ningún worker en marcha" in page_of(operator, made)

    campaigns.set(made, holder="one", leased_until=utc_now() + timedelta(seconds=10))
    assert "No hay ningún worker en marcha" not in page_of(operator, made)


def test_progress_is_sent_again_only_when_it_has_changed(operator, campaigns):
    made = campaigns.make()
    seen = re.search(r"progress\?([^\"]+)", page_of(operator, made))[1].replace("&amp;", "&")

    assert operator.get(f"/dashboard/campaigns/{made}/progress?{seen}").status_code == 204
    campaigns.set(made, leased_until=utc_now())
    assert operator.get(f"/dashboard/campaigns/{made}/progress?{seen}").status_code == 204
    campaigns.sent(made, 2, "delivered")

    changed = operator.get(f"/dashboard/campaigns/{made}/progress?{seen}")
    assert changed.status_code == 200 and "entregado" in changed.text and "<html" not in changed.text


def test_the_report_is_a_file_with_a_line_for_each_and_every_column_of_the_list(operator, campaigns):
    made = campaigns.make(2, facts={"nombre": "=1+1"})
    campaigns.person(made, 3, "waiting", facts={"nota": "ñandú"})

    response = operator.get(f"/dashboard/campaigns/{made}/report.csv")

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["Content-Disposition"]
    first, second = csv.DictReader(io.StringIO(response.get_data(as_text=True).removeprefix("\ufeff")))
    assert (first["line"], first["number"], first["nombre"], first["nota"]) == ("2", number(1), "'=1+1", "")
    assert second["nota"] == "ñandú"


def test_the_report_of_a_long_list_has_everybody(operator, campaigns):
    made = campaigns.make(1100)

    report = operator.get(f"/dashboard/campaigns/{made}/report.csv").get_data(as_text=True)

    assert len(report.splitlines()) == 1101


@pytest.mark.parametrize("path", ["999", "999/report.csv", "999/progress", "99999999999"])
def test_what_is_not_there_is_said(operator, path):
    assert operator.get(f"/dashboard/campaigns/{path}").status_code == 404


def test_hostile_words_are_shown_as_words(operator, campaigns):
    made = campaigns.make(1, name=HOSTILE[:80], facts={HOSTILE: HOSTILE}, template="", text=HOSTILE, consent=HOSTILE,
                          file_name=HOSTILE)  # fmt: skip

    for page in (operator.read("/dashboard/campaigns"), page_of(operator, made)):
        assert "<script>alert" not in page and "<img src=x" not in page


def test_the_pages_are_the_operators_alone(open_desk):
    desk = open_desk(dashboard_password="correct horse", remote=True)
    made = Campaigns(desk.parts.database).make()

    for path in ("", f"/{made}", f"/{made}/progress", f"/{made}/report.csv", "/listed"):
        assert desk.get(f"/dashboard/campaigns{path}").status_code == 302


def test_what_was_sent_and_who_replied_are_plotted_by_the_hour(operator, campaigns):
    made = campaigns.make(4, state="running")
    assert "Por horas" not in page_of(operator, made)

    campaigns.sent(made, 2, "read", replied_at=utc_now())
    campaigns.sent(made, 3)

    page = page_of(operator, made)
    assert "Mensajes enviados, por horas" in page and "Primeras respuestas, por horas" in page
    assert re.search(r"<td>\d+ \w+, \d\d:00</td><td>2</td>", page)


def test_the_page_says_what_it_has_cost_so_far(operator, campaigns):
    made = campaigns.make(3)
    assert "Lo que ha costado" not in page_of(operator, made)
    campaigns.sent(made, 2, "delivered")
    campaigns.sent(made, 3, "delivered")
    campaigns.billed(made, 2, 5000)
    campaigns.billed(made, 3, None)

    said = text(page_of(operator, made))

    assert "Facturado hasta ahora: 0,005 USD. Se conoce el precio de 1 de 2 mensajes." in said
