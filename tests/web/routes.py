"""The routes of an application, and paths that lead to them."""

import re


def requests_of(app):
    """Each route's method and a path that leads to it: 1 for each number, an action or a file's name for the rest."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\('?([\w-]+)[^>]*>|<[^>]*>", lambda match: match[1] or "1", rule.rule)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            yield rule.rule, method, path
