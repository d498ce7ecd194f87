"""Calls that ElevenLabs tells of, and what is kept of them."""

from datetime import UTC, datetime

from conversation.observers import NullObserver

SECRET = "wsec_test"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Watcher(NullObserver):
    """Writes down what a mirror is told."""

    def __init__(self):
        self.told = []

    def turn(self, connection, turn_id, now):
        self.told.append(("turn", turn_id))

    def call_ended(self, connection, conversation_id, now):
        self.told.append(("ended", conversation_id))


# --- who is told


def waiting(work):
    return [row.input["kwargs"]["job"] for row in work.client.list_workflows(status=["ENQUEUED", "DELAYED"])]
