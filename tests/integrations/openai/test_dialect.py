"""What is sent to which server, and what is left out after which refusal. Wordings are the servers' own."""

import pytest

from integrations.language_model import ToolSpec
from integrations.openai.dialect import Api, Dialect, Refusal, dialect_for, is_openai, least_effort

TOOL = ToolSpec("end_call", "End the call.", {"type": "object", "properties": {}})
OLLAMA = "http://localhost:11434/v1"


def refused(dialect: Dialect, message: str, *, status: int = 400, param: str = "") -> Dialect | None:
    return dialect.after(Refusal(status, param, message))


def local() -> Dialect:
    return dialect_for("llama3", OLLAMA, None)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (None, True),
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://my.openai.azure.com/openai/v1", False),
        ("https://api.openai.com.example.com/v1", False),
        (OLLAMA, False),
    ],
)
def test_openai_is_known_by_its_host(base_url: str | None, expected: bool) -> None:
    assert is_openai(base_url) is expected


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("gpt-5.4-mini", "none"),
        ("gpt-5.4-mini-2026-03-17", "none"),
        ("gpt-5.1", "none"),
        ("gpt-6-luna", "none"),
        ("gpt-5-mini", "minimal"),
        ("gpt-5-2025-08-07", "minimal"),
        ("gpt-5.1-codex", "low"),
        ("o4-mini", "low"),
        ("ft:o4-mini:acme", "low"),
        ("o1-mini", None),
        ("gpt-5.2-pro", None),
        ("gpt-5.3-chat-latest", None),
        ("gpt-4o-mini", None),
        ("gpt-4.1", None),
        ("llama3", None),
    ],
)
def test_openais_models_are_asked_to_think_as_little_as_they_can(model: str, least: str | None) -> None:
    assert least_effort(model) == least
    assert dialect_for(model, None, None).reasoning_effort == least


def test_other_servers_are_not_asked_about_thinking_unless_told() -> None:
    assert "reasoning_effort" not in local().parameters([], 400)
    assert dialect_for("qwen3", OLLAMA, "low").parameters([], 400)["reasoning_effort"] == "low"


def test_the_configured_effort_goes_before_the_least() -> None:
    assert dialect_for("gpt-5.4-mini", None, "medium").reasoning_effort == "medium"


def test_the_limit_has_the_name_that_the_server_knows() -> None:
    assert dialect_for("gpt-5.4-mini", None, None).parameters([], 400)["max_completion_tokens"] == 400
    assert local().parameters([], 400)["max_tokens"] == 400


def test_a_model_that_thinks_has_room_for_it() -> None:
    assert dialect_for("o4-mini", None, None).parameters([], 400)["max_completion_tokens"] > 400


def test_without_tools_nothing_is_said_of_them() -> None:
    assert "tools" not in local().parameters([], 400)
    assert len(local().parameters([TOOL], 400)["tools"]) == 1


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', 400),
        ("registry.ollama.ai/library/gemma:2b does not support tools", 400),
        ("tools param requires --jinja flag", 500),
        ("Unrecognized request argument supplied: tools", 400),
    ],
)
def test_a_server_without_tools_is_asked_without(message: str, status: int) -> None:
    better = refused(local(), message, status=status)

    assert better is not None
    assert "tools" not in better.parameters([TOOL], 400)


def test_openais_own_servers_take_tools_so_the_fault_is_the_tools() -> None:
    message = "Invalid schema for function 'end_call': unknown keyword 'foo'."

    assert (
        refused(dialect_for("gpt-5.4-mini", None, None), message, param="tools[0].function.parameters")
        is None
    )


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "[{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens'), 'msg': 'Extra inputs are not permitted'}]",
    ],
)
def test_the_limit_goes_by_its_other_name_and_then_by_none(message: str) -> None:
    other = refused(local(), message)
    assert other is not None
    assert other.limits == ("max_completion_tokens",)

    none = refused(other, message)
    assert none is not None
    assert none.parameters([], 400) == {"stream_options": {"include_usage": True}}
    assert refused(none, message) is None


def test_the_least_effort_that_a_refusal_lists_is_taken() -> None:
    message = (
        "Unsupported value: 'reasoning_effort' does not support 'none' with this model. "
        "Supported values are: 'medium', 'low', and 'high'."
    )

    better = refused(dialect_for("gpt-5.4-mini", None, None), message, param="reasoning_effort")

    assert better is not None
    assert better.reasoning_effort == "low"


@pytest.mark.parametrize("effort", ["low", None])
def test_a_model_that_does_not_think_with_tools_does_not_think(effort: str | None) -> None:
    message = "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions."
    asked = Dialect(("max_completion_tokens",), effort, trusted=False)

    better = refused(asked, message, param="reasoning_effort")

    assert better is not None
    assert better.reasoning_effort == "none"
    assert better.tools


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("This model is only supported in v1/responses and not in v1/chat/completions.", 404),
        ("This is not a chat model and thus not supported in the v1/chat/completions endpoint.", 404),
        (
            "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions. "
            "To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
            400,
        ),
    ],
)
def test_openais_models_that_refuse_chat_completions_are_asked_the_other_api_once(
    message: str, status: int
) -> None:
    first = dialect_for("gpt-5.6", None, "medium")

    other = refused(first, message, status=status, param="reasoning_effort")
    assert other is not None
    assert (other.api, other.reasoning_effort) == (Api.RESPONSES, "medium")

    back = refused(other, "Not found", status=404)
    assert back is not None
    assert (back.api, back.reasoning_effort) == (Api.CHAT, "none")

    last = refused(back, message, status=status, param="reasoning_effort")
    assert last is None or last.api is Api.CHAT


def test_another_server_is_asked_the_api_that_is_set_and_no_other() -> None:
    message = "This model is only supported in v1/responses and not in v1/chat/completions."

    assert refused(local(), message, status=404) is None
    assert refused(dialect_for("llama3", OLLAMA, None, Api.RESPONSES), "Not found", status=404) is None


def test_a_model_that_does_not_know_the_word_effort_is_not_told_it() -> None:
    asked = dialect_for("gpt-6-luna", None, None)

    better = refused(asked, "Unsupported parameter: 'reasoning_effort'.", param="reasoning_effort")

    assert better is not None
    assert "reasoning_effort" not in better.parameters([], 400)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (
            "This model's maximum context length is 4096 tokens. Please reduce the length of the messages.",
            400,
        ),
        ("max_tokens is too large: 400. This model supports at most 300 completion tokens.", 400),
        ("Incorrect API key provided.", 401),
        ("tools are not supported", 429),
        ("The server had an error while processing your request.", 500),
        ("model 'llama3' not found", 404),
    ],
)
def test_other_errors_change_nothing(message: str, status: int) -> None:
    assert refused(local(), message, status=status) is None
