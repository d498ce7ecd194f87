"""An operator whose calls Twilio has, by its REST API on loopback."""

from integrations.twilio.calls import TwilioRest
from tests.dashboard.conversations import Talks
from tests.dashboard.operator import PASSWORD

PUBLIC = "https://assistant.example/base"
PERSON = "+34600000099"


def operator_with(open_desk, twilio):
    """Open a dashboard that may end and transfer calls, and log in as Eva."""
    operator = open_desk(
        dashboard_password=PASSWORD, twilio_account_sid=twilio.account_sid, twilio_auth_token=twilio.auth_token,
        twilio_api_url=twilio.url,
        webhook_url=PUBLIC, human_phone_number=PERSON,
    )  # fmt: skip
    operator.log_in()
    return operator


def a_call(operator, twilio):
    """Return the conversation's id of a call that is going on, and whose second answer is being written."""
    rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    sid = rest.place_call(to="+34600000001", sender="+12025550100", url="https://example.com/voice").sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"), ("Buenas", "Dígame."), live=True, sid=sid)
    talks.turn(call, "Un momento", "Vamos", number=2, state="writing", finished_at=None)
    return call
