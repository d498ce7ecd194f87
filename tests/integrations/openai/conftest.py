"""Fixtures that several modules of this folder share."""

from collections.abc import Iterator

import pytest

from integrations.openai.model import OpenAIModel
from tests.fakes.openai.server import FakeOpenAI


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def model(fake: FakeOpenAI) -> Iterator[OpenAIModel]:
    model = OpenAIModel("fake-model", api_key="sk-test", base_url=fake.base_url)
    yield model
    model.close()
