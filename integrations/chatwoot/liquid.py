"""Escapes text so that Chatwoot's Liquid templates leave it unchanged.

Chatwoot renders outgoing messages and private notes through Liquid: {{contact.name}} becomes a name. It wraps code in
backticks in {% raw %}, so a raw around the whole text would end at the first backtick. The brace and the backtick are
therefore written as values.
"""

import re

_BRACE_OR_BACKTICK = re.compile(r"[{`]")
_WRITTEN = {"{": "{{'%7B'|url_decode}}", "`": "{{'%60'|url_decode}}"}


def escape(content: str) -> str:
    """Return text that Chatwoot renders as given. Text without {{ and {% is returned unchanged."""
    if "{{" not in content and "{%" not in content:
        return content
    return _BRACE_OR_BACKTICK.sub(lambda found: _WRITTEN[found[0]], content)
