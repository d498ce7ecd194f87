"""A request to the fake OpenAI, and what became of its reply."""

import io
import json
from dataclasses import dataclass
from typing import Any

from werkzeug.formparser import parse_form_data


@dataclass(frozen=True)
class Upload:
    """A file as a form brought it."""

    filename: str | None
    content_type: str
    content: bytes


@dataclass
class Exchange:
    """One request, and what became of its reply. Times are time.monotonic().

    body: the JSON; of a form, its fields as text, as an Upload, or as a list where the name ends in [].
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: int
    started_at: float
    tokens_sent: int = 0
    first_token_at: float | None = None
    gone_at: float | None = None
    ended_at: float | None = None

    @property
    def cut_short(self) -> bool:
        """Whether the client went away before the reply was out."""
        return self.gone_at is not None


def read_body(written: bytes, content_type: str) -> Any:
    """Return the body of a request as `Exchange` has it."""
    if not content_type.startswith("multipart/form-data"):
        return json.loads(written) if written else None
    length = str(len(written))
    environ = {"wsgi.input": io.BytesIO(written), "CONTENT_LENGTH": length, "CONTENT_TYPE": content_type}
    _, fields, files = parse_form_data(environ)
    lists = {name: values for name, values in fields.lists() if name.endswith("[]")}
    uploads = {
        name: Upload(file.filename, file.content_type or "", file.read()) for name, file in files.items()
    }
    return {**fields.to_dict(), **lists, **uploads}
