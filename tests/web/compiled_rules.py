"""Lets all applications of a test process share what werkzeug compiles of their routes, as the server has only one.

Each test makes an application, whose routes took half of the time that this takes.
Flask.url_rule_class says which class rules have: https://flask.palletsprojects.com/en/stable/api/#flask.Flask
"""

from flask import Flask
from werkzeug.routing import Rule

_compiled = {}


class SharedRule(Rule):
    """A rule that is compiled once in a process, however many applications have it."""

    def compile(self):
        """Take over what an equal rule was compiled to."""
        what = (
            self.rule, self.subdomain, self.host, self.merge_slashes, self.map.host_matching,
            tuple(sorted((self.defaults or {}).items())), tuple(self.map.converters.items()),
        )  # fmt: skip
        if what not in _compiled:
            given = dict(vars(self))
            super().compile()
            _compiled[what] = {
                name: value for name, value in vars(self).items() if given.get(name) is not value
            }
            _compiled[what]["arguments"] = self.arguments
        vars(self).update(_compiled[what])


def share_compiled_rules():
    """Share them from now on."""
    Flask.url_rule_class = SharedRule
