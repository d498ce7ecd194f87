"""A customer who has left traces everywhere, and what would tell that she was here."""

from tests.fakes.chatwoot.records import User
from tests.fakes.elevenlabs import FakeElevenLabs
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.people.chatwoot_setup import caller_of, person_of, settle, work_off
from tests.journeys.people.handoffs import MARTA, ask

NUMBER, NAME, SOURCE = "+5215512345678", "Ximena Irureta", "525512345678"
MATCHING = "+525512345678"
SECRET = "wsec_test"
CALL = "conv_of_ximena_1"
WORDS = ("azulejos", "hipoteca", "fontanero", "presupuesto", "mudanza")
"""Said by her, by the assistant, in a handoff, in a call of ElevenLabs, in a summary."""
ABOUT_HER = ("5512345678", NAME, CALL, *WORDS)


def settings_for(chatwoot, crm):
    chatwoot.application.tokens[chatwoot.user_token] = User(7, "Pedro", role="administrator")
    return {
        "token": "user", "vendedor_whatsapp": MARTA, "twilio_whatsapp_number": "+12025550100",
        "crm_webhook_url": crm.url, "elevenlabs_webhook_secret": SECRET,
    }  # fmt: skip


def leaves_traces(line, twilio, chatwoot, openai):
    """She writes, calls, wants a person, and calls ElevenLabs' agent; the worker does what follows."""
    openai.enqueue(
        text("Buenas."),
        text("Sí, hay azulejos y un fontanero."),
        tool_call("hand_off", {"reason": "presupuesto", "summary": "Quiere un presupuesto de azulejos."}),
    )
    openai.default = text("De acuerdo, el presupuesto.")
    seller = person_of(line, twilio, number=MARTA)
    seller.send("Buenas")
    person = person_of(line, twilio, number=NUMBER, profile_name=NAME)
    person.send("¿Tienen azulejos?")
    person.send("Quiero un presupuesto para la hipoteca.")
    phone = caller_of(line, number=MATCHING)
    phone.dial()
    phone.say("Es por la mudanza.")
    phone.hang_up()
    ask(line, {"user_phone": NUMBER, "user_name": NAME, "reason": "hipoteca", "conversation_id": CALL})
    elevenlabs = FakeElevenLabs(f"{line.url}/webhook/elevenlabs", SECRET)
    event = elevenlabs.transcription(said=[("user", "Un fontanero, por la mudanza.")])
    event["data"]["conversation_id"] = CALL
    elevenlabs.post(_from(event, NUMBER))
    works(line)
    seller.send("OK")
    works(line)
    openai.default = text("De acuerdo.")
    person_of(line, twilio, number="+34600000077").send(f"Mi amiga tiene el {NUMBER}, ¿la llaman?")
    settle(chatwoot)
    return person, (elevenlabs, event)


def _from(event, number):
    event["data"]["metadata"]["phone_call"]["external_number"] = number
    return event


def works(line, seconds=0.0):
    work_off(line, seconds)
