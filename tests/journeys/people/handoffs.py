"""Customers and sellers of the stories of handoffs."""

import json
import urllib.error
import urllib.request

MARTA, LUIS, CUSTOMER = "+34600000011", "+34600000012", "+34600000001"
US = "+14155550100"
WANTED = {
    "user_phone": CUSTOMER,
    "user_name": "Ana",
    "reason": "Quiere un presupuesto",
    "conversation_id": "conv_1",
    "additional_context": "Tiene prisa.\nLlama desde el coche.",
}


def ask(line, wanted=WANTED, **headers):
    """Return the status and the body that a request for a handoff is answered with."""
    if line.settings.is_public:  # nobody is let in without a key then
        headers.setdefault("X-API-Key", line.settings.handoff_api_key)
    return ask_at(line.url, wanted, **headers)


def ask_at(url, wanted=WANTED, **headers):
    """The same of a server at a URL. Raises OSError or HTTPException if it is gone before it has answered."""
    body = json.dumps(wanted).encode() if not isinstance(wanted, bytes) else wanted
    request = urllib.request.Request(
        f"{url}/api/elevenlabs/handoff", body, {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def told(seller):
    """What a seller was told after the greeting."""
    return [words for words in seller.texts if words != "Hola."]


def joins_the_sandbox(twilio, number):
    """Let somebody send the word that Twilio answers itself: it has heard of them, and we have not."""
    twilio.book.add(
        "inbound", sender=f"whatsapp:{number}", to=f"whatsapp:{US}", body="join a-word", sid="SM" + "5" * 32
    )  # fmt: skip
