"""Reads OPENAI_BASE_URL as people write it: without its path, with an endpoint's, or with Azure's query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_OPENAI = "https://api.openai.com/v1"
_ENDPOINT = re.compile(
    r"/(?:chat/completions|completions|responses|models|embeddings|audio/transcriptions)/*$"
)
_VERSIONED = re.compile(r"/v\d\w*(?:/|$)|/deployments/[^/]+$")
_PATHS = {
    "api.openai.com": "/v1",
    "api.groq.com": "/openai/v1",
    "api.perplexity.ai": "",
    "generativelanguage.googleapis.com": "/v1beta/openai",
    "openrouter.ai": "/api/v1",
}
_AZURE_PATH = "/openai/v1"
_API_VERSION = "api-version"
_DATED = re.compile(r"\d{4}-")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a model's server is asked.

    base_url: without a query; paths of endpoints, such as /chat/completions, are added to it. query: of each request.
    is_certain: whether the URL as given has one reading.
    """

    base_url: str
    query: Mapping[str, str]
    is_certain: bool = True

    @property
    def is_azure(self) -> bool:
        """Whether it is Azure, or a gateway before it: the key goes into its header api-key as well."""
        return _is_azure(urlsplit(self.base_url).hostname or "") or _API_VERSION in self.query


def server_address(url: str | None) -> ServerAddress:
    """Return the address for an http or https URL; None is OpenAI."""
    parts = urlsplit(url or _OPENAI)
    host, path = parts.hostname or "", parts.path.rstrip("/")
    base = _ENDPOINT.sub("", path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    is_certain = base != path or bool(_VERSIONED.search(base))
    expected = _expected_path(host)
    if base == path and expected.startswith(base):
        base, is_certain = expected, True
    if _is_azure(host) and "/deployments/" not in base and _DATED.match(query.get(_API_VERSION, "")):
        is_certain = False  # a dated version is for /openai/deployments/NAME
    return ServerAddress(f"{parts.scheme}://{parts.netloc}{base}", query, is_certain)


def _expected_path(host: str) -> str:
    return _AZURE_PATH if _is_azure(host) else _PATHS.get(host, "/v1")


def _is_azure(host: str) -> bool:
    return host.endswith(".azure.com")
