"""The floor on WhatsApp: the smallest Flask app that answers a message in the reply to its webhook.

No database and no memory, no signature, no typing, no second try; receipts are taken and forgotten. It stands under
the same gunicorn as the real one, with as many processes, and asks the same model by the openai library alone.
"""

from xml.sax.saxutils import escape

import openai
from flask import Flask, Response, request

SYSTEM = "Eres el asistente de WhatsApp de una clínica. Responde en español, en pocas frases."

app = Flask(__name__)
client = openai.OpenAI()  # OPENAI_API_KEY and OPENAI_BASE_URL


@app.post("/webhook/whatsapp/")
def answer() -> Response:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": request.form["Body"]}]
    stream = client.chat.completions.create(model="bench", messages=messages, stream=True)
    words = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    return twiml(f'<Message statusCallback="/webhook/whatsapp/status">{escape(words)}</Message>')


@app.post("/webhook/whatsapp/status")
def receipt() -> Response:
    return twiml("" if request.form["MessageSid"] else "<!-- no SID -->")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


def twiml(verbs: str) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>', mimetype="text/xml"
    )
