"""Gives views their services, bound by the application and made when first used."""

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from flask import Flask, current_app

T = TypeVar("T")


class Service(Generic[T]):
    """A service of the current application; call it to get it. name: unlike any other service's."""

    def __init__(self, name: str) -> None:
        self._key = f"service:{name}"

    def bind(self, app: Flask, find: Callable[[], T]) -> None:
        """Have it found so in an application. find: called for each use, so it must be quick."""
        app.extensions[self._key] = find

    def __call__(self) -> T:
        """Return the current application's service. Raises KeyError if none was bound."""
        # The type is text: written out, it would be made anew for each call
        find = cast("Callable[[], T]", current_app.extensions[self._key])
        return find()
