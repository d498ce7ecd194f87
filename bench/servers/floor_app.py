"""The floor: the smallest Flask app that speaks an answer sentence by sentence.

No database, no signature, no second try, nothing kept: what a call said lives in a dict. It stands under the same
gunicorn as the real one, and what that costs above it is the price of everything that this one leaves out.
"""

import re
import threading
from xml.sax.saxutils import escape

import openai
from flask import Flask, Response, request

WAIT_S = 2.0
SYSTEM = "Eres el asistente telefónico de una clínica. Responde en español, en pocas frases."
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")

app = Flask(__name__)
client = openai.OpenAI()  # OPENAI_API_KEY and OPENAI_BASE_URL
calls: dict[str, "Call"] = {}


class Call:
    """A call: its conversation, and the answer being written."""

    def __init__(self) -> None:
        self.messages = [{"role": "system", "content": SYSTEM}]
        self.changed = threading.Condition()
        self.sentences: list[str] = []
        self.is_done = True

    def ask(self, heard: str) -> None:
        self.messages.append({"role": "user", "content": heard})
        self.sentences, self.is_done = [], False
        threading.Thread(target=self.write, daemon=True).start()

    def write(self) -> None:
        text = ""
        stream = client.chat.completions.create(model="bench", messages=self.messages, stream=True)
        for chunk in stream:
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            *whole, rest = SENTENCE.split(text)
            if whole:
                self.add(whole)
                text = rest
        self.messages.append({"role": "assistant", "content": " ".join([*self.sentences, text])})
        self.add([text], is_done=True)

    def add(self, sentences: list[str], is_done: bool = False) -> None:
        with self.changed:
            self.sentences += sentences
            self.is_done = is_done
            self.changed.notify_all()

    def read(self, start: int) -> tuple[list[str], bool]:
        with self.changed:
            self.changed.wait_for(lambda: len(self.sentences) > start or self.is_done, WAIT_S)
            return self.sentences[start:], self.is_done


@app.post("/voice")
def voice() -> Response:
    calls[request.form["CallSid"]] = Call()
    return twiml(gather("Hola, ¿en qué puedo ayudarle?"))


@app.post("/gather")
def hear() -> Response:
    calls[request.form["CallSid"]].ask(request.form["SpeechResult"])
    return serve(0)


@app.post("/continue")
def go_on() -> Response:
    return serve(int(request.args["n"]))


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


def serve(start: int) -> Response:
    sentences, is_done = calls[request.form["CallSid"]].read(start)
    words = " ".join(sentences)
    if is_done:
        return twiml(gather(words))
    say = f"<Say>{escape(words or 'Un momento, por favor.')}</Say>"
    return twiml(f'{say}<Redirect method="POST">/continue?n={start + len(sentences)}</Redirect>')


def gather(words: str) -> str:
    return f'<Gather input="speech" action="/gather" language="es-ES"><Say>{escape(words)}</Say></Gather>'


def twiml(verbs: str) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>', mimetype="text/xml"
    )
