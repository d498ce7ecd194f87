"""Runs the model's tools: ending the call, handing off, and custom tools.

A custom tool is a `Tool` in the container's list: a spec for the model, and a function that gets the context and the
arguments, has 3 seconds, and returns its result for the model.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from conversation.callees.opting_out import opt_out
from conversation.handoff import Request, begins_with, hand_off
from conversation.ledger import Kind, Ledger
from conversation.observers import NULL_OBSERVER, HandoffListener
from conversation.phrases import Phrases
from conversation.phrases.words import Customers
from integrations.language_model import ToolCall, ToolSpec
from storage.database import Database
from storage.ledger import accounts
from storage.models import Ending
from storage.queries import turns

log = structlog.get_logger()

LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The context of a tool. conversation_id and turn_id are None while the database cannot be written."""

    database: Database
    conversation_id: int | None
    turn_id: int | None
    turn_number: int
    phrases: Phrases
    can_transfer: bool
    now: datetime
    handoffs: HandoffListener = NULL_OBSERVER
    keep_later: Callable[[Request], None] = lambda _request: None
    """Keeps a handoff that cannot be stored now."""
    is_phone: bool = True
    ledger: Ledger | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool. content: for the model. ending: the action that follows the answer's words.

    words: said before that ending if the model wrote none.
    """

    content: str
    ending: Ending | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool for the model. repeatable: running it again for the same turn changes nothing."""

    spec: ToolSpec
    run: Callable[[ToolContext, dict[str, Any]], ToolResult]
    repeatable: bool = False


class Toolbox:
    """The tools of an assistant. Each call of a tool runs once per turn, takeovers included."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self.specs = tuple(tool.spec for tool in tools)

    def run(self, context: ToolContext, call: ToolCall) -> ToolResult:
        """Run the tools that the model requested; report any error to the model in words."""
        tool = self._tools.get(call.name)
        if tool is None:
            return ToolResult(f"There is no tool named {call.name}.")
        if call.arguments is None:
            return ToolResult("The arguments were not a JSON object. Call it again, corrected.")
        if tool.repeatable:
            return _within_limit(tool, context, call.arguments)
        return _once(tool, context, call.name, call.arguments)


def _once(tool: Tool, context: ToolContext, name: str, arguments: dict[str, Any]) -> ToolResult:
    if context.turn_id is None:
        return ToolResult("This cannot be done at the moment.")
    digest = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:32]
    key = f"{name}:{digest}"
    try:
        with context.database.write() as connection:
            begun = turns.begin_tool(connection, context.turn_id, key, context.now)
            before = None if begun else turns.tool_result(connection, context.turn_id, key)
        if not begun:
            return _earlier(before)
        result = _within_limit(tool, context, arguments)
        with context.database.write() as connection:
            turns.end_tool(connection, context.turn_id, key, asdict(result))
    except SQLAlchemyError as error:
        log.error("tool_not_kept", tool=name, error=type(error).__name__)
        return ToolResult("This cannot be done at the moment.")
    return result


def _earlier(result: dict[str, Any] | None) -> ToolResult:
    if result is None:
        return ToolResult("This was begun before, and whether it was done is not known. Do not do it again.")
    ending = result["ending"]
    return ToolResult(result["content"], None if ending is None else Ending(ending), result["words"])


def _within_limit(tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> ToolResult:
    results: list[ToolResult] = []

    def run() -> None:
        try:
            results.append(tool.run(context, arguments))
        except Exception as error:  # noqa: BLE001  (a tool is anybody's code; the model is told, the log says)
            log.error("tool_failed", tool=tool.spec.name, error=type(error).__name__)
            results.append(ToolResult("The tool failed."))

    thread = threading.Thread(target=run, name=f"tool-{tool.spec.name}", daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    if not results:
        log.error("tool_too_slow", tool=tool.spec.name, limit_s=LIMIT_S)
        return ToolResult(f"The tool gave no result within {LIMIT_S:.0f} seconds.")
    return results[0]


def _end_call(context: ToolContext, _arguments: dict[str, Any]) -> ToolResult:
    return ToolResult("The call ends after your words.", Ending.HANG_UP, context.phrases.goodbye)


def _request(context: ToolContext, arguments: dict[str, Any], ending: Ending) -> Request:
    return Request(
        str(arguments.get("reason") or ""),
        str(arguments.get("summary") or ""),
        begins=begins_with(ending, is_phone=context.is_phone),
    )


def _keep_handoff(context: ToolContext, request: Request) -> bool:
    """Return False if the person has a handoff already."""
    if context.conversation_id is None:
        context.keep_later(request)
        return True
    with context.database.write() as connection:
        conversation_id, turn_number = context.conversation_id, context.turn_number
        return hand_off(
            connection, context.handoffs, conversation_id, turn_number, request, context.now
        ).is_new


def _hand_off(context: ToolContext, arguments: dict[str, Any]) -> ToolResult:
    ending = Ending.TRANSFER if context.can_transfer else Ending.TAKE_MESSAGE
    request = _request(context, arguments, ending)
    try:
        _keep_handoff(context, request)
    except SQLAlchemyError as error:  # the caller is put through all the same, and people are told later
        context.keep_later(request)
        log.error("handoff_not_kept", turn=context.turn_number, error=type(error).__name__)
    if context.can_transfer:
        return ToolResult("The call is being transferred.", ending, context.phrases.transfer)
    return ToolResult("Nobody can take the call now: a message is taken.", ending)


def _keep_written(customers: Customers, context: ToolContext, arguments: dict[str, Any]) -> ToolResult:
    is_new = _keep_handoff(context, _request(context, arguments, Ending.GATHER))
    return _kept(customers.message_kept if is_new else told_again(customers, context.turn_number))


def _kept(words: str) -> ToolResult:
    kept = "It is kept for the business. Nobody was told: promise no person, and go on helping."
    return ToolResult(kept, Ending.GATHER, words)


def _hand_off_written(customers: Customers, context: ToolContext, arguments: dict[str, Any]) -> ToolResult:
    if not _keep_handoff(context, _request(context, arguments, Ending.GATHER)):
        known = "A person was told before, and is told this as well. Go on helping until they answer."
        return ToolResult(known, Ending.GATHER, customers.told_before)
    if not _may_tell(context):
        return _kept(customers.message_kept)
    told = "A person was told and will answer here. Go on helping until then."
    return ToolResult(told, Ending.GATHER, context.phrases.handed_off)


def _may_tell(context: ToolContext) -> bool:
    """Return False if people of ours were told of this person as often as they are in a day."""
    if context.ledger is None or context.conversation_id is None:
        return True
    with context.database.read() as connection:
        account = accounts.of_conversation(connection, context.conversation_id)
        return context.ledger.has_room(connection, account, Kind.HANDOFF, context.now)


END_CALL = Tool(
    ToolSpec(
        "end_call",
        "End the phone call. Use it when the person says goodbye or needs nothing more, "
        "and say goodbye in the same answer.",
        {"type": "object", "properties": {}, "additionalProperties": False},
    ),
    _end_call,
    repeatable=True,
)


def _stop_contacting(context: ToolContext, _arguments: dict[str, Any]) -> ToolResult:
    if context.conversation_id is None:
        return ToolResult("This cannot be noted at the moment: apologise, and ask them to call us about it.")
    with context.database.write() as connection:
        opt_out(connection, context.conversation_id, context.now)
    told = "Noted: they are not called or written to any more. The call ends after your words."
    return ToolResult(told, Ending.HANG_UP, context.phrases.calls_stopped)


STOP_CONTACTING = Tool(
    ToolSpec(
        "stop_contacting",
        "Note that the person wants no more calls from the business, in whatever words they say so; it ends calls and "
        "messages of our own accord, and this call. Not for somebody who only ends this call or declines an offer.",
        {"type": "object", "properties": {}, "additionalProperties": False},
    ),
    _stop_contacting,
    repeatable=True,
)

_TO_A_PERSON = "Pass the conversation to a person of the business."
_TO_KEEP = "Take a message for the business, which is kept for it."
_ON_THE_WAY = "Say in the same answer that you are passing them on."
_NOBODY_HERE = "Nobody can come to the phone now, so a message is taken: do not promise to put them through."
_NOBODY_AT_ALL = "Nobody can be brought in: promise no person and no time."
_WILL_WRITE = "Say in the same answer that somebody of the team will write here; do not promise when."


def hand_off_tool(*, can_transfer: bool, reaches_people: bool = True) -> Tool:
    """Return the phone's tool that hands over to a person; its result says whether one can be reached now."""
    if can_transfer:
        return _hand_off_tool(_TO_A_PERSON, _ON_THE_WAY, _hand_off)
    if reaches_people:
        return _hand_off_tool(_TO_A_PERSON, _NOBODY_HERE, _hand_off)
    return _hand_off_tool(_TO_KEEP, _NOBODY_AT_ALL, _hand_off)


