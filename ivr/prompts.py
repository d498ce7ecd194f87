"""Notes what a caller hears that is no answer, for whoever reads the call afterwards.

It is written a moment later, so that no caller waits for it.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from storage.base import utc_now
from storage.queries import calls

Write = Callable[[Connection], None]


class Prompts:
    """Notes prompts. later: has something of a conversation written once the database can be."""

    def __init__(self, later: Callable[[str, Write], None]) -> None:
        self._later = later

    def note(self, call_key: str, prompt: str, *words: str) -> None:
        """Note a prompt, once for its name: a repeated webhook says the same again."""
        now = utc_now()

        def write(connection: Connection) -> None:
            conversation = calls.find_conversation(connection, call_key)
            if conversation is not None:
                calls.note_prompt(connection, conversation.id, prompt, " ".join(words), now)

        # Apart from what is owed of the call itself, which other things wait for
        self._later(f"prompts:{call_key}", write)
