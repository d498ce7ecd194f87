from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.ledger import Ceiling, Kind, Ledger
from dashboard.charts.bars import bars_of, round_up
from dashboard.charts.costs import COUNTED_EVERY, Prices, TokensToday
from dashboard.charts.days import LastDays, day_in
from dashboard.formatting import money
from dashboard.pages.home import percentile, today
from storage.base import utc_now
from storage.ledger.entries import Account
from storage.reports.overview import Now, Tokens, Written
from tests.dashboard.conversations import Talks
from tests.dashboard.past import Past
from translations import in_language

pytestmark = pytest.mark.both_databases

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 3, 30, 12, tzinfo=MADRID)
"""The day after the clocks went forward."""


@pytest.fixture
def past(database):
    return Past(database)


def numbers(database, now=NOON):
    with database.read() as connection:
        return today(connection, now, MADRID)


def counts(database, now=NOON, days=None):
    with database.read() as connection:
        plots = (days or LastDays()).plots(connection, now, MADRID)
    return {name: {bar.day: bar.count for bar in plot.bars} for name, plot in plots.items()}


def test_today_begins_at_midnight_where_the_business_is(database, past):
    past.call(datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC))
    past.call(datetime(2026, 3, 29, 22, 0, 0, tzinfo=UTC))
    past.call(NOON)

    assert numbers(database).calls == 2


def test_messages_are_counted_by_what_became_of_them(database, past):
    past.messages(NOON, "settled", "received")
    past.messages(NOON, "read", "delivered", "failed", "undelivered", "queued", outbound=True)
    past.messages(NOON - timedelta(days=1), "settled")

    assert numbers(database).written == Written(received=2, sent=5, lost=2)


def test_half_and_95_in_100_of_the_waits_on_the_phone_are_shown(database, past):
    past.call(NOON, waits_ms=[100 * n for n in range(1, 21)])
    past.call(NOON, waits_ms=[None])
    past.call(NOON - timedelta(days=1), waits_ms=[9000])

    shown = numbers(database)

    assert (shown.answers, shown.half_ms, shown.most_ms) == (20, 1000, 1900)


def test_a_day_without_answers_has_no_waits(database):
    shown = numbers(database)

    assert (shown.answers, shown.half_ms, shown.most_ms) == (0, None, None)


def test_what_is_going_on_now_is_counted(database, past):
    past.call(NOON, ended=False)
    past.call(NOON)
    past.call(NOON - timedelta(hours=6), ended=False)
    past.messages(NOON - timedelta(minutes=5), "settled", "received")
    past.messages(NOON - timedelta(minutes=15), "settled")
    held, given_back = past.call(NOON - timedelta(days=1)), past.call(NOON - timedelta(days=1))
    past.take_over(held, NOON + timedelta(hours=1))
    past.take_over(given_back, NOON - timedelta(hours=1))
    past.handoff(NOON, held)
    past.handoff(NOON, given_back, owner="Marta")

    assert numbers(database).now == Now(calls=1, chats=1, held=1, waiting=1)


def test_each_of_the_last_days_has_its_calls_and_messages(database, past):
    past.call(NOON)
    past.call(NOON - timedelta(days=13))
    past.call(NOON - timedelta(days=14))
    past.messages(NOON - timedelta(days=1), "settled", "received")

    shown = counts(database)

    assert list(shown["calls"]) == [date(2026, 3, 17) + timedelta(days=n) for n in range(14)]
    assert shown["calls"][date(2026, 3, 30)] == shown["calls"][date(2026, 3, 17)] == 1
    assert sum(shown["calls"].values()) == 2
    assert shown["messages"][date(2026, 3, 29)] == 2


def test_a_day_that_is_over_is_counted_once_and_today_each_time(database, past):
    days = LastDays()
    counts(database, days=days)
    past.call(NOON)
    past.call(NOON - timedelta(days=3))

    again = counts(database, days=days)["calls"]

    assert (again[date(2026, 3, 30)], again[date(2026, 3, 27)]) == (1, 0)
    assert counts(database)["calls"][date(2026, 3, 27)] == 1


