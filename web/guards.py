"""Registers blueprints with the guards that check their requests first."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

Guard = Callable[[], ResponseReturnValue | None]
"""Returns None to let a request through, as `before_request` wants it; else the refusal."""


class GuardedBlueprints:
    """Registers blueprints with their guards, which differ from application to application."""

    def __init__(self, app: Flask) -> None:
        self._app, self._guards = app, dict[str, Guard]()
        app.before_request(self._check)

    def register(self, blueprint: Blueprint, guard: Guard) -> None:
        """Register a blueprint whose every route the guard sees first."""
        self._guards[blueprint.name] = guard
        self._app.register_blueprint(blueprint)

    def _check(self) -> ResponseReturnValue | None:
        # The thread may have answered another call before; a guard may be the first to log
        structlog.contextvars.clear_contextvars()
        guard = self._guards.get(request.blueprint or "")
        return guard() if guard is not None else None
