"""Makes each service of the container once, when first used."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class HasLock(Protocol):
    """An object whose services are made one at a time."""

    lock: RLock


class service(Generic[T]):
    """A cached property, safe for several threads; once computed, a plain attribute."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "service[T]": ...

    @overload
    def __get__(self, instance: HasLock, owner: type) -> T: ...

    def __get__(self, instance: HasLock | None, owner: type) -> Any:
        if instance is None:
            return self
        with instance.lock:
            made = instance.__dict__
            if self._name not in made:
                made[self._name] = self._make(instance)
            return made[self._name]
