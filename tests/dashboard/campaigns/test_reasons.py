"""Why people were not reached, or are left out: in words, with how many each is true of."""

import pytest

pytestmark = pytest.mark.both_databases
UNREACHABLE, NOT_ALLOWED = 63024, 63016


def test_each_reason_for_which_messages_failed_is_said_once_with_its_count(operator, campaigns, said):
    made = campaigns.make(6, state="finished")
    for line, code in ((2, UNREACHABLE), (3, UNREACHABLE), (4, NOT_ALLOWED), (5, None)):
        campaigns.sent(made, line, "undelivered", state="failed", code=code)

    found = said(operator, f"/{made}")

    reasons = found[found.index("Por qué no se llegó a algunos") : found.index("Línea")]
    assert "2 " in reasons and reasons.count("compruebe que") >= 1
    assert reasons.index("compruebe que") < reasons.index("1 No se pudo enviar")
    assert "1 No se pudo enviar; el registro del servidor dice por qué." in reasons


def test_the_reasons_of_calls_are_added_up_by_how_they_ended(operator, campaigns, said):
    made = campaigns.make(5, state="finished", channel="voice", template="", goal="Hablar")
    for line, end, code in ((2, "busy", None), (3, "busy", None), (4, "failed", 404), (5, "failed", 484)):
        campaigns.called(made, line, end, "failed", call_code=code)

    found = said(operator, f"/{made}")

    assert "2 comunicaba cada vez" in found
    assert "1 tiene un número al que no se pudo llamar (SIP 404)" in found
    assert "1 tiene un número al que no se pudo llamar (SIP 484)" in found


def test_why_people_are_left_out_is_counted(operator, campaigns, said):
    made = campaigns.make(4, state="running")
    for line, reason in ((2, "weekly_limit"), (3, "weekly_limit"), (4, "opted_out")):
        campaigns.person(made, line, "skipped", reason=reason)

    found = said(operator, f"/{made}")

    assert "Por qué algunos quedan excluidos 2 ya se ha contactado esta semana" in found
    assert "1 no quiere mensajes" in found


def test_where_all_were_reached_nothing_is_said_of_reasons(operator, campaigns, said):
    made = campaigns.make(2, state="finished")
    campaigns.sent(made, 2, "delivered")

    assert "Por qué" not in said(operator, f"/{made}")


def test_progress_is_sent_again_when_a_reason_changes(operator, campaigns):
    made = campaigns.make(2, state="finished")
    campaigns.sent(made, 2, "undelivered", state="failed", code=UNREACHABLE)

    assert "compruebe que" in operator.get(f"/dashboard/campaigns/{made}/progress?seen=before").text
