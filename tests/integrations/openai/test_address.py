"""Addresses of models' servers, as people write them."""

import pytest

from integrations.openai.address import server_address
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.asking import HELLO, ask, said

AZURE = "https://shop.openai.azure.com/openai"


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        (None, "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("http://localhost:8080/v1/chat/completions", "http://localhost:8080/v1"),
        ("http://localhost:8080/chat/completions/", "http://localhost:8080"),
        ("https://models.example.com/proxy/openai/v1/responses", "https://models.example.com/proxy/openai/v1"),
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("https://api.groq.com/openai", "https://api.groq.com/openai/v1"),
        ("https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("https://api.perplexity.ai", "https://api.perplexity.ai"),
        ("https://shop.openai.azure.com", f"{AZURE}/v1"),
        (f"{AZURE}/deployments/gpt/chat/completions?api-version=2024-10-21", f"{AZURE}/deployments/gpt"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
    ],
)  # fmt: skip
def test_an_address_with_one_reading_is_put_right(given: str | None, base_url: str) -> None:
    address = server_address(given)

    assert (address.base_url, address.is_certain) == (base_url, True)


@pytest.mark.parametrize("given", ["https://models.example.com/llm", f"{AZURE}?api-version=2024-10-21"])
def test_an_address_with_more_than_one_reading_is_in_doubt(given: str) -> None:
    assert not server_address(given).is_certain


def test_azures_query_and_header_go_with_each_request(fake: FakeOpenAI) -> None:
    url = f"{fake.root_url}/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    model = OpenAIModel("gpt", api_key="k-1", base_url=url)

    assert said(ask(model)) == "Claro. Abrimos de nueve a dos."
    model.warm_up().join()

    answered, warmed = fake.requests
    assert answered.path == "/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    assert (answered.headers["api-key"], answered.headers["authorization"]) == ("k-1", "Bearer k-1")
    assert warmed.path == "/openai/deployments/gpt/models/gpt?api-version=2024-10-21"
    assert warmed.headers["api-key"] == "k-1"
    assert answered.body["messages"] == HELLO


def test_only_azure_gets_its_header(fake: FakeOpenAI) -> None:
    ask(OpenAIModel("gpt", api_key="k-1", base_url=fake.root_url))

    assert fake.requests[0].path == "/v1/chat/completions"
    assert "api-key" not in fake.requests[0].headers