def _hand_off_tool(
    what_it_does: str, what_follows: str, run: Callable[[ToolContext, dict[str, Any]], ToolResult]
) -> Tool:
    description = (
        f"{what_it_does} Use it when the person asks for somebody, is upset, or needs what you cannot do. "
        f"{what_follows}"
    )
    return Tool(ToolSpec("hand_off", description, _HAND_OFF_PARAMETERS), run, repeatable=True)


_HAND_OFF_PARAMETERS = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "description": "Why, in a few words."},
        "summary": {"type": "string", "description": "What they need and what was said, briefly."},
    },
    "required": ["reason", "summary"],
    "additionalProperties": False,
}


def phone_tools(*, can_transfer: bool, reaches_people: bool = True) -> tuple[Tool, ...]:
    """Return the tools of a phone call. reaches_people: whether anybody is told of a handoff."""
    return END_CALL, STOP_CONTACTING, hand_off_tool(can_transfer=can_transfer, reaches_people=reaches_people)


def told_again(customers: Customers, turn_number: int) -> str:
    """Return the words to somebody whose request is kept already: others than in the turn before."""
    return customers.kept_before[turn_number % len(customers.kept_before)]


def whatsapp_tools(customers: Customers, *, reaches_people: bool = True) -> tuple[Tool, ...]:
    """Return the tools of a written conversation, which need not be ended."""
    if reaches_people:
        return (_hand_off_tool(_TO_A_PERSON, _WILL_WRITE, partial(_hand_off_written, customers)),)
    return (_hand_off_tool(_TO_KEEP, _NOBODY_AT_ALL, partial(_keep_written, customers)),)
