"""A person who writes, and the documents that come back."""

from tests.simulator.toy_server import Reply

PATH = "/webhook/whatsapp/"
PUBLIC = "https://assistant.example.com:8443"
DONE = Reply(status=204, body="", content_type=None)


def message(text, callback=None):
    attribute = f" statusCallback='{callback}'" if callback else ""
    return f"<Message{attribute}>{text}</Message>"
