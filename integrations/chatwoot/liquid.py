"""Escapes text so that Chatwoot's Liquid templates leave it unchanged.

Chatwoot renders what is posted as outgoing, private notes included, through Liquid: {{contact.name}} becomes a name.
Backticked code it wraps in {% raw %} itself beforehand, so that a raw of ours around all of it would end at the first
backtick. Hence no raw: the characters that both go by are written as values of their own.
"""

import re

_BRACE_OR_BACKTICK = re.compile(r"[{`]")
_WRITTEN = {"{": "{{'%7B'|url_decode}}", "`": "{{'%60'|url_decode}}"}


def escape(content: str) -> str:
    """Return text that Chatwoot renders as given. Text without {{ and {% is returned unchanged."""
    if "{{" not in content and "{%" not in content:
        return content
    return _BRACE_OR_BACKTICK.sub(lambda found: _WRITTEN[found[0]], content)
