"""Lists the models that a key may use."""

import time

from integrations.http.deadline_sockets import CancelScope
from integrations.openai.client import OpenAIClient, integration_errors


def known_models(*, api_key: str | None, base_url: str | None, total_s: float = 5) -> list[str]:
    """Return the names of a server's models. api_key, base_url: as for OpenAIModel. Raises IntegrationError."""
    client = OpenAIClient(api_key=api_key, base_url=base_url, connections=1)
    try:
        with integration_errors(), CancelScope(time.monotonic() + total_s).active():
            return [model.id for model in client.models.list()]
    finally:
        client.close()