def test_yesterday_is_counted_again_for_an_hour_after_midnight(database, past):
    days, just_after_midnight = LastDays(), datetime(2026, 3, 30, 0, 5, tzinfo=MADRID)
    counts(database, just_after_midnight, days)
    past.call(datetime(2026, 3, 29, 23, 59, tzinfo=MADRID))

    assert counts(database, just_after_midnight, days)["calls"][date(2026, 3, 29)] == 1


def test_the_day_on_which_clocks_go_forward_has_23_hours():
    begins, ends = day_in(MADRID, date(2026, 3, 29))

    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([7], 95, 7), ([1, 2], 50, 1), ([1, 2, 3], 50, 2), (list(range(1, 101)), 95, 95)],
)
def test_a_percentile_is_a_value_that_was_measured(values, percent, expected):
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("most", "top"), [(0, 0), (1, 1), (3, 3), (5, 5), (7, 8), (9, 10), (11, 20), (99, 100), (101, 200), (1000, 1000)]
)  # fmt: skip
def test_the_axis_ends_in_a_round_number(most, top):
    assert round_up(most) == top


def test_bars_are_as_high_as_their_numbers_and_stay_inside_the_plot():
    days = [(date(2026, 3, day), day % 5) for day in range(1, 15)]

    plot = bars_of(days)

    highest = plot.floor_y - plot.top_y
    assert [bar.height for bar in plot.bars[:4]] == [highest * n / 4 for n in (1, 2, 3, 4)]
    assert all(bar.y + bar.height == pytest.approx(plot.floor_y) for bar in plot.bars)
    assert plot.bars[-1].x + plot.bars[-1].width < plot.width
    assert plot.bars[-1].is_labelled


def test_a_newcomer_is_told_what_to_do(operator):
    page = operator.read()

    assert "Todavía no ha llamado ni escrito nadie" in page
    assert "Los últimos 14 días" not in page
    assert "El proceso de trabajos no está en marcha" in page


def test_what_is_not_configured_is_said_with_the_setting_that_is_missing(open_desk):
    spanish, english = open_desk().read(), open_desk(language="en-GB,en;q=0.9").read()

    assert "<code>TWILIO_AUTH_TOKEN</code> no está definida" in spanish
    assert "<code>TWILIO_AUTH_TOKEN</code> is not set" in english
    assert "<code>OPENAI_API_KEY</code>" not in spanish


def test_a_past_is_shown_in_the_readers_language(open_desk):
    operator = open_desk(language="de, en;q=0.5")
    past = Past(operator.parts.database)
    past.call(utc_now(), waits_ms=[800, 1234])

    page = operator.read()

    assert '<html lang="en">' in page
    assert "The last 14 days" in page
    assert "0.8 s" in page
    assert "95 % wait no longer than 1.2 s (answers: 2)" in page


def test_what_changes_is_what_the_page_asks_for_again(operator):
    Past(operator.parts.database).messages(utc_now(), "settled", "settled")

    part = operator.read("/dashboard/today")

    assert "<title>" in part and "<h1>" not in part and "Los últimos 14 días" not in part
    assert "enviados: 0" in part and "<dd>2" in part


def test_the_profile_in_force_is_shown_with_its_questions_and_answers(operator):
    page = operator.read("/dashboard/assistant")

    for text in ("Lucía", "Polly.Lucia-Neural", "Europe/Madrid", "profiles/recepcion.es.toml", "Trate siempre de usted",
                 "¿Tienen bonos?", "suelo pélvico", "Un momento, por favor."):  # fmt: skip
        assert text in page


