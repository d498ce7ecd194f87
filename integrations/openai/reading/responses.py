"""Reads the events of the Responses API, or a whole response sent in their place.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from typing import Any

from integrations.json_models import dict_of, dicts_of
from integrations.openai.reading.answer import AnswerReader, ErrorInStreamError, text_of, usage_of

_TEXTS = frozenset({"response.output_text.delta", "response.refusal.delta"})
_SIGNS_OF_LIFE = ("response.output_item.", "response.reasoning", "response.function_call_arguments.")
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesReader(AnswerReader):
    """Reads the events of one answer; or a whole response in their place."""

    _has_text = False
    _has_calls = False

    @property
    def is_over(self) -> bool:
        """Whether the response was said to be complete, or as complete as it gets."""
        return self.reason is not None or self.is_done

    def read_chunk(self, chunk: dict[str, Any]) -> str:
        """Return the text of an event, thoughts and markers included."""
        kind = str(chunk.get("type") or "")
        if kind in _TEXTS:
            self.begun = self._has_text = True
            return text_of(chunk["delta"])
        if kind == "error" or chunk.get("error"):
            raise ErrorInStreamError(chunk.get("error") or chunk)
        if kind in _ENDS or chunk.get("object") == "response":
            return self._read_end(dict_of(chunk.get("response")) or chunk)
        if kind.startswith(_SIGNS_OF_LIFE):
            self.begun = True
            if kind == "response.output_item.done":
                self._add_call(dict_of(chunk.get("item")))
        return ""

    def _read_end(self, response: dict[str, Any]) -> str:
        """Read a response's end, and of its output what no event has brought."""
        if response.get("error"):
            raise ErrorInStreamError(response["error"])
        details = dict_of(response.get("incomplete_details"))
        status = str(response.get("status") or "completed")
        if status != "completed":
            self.reason = str(details.get("reason") or status)
        self.usage = usage_of(response.get("usage")) or self.usage
        self.is_done = True
        output = dicts_of(response.get("output"))
        if not self._has_calls:
            for item in output:
                self._add_call(item)
        texts = [text_of(item.get("content") or "") for item in output if item.get("type") == "message"]
        return "" if self._has_text else "".join(texts)

    def _add_call(self, item: dict[str, Any]) -> None:
        if item.get("type") == "function_call":
            self._has_calls = True
            self.calls.add({"index": item.get("id"), "id": item.get("call_id"), "function": item})
