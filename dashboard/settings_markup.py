"""Marks up the first page's sentences about missing settings."""

import re

from markupsafe import Markup, escape

_SETTING = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")


def mark_settings(sentence: str) -> Markup:
    """Return a sentence with the names of settings marked as code, easy to find and copy."""
    marked = _SETTING.sub(lambda found: f"<code>{found[0]}</code>", str(escape(sentence)))
    return Markup(marked)  # noqa: S704  # escaped above, and the names have nothing to escape