def test_what_a_profile_says_is_shown_as_it_is_written_and_runs_nothing(make_settings, open_desk, tmp_path):
    file = tmp_path / "evil.toml"
    file.write_text(
        'name = "<script>alert(1)</script>"\nbusiness = "B <img src=x onerror=alert(1)>"\nlanguage = "es-ES"\n'
        'time_zone = "Europe/Madrid"\ngreeting = "</title><b>"\ninstructions = "{{ 7 * 7 }} <i>"\n'
        'facts = ["<svg onload=alert(1)>"]\n'
    )

    operator = open_desk(assistant_profile=str(file))

    for path in ("/dashboard/", "/dashboard/assistant"):
        page = operator.read(path)
        assert not any(tag in page for tag in ("<script>alert", "<img src=x", "</title><b>", "<svg onload"))
    assert "{{ 7 * 7 }} &lt;i&gt;" in operator.read("/dashboard/assistant")


def test_pages_are_light(operator):
    for path in ("/dashboard/", "/dashboard/assistant", "/dashboard/campaigns"):
        assert len(operator.get(path).data) < 40_000


def test_tokens_and_minutes_of_today_are_counted(database):
    talks = Talks(database, now=NOON.astimezone(UTC))
    call = talks.call(talks.contact(), ("Buenas", "Dígame."))
    talks.turn(call, "¿Y mañana?", "También.", number=2, prompt_tokens=300, completion_tokens=8)
    # The offline model counts nothing: what is kept is how much was about to be sent
    talks.turn(call, "¿Hola?", "", number=3, prompt_tokens=3236, completion_tokens=None)
    talks.call(talks.contact(), ("Ayer", "Sí."), minutes=24 * 60)

    found = numbers(database)

    assert (found.tokens, found.call_s, found.cost) == (Tokens(1000, 50), 60, None)


def test_what_the_model_costs_is_said_where_its_prices_are_set(database):
    talks = Talks(database, now=NOON.astimezone(UTC))
    talks.call(talks.contact(), ("Buenas", "Dígame."))

    with database.read() as connection:
        found = today(connection, NOON, MADRID, prices=Prices(read=0.75, written=4.5))

    assert found.cost == pytest.approx((700 * 0.75 + 42 * 4.5) / 1e6)


def test_tokens_are_added_up_now_and_then_and_from_midnight_anew(database):
    talks, used = Talks(database, now=NOON.astimezone(UTC)), TokensToday()
    midnight, _ = day_in(MADRID, NOON.date())
    call = talks.call(talks.contact(), ("Buenas", "Dígame."))

    def count(now, since=midnight):
        with database.read() as connection:
            return used.count(connection, since, now).real

    assert count(NOON) == Tokens(700, 42)
    talks.turn(call, "¿Y mañana?", "También.", number=2)
    assert count(NOON + COUNTED_EVERY / 2) == Tokens(700, 42)
    assert count(NOON + COUNTED_EVERY) == Tokens(1400, 84)
    assert count(NOON + COUNTED_EVERY, NOON + COUNTED_EVERY) == Tokens(0, 0)


def test_contacts_who_were_refused_more_today_are_counted_once_each(database):
    ceilings = Ledger(MADRID, {Kind.PHOTO: Ceiling(1), Kind.TRANSFER: Ceiling(1)})
    yesterday = NOON - timedelta(days=1)
    with database.write() as connection:
        for number in range(3):
            for kind in (Kind.PHOTO, Kind.TRANSFER):
                ceilings.reserve(connection, Account("contact:1", 1), kind, f"{kind}:{number}", NOON)
            ceilings.reserve(connection, Account("contact:2", 2), Kind.PHOTO, f"2:{number}", yesterday)
        ceilings.reserve(connection, Account("contact:3", 3), Kind.PHOTO, "3", NOON)

    assert numbers(database).refused == 1


@pytest.mark.parametrize("language, spent", [("es", "1.234,57"), ("en", "1,234.57")])
def test_money_is_written_as_the_reader_writes_it(language, spent):
    with in_language(language):
        assert money(1234.567) == spent


def test_the_first_page_says_how_its_prices_are_set(operator):
    page = operator.read()

    assert "<code>OPENAI_PRICE_IN</code>" in page and "Tokens del modelo" in page
